"""Which of the functions that start programs a site's own code really calls. It is searched, never run."""

import os
import re

from ansible.module_utils.luytre_shared.files import safe_open

FUNCTIONS = ("exec", "passthru", "pcntl_exec", "popen", "proc_open", "shell_exec", "system")
CALL = re.compile(rb"(?<![\w>:$\\'\"])\\?(%s)[ \t]{0,8}\(" % "|".join(FUNCTIONS).encode())
DEFINITION = re.compile(rb"function[ \t]{1,8}&?[ \t]{0,8}\Z")
EXISTENCE_CHECK = re.compile(
    rb"(?:function_exists|is_callable)[ \t]{0,8}\([ \t]{0,8}['\"](%s)['\"]" % "|".join(FUNCTIONS).encode()
)
REMARK = re.compile(rb"^[ \t]{0,200}(?://|#|\*|/\*)")
LIBRARIES = frozenset(("wp-admin", "wp-includes", "vendor", "libraries", "node_modules"))
"""Folders of code that others wrote and that mostly gets along without them."""
MAX_FILE = 300_000
MAX_LINE = 1_000
"""Bytes before a call in which a remark may begin."""


def find_function_calls_in_php(code):
    """Return the functions that a PHP file calls; but not those that it first looks for."""
    if b"<?" not in code:
        return set()
    checked_names = set(EXISTENCE_CHECK.findall(code))
    names = set()
    for call in CALL.finditer(code):
        name = call.group(1)
        if name.decode() in names or name in checked_names:
            continue
        before = code[max(0, call.start() - MAX_LINE) : call.start()]
        line = before[before.rfind(b"\n") + 1 :]
        if not DEFINITION.search(line[-40:]) and not REMARK.match(line):
            names.add(name.decode())
    return names


def is_outside_library_folders(path):
    """Return whether a path below a root is not a library's."""
    return not LIBRARIES.intersection(path.split("/")[:-1])


def read_start_of_walked_file(entry):
    """Return the start of a file by its folder's descriptor; empty where it is not a regular file, or another
    by now.
    """
    try:
        handle = safe_open.open_name_in_open_folder(entry.folder, entry.name)
    except OSError:
        return b""
    try:
        status = os.fstat(handle)
        same = (status.st_dev, status.st_ino) == (entry.status.st_dev, entry.status.st_ino)
        return safe_open.read_start(handle, MAX_FILE) if same else b""
    except OSError:
        return b""
    finally:
        os.close(handle)
