"""MariaDB's privileges and settings in force: kept as its own dump, put back without a moment in which nobody
has any.
"""

import hashlib
import os
import re

from ansible.module_utils.luytre_guard.changes import change_attribution
from ansible.module_utils.luytre_guard.files import tree
from ansible.module_utils.luytre_guard.os import commands

KEYS = {
    "global_priv": ("Host", "User"),
    "db": ("Host", "Db", "User"),
    "tables_priv": ("Host", "Db", "User", "Table_name"),
    "columns_priv": ("Host", "Db", "User", "Table_name", "Column_name"),
    "procs_priv": ("Host", "Db", "User", "Routine_name", "Routine_type"),
    "roles_mapping": ("Host", "User", "Role"),
    "proxies_priv": ("Host", "User", "Proxied_host", "Proxied_user"),
}
DUMP = (
    *("--no-create-info", "--replace", "--skip-extended-insert", "--complete-insert", "--hex-blob", "--skip-comments"),
    *("--skip-triggers", "--order-by-primary", "--skip-disable-keys", "mysql", *KEYS),
)
LOGINS = (
    ([], ["--user=root"]),
    ([], []),
    (["--defaults-file=/etc/mysql/debian.cnf"], []),
)
SOCKET = ("--protocol=socket", "--loose-skip-ssl-verify-server-cert")
"""From 11.4 on clients refuse a server without TLS, also when they come by its socket."""
VARIABLES = (
    "SELECT LOWER(VARIABLE_NAME), VARIABLE_TYPE, HEX(GLOBAL_VALUE) FROM information_schema.SYSTEM_VARIABLES "
    "WHERE READ_ONLY = 'NO' AND VARIABLE_SCOPE IN ('GLOBAL', 'SESSION') AND GLOBAL_VALUE IS NOT NULL;"
)
ON_THEIR_OWN = re.compile(
    r"\A(gtid_|slave_|rpl_|replicate_|innodb_buffer_pool_(dump|load)|debug|timestamp|last_insert_id)"
)
NAME = re.compile(r"\A[a-z0-9_]+\Z")
CONFIGURATION = ("/etc/my.cnf", "/etc/mysql", "/etc/mysql/conf.d", "/etc/mysql/mariadb.conf.d", "/root/.my.cnf")
NUMBERS = ("BIGINT", "INT", "DOUBLE", "BOOLEAN")


def _find_mariadb_client_and_dumper():
    client = commands.find_program("mariadb") or commands.find_program("mysql")
    dumper = commands.find_program("mariadb-dump") or commands.find_program("mysqldump")
    return (client, dumper) if client and dumper else None


class MariadbStateQuery:
    """Asking MariaDB, under way; when it does not run here there is nothing to keep."""

    def __init__(self):
        self._programs = _find_mariadb_client_and_dumper()
        self._dump = None
        if self._programs:
            self._dump = commands.RunningCommand(_build_mariadb_command_line(self._programs[1], LOGINS[0], DUMP))

    def answer(self):
        """Return ``{login, dump, keys, variables}``, or None.

        Raises commands.CommandFailure when it runs but tells nothing.
        """
        if self._programs is None:
            return None
        first_error = None
        for number, login in enumerate(LOGINS):
            try:
                dump = (
                    self._dump.wait_for_output()
                    if number == 0
                    else commands.run_program_and_return_output(
                        _build_mariadb_command_line(self._programs[1], login, DUMP)
                    )
                )
                rows = _run_sql_and_split_rows(self._programs[0], login, _build_query_of_privilege_keys() + VARIABLES)
                break
            except commands.CommandFailure as error:
                first_error = first_error or error
                if "2002" in str(error):
                    return None
        else:
            raise first_error
        return {
            "login": number,
            "dump": dump.decode("utf-8", "surrogateescape"),
            "keys": sorted(row for row in rows if row[0] in KEYS),
            "variables": {row[0]: row[1:] for row in rows if row[0] not in KEYS and len(row) == 3},
        }


def _build_mariadb_command_line(program, login, options):
    """Return the arguments, without the host's configuration where others than root can change that.

    It may name code to load.
    """
    alone = ["--no-defaults"] if not login[0] and _is_mariadb_config_changeable_by_others() else login[0]
    return [program, *alone, *SOCKET, *login[1], *options]


def _is_mariadb_config_changeable_by_others():
    """Return whether others than root can change a file or folder of MariaDB's configuration."""
    for folder in CONFIGURATION:
        try:
            inside = [entry.path for entry in os.scandir(folder)] if os.path.isdir(folder) else []
            if any(
                tree.is_changeable_by_others_than_root(os.stat(path))
                for path in (folder, *inside)
                if os.path.exists(path)
            ):
                return True
        except OSError:
            return True
    return False


def _run_sql_and_split_rows(client, login, sql):
    options = ["--batch", "--skip-column-names", "--connect-timeout=5"]
    text = commands.run_program_and_return_output(
        _build_mariadb_command_line(client, login, options), 60, sql.encode("ascii")
    ).decode("utf-8", "replace")
    return [line.split("\t") for line in text.splitlines()]


def _build_query_of_privilege_keys():
    return "".join(
        "SELECT '%s', %s FROM mysql.%s;\n"  # noqa: S608
        % (table, ", ".join("HEX(%s)" % column for column in columns), table)
        for table, columns in KEYS.items()
    )


def compute_digest_of_privileges(database_state):
    """Return what tells one set of privileges from another; settings are compared one by one."""
    return (
        None
        if database_state is None
        else hashlib.sha256(database_state["dump"].encode("utf-8", "surrogateescape")).hexdigest()
    )


def list_variables_with_changed_value(before, now):
    """Name of settings that are not as they were, but for those that change on their own."""
    names = (name for name in before if NAME.match(name) and not ON_THEIR_OWN.match(name))
    return sorted(name for name in names if name in now and now[name] != before[name])


def find_database_accounts_new_since(before, now):
    """Name of accounts that were not there under any host: nobody's but whoever made them, since no fix makes one."""
    earlier_accounts = {row[2] for row in before["keys"] if row[0] == "global_priv"}
    return sorted({row[2] for row in now["keys"] if row[0] == "global_priv"} - earlier_accounts)


def make_sql_to_restore_database_state(before, now, accounts_to_keep=()):
    """Return SQL that gives privileges and settings the state of before.

    Rows as they were, then those that were not there, but for rows of ``accounts_to_keep``.
    """
    sql = []
    if before["dump"] != now["dump"]:
        sql.append(before["dump"])
        there = {tuple(row) for row in before["keys"]}
        for row in now["keys"]:
            if tuple(row) not in there and not set(_get_users_of_privilege_row(row)) & set(accounts_to_keep):
                where = " AND ".join("HEX(%s) = '%s'" % (column, value) for column, value in zip(KEYS[row[0]], row[1:]))
                sql.append("DELETE FROM mysql.%s WHERE %s;\n" % (row[0], where))  # noqa: S608
        sql.append("FLUSH PRIVILEGES;\n")
    for name in list_variables_with_changed_value(before["variables"], now["variables"]):
        kind, value = before["variables"][name]
        text = "CONVERT(X'%s' USING utf8mb4)" % value
        if kind.startswith(NUMBERS):
            text = bytes.fromhex(value).decode("ascii", "replace")
            if not re.match(r"\A[A-Z0-9.+-]+\Z", text):
                continue
        sql.append("SET GLOBAL %s = %s;\n" % (name, text))
    return "".join(sql)


def _get_users_of_privilege_row(row):
    """Return whose a row is, as hexadecimal names."""
    return [value for column, value in zip(KEYS[row[0]], row[1:]) if column in ("User", "Role")]


def restore_database_privileges_and_settings(before, problems, kept_accounts=None):
    """Have privileges and settings as they were. Whether anything had to be done.

    With ``kept_accounts``, a dict, accounts that somebody made meanwhile stay and are named in it, each with why.
    """
    if before is None:
        return False
    try:
        present = MariadbStateQuery().answer()
        if present is None:
            problems.append("MariaDB does not run, so its accounts and settings could not be put back")
            return False
        stay = find_database_accounts_new_since(before, present) if kept_accounts is not None else []
        sql = make_sql_to_restore_database_state(before, present, stay)
        if sql:
            client = _find_mariadb_client_and_dumper()[0]
            argv = _build_mariadb_command_line(
                client, LOGINS[present["login"]], ["--batch", "--force", "--default-character-set=utf8mb4", "mysql"]
            )
            commands.run_program_and_return_output(argv, 120, sql.encode("utf-8", "surrogateescape"))
            now = MariadbStateQuery().answer()
            since = make_sql_to_restore_database_state({**before, "variables": {}}, {**now, "variables": {}}, stay)
            if "DELETE FROM" in since if stay else now["dump"] != before["dump"]:
                problems.append("MariaDB's accounts are not exactly as they were")
            for name in list_variables_with_changed_value(before["variables"], now["variables"]):
                problems.append("MariaDB's setting %s could not be given back its value" % name)
        for name in stay:
            kept_accounts["MariaDB's account %s" % bytes.fromhex(name).decode("utf-8", "replace")] = (
                change_attribution.LEFT_REASON
            )
        return bool(sql)
    except commands.CommandFailure as error:
        problems.append("MariaDB: %s" % error)
        return False
