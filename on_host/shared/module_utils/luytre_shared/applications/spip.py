"""SPIP: its connection, the modes that it gives files, and what its database says.

Its account stands in a call of ``config/connect.php``; what it encrypts with, in ``config/cles.php``, which is JSON.
"""

import base64
import hashlib
import json
import os
import re

from ansible.module_utils.luytre_shared.applications import interface, php_constants, php_settings
from ansible.module_utils.luytre_shared.applications.known_layouts import LAYOUT_BY_KIND
from ansible.module_utils.luytre_shared.applications.layouts import VERSION
from ansible.module_utils.luytre_shared.databases import site_database
from ansible.module_utils.luytre_shared.databases.site_database import MYSQL, SQLITE
from ansible.module_utils.luytre_shared.os.area_reader import read_text_below
from ansible.module_utils.luytre_shared.parsers import php_source

FILE, KEYS_FILE = "config/connect.php", "config/cles.php"
MODES_FILE, SCREEN_FILE = "config/chmod.php", "config/ecran_securite.php"
KEYS_HEAD = b"<?php die ('Acces interdit'); ?>\n"
_WORD = r"\s*'((?:[^'\\]|\\['\\]){0,200})'\s*"
_CONNECTION = re.compile(r"\bspip_connect_db\s*\(%s\)" % ",".join([_WORD] * 6 + [r"([^()]{0,400})"]))
_MODES = re.compile(r"\bdefine\s*\(\s*['\"]_SPIP_CHMOD['\"]\s*,\s*0([0-7]{3})\s*\)")
_SCREEN = re.compile(r"\bdefine\s*\(\s*['\"]_ECRAN_SECURITE['\"]\s*,\s*['\"]%s['\"]\s*\)" % VERSION)
_PREFIX = re.compile(r"%s(?:,|\Z)" % _WORD)
MAX_ADMINISTRATORS, MAX_TEXT = 200, 500
MAX_REDIRECTED = 100
"""Posts whose address leads on to another, so that each costs two requests."""
_IN_MYSQL = {
    "meta": (
        """SELECT 'meta', nom, LEFT(valeur, 100) FROM `{db}`.`{p}meta`
  WHERE nom IN ('accepter_inscriptions', 'accepter_visiteurs')""",
        2,
    ),
    "admin": (
        """SELECT 'admin', LEFT(IFNULL(login, ''), 500), webmestre = 'oui', IFNULL(UNIX_TIMESTAMP(en_ligne), 0)
  FROM `{db}`.`{p}auteurs` WHERE statut = '0minirezo'""",
        MAX_ADMINISTRATORS,
    ),
}
_IN_SQLITE = {
    "meta": (
        """SELECT 'meta', nom, substr(valeur, 1, 100) FROM {p}meta
  WHERE nom IN ('accepter_inscriptions', 'accepter_visiteurs')""",
        2,
    ),
    "admin": (
        """SELECT 'admin', substr(ifnull(login, ''), 1, 500), webmestre = 'oui', ifnull(strftime('%s', en_ligne), 0)
  FROM {p}auteurs WHERE statut = '0minirezo'""",
        MAX_ADMINISTRATORS,
    ),
}
STATEMENTS = {MYSQL: _IN_MYSQL, SQLITE: _IN_SQLITE}
"""What audits ask."""
_ADMINISTRATORS = {
    MYSQL: """SELECT 'admin', id_auteur, HEX(CAST(CONVERT(IFNULL(login, '') USING utf8mb4) AS BINARY)),
  pass <> '' FROM `{db}`.`{p}auteurs` WHERE statut = '0minirezo'""",
    SQLITE: """SELECT 'admin', id_auteur, hex(ifnull(login, '')), pass <> ''
  FROM {p}auteurs WHERE statut = '0minirezo'""",
}
_SESSION_CELLS = """SELECT 'cell', 'meta', 'nom', HEX(CAST(nom AS BINARY)), 'valeur', HEX(CAST(valeur AS BINARY))
  FROM `{db}`.`{p}meta` WHERE nom IN ('alea_ephemere', 'alea_ephemere_ancien')"""
"""Names of sessions' files are made with one or the other."""
_POSTS = {
    engine: """SELECT * FROM (SELECT 'post', id_article FROM %s
  WHERE statut = 'publie' ORDER BY id_article DESC LIMIT {most}) AS latest"""  # noqa: S608
    % table
    for engine, table in ((MYSQL, "`{db}`.`{p}articles`"), (SQLITE, "{p}articles"))
}
DATABASE_FILE = "config/bases/%s.sqlite"
KINDS = {"mysql": MYSQL, "sqlite3": SQLITE}
"""Engines by the name that its configuration has for them."""


class Spip(interface.Cms):
    """SPIP."""

    layout = LAYOUT_BY_KIND["spip"]
    config_file = FILE
    is_among_others = False
    own_code = interface.OwnCode(
        ("ecrire", "plugins-dist", "prive", "squelettes-dist", "vendor"),
        "ecrire/inc_version.php",
        (),
        "spip",
        "/usr/share/spip",
    )
    administrators = {
        engine: {"admin": (statement, MAX_ADMINISTRATORS)} for engine, statement in _ADMINISTRATORS.items()
    }
    lockout_cells = {
        MYSQL: [
            interface.LockoutCell("auteurs", "id_auteur", "statut", b"5poubelle".hex(), "id_auteur = {number}"),
            interface.LockoutCell("auteurs", "id_auteur", "pass", "", "id_auteur = {number}"),
            interface.LockoutCell("auteurs", "id_auteur", "cookie_oubli", "", "id_auteur = {number}"),
        ]
    }
    posts = {engine: {"post": (statement, MAX_REDIRECTED)} for engine, statement in _POSTS.items()}
    rows = {
        "articles": interface.DeletableRow("articles", "id_article"),
        "forum": interface.DeletableRow("forum", "id_forum"),
        "rubriques": interface.DeletableRow("rubriques", "id_rubrique"),
    }
    secret_names = ("secret_des_actions", "secret_du_site")
    session_cells = {MYSQL: {"cell": (_SESSION_CELLS, 2)}}
    lacks = {
        "sessions": interface.Lack(
            "SPIP xem bảng tác giả ở mỗi trang quản trị, nên khóa có hiệu lực ngay.",
            "SPIP looks at its authors with every page of its administration, so that a lock-out counts at once.",
        ),
        "code_in_tables": interface.Lack(
            "SPIP không chạy mã nằm trong bảng; phần mở rộng chạy mã như vậy chưa được đọc.",
            "SPIP runs no code out of its tables; plugins that do are not read.",
        ),
        "postgresql": interface.Lack(
            "SPIP chạy trên MariaDB, MySQL và SQLite.", "SPIP runs on MariaDB, MySQL and SQLite."
        ),
    }

    def read_login(self, folder):
        """Return its account and prefix. Raises DatabaseUnanswered."""
        text = read_text_below(folder, FILE, php_settings.MAX_READ)
        return None if text is None else read_connection(folder, text)

    def collect_instance(self, application, reader):
        """Return ``auditor.facts.web._spip.Instance`` without what its files on the disk are compared with."""
        return collect_spip_instance(application, reader)

    def build_post_addresses(self, rows, home):
        """Return the form of address that every SPIP knows."""
        return ["%s/spip.php?article%s" % (home, row[1]) for row in rows]

    def replace_password(self, content, password):
        """Return its configuration with another password. Raises ValueError."""
        text = content.decode("latin-1")
        match = find_only_connection(text)
        if match is None or not php_constants.PLAIN_TEXT.match(password):
            raise ValueError("its password is not written as SPIP writes it")
        return (text[: match.start(4)] + password + text[match.end(4) :]).encode("latin-1")

    def find_secrets_file(self, folder):
        """Return the path of its file of keys."""
        return os.path.join(folder, KEYS_FILE)

    def replace_secrets(self, content, make_secret):
        """Return its file of keys with others; what passwords are made with stays, or nobody could log in.

        Raises ValueError.
        """
        if not content.startswith(KEYS_HEAD):
            return None
        try:
            keys = json.loads(content[len(KEYS_HEAD) :].decode("ascii"))
        except RecursionError:
            raise ValueError("it is nested too deeply")
        names = set(self.secret_names).intersection(keys) if isinstance(keys, dict) else ()
        if not names:
            raise ValueError("it holds no keys")
        for name in names:
            keys[name] = base64.b64encode(hashlib.sha256(make_secret().encode()).digest()).decode()
        return KEYS_HEAD + json.dumps(keys, separators=(",", ":")).encode()


def find_only_connection(text):
    """Return the match of the one call in a PHP source that connects to the database; None where there is not one."""
    matches = list(_CONNECTION.finditer(php_source.PhpSource(text).code))
    return matches[0] if len(matches) == 1 else None


def read_connection(folder, text):
    """Return ``(Login, what its tables' names begin with)`` of the one in a folder. Raises DatabaseUnanswered."""
    match = find_only_connection(text)
    if match is None:
        raise site_database.DatabaseUnanswered("not_plain")
    host, port, user, password, database, kind = (re.sub(r"\\(.)", r"\1", word) for word in match.groups()[:6])
    if kind not in KINDS:
        raise site_database.DatabaseUnanswered("other_kind")
    prefix = _PREFIX.match(match.group(7))
    if prefix is None:
        raise site_database.DatabaseUnanswered("not_plain")
    address = "%s:%s" % (host, port) if port else host
    login = site_database.make_plain_login(user, password, address, database, prefix.group(1) or "spip", KINDS[kind])
    if login.engine == SQLITE:
        login = login._replace(file=(folder, DATABASE_FILE % database))
    return login, (prefix.group(1) or "spip") + "_"


def collect_spip_instance(application, reader):
    """Return what is told of one SPIP, but for the walks of its files."""
    texts = {
        name: read_text_below(application.path, name, php_settings.MAX_READ) for name in (FILE, MODES_FILE, SCREEN_FILE)
    }
    database, unread = (None, None) if texts[FILE] is None else _read_spip_database(application, texts[FILE], reader)
    return {
        "path": application.path,
        "version": application.read_version(),
        "configured": texts[FILE] is not None,
        "settings": {
            "new_file_modes": _find_plain_value(texts[MODES_FILE], _MODES),
            "security_screen": _find_plain_value(texts[SCREEN_FILE], _SCREEN),
        },
        "database": database,
        "database_unread": unread,
    }


def _find_plain_value(text, pattern):
    """Return what a pattern finds in a PHP source; None without that file, UNKNOWN where it is not plain."""
    if text is None:
        return None
    match = pattern.search(php_source.PhpSource(text).code)
    return match.group(1) if match else php_source.UNKNOWN


def _read_spip_database(application, text, reader):
    """Return ``(what its database says, why it was not read)``."""
    account = ""
    try:
        login, prefix = read_connection(application.path, text)
        account = login.user
        words = {"{db}": login.database, "{p}": prefix}
        statements = site_database.fill_statement_placeholders(STATEMENTS[login.engine], words)
        return parse_spip_rows(site_database.fetch_rows(reader, login, statements)), None
    except site_database.DatabaseUnanswered as not_asked:
        file = os.path.join(application.path, FILE)
        return None, {"why": not_asked.why, "file": file, "account": account[:80]}


def parse_spip_rows(rows):
    """Return the rows of STATEMENTS as facts."""
    switches = {row[1]: row[2] == "oui" for row in rows if row[0] == "meta"}
    people = sorted((row for row in rows if row[0] == "admin"), key=lambda row: row[1] or "")
    return {
        "administrators": [
            {
                "login": (login or "")[:MAX_TEXT],
                "registered": 0,
                "webmaster": is_webmaster == "1",
                "last_seen": site_database.parse_epoch(last_seen_at) or None,
            }
            for _, login, is_webmaster, last_seen_at in people
        ],
        "writers_sign_up": switches.get("accepter_inscriptions", False),
        "visitors_sign_up": switches.get("accepter_visiteurs", False),
    }
