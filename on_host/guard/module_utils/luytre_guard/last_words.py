"""What a daemon that stopped in a run said of it, in its own line, and which of our own lines it names."""

import glob
import os
import re
import time

from ansible.module_utils.luytre_shared import safe_open

from . import commands, daemons, tree, units

MAX_LINE = 300
MAX_TAIL = 65_536
MAX_FILE = 200_000
MAX_TOLD = 5
SECONDS = 3
LOGS = {"apache2.service": "/var/log/apache2/*error*.log"}
"""Where a daemon says why it stops, besides the journal; its worst words only, for visitors have a part in the others."""
EMERGENCY = re.compile(r"\[\w{3} (\w{3} \d\d \d\d:\d\d:\d\d)\.\d+ (\d{4})\] \[\w+:emerg\] ")
MAX_LOGS = 100
WRONG = re.compile(
    r"(?i)\[?\b(?:emerg|alert|crit|fatal|error|failed|cannot|refus\w+|too small|bad configuration)\b|AH\d{5}"
)
EMPTY = re.compile(
    r"Main process exited|Control process exited|Failed with result|^(?:Reload failed|Failed to start|Job for)"
)
PLACES = (
    re.compile(r"(/etc/[\w./@+-]{1,200}):(\d{1,6})\b"),
    re.compile(r"(/etc/[\w./@+-]{1,200})(?: on)? line (\d{1,6})\b"),
    re.compile(r"line (?P<line>\d{1,6}) of (?P<file>/etc/[\w./@+-]{1,200}?):?(?=\s|$)"),
)
CONTROL = re.compile(r"\s*[#;]+\s*([a-z][a-z0-9_]{1,40}\.[a-z][a-z0-9_]{1,60})\b")
"""The comment above each line of ours, which names its control."""


def of_stopped(before, now, since):
    """``[{unit, line, control}]`` of the daemons that ran before and do not now. ``since``: when the run was armed."""
    found = []
    for name, was in sorted(before.items()):
        if units.active(was) and not units.active(now.get(name)) and daemons.of(name)[0]:
            line = _line(name, since)
            if line:
                found.append({"unit": name, "line": line, "control": control(line)})
    return found[:MAX_TOLD]


def _line(name, since):
    argv = ["journalctl", "--no-pager", "--output=cat", "--lines=40", "--since=@%d" % since, "_UID=0"]
    said = []
    for match in ("_SYSTEMD_UNIT=" + name, "UNIT=" + name):
        try:
            said += commands.run([*argv, match], SECONDS).decode("utf-8", "replace").splitlines()
        except commands.Failed:
            continue
    logged = _logged(LOGS[name], since) if name in LOGS else []
    wrong = [line for line in said if WRONG.search(line) and not EMPTY.search(line)]
    chosen = (logged or wrong or [line for line in said if line.strip()])[-1:]
    return " ".join(chosen[0].split())[-MAX_LINE:] if chosen else ""


def _logged(pattern, since):
    """Emergencies since that moment, in the order in which they were."""
    found = []
    for path in sorted(glob.glob(pattern))[:MAX_LOGS]:
        for line in _tail(path, since):
            begins = EMERGENCY.match(line)
            if begins:
                try:
                    moment = time.mktime(time.strptime(" ".join(begins.groups()), "%b %d %H:%M:%S %Y"))
                except (ValueError, OverflowError):
                    continue
                if moment >= int(since):
                    found.append((moment, line))
    return [line for _, line in sorted(found, key=lambda one: one[0])]


def _tail(path, since):
    try:
        with open(safe_open.path(path, links=safe_open.ROOTS_LINKS), "rb") as handle:
            status = os.fstat(handle.fileno())
            if status.st_mtime < since:
                return []
            handle.seek(max(0, status.st_size - MAX_TAIL))
            return handle.read(MAX_TAIL).decode("utf-8", "replace").splitlines()
    except OSError:
        return []


def control(line):
    """The control whose line in a file of ours the daemon names, or None."""
    for place in PLACES:
        named = place.search(line)
        if named:
            words = named.groupdict() or {"file": named.group(1), "line": named.group(2)}
            return _above(words["file"], int(words["line"]))
    return None


def _above(path, number):
    """The control in the last comment above a line of a file that root alone can change; of nothing outside of /etc, for a
    site may have written the line that names it."""
    if ".." in path.split("/"):
        return None
    try:
        with open(safe_open.path(path, links=safe_open.ROOTS_LINKS), "rb") as handle:
            if tree.exposed(os.fstat(handle.fileno())):
                return None
            lines = handle.read(MAX_FILE).decode("utf-8", "replace").splitlines()[:number]
    except OSError:
        return None
    return next((found.group(1) for found in map(CONTROL.match, reversed(lines)) if found), None)
