"""Ask the MariaDB of this host as root, by its own socket."""

import os
import re
import stat

from ansible.module_utils.luytre_shared.files.ownership import PathTrust
from ansible.module_utils.luytre_shared.os import account_files, process_table, trusted_inputs
from ansible.module_utils.luytre_shared.os.area_reader import (
    NotRun,
    UnreadableFact,
)

SERVER_USER = "mysql"
DEBIAN_DEFAULTS = "/etc/mysql/debian.cnf"
SERVERS = ("mariadbd", "mysqld")
WITHOUT_TLS = "--loose-skip-ssl-verify-server-cert"
"""From 11.4 on clients refuse a server without TLS, also when they come by its socket or from this very host."""


def find_mariadb_client(reader):
    """Return the client's path under its present or its old name, or None."""
    return reader.find_program("mariadb") or reader.find_program("mysql")


def list_mariadb_server_processes(reader):
    """Return the processes of the installed server, which the server's own account or root runs in this host's process
    space.
    """
    program = reader.find_program("mariadbd") or reader.find_program("mysqld")
    uids = {0} | {account["uid"] for account in account_files.read_passwd_rows() if account["name"] == SERVER_USER}
    return process_table.list_processes_of_program(program, uids) if program else []


def is_mariadb_running(reader):
    """Return whether the installed server runs here."""
    return bool(list_mariadb_server_processes(reader))


def find_mariadb_socket(reader):
    """Return the path of the running server's own socket, in whose place nobody else could put another.

    Raises UnreadableFact.
    """
    for server in list_mariadb_server_processes(reader):
        trust = PathTrust((0, server.uid))
        for path in process_table.list_unix_listen_paths(server.pid):
            try:
                status = os.lstat(path)
            except OSError:
                continue
            if (
                stat.S_ISSOCK(status.st_mode)
                and status.st_uid == server.uid
                and trust.describe_who_can_replace_path(path) is None
            ):
                return path
    raise UnreadableFact("no socket is certain to be that of the MariaDB that runs here")


def list_client_option_files():
    """Return the option files that a client or ``my_print_defaults`` takes when root runs it, and where they have
    plugins.
    """
    mains = ("/etc/my.cnf", "/etc/mysql/my.cnf", "/root/.my.cnf", DEBIAN_DEFAULTS)
    return [
        trusted_inputs.OPENSSL,
        *(
            path
            for main in mains
            for path in trusted_inputs.list_file_with_its_includes(main, trusted_inputs.list_includes_in_mariadb_file)
        ),
    ]


def query_mariadb_rows(reader, client, sql):
    """Return rows of all result sets of a script as lists of text (None for NULL). One process.

    Logs in by the socket: as root, else as the client's own option files say, else as Debian's maintenance does.
    """
    arguments = [
        "--protocol=socket",
        "--socket=" + find_mariadb_socket(reader),
        WITHOUT_TLS,
        "--local-infile=0",
        "--batch",
        "--skip-column-names",
        "--connect-timeout=3",
    ]
    for first, last in (([], ["--user=root"]), ([], []), (["--defaults-file=" + DEBIAN_DEFAULTS], [])):
        try:
            text = reader.run([client, *first, *arguments, *last], input_text=sql, at_stake=list_client_option_files())
            break
        except NotRun:
            raise
        except UnreadableFact as refusal:
            if "ERROR 1045" not in str(refusal) and "ERROR 1698" not in str(refusal):
                raise
            why = str(refusal)[-160:]
    else:
        raise UnreadableFact("root cannot log in to MariaDB through its socket: %s" % why)
    return parse_client_batch_rows(text)


def parse_client_batch_rows(text):
    """Return the client's batch output as rows of text, None for NULL."""
    return [[_unescape_batch_cell(cell) for cell in line.split("\t")] for line in text.split("\n") if line]


def _unescape_batch_cell(cell):
    if cell == "NULL":
        return None
    return re.sub(r"\\(.)", lambda match: {"n": "\n", "t": "\t", "0": "\0"}.get(match.group(1), match.group(1)), cell)
