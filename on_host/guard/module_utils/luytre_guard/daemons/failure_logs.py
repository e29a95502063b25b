"""What a daemon that stopped in a run said of it, in its own line, and which of our own lines it names."""

import glob
import os
import re
import time

from ansible.module_utils.luytre_guard.daemons import daemons, units
from ansible.module_utils.luytre_guard.files import tree
from ansible.module_utils.luytre_guard.os import commands
from ansible.module_utils.luytre_shared.files import safe_open

MAX_LINE = 300
MAX_TAIL = 65_536
MAX_FILE = 200_000
MAX_FAILURES = 5
SECONDS = 3
LOGS = {"apache2.service": "/var/log/apache2/*error*.log"}
"""Where a daemon says why it stops, besides the journal; its worst words only, for visitors have a part in
the others.
"""
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


def collect_log_lines_of_failed_daemons(before, now, since):
    """Return ``[{unit, line, control}]`` of the daemons that ran before and do not now.

    ``since``: when the run was armed.
    """
    failures = []
    for name, was in sorted(before.items()):
        if (
            units.is_active(was)
            and not units.is_active(now.get(name))
            and daemons.get_config_prefixes_and_tests_of_unit(name)[0]
        ):
            line = _choose_log_line_explaining_failure(name, since)
            if line:
                failures.append({"unit": name, "line": line, "control": find_control_of_config_line_in_message(line)})
    return failures[:MAX_FAILURES]


def _choose_log_line_explaining_failure(unit, since):
    argv = ["journalctl", "--no-pager", "--output=cat", "--lines=40", "--since=@%d" % since, "_UID=0"]
    journal_lines = []
    for match in ("_SYSTEMD_UNIT=" + unit, "UNIT=" + unit):
        try:
            journal_lines += (
                commands.run_program_and_return_output([*argv, match], SECONDS).decode("utf-8", "replace").splitlines()
            )
        except commands.CommandFailure:
            continue
    emergencies = _read_emergency_lines_since(LOGS[unit], since) if unit in LOGS else []
    wrong = [line for line in journal_lines if WRONG.search(line) and not EMPTY.search(line)]
    last_lines = (emergencies or wrong or [line for line in journal_lines if line.strip()])[-1:]
    return " ".join(last_lines[0].split())[-MAX_LINE:] if last_lines else ""


def _read_emergency_lines_since(log_pattern, since):
    """Return emergencies since that moment, in the order in which they were."""
    emergencies = []
    for path in sorted(glob.glob(log_pattern))[:MAX_LOGS]:
        for line in _read_last_lines_of_log_changed_since(path, since):
            begins = EMERGENCY.match(line)
            if begins:
                try:
                    moment = time.mktime(time.strptime(" ".join(begins.groups()), "%b %d %H:%M:%S %Y"))
                except (ValueError, OverflowError):
                    continue
                if moment >= int(since):
                    emergencies.append((moment, line))
    return [line for _, line in sorted(emergencies, key=lambda pair: pair[0])]


def _read_last_lines_of_log_changed_since(log_path, since):
    try:
        with open(safe_open.open_path(log_path, links=safe_open.ROOTS_LINKS), "rb") as handle:
            status = os.fstat(handle.fileno())
            if status.st_mtime < since:
                return []
            handle.seek(max(0, status.st_size - MAX_TAIL))
            return handle.read(MAX_TAIL).decode("utf-8", "replace").splitlines()
    except OSError:
        return []


def find_control_of_config_line_in_message(log_line):
    """Return the control whose line in a file of ours the daemon names, or None."""
    for place in PLACES:
        match = place.search(log_line)
        if match:
            words = match.groupdict() or {"file": match.group(1), "line": match.group(2)}
            return _find_control_in_comment_above_line(words["file"], int(words["line"]))
    return None


def _find_control_in_comment_above_line(path, line_number):
    """Return the control in the last comment above a line of a file that root alone can change.

    Of nothing outside of /etc, for a site may have written the line that names it."""
    if ".." in path.split("/"):
        return None
    try:
        with open(safe_open.open_path(path, links=safe_open.ROOTS_LINKS), "rb") as handle:
            if tree.is_changeable_by_others_than_root(os.fstat(handle.fileno())):
                return None
            lines = handle.read(MAX_FILE).decode("utf-8", "replace").splitlines()[:line_number]
    except OSError:
        return None
    return next((match.group(1) for match in map(CONTROL.match, reversed(lines)) if match), None)
