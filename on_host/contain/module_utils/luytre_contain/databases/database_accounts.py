"""The accounts of this host's MariaDB by which sites log in: which there are, and which passwords they take.

Asked and changed as root.
"""

import hashlib
import re
import time

from ansible.module_utils.luytre.web import mariadb
from ansible.module_utils.luytre_shared.databases import mariadb_client
from ansible.module_utils.luytre_shared.incidents.action_runner import ActionRefusal
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader, UnreadableFact

SECONDS = 10
GONE_SECONDS, PAUSE = 3, 0.1
"""Until a connection that is ended has gone; between two looks."""
DISABLE_LOGGING = "SET SESSION sql_log_off = 1, slow_query_log = 0, max_statement_time = 4;\n"
"""A digest is a secret that logs hold for whoever reads them; and no change is made after it was given up."""
NATIVE = "mysql_native_password"
USER, HOST = re.compile(r"[A-Za-z0-9_.-]{1,80}\Z"), re.compile(r"[A-Za-z0-9_.%:/-]{1,255}\Z")
DIGEST = re.compile(r"\*[0-9A-F]{40}\Z")


def compute_password_hash_kept_by_mysql(password):
    """Return what the server keeps of a password."""
    inner = hashlib.sha1(password.encode()).digest()  # noqa: S324  as the server does
    return "*" + hashlib.sha1(inner).hexdigest().upper()  # noqa: S324


def find_account_hosts_with_password_login(user, password):
    """Return the hosts of a user's accounts that take a password, and nothing else. Raises ActionRefusal."""
    if not USER.match(user):
        raise ActionRefusal("not_plain", "")
    matching_hosts, others = [], []
    for host, methods in sorted(_read_login_methods_by_account_host(user).items()):
        if methods == [(NATIVE, compute_password_hash_kept_by_mysql(password))]:
            matching_hosts.append(host)
        elif any(plugin not in (NATIVE, "unix_socket") for plugin, _ in methods) or len(methods) > 1:
            others.append(host)
    if others or not matching_hosts or not all(map(HOST.match, matching_hosts)):
        raise ActionRefusal("other_login", " ".join("%s@%s" % (user, host) for host in others))
    return matching_hosts


def read_password_digests_by_host(user, hosts):
    """Return what each of these takes: a list of digests by host; none for one that has gone. Raises ActionRefusal."""
    methods = _read_login_methods_by_account_host(user)
    return {
        host: [stored_digest for plugin, stored_digest in methods.get(host, []) if plugin == NATIVE] for host in hosts
    }


def check_passwords_still_have_digests(user, hosts, digests):
    """Raise ActionRefusal where one of these takes anything but the passwords of these digests, since somebody else has
    changed it.
    """
    methods, ours = _read_login_methods_by_account_host(user), {(NATIVE, hash_value) for hash_value in digests}
    changed_hosts = [
        host for host in hosts if host in methods and not (methods[host] and ours.issuperset(methods[host]))
    ]
    if changed_hosts:
        raise ActionRefusal("changed_since", " ".join("%s@%s" % (user, host) for host in changed_hosts))


def set_password_digests_of_accounts(user, hosts, digests):
    """Have these accounts take the passwords of these digests, and no others. Raises ActionRefusal."""
    if not USER.match(user) or not all(map(HOST.match, hosts)) or not all(map(DIGEST.match, digests)):
        raise ActionRefusal("not_plain", "")
    there = _read_login_methods_by_account_host(user)
    ways = " OR ".join("%s USING '%s'" % (NATIVE, hash_value) for hash_value in digests)
    _query_mariadb_without_logging(
        "".join("ALTER USER '%s'@'%s' IDENTIFIED VIA %s;\n" % (user, host, ways) for host in hosts if host in there)
    )


def kill_database_connections_of_user(user):
    """End what a user has open: whoever came in by the old password stays in by it. How many stay.

    Raises ActionRefusal.
    """
    before, ends = _list_open_connection_ids_of_user(user), time.monotonic() + GONE_SECONDS
    _query_mariadb_without_logging("KILL SOFT CONNECTION USER '%s';\n" % user)
    while True:
        remaining_ids = before & _list_open_connection_ids_of_user(user)
        if not remaining_ids or time.monotonic() > ends:
            return len(remaining_ids)
        time.sleep(PAUSE)


def _list_open_connection_ids_of_user(user):
    """Return the numbers of a user's connections: no other is ever given one of them again."""
    sql = "SELECT 'open', ID FROM information_schema.PROCESSLIST WHERE USER = '%s';\n" % user  # noqa: S608
    return {row[1] for row in _query_mariadb_without_logging(sql) if row[0] == "open"}


def _read_login_methods_by_account_host(user):
    """Return ``[(plugin, what it keeps)]`` of each account of a user, by its host."""
    sql = "SELECT 'account', Host, Priv FROM mysql.global_priv WHERE User = '%s' LIMIT 100;\n" % user  # noqa: S608
    methods_by_host = {}
    for row in _query_mariadb_without_logging("SELECT 'version', VERSION(), '';\n" + sql):
        if row[0] == "version" and "mariadb" not in (row[1] or "").lower():
            raise ActionRefusal("other_server", row[1] or "")
        if row[0] == "account":
            methods_by_host[row[1] or ""] = _parse_login_methods(row[2])
    return methods_by_host


def _parse_login_methods(text):
    try:
        privileges = mariadb.parse_global_privileges(text)
    except UnreadableFact as no:
        raise ActionRefusal("not_asked", str(no))
    return [] if privileges.get("is_role") else mariadb.list_authentication_methods(privileges)


def _query_mariadb_without_logging(sql):
    reading = AreaReader({}, SECONDS)
    client = mariadb_client.find_mariadb_client(reading)
    if client is None or not mariadb_client.is_mariadb_running(reading):
        raise ActionRefusal("not_asked", "not_running")
    try:
        return mariadb_client.query_mariadb_rows(reading, client, DISABLE_LOGGING + sql)
    except UnreadableFact as no:
        raise ActionRefusal("not_asked", str(no))
