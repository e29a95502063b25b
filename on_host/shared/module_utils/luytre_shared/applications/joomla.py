"""Joomla: its settings, the state of its secret, and what its database says, in MariaDB and MySQL or PostgreSQL."""

import json
import os

from ansible.module_utils.luytre_shared.applications import interface, php_constants, php_settings
from ansible.module_utils.luytre_shared.applications.known_layouts import LAYOUT_BY_KIND
from ansible.module_utils.luytre_shared.applications.php_settings import (
    convert_to_php_truth,
    convert_to_short_plain_value,
    convert_to_whole_number,
    describe_secret,
    is_text_set,
)
from ansible.module_utils.luytre_shared.databases import site_database
from ansible.module_utils.luytre_shared.databases.site_database import MYSQL, POSTGRESQL
from ansible.module_utils.luytre_shared.databases.site_postgresql import render_column_as_hex_expression
from ansible.module_utils.luytre_shared.parsers import php_source

FILE = "configuration.php"
SAMPLE = "FBVtggIk5lAzEU9H"
"""What Joomla's own ``configuration.php-dist`` has for a secret."""
LOGIN = ("dbtype", "user", "password", "host", "db", "dbprefix")
NAMES = ("debug", "error_reporting", "force_ssl", "ftp_pass", "secret", *LOGIN)
ENGINES = {
    **dict.fromkeys(("mysqli", "mysql", "pdomysql"), MYSQL),
    **dict.fromkeys(("pgsql", "postgresql"), POSTGRESQL),
}
"""By the name that its configuration has for it."""
SUPER_USERS = 8
"""The number of the group that every Joomla is installed with."""
MAX_TEXT, MAX_ADMINISTRATORS = 500, 200
MAX_REDIRECTED = 100
"""Posts whose address leads on to another, so that each costs two requests."""
_IN_MYSQL = {
    "users": (
        """SELECT 'users', LEFT(params, 20000) FROM `{db}`.`{p}extensions`
  WHERE type = 'component' AND element = 'com_users'""",
        1,
    ),
    "super": (
        """SELECT 'super', LEFT(u.username, 500), IFNULL(UNIX_TIMESTAMP(u.registerDate), 0),
  IFNULL(UNIX_TIMESTAMP(u.lastvisitDate), 0)
  FROM `{db}`.`{p}users` u WHERE u.block = 0 AND u.id IN
  (SELECT m.user_id FROM `{db}`.`{p}user_usergroup_map` m WHERE m.group_id = {group})""",
        200,
    ),
}
_IN_POSTGRESQL = {
    "users": (
        """SELECT json_build_array('users', LEFT(params::text, 20000)) FROM "{p}extensions"
  WHERE type = 'component' AND element = 'com_users'""",
        1,
    ),
    "super": (
        """SELECT json_build_array('super', LEFT(u.username, 500),
  COALESCE(FLOOR(EXTRACT(EPOCH FROM u."registerDate")), 0)::bigint,
  COALESCE(FLOOR(EXTRACT(EPOCH FROM u."lastvisitDate")), 0)::bigint)
  FROM "{p}users" u WHERE u.block = 0 AND u.id IN
  (SELECT m.user_id FROM "{p}user_usergroup_map" m WHERE m.group_id = {group})""",
        200,
    ),
}


STATEMENTS = {MYSQL: _IN_MYSQL, POSTGRESQL: _IN_POSTGRESQL}
"""What audits ask."""
_ADMINISTRATORS = {
    MYSQL: """SELECT 'admin', u.id, HEX(CAST(CONVERT(u.username USING utf8mb4) AS BINARY)), 1 FROM `{db}`.`{p}users` u
  WHERE u.block = 0 AND u.id IN
  (SELECT m.user_id FROM `{db}`.`{p}user_usergroup_map` m WHERE m.group_id = 8)""",
    POSTGRESQL: """SELECT json_build_array('admin', id, {name}, 1) FROM "{p}users" WHERE block = 0 AND id IN
  (SELECT m.user_id FROM "{p}user_usergroup_map" m WHERE m.group_id = 8)""".replace(
        "{name}", render_column_as_hex_expression("username")
    ),
}
_POSTS = {
    MYSQL: """SELECT * FROM
  (SELECT 'post', id FROM `{db}`.`{p}content` WHERE state = 1 ORDER BY id DESC LIMIT {most}) AS latest""",
    POSTGRESQL: """SELECT json_build_array('post', id) FROM
  (SELECT id FROM "{p}content" WHERE state = 1 ORDER BY id DESC LIMIT {most}) AS latest""",
}
_LOCKOUT_CELLS = [
    interface.LockoutCell("users", "id", "block", b"1".hex(), "id = {number}"),
    interface.LockoutCell("session", "session_id", "data", "", "userid = {number}"),
    interface.LockoutCell("session", "session_id", "guest", b"1".hex(), "userid = {number}"),
    interface.LockoutCell("session", "session_id", "userid", b"0".hex(), "userid = {number}"),
]
_SECOND_FACTOR_TABLES = {
    MYSQL: """SELECT 'column', IF(table_name = '{p}users', 'users', 'mfa') FROM information_schema.columns
  WHERE table_schema = '{db}' AND ((table_name = '{p}users' AND column_name = 'otpKey')
  OR (table_name = '{p}user_mfa' AND column_name = 'method'))""",
    POSTGRESQL: """SELECT json_build_array('column', CASE table_name WHEN '{p}users' THEN 'users' ELSE 'mfa' END)
  FROM information_schema.columns
  WHERE table_schema = current_schema() AND ((table_name = '{p}users' AND column_name = 'otpKey')
  OR (table_name = '{p}user_mfa' AND column_name = 'method'))""",
}
_SECOND_FACTORS_IN_USE = {
    MYSQL: {
        "users": "SELECT 'used', COUNT(*) FROM `{db}`.`{p}users` WHERE otpKey <> ''",
        "mfa": "SELECT 'used', COUNT(*) FROM `{db}`.`{p}user_mfa`",
    },
    POSTGRESQL: {
        "users": "SELECT json_build_array('used', COUNT(*)) FROM \"{p}users\" WHERE \"otpKey\" <> ''",
        "mfa": "SELECT json_build_array('used', COUNT(*)) FROM \"{p}user_mfa\"",
    },
}


class Joomla(interface.Cms):
    """Joomla."""

    layout = LAYOUT_BY_KIND["joomla"]
    config_file = FILE
    administrators = {
        engine: {"admin": (statement, MAX_ADMINISTRATORS)} for engine, statement in _ADMINISTRATORS.items()
    }
    lockout_cells = {MYSQL: _LOCKOUT_CELLS, POSTGRESQL: _LOCKOUT_CELLS}
    number_columns = frozenset({"block", "guest", "userid"})
    posts = {engine: {"post": (statement, MAX_REDIRECTED)} for engine, statement in _POSTS.items()}
    rows = {name: interface.DeletableRow(name, "id") for name in ("content", "modules", "menu")}
    secret_names = ("secret",)
    secret_users = {
        engine: ({"column": (tables, 2)}, _SECOND_FACTORS_IN_USE[engine])
        for engine, tables in _SECOND_FACTOR_TABLES.items()
    }
    lacks = {
        "sessions": interface.Lack(
            "Phiên nằm trong bảng của trang và được làm rỗng khi khóa tài khoản quản trị; không thử bằng một phiên.",
            "Joomla keeps its sessions in its own tables, which a lock-out empties; no session is tried.",
        ),
        "code_in_tables": interface.Lack(
            "Joomla không chạy mã nằm trong bảng; phần mở rộng chạy mã như vậy chưa được đọc.",
            "Joomla runs no code out of its tables; extensions that do are not read.",
        ),
        "own_code": interface.Lack(
            "Không có gói Debian nào để đối chiếu; so với bản phát hành đã nhập (auditor known-good).",
            "There is no package of Debian's to compare it with; an imported release is (auditor known-good).",
        ),
        "sqlite": interface.Lack(
            "Joomla chỉ cài được trên MariaDB, MySQL và PostgreSQL.",
            "Joomla's installer offers MariaDB, MySQL and PostgreSQL alone.",
        ),
    }

    def read_login(self, folder):
        """Return its account and prefix. Raises DatabaseUnanswered."""
        values = php_settings.read_settings_of_php_file(folder, FILE, php_source.PROPERTY, LOGIN)
        if values is None or all(values[name] is None for name in LOGIN):
            return None
        return make_joomla_login(values), values["dbprefix"]

    def collect_instance(self, application, reader):
        """Return ``auditor.facts.web._joomla.JoomlaInstance``."""
        return collect_joomla_instance(application, reader)

    def build_post_addresses(self, rows, home):
        """Return the form of address that every Joomla knows."""
        return ["%s/index.php?option=com_content&view=article&id=%s" % (home, row[1]) for row in rows]

    def replace_password(self, content, password):
        """Return its configuration with another password. Raises ValueError."""
        return php_constants.change_assigned_setting_in_php_source(content, php_source.PROPERTY, "password", password)

    def replace_secrets(self, content, make_secret):
        """Return its configuration with another secret. Raises ValueError."""
        secret = php_source.read_php_settings(content, php_source.PROPERTY, self.secret_names)["secret"]
        if not isinstance(secret, str) or secret == php_source.UNKNOWN:
            return None
        return php_constants.change_assigned_setting_in_php_source(
            content, php_source.PROPERTY, "secret", make_secret()
        )


def make_joomla_login(settings):
    """Return its own, of its settings. Raises DatabaseUnanswered."""
    kind = settings["dbtype"]
    if kind is not None and kind != php_source.UNKNOWN and kind not in ENGINES:
        raise site_database.DatabaseUnanswered("other_kind")
    engine = ENGINES.get(kind, MYSQL)
    words = (settings[name] for name in ("user", "password", "host", "db", "dbprefix"))
    return site_database.make_plain_login(*words, engine=engine)


def collect_joomla_instance(application, reader):
    """Return ``auditor.facts.web._joomla.JoomlaInstance``."""
    values = php_settings.read_settings_of_php_file(application.path, FILE, php_source.PROPERTY, NAMES)
    is_configured = values is not None
    values = values or dict.fromkeys(NAMES)
    database, unread = (
        _read_joomla_database(os.path.join(application.path, FILE), values, reader) if is_configured else (None, None)
    )
    return {
        "path": application.path,
        "version": application.read_version(),
        "configured": is_configured,
        "settings": {
            "debug": convert_to_php_truth(values["debug"]),
            "error_reporting": convert_to_short_plain_value(values["error_reporting"]),
            "force_ssl": convert_to_whole_number(values["force_ssl"]),
            "ftp_password": is_text_set(values["ftp_pass"]),
        },
        "secret": describe_secret(values["secret"], (SAMPLE,)),
        "database": database,
        "database_unread": unread,
    }


def _read_joomla_database(file, values, reader):
    """Return ``(what its database says, why it was not read)``."""
    try:
        login = make_joomla_login(values)
        words = {"{db}": login.database, "{p}": values["dbprefix"], "{group}": str(SUPER_USERS)}
        return parse_joomla_rows(
            site_database.fetch_rows(
                reader, login, site_database.fill_statement_placeholders(STATEMENTS[login.engine], words)
            )
        ), None
    except site_database.DatabaseUnanswered as not_asked:
        user = values["user"]
        account = user if isinstance(user, str) and user != php_source.UNKNOWN else ""
        return None, {"why": not_asked.why, "file": file, "account": account[:80]}


def parse_joomla_rows(rows):
    """Return the rows of STATEMENTS as facts."""
    params = next((row[1] for row in rows if row[0] == "users"), None)
    users = [row for row in rows if row[0] == "super"]
    settings = _parse_json_object(params)
    return {
        "super_users": [
            {
                "login": (login or "")[:MAX_TEXT],
                "registered": site_database.parse_epoch(registered_at),
                "last_seen": site_database.parse_epoch(last_seen_at) or None,
            }
            for _, login, registered_at, last_seen_at in sorted(users, key=lambda row: row[1] or "")
        ],
        "registration": convert_to_php_truth(settings.get("allowUserRegistration")) is True,
        "registered_group": _parse_whole_number(settings.get("new_usertype")),
        "activation": _parse_whole_number(settings.get("useractivation")),
    }


def _parse_json_object(text):
    try:
        document = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _parse_whole_number(value):
    whole = convert_to_whole_number(value if isinstance(value, (str, int)) else None)
    return whole if isinstance(whole, int) else None
