"""A site's tables, asked as the site's own account.

What a site's people put in their place runs with their rights alone.

The client runs as a user that nobody else is, so that no account is entered for who asks; it reads the password from a
descriptor and nothing else. It speaks to the server of this host only. Time, memory, rows and bytes have bounds.
"""

import collections
import contextlib
import ctypes
import os
import pwd
import re
import resource
import selectors
import stat
import subprocess
import time

from ansible.module_utils.luytre_shared.databases import mariadb_client
from ansible.module_utils.luytre_shared.files.ownership import PathTrust
from ansible.module_utils.luytre_shared.parsers import php_source

SECONDS = 5
STATEMENT_SECONDS = 2
MAX_ANSWER = 4_000_000
MAX_WORD = 200
MAX_ERROR = 4_000
SERVER_USER = "mysql"
SOCKETS = ("/run/mysqld/mysqld.sock", "/var/lib/mysql/mysql.sock")
NOBODY_ELSE = range(65_520, 65_534)
"""User numbers that neither Debian, nor systemd, nor containers give to anybody."""
LIMITS = (
    (resource.RLIMIT_AS, 1 << 30),
    (resource.RLIMIT_CPU, SECONDS),
    (resource.RLIMIT_NOFILE, 64),
    (resource.RLIMIT_FSIZE, 0),
    (resource.RLIMIT_CORE, 0),
    (resource.RLIMIT_NPROC, 0),
)
NO_NEW_PRIVILEGES = 38
LOCAL = re.compile(r"(localhost|127\.0\.0\.1|\[?::1\]?|)(?::(\d{1,5}|/.*))?\Z", re.IGNORECASE)
ERROR_MEANINGS = {
    **dict.fromkeys((1044, 1045, 1130, 1142, 1143, 1251, 1275, 1524, 1698, 1820, 1862, 4151), "refused"),
    **dict.fromkeys((1049, 1054, 1146), "no_tables"),
    **dict.fromkeys((1317, 1969, 3024), "late"),
}
"""What the server's errors mean here; of what it says nothing else is taken."""
BEGIN = """
SET time_zone = '+00:00';
START TRANSACTION READ ONLY;
"""
EVERY_TIME = """
/*M!100101 SET SESSION max_statement_time = %d */;
/*!50708 SET SESSION max_execution_time = %d000 */;
""" % (STATEMENT_SECONDS, STATEMENT_SECONDS)

MYSQL, POSTGRESQL, SQLITE = "mysql", "postgresql", "sqlite"
Login = collections.namedtuple("Login", ("user", "password", "host", "database", "engine", "file"))
Login.__new__.__defaults__ = (MYSQL, None)
"""A site's own, as its configuration writes them; ``engine``: MySQL's or MariaDB's, PostgreSQL, or SQLite's.

``file``: of SQLite, the folder of the site and the path below it, read and never changed.
"""


IDENTIFIER = re.compile(r"[A-Za-z0-9_]{1,64}\Z")


class DatabaseUnanswered(Exception):
    """A site's database gave no answer: one word of ``auditor.facts.web._cms.UnreadDatabase``."""

    def __init__(self, why):
        super().__init__(why)
        self.why = why


def make_plain_login(user, password, host, database, prefix, engine=MYSQL):
    """Return a Login out of values as ``php_source`` reads them.

    Raises DatabaseUnanswered when only running the file would tell them.
    """
    words = (user, password, host, database, prefix)
    if not all(isinstance(word, str) and word != php_source.UNKNOWN for word in words):
        raise DatabaseUnanswered("not_plain")
    if not IDENTIFIER.match(database) or not IDENTIFIER.match(prefix):
        raise DatabaseUnanswered("not_plain")
    return Login(user, password, host, database, engine)


def fill_statement_placeholders(statements, values_by_placeholder):
    """Return the statements of ``fetch_rows`` with what marks in them stand for."""
    results = {}
    for word, (sql, most) in statements.items():
        for mark, text in values_by_placeholder.items():
            sql = sql.replace(mark, text)
        results[word] = (sql, most)
    return results


def parse_epoch(text):
    """Return epoch seconds as the server writes them; 0 for what is none."""
    return int(float(text)) if text and re.match(r"\d{1,11}(\.\d+)?\Z", text) else 0


def fetch_rows(reader, login, statements):
    """Return rows as lists of text (None for NULL) of ``{word: (SELECT, most rows)}``.

    Each row's first field is its word.

    Raises DatabaseUnanswered, also when a statement has more rows than it may.
    """
    limited = ["%s LIMIT %d" % (sql, most + 1) for sql, most in statements.values()]
    if login.engine == SQLITE:
        result_rows = _import_engine_module("site_sqlite").run_statements(reader, login, limited)
    else:
        begin, every_time = (
            (BEGIN, EVERY_TIME) if login.engine == MYSQL else (_import_engine_module("site_postgresql").BEGIN, "")
        )
        result_rows = run_sql_script(reader, login, begin + "".join("%s%s;\n" % (every_time, sql) for sql in limited))
    counts = collections.Counter(row[0] for row in result_rows)
    if any(counts[word] > most for word, (_, most) in statements.items()):
        raise DatabaseUnanswered("too_much")
    return result_rows


def run_sql_script(reader, login, script):
    """Return rows as lists of text (None for NULL) of all that a script says, in its engine's words.

    Raises DatabaseUnanswered.
    """
    if login.engine == POSTGRESQL:
        return _import_engine_module("site_postgresql").run_sql_script(reader, login, script)
    if login.engine != MYSQL:
        raise DatabaseUnanswered("other_kind")
    client = mariadb_client.find_mariadb_client(reader)
    if client is None or not mariadb_client.is_mariadb_running(reader):
        raise DatabaseUnanswered("not_running")
    seconds = min(SECONDS, reader.get_seconds_left() / 2)
    return mariadb_client.parse_client_batch_rows(
        _run_mysql_client([client, *_make_client_host_arguments(login.host)], login, script, seconds)
    )


def _import_engine_module(name):
    """Return the module of an engine, which builds on this one."""
    from ansible.module_utils.luytre_shared.databases import (  # noqa: PLC0415  they import this one
        site_postgresql,
        site_sqlite,
    )

    return {"site_postgresql": site_postgresql, "site_sqlite": site_sqlite}[name]


# --- where ----------------------------------------------------------------------------------------------


def _make_client_host_arguments(host):
    """Return the client's arguments for a host as a site writes it; only this host's own server is spoken to."""
    match = LOCAL.match(host)
    if match is None:
        raise DatabaseUnanswered("elsewhere")
    name, place = match.group(1).lower().strip("[]"), match.group(2) or ""
    if name in ("localhost", ""):
        path = place if place.startswith("/") else next(filter(os.path.exists, SOCKETS), SOCKETS[0])
        if not _is_socket_of_server_account(path):
            raise DatabaseUnanswered("another_server")
        return ["--protocol=socket", "--socket=" + path, mariadb_client.WITHOUT_TLS]
    port = int(place) if place.isdigit() else 3306
    if not _is_port_of_mysql_server_account(port):
        raise DatabaseUnanswered("another_server")
    return ["--protocol=tcp", "--host=" + name, "--port=%d" % port, mariadb_client.WITHOUT_TLS]


def _is_socket_of_server_account(path):
    """Return whether a socket is the server account's, in a folder where only root and that account put things."""
    try:
        server = pwd.getpwnam(SERVER_USER).pw_uid
        status = os.stat(path)
    except (KeyError, OSError, ValueError):
        return False
    ours = stat.S_ISSOCK(status.st_mode) and status.st_uid == server
    return ours and PathTrust((0, server)).describe_first_changer_on_path(os.path.dirname(path)) is None


def _is_port_of_mysql_server_account(port):
    """Return whether nobody but the server's account listens at a port of this host."""
    try:
        return is_port_of_account(port, pwd.getpwnam(SERVER_USER).pw_uid)
    except KeyError:
        return False


def is_port_of_account(port, uid):
    """Return whether nobody but the account of this number listens at a port of this host."""
    listeners = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table) as handle:
                rows = [line.split() for line in handle.read(5_000_000).splitlines()[1:]]
        except OSError:
            continue
        listeners.update(int(row[7]) for row in rows if row[3] == "0A" and int(row[1].rpartition(":")[2], 16) == port)
    return listeners == {uid}


# --- how ------------------------------------------------------------------------------------------------


def _run_mysql_client(argv, login, script, seconds):
    """Return what the client answers to a script. Raises DatabaseUnanswered."""
    words = [
        *(argv[0], "--defaults-file={secret}", *argv[1:]),
        *("--batch", "--skip-column-names", "--quick", "--local-infile=0", "--skip-reconnect"),
        *("--connect-timeout=3", "--default-character-set=utf8mb4", "--loose-skip-ssl-verify-server-cert"),
    ]
    return run_database_client_as_nobody(
        words, {}, render_mysql_option_file(login), script, seconds, _classify_mysql_error
    )


def _classify_mysql_error(complaint):
    number = re.search(rb"(?m)^ERROR (\d{4}) ", complaint)
    return ERROR_MEANINGS.get(int(number.group(1)) if number else 0, "failed")


def run_database_client_as_nobody(argv, environment, secret, script, seconds, meaning):
    """Return what a client answers to a script, run as nobody, with a secret in a file that nobody else reads:
    ``{secret}`` is its path.

    ``meaning`` of what the client complains about is why it is not asked. Raises DatabaseUnanswered.
    """
    uid = find_uid_without_name_and_process()
    if seconds <= 0:
        raise DatabaseUnanswered("late")
    handle = os.memfd_create("options")
    try:
        os.write(handle, secret)
        os.fchown(handle, uid, uid)
        os.fchmod(handle, 0o400)
        libc, place = ctypes.CDLL(None), "/proc/self/fd/%d" % handle
        own = {name: value.replace("{secret}", place) for name, value in environment.items()}
        client = subprocess.Popen(
            [argv[0], *(word.replace("{secret}", place) if word.endswith("={secret}") else word for word in argv[1:])],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/nonexistent", **own},
            cwd="/",
            pass_fds=(handle,),
            user=uid,
            group=uid,
            extra_groups=[],
            start_new_session=True,
            preexec_fn=lambda: _confine_client_process(libc),
        )
    except (OSError, subprocess.SubprocessError):
        raise DatabaseUnanswered("failed")
    finally:
        os.close(handle)
    with client:
        try:
            return _read_client_answer(client, script.encode(), time.monotonic() + seconds, meaning)
        finally:
            client.kill()


def find_uid_without_name_and_process():
    """Return the number of a user without a name and without a process. Raises DatabaseUnanswered."""
    used_uids = set()
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            used_uids.add(os.stat("/proc/" + process).st_uid)
        except OSError:
            continue
    for uid in NOBODY_ELSE:
        try:
            pwd.getpwuid(uid)
        except KeyError:
            if uid not in used_uids:
                return uid
    raise DatabaseUnanswered("failed")


def _confine_client_process(libc):
    for limit, value in LIMITS:
        resource.setrlimit(limit, (value, value))
    if libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        raise OSError("no_new_privs")


def render_mysql_option_file(login):
    """Return the client's option file: who it is, and the password.

    Raises DatabaseUnanswered for what such a file cannot hold.
    """
    words = (("user", login.user), ("password", login.password), ("database", login.database))
    if not all(len(word) <= MAX_WORD and word.isprintable() for _, word in words):
        raise DatabaseUnanswered("not_plain")
    lines = ('%s="%s"\n' % (name, re.sub(r'(["\\])', r"\\\1", word)) for name, word in words)
    return ("[client]\n" + "".join(lines)).encode()


def _read_client_answer(client, script, deadline, meaning):
    with contextlib.suppress(BrokenPipeError):
        client.stdin.write(script)
    client.stdin.close()
    output = {client.stdout: bytearray(), client.stderr: bytearray()}
    with selectors.DefaultSelector() as selector:
        for pipe in output:
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(max(0.0, deadline - time.monotonic()))
            if not ready:
                raise DatabaseUnanswered("late")
            for key, _events in ready:
                part = os.read(key.fd, 1 << 16)
                if not part:
                    selector.unregister(key.fileobj)
                output[key.fileobj] += part
            if len(output[client.stdout]) > MAX_ANSWER or len(output[client.stderr]) > MAX_ERROR:
                raise DatabaseUnanswered("too_much")
    if client.wait() != 0:
        raise DatabaseUnanswered(meaning(bytes(output[client.stderr])))
    return output[client.stdout].decode("utf-8", "replace")
