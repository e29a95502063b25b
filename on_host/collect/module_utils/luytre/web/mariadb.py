"""MariaDB through its local socket as root: variables in force, accounts, grants; the modes of its files.

Hashes are judged on the host and stay there: ``classify_account_authentication`` makes one word of an account's.
"""

import json
import os
import re

from ansible.module_utils.luytre.web_servers import mariadb_start
from ansible.module_utils.luytre_shared.databases import mariadb_client
from ansible.module_utils.luytre_shared.files import ownership
from ansible.module_utils.luytre_shared.os import process_table
from ansible.module_utils.luytre_shared.os.area_reader import (
    NotRun,
    UnpackagedDaemon,
    UnreadableFact,
    describe_file_mode,
    read_text_below,
)
from ansible.module_utils.luytre_shared.os.file_writers import describe_file_if_changeable_by_others

VARIABLES = {
    "bind_address": str,
    "datadir": str,
    "general_log": bool,
    "local_infile": bool,
    "log_error": str,
    "log_warnings": int,
    "port": int,
    "require_secure_transport": bool,
    "secure_file_priv": str,
    "skip_grant_tables": bool,
    "skip_name_resolve": bool,
    "skip_networking": bool,
    "socket": str,
}
AT_START = {
    "bind_address": "",
    "general_log": False,
    "local_infile": True,
    "secure_file_priv": "",
    "skip_grant_tables": False,
    "skip_networking": False,
    "symbolic_links": True,
}
"""What a server starts with when no option file says otherwise."""
SYSTEM_DATABASES = ("information_schema", "mysql", "performance_schema", "sys")
SERVER_FACTS = (
    "version",
    "branch",
    "variables",
    "next_start",
    "accounts",
    "public_grants",
    "databases",
    "test_database",
    "start_fault",
)
"""What only the server and its programs tell."""
DANGEROUS = frozenset(
    (
        *("ALL PRIVILEGES", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "EXECUTE", "FILE", "SUPER"),
        *("SHUTDOWN", "CREATE USER", "SET USER", "GRANT OPTION"),
    )
)
HISTORIES = (".mysql_history", ".mariadb_history")
GLOBAL_PRIVILEGES = (
    *("SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "RELOAD", "SHUTDOWN", "PROCESS", "FILE"),
    *("GRANT OPTION", "REFERENCES", "INDEX", "ALTER", "SHOW DATABASES", "SUPER", "CREATE TEMPORARY TABLES"),
    *("LOCK TABLES", "EXECUTE", "REPLICATION SLAVE", "BINLOG MONITOR", "CREATE VIEW", "SHOW VIEW"),
    *("CREATE ROUTINE", "ALTER ROUTINE", "CREATE USER", "EVENT", "TRIGGER", "CREATE TABLESPACE"),
    *("DELETE HISTORY", "SET USER", "FEDERATED ADMIN", "CONNECTION ADMIN", "READ_ONLY ADMIN"),
    *("REPLICATION SLAVE ADMIN", "REPLICATION MASTER ADMIN", "BINLOG ADMIN", "BINLOG REPLAY"),
    *("SLAVE MONITOR", "SHOW CREATE ROUTINE"),
)
"""In the order of the bits of ``access`` in mysql.global_priv."""
MENTIONS_PASSWORD = re.compile(r"(?i)identified(?:\s|\\040)+by|password(?:\s|\\040)*\(")
MAX_HOMES = 300
MAX_CONFIG_FILES = 200

QUERY = """
SELECT 'version', VERSION();
SELECT 'variable', LOWER(VARIABLE_NAME), VARIABLE_VALUE FROM information_schema.GLOBAL_VARIABLES;
SELECT 'account', User, Host, Priv FROM mysql.global_priv LIMIT 5000;
SELECT 'database', SCHEMA_NAME FROM information_schema.SCHEMATA LIMIT 5000;
SELECT 'member', User, Host, Role FROM mysql.roles_mapping LIMIT 5000;
SELECT 'definer', DEFINER FROM information_schema.VIEWS
  UNION SELECT 'definer', DEFINER FROM information_schema.ROUTINES
  UNION SELECT 'definer', DEFINER FROM information_schema.TRIGGERS
  UNION SELECT 'definer', DEFINER FROM information_schema.EVENTS LIMIT 5000;
SELECT 'grant', User, Host, Db, CONCAT_WS(',',
  IF(Select_priv='Y','SELECT',NULL), IF(Insert_priv='Y','INSERT',NULL), IF(Update_priv='Y','UPDATE',NULL),
  IF(Delete_priv='Y','DELETE',NULL), IF(Create_priv='Y','CREATE',NULL), IF(Drop_priv='Y','DROP',NULL),
  IF(Alter_priv='Y','ALTER',NULL), IF(Index_priv='Y','INDEX',NULL), IF(Execute_priv='Y','EXECUTE',NULL),
  IF(Trigger_priv='Y','TRIGGER',NULL), IF(Event_priv='Y','EVENT',NULL), IF(Create_view_priv='Y','CREATE VIEW',NULL),
  IF(Grant_priv='Y','GRANT OPTION',NULL)) FROM mysql.db LIMIT 5000;
"""


def collect_area_facts(reader):
    client = mariadb_client.find_mariadb_client(reader)
    ours = list(filter(None, map(reader.find_program, mariadb_client.SERVERS)))
    is_installed = bool(ours)
    away = (
        None
        if is_installed and mariadb_client.is_mariadb_running(reader)
        else process_table.find_running_program_outside_paths(mariadb_client.SERVERS, ours, reader.trust)
    )
    if away:
        raise UnpackagedDaemon(away)
    facts = {
        "installed": is_installed,
        "running": is_installed and mariadb_client.is_mariadb_running(reader),
        "version": None,
        "branch": None,
        "variables": None,
        "next_start": None,
        "accounts": [],
        "public_grants": [],
        "databases": [],
        "test_database": False,
        "files": list_mariadb_config_files() if is_installed else [],
        "histories": find_client_history_files(),
        "start_fault": None,
    }
    if facts["running"]:
        if client is None:
            raise UnreadableFact("MariaDB is running but its client program is not installed")
        try:
            facts.update(parse_server_state(mariadb_client.query_mariadb_rows(reader, client, QUERY)))
            facts["next_start"] = read_settings_at_next_start(reader)
            facts["start_fault"] = find_mariadb_start_fault(reader)
            facts["files"] += describe_data_folder(facts["variables"]["datadir"].rstrip("/"))
        except NotRun as refusal:
            facts["untold"] = dict.fromkeys(SERVER_FACTS, str(refusal))
    return facts


# --- asking ------------------------------------------------------------------------------------------


def find_mariadb_start_fault(reader):
    """Return why the server would not start as it is now, or an empty text. Raises NotRun, UnreadableFact."""
    program = next(filter(None, map(reader.find_program, mariadb_client.SERVERS)))
    return mariadb_start.find_server_start_fault(reader, program, mariadb_client.list_client_option_files()) or ""


def read_settings_at_next_start(reader):
    """Return what the option files will make of the settings in AT_START when the server starts next."""
    printer = reader.find_program("my_print_defaults")
    if printer is None:
        raise UnreadableFact("my_print_defaults is not installed")
    return parse_server_options(
        reader.run([printer, "--mysqld"], at_stake=mariadb_client.list_client_option_files()).splitlines()
    )


def parse_server_options(arguments):
    """Return settings from options as they are given to a server.

    The last word counts, and ``-`` and ``_`` are the same.
    """
    settings = dict(AT_START)
    for argument in arguments:
        name, equals, value = argument.strip().lstrip("-").partition("=")
        name = name.replace("-", "_").lower()
        name = name[len("loose_") :] if name.startswith("loose_") else name
        name, is_negated = next(
            (
                (name[len(prefix) :], prefix != "enable_")
                for prefix in ("skip_", "disable_", "enable_")
                if name not in settings and name.startswith(prefix)
            ),
            (name, False),
        )
        if isinstance(settings.get(name), bool):
            on = not equals or value.strip().lower() in ("1", "on", "true", "yes")
            settings[name] = on != is_negated
        elif name in settings:
            settings[name] = value
    return settings


# --- understanding ------------------------------------------------------------------------------------


def parse_server_state(answer):
    """Return the server's state from the rows of QUERY."""
    rows_by_kind = {}
    for row in answer:
        rows_by_kind.setdefault(row[0], []).append(row[1:])
    if "version" not in rows_by_kind or "account" not in rows_by_kind:
        raise UnreadableFact("MariaDB's answer is not complete")
    raw = dict(rows_by_kind.get("variable", []))
    missing_names = [name for name in ("bind_address", "port", "datadir") if name not in raw]
    if missing_names:
        raise UnreadableFact("MariaDB does not tell its %s" % ", ".join(missing_names))
    variables = {name: _convert_setting_value(kind, raw.get(name)) for name, kind in VARIABLES.items()}
    variables["symbolic_links"] = raw.get("have_symlink") == "YES"
    grants = [
        {
            "user": user,
            "host": host or "",
            "database": database,
            "privileges": [p for p in (privileges or "").split(",") if p],
        }
        for user, host, database, privileges in rows_by_kind.get("grant", [])
    ]
    databases = [row[0] for row in rows_by_kind.get("database", [])]
    return {
        "version": rows_by_kind["version"][0][0],
        "branch": get_server_release_branch(rows_by_kind["version"][0][0]),
        "variables": variables,
        "accounts": _describe_database_accounts(rows_by_kind, grants),
        "public_grants": [grant for grant in grants if grant["user"] in ("", "PUBLIC")],
        "databases": [name for name in databases if name not in SYSTEM_DATABASES],
        "test_database": any(name == "test" or name.startswith("test_") for name in databases),
    }


def get_server_release_branch(version):
    """Return ``10.11 in debian 12`` when the distribution built it, else ``10.11``; ``MySQL 8.0`` for that one."""
    number = ".".join(version.split("-")[0].split(".")[:2])
    if "mariadb" not in version.lower():
        return "MySQL " + number
    match = re.search(r"\+deb(\d+)u", version)
    return "%s in debian %s" % (number, match.group(1)) if match else number


def _convert_setting_value(kind, value):
    if kind is bool:
        return value in ("ON", "1", "YES")
    if kind is int:
        return int(value) if value and value.isdigit() else 0
    return value or ""


def parse_global_privileges(text):
    try:
        priv = json.loads(text or "{}")
    except ValueError:
        raise UnreadableFact("mysql.global_priv holds no JSON")
    if not isinstance(priv, dict) or not isinstance(priv.get("access", 0), int):
        raise UnreadableFact("mysql.global_priv does not hold what it should")
    return priv


def list_privileges_of_access_mask(access):
    """Return the privileges of an ``access`` mask, the full set in two words."""
    names = [name for bit, name in enumerate(GLOBAL_PRIVILEGES) if access >> bit & 1]
    everyday = [name for name in GLOBAL_PRIVILEGES[:28] if name != "GRANT OPTION"]
    if not set(everyday) <= set(names):
        return names
    return ["ALL PRIVILEGES"] + (["GRANT OPTION"] if "GRANT OPTION" in names else [])


def _describe_database_accounts(rows_by_kind, grants):
    """Return the accounts that are no roles, with what is theirs of roles, grants and definitions."""
    account_rows = [
        (user or "", host or "", parse_global_privileges(text)) for user, host, text in rows_by_kind["account"]
    ]
    role_access = {user: priv.get("access", 0) for user, _, priv in account_rows if priv.get("is_role")}
    roles = {}
    for user, host, role in rows_by_kind.get("member", []):
        roles.setdefault((user, host), []).append(role or "")
    definers = {row[0] for row in rows_by_kind.get("definer", [])}
    return [
        {
            **_describe_privileges_of_account(user, host, priv, roles.get((user, host), []), role_access),
            "defines": "%s@%s" % (user, host) in definers,
            "grants": [
                {"database": grant["database"], "privileges": grant["privileges"]}
                for grant in grants
                if grant["user"] == user and grant["host"] == host
            ],
        }
        for user, host, priv in account_rows
        if not priv.get("is_role")
    ]


def _describe_privileges_of_account(user, host, priv, roles, role_access):
    access = priv.get("access", 0)
    privilege_set = set(list_privileges_of_access_mask(access))
    for role in [*roles, "PUBLIC"]:
        privilege_set.update(list_privileges_of_access_mask(role_access.get(role, 0)))
    return {
        "user": user,
        "host": host,
        "anywhere": re.match(r"[%_.]*$", host) is not None,
        "plugin": ", ".join(dict.fromkeys(plugin for plugin, _ in list_authentication_methods(priv))),
        "authentication": classify_account_authentication(priv),
        "super": bool(access >> GLOBAL_PRIVILEGES.index("SUPER") & 1),
        "global_privileges": list_privileges_of_access_mask(access),
        "roles": [
            {"name": role, "global_privileges": list_privileges_of_access_mask(role_access.get(role, 0))}
            for role in [*sorted(roles), "PUBLIC"]
            if role in roles or role_access.get(role)
        ],
        "reaches_everything": _can_reach_data_of_every_site(privilege_set),
    }


def _can_reach_data_of_every_site(privilege_set):
    """Return whether global privileges let an account read or change every site's data, or the server itself.

    Those of an account that dumps databases (SELECT with LOCK TABLES) do not count.
    """
    return bool(privilege_set & DANGEROUS) or ("SELECT" in privilege_set and "LOCK TABLES" not in privilege_set)


def list_authentication_methods(priv):
    """Return ``(plugin, authentication string)`` of each way in.

    An empty member of ``auth_or`` stands for the main one.
    """
    main = (priv.get("plugin") or "mysql_native_password", priv.get("authentication_string") or "")
    others = priv.get("auth_or")
    if not isinstance(others, list):
        return [main]
    return [
        (other.get("plugin") or main[0], other.get("authentication_string") or "") if other else main
        for other in others
    ]


def classify_account_authentication(priv):
    """Return one word for how an account may log in, the weakest way first: locked, empty, password, socket, other."""
    if priv.get("account_locked"):
        return "locked"
    ways = {_classify_authentication_method(plugin, secret) for plugin, secret in list_authentication_methods(priv)}
    return next((way for way in ("empty", "password", "socket", "other") if way in ways), "locked")


def _classify_authentication_method(plugin, secret):
    if plugin in ("unix_socket", "auth_socket"):
        return "socket"
    if plugin in ("pam", "gssapi", "auth_pam"):
        return "other"
    if not secret:
        return "empty"
    if plugin == "mysql_native_password" and not re.match(r"\*[0-9A-Fa-f]{40}$", secret):
        return "locked"
    return "password"


# --- files ----------------------------------------------------------------------------------------------


def list_mariadb_config_files():
    """Return option files of the server and of root's client.

    They are ``loose`` when others than root may change or misuse them.
    """
    paths = ["/etc/my.cnf", "/root/.my.cnf"]
    for folder, folders, names in os.walk("/etc/mysql"):
        folders.sort()
        paths += [os.path.join(folder, name) for name in sorted(names) if name.endswith(".cnf")]
        if len(paths) > MAX_CONFIG_FILES:
            break
    files = []
    for path in paths[:MAX_CONFIG_FILES]:
        mode = describe_file_mode(path)
        if mode is not None and mode["kind"] == "file":
            text = read_text_below("/", path, 200_000) or ""
            secret = re.search(r"(?mi)^\s*password\s*=\s*['\"]?[^\s'\"#]", text) is not None
            loose = describe_file_if_changeable_by_others(path, ownership.PASSWORD if secret else ownership.STRICT_ROOT)
            files.append({**mode, "doubt": None, **(loose or {}), "holds_password": secret, "loose": loose is not None})
    return files


def describe_data_folder(path):
    """Return the folder of the data itself; ``loose`` when others than the server's account may enter it."""
    mode = describe_file_mode(path)
    return [{**mode, "holds_password": False, "loose": bool(mode["mode"] & 0o007)}] if mode else []


def find_client_history_files():
    """Return the client's history files in people's homes that hold something, and whether they mention passwords."""
    files = []
    for home in _list_home_folders():
        for name in HISTORIES:
            path = os.path.join(home, name)
            mode = describe_file_mode(path)
            if mode is None or mode["kind"] != "file":
                continue
            text = read_text_below(home, name) or ""
            if text.strip():
                files.append(
                    {
                        **mode,
                        "mentions_password": MENTIONS_PASSWORD.search(text) is not None,
                        "open_to_others": bool(mode["mode"] & 0o077),
                    }
                )
    return files


def _list_home_folders():
    try:
        with open("/etc/passwd", encoding="utf-8", errors="replace") as handle:
            entries = [line.split(":") for line in handle.read(1_000_000).splitlines()]
    except OSError as error:
        raise UnreadableFact("/etc/passwd: %s" % error.strerror)
    homes = {
        entry[5] for entry in entries if len(entry) == 7 and entry[5].startswith(("/root", "/home/", "/var/", "/srv/"))
    }
    return sorted(homes)[:MAX_HOMES]
