"""One Joomla, read as data: its settings, the state of its secret, and what its database says.

None of its code is run.
"""

import json
import os

from ansible.module_utils.luytre import _php, _php_settings, _site_database
from ansible.module_utils.luytre._php_settings import (
    convert_to_php_truth,
    convert_to_short_plain_value,
    convert_to_whole_number,
    describe_secret,
    is_text_set,
)

FILE = "configuration.php"
SAMPLE = "FBVtggIk5lAzEU9H"
"""What Joomla's own ``configuration.php-dist`` has for a secret."""
NAMES = (
    *("debug", "error_reporting", "force_ssl", "ftp_pass", "secret"),
    *("dbtype", "host", "user", "password", "db", "dbprefix"),
)
ENGINES = {
    **dict.fromkeys(("mysqli", "mysql", "pdomysql"), _site_database.MYSQL),
    **dict.fromkeys(("pgsql", "postgresql"), _site_database.POSTGRESQL),
}
"""By the name that its configuration has for it."""
SUPER_USERS = 8
"""The number of the group that every Joomla is installed with."""
MAX_TEXT = 500
STATEMENTS = {
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
IN_POSTGRESQL = {
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


def make_joomla_login(settings):
    """Return its own, of its settings. Raises DatabaseUnanswered."""
    kind = settings["dbtype"]
    if kind is not None and kind != _php.UNKNOWN and kind not in ENGINES:
        raise _site_database.DatabaseUnanswered("other_kind")
    engine = ENGINES.get(kind, _site_database.MYSQL)
    words = (settings[name] for name in ("user", "password", "host", "db", "dbprefix"))
    return _site_database.make_plain_login(*words, engine=engine)


def collect_joomla_instance(application, reader):
    """Return ``auditor.facts.web.wordpress.Joomla``."""
    values = _php_settings.read_settings_of_php_file(application.path, FILE, _php.PROPERTY, NAMES)
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
        statements = STATEMENTS if login.engine == _site_database.MYSQL else IN_POSTGRESQL
        words = {"{db}": login.database, "{p}": values["dbprefix"], "{group}": str(SUPER_USERS)}
        return parse_joomla_rows(
            _site_database.fetch_rows(reader, login, _site_database.fill_statement_placeholders(statements, words))
        ), None
    except _site_database.DatabaseUnanswered as not_asked:
        user = values["user"]
        account = user if isinstance(user, str) and user != _php.UNKNOWN else ""
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
                "registered": _site_database.parse_epoch(registered_at),
                "last_seen": _site_database.parse_epoch(last_seen_at) or None,
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
