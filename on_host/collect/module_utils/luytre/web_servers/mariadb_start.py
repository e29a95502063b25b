"""Whether MariaDB would start as its option files are now.

What it says itself, and the folders and files it then needs.
"""

import json
import os
import pwd
import re

from ansible.module_utils.luytre_shared.os import trusted_inputs
from ansible.module_utils.luytre_shared.os.area_reader import ProgramOutput, UnreadableFact

ARGUMENTS = ("--user=mysql", "--help", "--verbose")
FOLDERS = (
    *("tmpdir", "datadir", "innodb_data_home_dir", "innodb_log_group_home_dir", "innodb_undo_directory"),
    *("innodb_tmpdir", "aria_log_dir_path", "slave_load_tmpdir"),
)
"""Settings that name folders in which the server has to write when it starts."""
IN_FOLDERS = ("log_bin", "log_error", "relay_log")
"""Settings that name files that it makes; only those with a folder in their name."""
READ = ("init_file", "ssl_ca", "ssl_cert", "ssl_key", "ssl_crl")
"""Settings that name files that it reads."""
NONE = "(No default value)"
READABLE, WRITABLE = os.R_OK, os.R_OK | os.W_OK | os.X_OK


def find_server_start_fault(reader, program, mains):
    """Return why it would not start, in its own words where it has some, or None.

    Raises NotRun, and UnreadableFact when it is late.

    ``mains`` are the option files with all that they include.
    """
    output = reader.run(
        [program, *ARGUMENTS],
        ok=None,
        at_stake=[trusted_inputs.OPENSSL, *mains],
        output=ProgramOutput(with_errors=True, limit=4_000_000),
    )
    wrong = re.search(r"(?m)^.*(?:\[ERROR\]|unknown (?:variable|option)|ambiguous option).*$", output)
    settings = parse_help_verbose_settings(output)
    if not settings:
        return (wrong.group(0).strip() if wrong else output.strip()[-200:] or "it says nothing")[:300]
    try:
        account = pwd.getpwnam("mysql")
    except KeyError:
        return "there is no account mysql"
    return find_unmet_path_requirement(list_path_requirements(settings), account.pw_uid, account.pw_gid)


def parse_help_verbose_settings(text):
    """Return the settings that it would start with, of what ``--help --verbose`` prints: name, with ``_``, to text."""
    _, _, table = text.partition("\n--------")
    pairs = (re.match(r"([a-z][a-z0-9-]*)\s+(\S.*?)\s*$", line) for line in table.splitlines())
    return {pair.group(1).replace("-", "_"): pair.group(2) for pair in pairs if pair and pair.group(2) != NONE}


def list_path_requirements(settings):
    """Return ``[(setting, path, how)]`` of what must be there, and what the server must be allowed."""
    needs = [(name, path, WRITABLE) for name in FOLDERS for path in settings.get(name, "").split(":")]
    needs += [(name, os.path.dirname(settings.get(name, "")), WRITABLE) for name in IN_FOLDERS]
    needs += [(name, settings.get(name, ""), READABLE) for name in READ]
    return [need for need in needs if need[1].startswith("/")]


def find_unmet_path_requirement(requirements, uid, gid):
    """Return which of them is not so for that account, in words, or None.

    It is asked as that account, in a process apart.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(gid)
            os.setuid(uid)
            first = next((need for need in requirements if not os.access(need[1], need[2])), None)
            os.write(writing, json.dumps(first and [first[0], first[1], os.path.exists(first[1])]).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as handle:
        answer = handle.read(10_000)
    os.waitpid(child, 0)
    if not answer:
        raise UnreadableFact("what MariaDB needs to start could not be looked at")
    first = json.loads(answer.decode())
    if first is None:
        return None
    return "%s = %s: %s" % (first[0], first[1], "the server may not use it" if first[2] else "it is not there")
