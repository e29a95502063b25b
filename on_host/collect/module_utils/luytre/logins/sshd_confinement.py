"""How systemd confines sshd, as far as whoever comes in by it still does all of an administrator's work."""

import re

from ansible.module_utils.luytre_shared.os.area_reader import read_text

SWITCHES = ("LockPersonality", "RestrictRealtime", "SystemCallArchitectures")
CALLS = frozenset(("modify_ldt", "uselib"))
"""Of each group of system calls that is wanted shut one that every systemd names."""
PROPERTIES = (*SWITCHES, "ActiveState", "MainPID", "SystemCallFilter")


def collect_sshd_confinement(reader):
    """Return ``{lacks, in_force}`` of sshd's service, None where none runs all the time."""
    if reader.find_program("systemctl") is None:
        return None
    text = reader.run(["systemctl", "show", "--property", ",".join(PROPERTIES), "--", "ssh.service"], ok=None)
    unit = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    if unit.get("ActiveState") != "active":
        return None
    return {
        "lacks": list_missing_unit_properties(unit),
        "in_force": is_syscall_filter_of_process_in_force(unit.get("MainPID", "")),
    }


def is_syscall_filter_of_process_in_force(pid, proc="/proc"):
    """Return whether the kernel filters more calls of the unit's first process than of the host's: it was
    started so.
    """
    own, of_host = (_count_seccomp_filters("%s/%s/status" % (proc, each)) for each in (pid, "1"))
    return pid.isdigit() and own > of_host


def _count_seccomp_filters(path):
    match = re.search(r"(?m)^Seccomp_filters:\s+(\d+)$", read_text(path) or "")
    return int(match.group(1)) if match else 0


def list_missing_unit_properties(unit):
    """Return the properties that are wanted and that the unit does not have, as systemd has them loaded."""
    properties = [name for name in SWITCHES if unit.get(name, "") in ("", "no")]
    words = unit.get("SystemCallFilter", "").split()
    denies = words[:1] and words[0].startswith("~")
    calls = {word.lstrip("~") for word in words}
    if not words or (CALLS - calls if denies else CALLS & calls):
        properties.append("SystemCallFilter")
    return properties
