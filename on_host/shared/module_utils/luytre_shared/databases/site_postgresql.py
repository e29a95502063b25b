"""A site's tables in PostgreSQL, asked as the site's own role: the same door, bounds and words as ``site_database``.

Each row is an array of JSON on a line of its own, so that nothing that a table holds is taken for another row. Values
come and go in hexadecimal or in escapes of their letters, whatever they are.
"""

import glob
import json
import os
import pwd
import re
import socket
import struct

from ansible.module_utils.luytre_shared.databases import site_database
from ansible.module_utils.luytre_shared.os import process_table

CLIENTS, SERVERS = "/usr/lib/postgresql/*/bin/psql", "/usr/lib/postgresql/*/bin/postgres"
SERVER_USER = "postgres"
PORT = 5432
SOCKETS = "/run/postgresql"
STATE_MEANINGS = {
    **dict.fromkeys((b"42501", b"28000", b"28P01"), "refused"),
    **dict.fromkeys((b"42P01", b"42703", b"3F000", b"3D000"), "no_tables"),
    **dict.fromkeys((b"57014", b"55P03"), "late"),
}
"""What the server's states mean here; of what it says nothing else is taken."""
EVERY_TIME = """
SET standard_conforming_strings = on;
SET bytea_output = 'hex';
SET DateStyle = 'ISO';
SET IntervalStyle = 'postgres';
SET TimeZone = 'UTC';
SET lock_timeout = '%ds';
SET statement_timeout = '%ds';
""" % (site_database.STATEMENT_SECONDS, site_database.STATEMENT_SECONDS)
"""What an account's own settings may say otherwise."""
BEGIN = EVERY_TIME + "BEGIN READ ONLY;\n"


def run_sql_script(reader, login, script):
    """Return rows as lists of text (None for NULL) of all that a script says. Raises DatabaseUnanswered."""
    client, uid = _find_newest_psql(reader), _get_postgresql_server_uid(reader)
    if client is None or uid is None:
        raise site_database.DatabaseUnanswered("not_running")
    host, port = _get_host_and_port_of_own_server(login.host, uid)
    argv = [client, "-X", "-q", "-A", "-t", "-w", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=sqlstate"]
    argv += ["-h", host, "-p", str(port), "-U", login.user, "-d", login.database, "-f", "-"]
    environment = {
        "PGPASSFILE": "{secret}",
        "PGCONNECT_TIMEOUT": "3",
        "PGGSSENCMODE": "disable",
        "PGCLIENTENCODING": "UTF8",
        "PGSYSCONFDIR": "/nonexistent",
    }
    seconds = min(site_database.SECONDS, reader.get_seconds_left() / 2)
    output = site_database.run_database_client_as_nobody(
        argv, environment, render_pgpass_file(login), script, seconds, classify_psql_error
    )
    return [_parse_row(line) for line in output.splitlines()]


def classify_psql_error(complaint):
    """Return what psql's complaint means, by the server's state alone: one that lets nobody in tells none."""
    state = re.search(rb"(?m)^(?:psql:[^\n]{0,100})?ERROR:  ([0-9A-Z]{5})\s*$", complaint)
    if state is not None:
        return STATE_MEANINGS.get(state.group(1), "failed")
    return "refused" if b"FATAL" in complaint else "failed"


def render_pgpass_file(login):
    """Return the file that the client takes the password from.

    Raises DatabaseUnanswered for what such a file cannot hold.
    """
    words = (login.user, login.password, login.database)
    if not all(0 < len(word) <= site_database.MAX_WORD and word.isprintable() for word in words):
        raise site_database.DatabaseUnanswered("not_plain")
    return ("*:*:*:*:%s\n" % re.sub(r"([:\\])", r"\\\1", login.password)).encode()


def render_sql_text_literal(text):
    """Return a text as SQL has it, each letter by its number, so that none of it is ever read as a statement."""
    return "U&'%s'" % "".join("\\+%06X" % ord(letter) for letter in text)


def render_column_as_hex_expression(column):
    """Return what gives a column's value, in the letters that it is written in, as hexadecimal digits."""
    return "upper(encode(convert_to(\"%s\"::text, 'UTF8'), 'hex'))" % column


# --- where ----------------------------------------------------------------------------------------------


def _find_newest_psql(reader):
    """Return the newest client, itself and not what Debian puts before it."""
    there = [path for path in glob.glob(CLIENTS) if reader.trust.describe_first_changer_on_path(path) is None]
    return max(there, key=_get_version_from_path, default=None)


def _get_version_from_path(path):
    version = path.split("/")[4]
    return int(version) if version.isdigit() else 0


def _get_postgresql_server_uid(reader):
    """Return the user number of the server's account where the installed server runs as it, or None."""
    try:
        uid = pwd.getpwnam(SERVER_USER).pw_uid
    except KeyError:
        return None
    programs = [path for path in glob.glob(SERVERS) if reader.trust.describe_first_changer_on_path(path) is None]
    return uid if any(process_table.list_processes_of_program(program, (uid,)) for program in programs) else None


def _get_host_and_port_of_own_server(host, uid):
    """Return ``(host, port)`` as the client takes them, of this host's own server alone. Raises DatabaseUnanswered."""
    if host.startswith("/"):
        folder, port = os.path.normpath(host), PORT
    else:
        match = site_database.LOCAL.match(host)
        if match is None:
            raise site_database.DatabaseUnanswered("elsewhere")
        name, place = match.group(1).lower().strip("[]"), match.group(2) or ""
        if place.startswith("/"):
            raise site_database.DatabaseUnanswered("not_plain")
        port = int(place or PORT)
        if name:
            if not site_database.is_port_of_account(port, uid):
                raise site_database.DatabaseUnanswered("another_server")
            return ("::1" if name == "::1" else "127.0.0.1"), port
        folder = SOCKETS
    if _get_uid_listening_at_socket("%s/.s.PGSQL.%d" % (folder, port)) != uid:
        raise site_database.DatabaseUnanswered("another_server")
    return folder, port


def _get_uid_listening_at_socket(path):
    """Return whose process listens at a Unix socket, as the kernel tells whoever connects; None for nobody's."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            connection.connect(path)
            credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
            return struct.unpack("3i", credentials)[1]
    except (OSError, ValueError):
        return None


def _parse_row(line):
    """Return one row. Raises DatabaseUnanswered for what is none."""
    try:
        values = json.loads(line)
    except ValueError:
        raise site_database.DatabaseUnanswered("failed")
    if (
        not isinstance(values, list)
        or not values
        or not all(value is None or isinstance(value, (str, int)) for value in values)
    ):
        raise site_database.DatabaseUnanswered("failed")
    return [value if value is None else str(value) for value in values]
