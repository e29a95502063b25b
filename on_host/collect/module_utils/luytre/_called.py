"""Which of the functions that start programs a site's own code really calls. It is searched, never run."""

import os
import re

from ansible.module_utils.luytre_shared import safe_open

FUNCTIONS = ("exec", "passthru", "pcntl_exec", "popen", "proc_open", "shell_exec", "system")
CALL = re.compile(rb"(?<![\w>:$\\'\"])\\?(%s)[ \t]{0,8}\(" % "|".join(FUNCTIONS).encode())
DEFINED = re.compile(rb"function[ \t]{1,8}&?[ \t]{0,8}\Z")
ASKED = re.compile(
    rb"(?:function_exists|is_callable)[ \t]{0,8}\([ \t]{0,8}['\"](%s)['\"]" % "|".join(FUNCTIONS).encode()
)
REMARK = re.compile(rb"^[ \t]{0,200}(?://|#|\*|/\*)")
LIBRARIES = frozenset(("wp-admin", "wp-includes", "vendor", "libraries", "node_modules"))
"""Folders of code that others wrote and that mostly gets along without them."""
MAX_FILE = 300_000
MAX_LINE = 1_000
"""Bytes before a call in which a remark may begin."""


def calls(text):
    """The functions that a PHP file calls; but not those that it first looks for."""
    if b"<?" not in text:
        return set()
    asked = set(ASKED.findall(text))
    found = set()
    for call in CALL.finditer(text):
        name = call.group(1)
        if name.decode() in found or name in asked:
            continue
        before = text[max(0, call.start() - MAX_LINE) : call.start()]
        line = before[before.rfind(b"\n") + 1 :]
        if not DEFINED.search(line[-40:]) and not REMARK.match(line):
            found.add(name.decode())
    return found


def is_own(path):
    """Whether a path below a root is not a library's."""
    return not LIBRARIES.intersection(path.split("/")[:-1])


def read(entry):
    """The start of a file by its folder's descriptor; empty where it is not a regular file, or another by now."""
    try:
        handle = safe_open.at(entry.folder, entry.name)
    except OSError:
        return b""
    try:
        held = os.fstat(handle)
        same = (held.st_dev, held.st_ino) == (entry.status.st_dev, entry.status.st_ino)
        return safe_open.start(handle, MAX_FILE) if same else b""
    except OSError:
        return b""
    finally:
        os.close(handle)
