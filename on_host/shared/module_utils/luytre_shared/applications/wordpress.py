"""WordPress: its configuration, extensions and tables, and the pages that it publishes.

Keys, salts and passwords stay on the host; of the eight salts only their state is told, and a fingerprint by
which two sites that share them can be recognised.
"""

import hashlib
import os
import re

from ansible.module_utils.luytre_shared.applications import (
    interface,
    php_constants,
    wordpress_extensions,
    wordpress_permalinks,
    wordpress_session,
)
from ansible.module_utils.luytre_shared.applications.known_layouts import LAYOUT_BY_KIND
from ansible.module_utils.luytre_shared.databases import site_database
from ansible.module_utils.luytre_shared.databases.site_database import MYSQL
from ansible.module_utils.luytre_shared.os.area_reader import (
    describe_file_mode,
    list_names_below,
    read_text_below,
    stat_file_below,
)
from ansible.module_utils.luytre_shared.parsers import php_source

MAX_TEXT = 500
CONSTANTS = {
    "DB_NAME": str,
    "DB_USER": str,
    "DB_HOST": str,
    "DISALLOW_FILE_EDIT": bool,
    "DISALLOW_FILE_MODS": bool,
    "WP_DEBUG": bool,
    "WP_DEBUG_DISPLAY": bool,
    "WP_DEBUG_LOG": None,
    "WP_AUTO_UPDATE_CORE": None,
    "AUTOMATIC_UPDATER_DISABLED": bool,
    "FORCE_SSL_ADMIN": bool,
}
SALTS = tuple(
    "%s_%s" % (name, kind) for kind in ("KEY", "SALT") for name in ("AUTH", "SECURE_AUTH", "LOGGED_IN", "NONCE")
)
DEFAULT_PHRASE = "put your unique phrase here"
DROP_INS = (
    *("advanced-cache.php", "db.php", "db-error.php", "install.php", "maintenance.php", "object-cache.php"),
    *("php-error.php", "fatal-error-handler.php", "sunrise.php"),
    *("blog-deleted.php", "blog-inactive.php", "blog-suspended.php"),
)
MAX_ADMINISTRATORS = 200
NO_PASSWORD = b"!luytre".hex()
"""What no password comes to in any of its ways of making a digest."""
SEEN_KEYS = ("session_tokens", "last_login", "_last_login", "wp_last_login", "when_last_login", "wfls-last-login")
DAY = 86_400
LOGIN = ("DB_NAME", "DB_USER", "DB_PASSWORD", "DB_HOST")
_ADMINISTRATORS = """SELECT 'admin', ID, HEX(CAST(CONVERT(user_login USING utf8mb4) AS BINARY)),
  user_pass LIKE '$%' OR user_pass RLIKE '^[0-9a-f]{32}$' FROM `{db}`.`{p}users` WHERE ID IN
  (SELECT user_id FROM `{db}`.`{p}usermeta`
  WHERE meta_key = '{p}capabilities' AND meta_value LIKE '%"administrator";b:1%')"""
_META = """user_id = {number} AND
  (meta_key IN ('session_tokens', '_application_passwords') OR meta_key RLIKE '^{p}([0-9]+_)?capabilities$')"""
MAX_CODE_ROWS = 200
CODE_POSTS = (
    *("wpcode", "wpcodebox", "code_block", "elementor_snippet", "asenha_code_snippet", "wpcb-snippet", "phpsnippet"),
)
"""Kinds of posts in which plugins keep code."""
_CODE_IN_POSTS = {
    "post": (
        """SELECT 'post', ID, post_type, LEFT(post_content, 20000) FROM `{db}`.`{p}posts`
  WHERE post_type IN (%s) AND post_status <> 'trash'"""  # noqa: S608
        % ", ".join("'%s'" % name for name in CODE_POSTS),
        MAX_CODE_ROWS,
    ),
    "option": (
        """SELECT 'option', option_name, '', LEFT(option_value, 20000) FROM `{db}`.`{p}options`
  WHERE option_value LIKE '%<?php%' OR option_value LIKE '%eval(%' OR option_value LIKE '%base64_decode(%'""",
        MAX_CODE_ROWS,
    ),
}
_CODE_IN_SNIPPETS = {
    "snippet": (
        "SELECT 'snippet', id, name, LEFT(code, 20000) FROM `{db}`.`{p}snippets` WHERE active <> 0",
        MAX_CODE_ROWS,
    )
}
"""The table of Code Snippets, which most sites do not have."""
_APPLICATION_PASSWORDS = """SELECT 'application_password', LEFT(u.user_login, 100), '' FROM `{db}`.`{p}usermeta` m
  JOIN `{db}`.`{p}users` u ON u.ID = m.user_id
  WHERE m.meta_key = '_application_passwords' AND LENGTH(m.meta_value) > 8"""
_REGISTRATION = """SELECT 'registers_as', r.option_value, '' FROM `{db}`.`{p}options` r JOIN `{db}`.`{p}options` c
  ON c.option_name = 'users_can_register' AND c.option_value = '1'
  WHERE r.option_name = 'default_role' AND r.option_value IN ('administrator', 'editor')"""

ADMINS = """SELECT user_id FROM `{db}`.`{p}usermeta`
  WHERE meta_key = '{p}capabilities' AND meta_value LIKE '%"administrator";b:1%'"""
STATEMENTS = {
    "option": (
        """SELECT 'option', option_name, LEFT(option_value, 20000) FROM `{db}`.`{p}options` WHERE option_name IN
  ('siteurl', 'home', 'users_can_register', 'default_role', 'active_plugins', 'template', 'stylesheet')""",
        7,
    ),
    "admin": (
        """SELECT 'admin', ID, LEFT(user_login, 500), IFNULL(UNIX_TIMESTAMP(user_registered), 0) FROM `{db}`.`{p}users`
  WHERE ID IN ({admins})""",
        200,
    ),
    "seen": (
        """SELECT 'seen', user_id, LEFT(meta_value, 60000) FROM `{db}`.`{p}usermeta`
  WHERE meta_key IN ({seen}) AND user_id IN ({admins})""",
        1000,
    ),
    "wrote": (
        """SELECT 'wrote', post_author, IFNULL(UNIX_TIMESTAMP(MAX(post_modified_gmt)), 0) FROM `{db}`.`{p}posts`
  WHERE post_type IN ('post', 'page', 'attachment') AND post_author IN ({admins}) GROUP BY post_author""",
        200,
    ),
}


class WordPress(interface.Cms):
    """WordPress."""

    layout = LAYOUT_BY_KIND["wordpress"]
    is_among_others = False
    own_code = interface.OwnCode(
        ("wp-admin", "wp-includes"), "wp-includes/version.php", ("wp-config.php",), "wordpress", "/usr/share/wordpress"
    )
    administrators = {MYSQL: {"admin": (_ADMINISTRATORS, MAX_ADMINISTRATORS)}}
    lockout_cells = {
        MYSQL: [
            interface.LockoutCell("users", "ID", "user_pass", NO_PASSWORD, "ID = {number}"),
            interface.LockoutCell("users", "ID", "user_email", "", "ID = {number}"),
            interface.LockoutCell("users", "ID", "user_activation_key", "", "ID = {number}"),
            interface.LockoutCell("usermeta", "umeta_id", "meta_value", "", _META),
        ]
    }
    posts = {MYSQL: wordpress_permalinks.STATEMENTS}
    rows = {
        "posts": interface.DeletableRow("posts", "ID"),
        "postmeta": interface.DeletableRow("postmeta", "meta_id"),
        "comments": interface.DeletableRow("comments", "comment_ID"),
        "commentmeta": interface.DeletableRow("commentmeta", "meta_id"),
        "options": interface.DeletableRow("options", "option_name", is_named=True),
        "snippets": interface.DeletableRow("snippets", "id"),
    }
    ways_in = {
        MYSQL: {"passwords": (_APPLICATION_PASSWORDS, MAX_ADMINISTRATORS), "registration": (_REGISTRATION, 1)},
    }
    secret_names = SALTS
    code_in_tables = (_CODE_IN_POSTS, _CODE_IN_SNIPPETS)
    lacks = {
        "postgresql": interface.Lack(
            "WordPress chỉ chạy trên MariaDB và MySQL.", "WordPress runs on MariaDB and MySQL alone."
        ),
        "sqlite": interface.Lack(
            "WordPress chỉ chạy trên MariaDB và MySQL.", "WordPress runs on MariaDB and MySQL alone."
        ),
    }

    def find_config(self, folder):
        """Return the path of wp-config.php, in its folder or the one above."""
        return read_wp_config(folder)[0]

    def read_login(self, folder):
        """Return its account and prefix. Raises DatabaseUnanswered."""
        _, content = read_wp_config(folder)
        if content is None:
            return None
        prefix = read_table_prefix(content)
        return make_wordpress_login(php_source.read_php_constants(content, LOGIN), prefix), prefix

    def read_database_host(self, folder):
        """Return where it is, whatever the rest of its account comes to."""
        _, content = read_wp_config(folder)
        host = content and php_source.read_php_constants(content, ("DB_HOST",))["DB_HOST"]
        return (host, MYSQL) if isinstance(host, str) and host != php_source.UNKNOWN else None

    def collect_instance(self, application, reader):
        """Return ``auditor.facts.web._wordpress.WordPressInstance``, but for walks of its files."""
        return collect_wordpress_instance(application, reader)

    def build_post_addresses(self, rows, home):
        """Return the addresses that its settings give its pages."""
        return wordpress_permalinks.build_wordpress_post_addresses(rows, home)

    def replace_password(self, content, password):
        """Return its configuration with another password. Raises ValueError."""
        return php_constants.define_constant_in_php_source(content, "DB_PASSWORD", password)

    def replace_secrets(self, content, make_secret):
        """Return its configuration with other keys and salts. Raises ValueError."""
        if php_source.UNKNOWN in php_source.read_php_constants(content, SALTS).values():
            return None
        for name in SALTS:
            content = php_constants.define_constant_in_php_source(content, name, make_secret())
        return content

    opens_sessions = True

    def open_session(self, application, content, number, visit):
        """Open a session by a cookie as WordPress signs it. Raises SessionUnavailable."""
        return wordpress_session.open_temporary_wordpress_session(application, content, number, visit)

    def keeps_tables_in_memory(self, folder):
        """Return whether a plugin keeps an object cache."""
        return stat_file_below(folder, "wp-content/object-cache.php") is not None

    def read_home_address(self, query):
        """Return where its options say that it is."""
        sql = "SELECT 'home', LEFT(option_value, 500) FROM `{db}`.`{p}options` WHERE option_name = 'home'"
        return next((row[1] for row in query({"home": (sql, 1)}) if len(row) == 2), None)


# --- one instance ---------------------------------------------------------------------------------------


def collect_wordpress_instance(application, reader):
    """Return what is told of one WordPress, but for the walks of its files."""
    path = application.path
    config_path, content = read_wp_config(path)
    text = read_text_below(path, "wp-includes/version.php", 20_000) or ""
    version = php_source.find_variable_text(text.encode(), "wp_version")
    constants = _convert_switches_of_constants(
        php_source.read_php_constants(content, CONSTANTS) if content is not None else dict.fromkeys(CONSTANTS)
    )
    prefix = read_table_prefix(content)
    data, unread = read_wordpress_database(config_path, content, prefix, reader)
    active = set(data["active_plugins"]) if data else None
    return {
        "path": path,
        "version": version,
        "config": describe_wp_config_mode(config_path),
        "config_above": config_path is not None and os.path.dirname(config_path) != path,
        "constants": constants,
        "salts": check_wordpress_salts(content),
        "plugins": wordpress_extensions.list_wordpress_plugins(path, active),
        "themes": wordpress_extensions.list_wordpress_themes(path, data),
        "must_use": [name for name in list_names_below(path, "wp-content/mu-plugins") if name.endswith(".php")],
        "drop_ins": [name for name in list_names_below(path, "wp-content") if name in DROP_INS],
        "debug_log": _describe_debug_log(path),
        "database": data,
        "database_unread": unread,
    }


def _describe_debug_log(path):
    status = stat_file_below(path, "wp-content/debug.log")
    return describe_file_mode(os.path.join(path, "wp-content/debug.log"), status) if status else None


def read_wp_config(path):
    """Return ``(path, bytes)`` of its wp-config.php: in its folder, or one above where WordPress looks too."""
    for folder in (path, os.path.dirname(path)):
        if folder != path and read_text_below(folder, "wp-settings.php", 1) is not None:
            break
        text = read_text_below(folder, "wp-config.php", 200_000)
        if text is not None:
            return os.path.join(folder, "wp-config.php"), text.encode("utf-8", "replace")
    return None, None


def describe_wp_config_mode(path):
    """Return its FileMode, and whether others than its owner and group get at it, or its group may change it."""
    mode = describe_file_mode(path) if path else None
    return {**mode, "open_to_others": bool(mode["mode"] & 0o027)} if mode else None


def _convert_switches_of_constants(constants):
    """Return what PHP's loose truth makes of a switch; the rest as it is."""
    result = {}
    for name, value in constants.items():
        kind = CONSTANTS[name]
        if value is None or value == php_source.UNKNOWN or kind is None:
            result[name] = value
        elif kind is bool:
            result[name] = value not in (False, 0, "", "0")
        else:
            result[name] = value if isinstance(value, str) else php_source.UNKNOWN
    return result


def check_wordpress_salts(content):
    """Return state of the eight keys and salts, and a fingerprint when they are long enough to hide behind one."""
    values = php_source.read_php_constants(content, SALTS) if content is not None else {}
    texts = [value for value in values.values() if isinstance(value, str) and value != php_source.UNKNOWN]
    unknown = sum(1 for value in values.values() if value == php_source.UNKNOWN)
    sound = len(texts) == len(SALTS) and all(len(text) >= 32 for text in texts)
    return {
        "present": sum(1 for text in texts if text),
        "unknown": unknown,
        "default_phrase": any(text == DEFAULT_PHRASE for text in texts),
        "distinct": len(set(texts)) == len(texts),
        "shortest": min([len(text) for text in texts], default=0),
        "fingerprint": hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16] if sound else None,
    }


# --- database ---------------------------------------------------------------------------------------------------


def read_wordpress_database(config_path, content, prefix, reader):
    """Return ``(what its database says, why it was not read)``: administrators, address, registration, active plugins.

    The reason is an ``auditor.facts.web._cms.UnreadDatabase``.
    """
    values = php_source.read_php_constants(content, LOGIN) if content is not None else dict.fromkeys(LOGIN)
    try:
        login = make_wordpress_login(values, prefix)
        return parse_wordpress_rows(
            site_database.fetch_rows(reader, login, build_wordpress_statements(login.database, prefix))
        ), None
    except site_database.DatabaseUnanswered as not_asked:
        user = values["DB_USER"]
        account = user if isinstance(user, str) and user != php_source.UNKNOWN else ""
        return None, {"why": not_asked.why, "file": config_path or "wp-config.php", "account": account[:80]}


def make_wordpress_login(values, prefix):
    """Return a site's own Login from the constants in LOGIN.

    Raises DatabaseUnanswered when only running the file would tell them.
    """
    name, user, password, host = (values[constant] for constant in LOGIN)
    return site_database.make_plain_login(user, password, "localhost" if host is None else host, name, prefix)


def build_wordpress_statements(name, prefix):
    """Return word to ``(SELECT, most rows that a site has for it)``, on the tables of one site."""
    words = {"{seen}": ", ".join("'%s'" % key for key in SEEN_KEYS), "{admins}": ADMINS, "{db}": name, "{p}": prefix}
    return site_database.fill_statement_placeholders(STATEMENTS, words)


def parse_wordpress_rows(answer):
    """Return the rows of QUERY as facts.

    A session's token never leaves: of sessions only the time of the log-in is taken.
    """
    options, administrators, moments_by_user = {}, {}, {}
    for row in answer:
        if row[0] == "option":
            options[row[1]] = row[2] or ""
        elif row[0] == "admin":
            administrators[row[1]] = {
                "login": (row[2] or "")[:MAX_TEXT],
                "registered": site_database.parse_epoch(row[3]),
            }
        elif row[0] == "seen":
            moments_by_user.setdefault(row[1], []).extend(_parse_login_times(row[2] or ""))
        elif row[0] == "wrote" and row[1] in administrators:
            moment = site_database.parse_epoch(row[2])
            if moment > administrators[row[1]]["registered"] + DAY:
                moments_by_user.setdefault(row[1], []).append(moment)
    return {
        "administrators": [
            {**administrator, "last_seen": max(moments_by_user[key]) if moments_by_user.get(key) else None}
            for key, administrator in sorted(administrators.items(), key=lambda item: item[1]["login"])
        ],
        "options": {
            name: options.get(name, "")[:MAX_TEXT]
            for name in ("siteurl", "home", "default_role", "template", "stylesheet")
        },
        "hosts": sorted({_get_host_of_url(options.get(name, ""))[:MAX_TEXT] for name in ("siteurl", "home")}),
        "users_can_register": options.get("users_can_register") == "1",
        "active_plugins": re.findall(r's:\d+:"([^"]{1,200})"', options.get("active_plugins", ""))[
            : wordpress_extensions.MAX_EXTENSIONS
        ],
    }


def _get_host_of_url(url):
    """Return the host that an address names, or the whole of what is not an address."""
    match = re.match(r"(?i)https?://([^/:?#\s]{1,253})(?:[:/?#]|\Z)", url)
    return match.group(1).lower() if match and "@" not in match.group(1) else url


def _parse_login_times(value):
    """Return times of log-in in a user's meta value: sessions as WordPress keeps them, or one plain time."""
    if re.match(r"\d{9,10}\Z", value):
        return [int(value)]
    return [int(digits) for digits in re.findall(r'"login";i:(\d{9,10});', value)]


def read_table_prefix(content):
    """Return what its tables' names begin with, as its wp-config.php says where there is one."""
    return (php_source.find_variable_text(content, "table_prefix") if content is not None else None) or "wp_"
