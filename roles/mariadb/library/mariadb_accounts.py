#!/usr/bin/python
"""Close MariaDB accounts and dynamic settings that should not be open, through root's local socket."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: mariadb_accounts
short_description: Tightens MariaDB's accounts, grants and settings in force
description:
  - Locks, renames and revokes; never drops an account, a database or a table, never shows or moves a secret.
  - Before it changes privileges it keeps a dump of the tables that hold them.
  - Does nothing where MariaDB does not run. Reports what it left alone and why.
options:
  controls:
    description: Ids of the controls to put in force. Without any it only reads.
    type: list
    elements: str
    default: []
  variables:
    description: Settings wanted in force, name to value as the server itself writes it. Those that the server can
      change while it runs are changed; the others are named in C(restart).
    type: dict
    default: {}
  document_roots:
    description: Declared document roots, to find which account and database the CMS of a site there uses.
    type: list
    elements: str
    default: []
  reachable:
    description: Whether the inventory declares that the database is meant to be reached from other machines.
    type: bool
    default: false
  dump_folder:
    description: Where the dump of the privileges is kept, root's alone.
    type: path
    default: /var/backups/luytre
author: Lũy Tre
"""

EXAMPLES = r"""
- name: Lock accounts without a name
  mariadb_accounts:
    controls: [mariadb.anonymous_user]
"""

RETURN = r"""
running:
  description: Whether MariaDB runs here.
  returned: always
  type: bool
variables:
  description: Settings in force before the change.
  returned: when it runs
  type: dict
restart:
  description: Names of the wanted settings that need a restart to come into force.
  returned: always
  type: list
  elements: str
overruled:
  description: Names of the wanted settings that the option files would set otherwise at the next start.
  returned: always
  type: list
  elements: str
left:
  description: What was left alone and why, C({control, what, reason}).
  returned: always
  type: list
  elements: dict
"""

import os
import re
import subprocess
import time

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.luytre.web import mariadb
from ansible.module_utils.luytre_shared.applications import database_servers
from ansible.module_utils.luytre_shared.databases import mariadb_client
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader, UnreadableFact
from ansible.module_utils.luytre_shared.os.program import run_program_to_end

DYNAMIC = frozenset(("local_infile", "general_log"))
LOCAL = ("localhost", "127.0.0.1", "::1")
USER = re.compile(r"[A-Za-z0-9_.$-]{0,80}\Z")
HOST = re.compile(r"[A-Za-z0-9_.:%/-]{0,255}\Z")
PATTERN = re.compile(r"[A-Za-z0-9_%$\\-]{1,64}\Z")
NAME = re.compile(r"[A-Za-z0-9_$-]{1,64}\Z")
PER_DATABASE = frozenset(
    (
        *("SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "REFERENCES", "INDEX", "ALTER", "LOCK TABLES"),
        *("CREATE TEMPORARY TABLES", "EXECUTE", "CREATE VIEW", "SHOW VIEW", "CREATE ROUTINE", "ALTER ROUTINE"),
        *("EVENT", "TRIGGER", "DELETE HISTORY", "SHOW CREATE ROUTINE"),
    )
)
PRIVILEGE_TABLES = ["global_priv", "db", "roles_mapping", "tables_priv", "columns_priv", "procs_priv"]
SECONDS = 30


class AccountPlan:
    """The statements that tighten what was read, and what is left alone."""

    def __init__(self):
        self.statements = []
        self.left = []

    def do(self, *statements):
        self.statements += statements

    def leave(self, control, what, reason):
        self.left.append({"control": control, "what": what, "reason": reason})


def tighten(state, me, controls, applications, reachable):
    """Return the plan for a state as ``mariadb.parse_server_state`` gives it.

    ``me`` is the account that asks, never touched; ``applications`` are those of
    ``database_servers.list_local_databases_of_sites``: a site's configuration can name what is not the site's, so only
    one that holds its account decides what that may do. Public grants first, then grants, then hosts, then locks.
    """
    plan = AccountPlan()
    accounts = [account for account in state["accounts"] if account["authentication"] != "locked"]
    sound = [account for account in accounts if USER.match(account["user"]) and HOST.match(account["host"])]
    for account in accounts:
        if account not in sound:
            plan.leave("mariadb", _format_account(account), "its name holds characters that this fix does not handle")
    sound = [account for account in sound if (account["user"], account["host"]) != me]
    if "mariadb.test_database" in controls:
        _close_public_grants(plan, state["public_grants"])
    if "mariadb.site_grants" in controls:
        for account in sound:
            _limit_to_own_databases(plan, account, state["databases"], applications)
    locked_accounts = _lock_open_accounts(plan, sound, controls, applications)
    if "mariadb.wildcard_host" in controls:
        for account in sound:
            if (
                account["anywhere"]
                and account["user"] not in ("", "root")
                and _quote_account(account) not in locked_accounts
            ):
                _bind_to_this_host(plan, account, state, applications, reachable)
    return plan


def _lock_open_accounts(plan, accounts, controls, applications):
    """Lock accounts that let in whom nobody knows, and return their names."""
    locked_accounts = set()
    for control, is_open, lock in (
        ("mariadb.anonymous_user", _is_anonymous, _may_lock),
        ("mariadb.root_remote", _is_remote_root, _may_lock),
        ("mariadb.empty_password", _has_no_password, _may_lock_unless_used),
    ):
        for account in accounts if control in controls else []:
            if is_open(account) and lock(plan, control, account, applications):
                locked_accounts.add(_quote_account(account))
                plan.do("ALTER USER %s ACCOUNT LOCK" % _quote_account(account))
    return locked_accounts


def _close_public_grants(plan, grants):
    rows = False
    for grant in grants:
        if not PATTERN.match(grant["database"]) or not HOST.match(grant["host"]):
            plan.leave(
                "mariadb.test_database", grant["database"], "its name holds characters that this fix does not handle"
            )
        elif grant["user"] == "PUBLIC":
            plan.do("REVOKE ALL PRIVILEGES ON `%s`.* FROM PUBLIC" % grant["database"])
        else:
            rows = True
            plan.do(
                "DELETE FROM mysql.db WHERE User = '' AND Host = '%s'"  # noqa: S608
                " AND Db = CONVERT(X'%s' USING utf8mb3)" % (grant["host"], grant["database"].encode().hex())
            )
    if rows:
        plan.do("FLUSH PRIVILEGES")


def _limit_to_own_databases(plan, account, databases, applications):
    extra = [role for role in account["roles"] if role["global_privileges"]]
    if account["authentication"] == "socket" or account["user"] in ("", "root"):
        return
    if not account["reaches_everything"]:
        return
    own = _list_own_databases(account, databases, applications)
    if not own:
        plan.leave("mariadb.site_grants", _format_account(account), "which database is its own is not known")
        return
    quoted_name = _quote_account(account)
    privileges = set(account["global_privileges"]).union(*(role["global_privileges"] for role in extra))
    database_privileges = ["ALL PRIVILEGES"] if "ALL PRIVILEGES" in privileges else sorted(privileges & PER_DATABASE)
    if database_privileges:
        plan.do(
            *(
                "GRANT %s ON `%s`.* TO %s" % (", ".join(database_privileges), _escape_database(name), quoted_name)
                for name in own
            )
        )
    if set(account["global_privileges"]) - {"GRANT OPTION"}:
        plan.do("REVOKE ALL PRIVILEGES ON *.* FROM %s" % quoted_name)
    if "GRANT OPTION" in account["global_privileges"]:
        plan.do("REVOKE GRANT OPTION ON *.* FROM %s" % quoted_name)
    for role in extra:
        if role["name"] == "PUBLIC" or not NAME.match(role["name"]):
            plan.leave(
                "mariadb.site_grants",
                _format_account(account),
                "the role %s gives everybody global rights" % role["name"],
            )
        else:
            plan.do("REVOKE `%s` FROM %s" % (role["name"], quoted_name))


def _list_own_databases(account, databases, applications):
    """Return the databases that a site which holds the account names, and no holder of another.

    Else the one of its own name.
    """
    holders = [application for application in applications if application["holds"]]
    named_databases = {holder["database"] for holder in holders if holder["user"] == account["user"]}
    others = {holder["database"] for holder in holders if holder["user"] != account["user"]}
    candidates = named_databases or {account["user"]}
    return sorted(name for name in databases if NAME.match(name) and name in candidates - others)


def _bind_to_this_host(plan, account, state, applications, reachable):
    control, what = "mariadb.wildcard_host", _format_account(account)
    twins = [other for other in state["accounts"] if other["user"] == account["user"] and other["host"] in LOCAL]
    users = [
        application for application in applications if application["holds"] and application["user"] == account["user"]
    ]
    if reachable:
        plan.leave(control, what, "the inventory declares the database as reachable from other machines")
    elif any(twin["authentication"] != "locked" for twin in twins):
        plan.do("ALTER USER %s ACCOUNT LOCK" % _quote_account(account))
    elif twins:
        plan.leave(control, what, "the account of the same name for this host is locked")
    elif account["defines"]:
        plan.leave(control, what, "views, routines, triggers or events run in its name")
    else:
        by_address = users and all(user["host"] in ("127.0.0.1", "::1") for user in users)
        host = users[0]["host"] if by_address and state["variables"]["skip_name_resolve"] else "localhost"
        plan.do("RENAME USER %s TO %s" % (_quote_account(account), _quote_account({**account, "host": host})))


def _is_anonymous(account):
    return account["user"] == ""


def _is_remote_root(account):
    return account["user"] == "root" and account["host"] not in LOCAL


def _has_no_password(account):
    return account["user"] != "" and account["authentication"] == "empty"


def _may_lock(_plan, _control, _account, _applications):
    return True


def _may_lock_unless_used(plan, control, account, applications):
    used = next((application["file"] for application in applications if application["user"] == account["user"]), None)
    if used:
        reason = "%s names it: give it a password in both places first" % used[:300]
        plan.leave(control, _format_account(account), reason)
        return False
    return True


def _quote_account(account):
    return "'%s'@'%s'" % (account["user"], account["host"])


def _format_account(account):
    return "'%s'@'%s'" % (account["user"][:80], account["host"][:255])


def _escape_database(database):
    """Return a database's name as a grant takes it: there ``_`` is a pattern for any one character."""
    return database.replace("_", "\\_")


def settings(variables, targets):
    """Return ``(statements, names that need a restart)`` for settings that differ from the wanted ones."""
    different = [name for name, value in sorted(targets.items()) if as_written(variables[name]) != value]
    statements = ["SET GLOBAL %s = %s" % (name, targets[name]) for name in different if name in DYNAMIC]
    return statements, [name for name in different if name not in DYNAMIC]


def find_overruled(next_start, targets):
    """Name of wanted settings to which the option files, read together, give another value."""
    return [name for name, value in sorted(targets.items()) if as_written(next_start[name]) != value]


def as_written(value):
    """Return a setting in the server's own words."""
    return {True: "ON", False: "OFF"}[value] if isinstance(value, bool) else value


def keep_dump(client, folder, socket):
    """Dump the tables of privileges into a new file of root's alone. Raises UnreadableFact."""
    dumper = os.path.join(os.path.dirname(client), "mariadb-dump")
    if not os.path.exists(dumper):
        dumper = os.path.join(os.path.dirname(client), "mysqldump")
    what = ["--no-create-info", "--replace", "mysql", *PRIVILEGE_TABLES]
    os.makedirs(folder, mode=0o700, exist_ok=True)
    os.chmod(folder, 0o700)
    path = os.path.join(folder, "mariadb-privileges-%s.sql" % time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()))
    for login in (["--no-defaults", "--socket=" + socket], ["--protocol=socket"]):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "wb") as target:
            argv = [dumper, *login, mariadb_client.WITHOUT_TLS, *what]
            process = run_program_to_end(argv, SECONDS, output=target, errors=subprocess.PIPE)
        if process.returncode == 0:
            return
    os.unlink(path)
    raise UnreadableFact("could not dump the privileges: %s" % process.stderr.decode("utf-8", "replace").strip()[-200:])


def main():
    module = AnsibleModule(
        argument_spec={
            "controls": {"type": "list", "elements": "str", "default": []},
            "variables": {"type": "dict", "default": {}},
            "document_roots": {"type": "list", "elements": "str", "default": []},
            "reachable": {"type": "bool", "default": False},
            "dump_folder": {"type": "path", "default": "/var/backups/luytre"},
        },
        supports_check_mode=True,
    )
    try:
        module.exit_json(**act(module.params, module.check_mode))
    except UnreadableFact as unreadable:
        module.fail_json(msg=str(unreadable))


def act(params, check):
    """Read, plan, and unless only checking change. Raises UnreadableFact."""
    reading = AreaReader({}, SECONDS)
    client = mariadb_client.find_mariadb_client(reading)
    if client is None or not mariadb_client.is_mariadb_running(reading):
        return {"changed": False, "running": False, "restart": [], "overruled": [], "left": []}
    state = mariadb.parse_server_state(mariadb_client.query_mariadb_rows(reading, client, mariadb.QUERY))
    me = tuple(mariadb_client.query_mariadb_rows(reading, client, "SELECT CURRENT_USER()")[0][0].rsplit("@", 1))
    applications = (
        database_servers.list_local_databases_of_sites(params["document_roots"], reading) if params["controls"] else []
    )
    plan = tighten(state, me, params["controls"], applications, params["reachable"])
    live, restart = settings(state["variables"], params["variables"])
    statements = plan.statements + live
    if statements and not check:
        if plan.statements:
            keep_dump(client, params["dump_folder"], state["variables"]["socket"])
        mariadb_client.query_mariadb_rows(reading, client, "".join(statement + ";\n" for statement in statements))
    return {
        "changed": bool(statements),
        "running": True,
        "variables": state["variables"],
        "restart": restart,
        "overruled": find_overruled(mariadb.read_settings_at_next_start(reading), params["variables"]),
        "left": plan.left,
        "diff": {"before": "", "after": "".join(statement + ";\n" for statement in statements)},
    }


if __name__ == "__main__":
    main()
