"""Temporary folders that services have of their own.

Each got the flags that the host's had when it was started, and keeps them.
"""

import ctypes
import os

from ansible.module_utils.luytre_guard.os import commands

QUERY = ["systemctl", "show", "--property=Id,MainPID,PrivateTmp", "--", "*.service"]
OWN = "/systemd-private-"
CLONE_NEWNS, MS_REMOUNT, MS_BIND = 0x20000, 32, 4096
FLAGS = {"ro": 1, "nosuid": 2, "nodev": 4, "noexec": 8, "noatime": 1024, "nodiratime": 2048, "relatime": 1 << 21}
"""Of mount(2): what is not said again is lost."""


def drop_mount_flags_in_private_tmp_folders(path, lost_flags):
    """Have running services' own folders there without flags that went from the host's.

    Sentences for those where that failed.
    """
    failures = []
    for name, process in _iter_services_with_private_tmp():
        flags = _read_private_mount_flags_of_process(process, path)
        if flags is not None and flags & lost_flags:
            _remount_in_namespace_of_process(process, path, flags - lost_flags)
            still = _read_private_mount_flags_of_process(process, path)
            if still and still & lost_flags:
                failures.append(
                    "%s goes on with %s in its own %s until it is started anew"
                    % (name, ",".join(sorted(still & lost_flags)), path)
                )
    return failures


def _iter_services_with_private_tmp():
    """Yield ``(unit, its first process)`` of those that run with folders of their own."""
    try:
        output = commands.run_program_and_return_output(QUERY, 20).decode("utf-8", "replace")
    except commands.CommandFailure:
        return
    for block in output.split("\n\n"):
        words = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        process = words.get("MainPID", "0")
        if words.get("PrivateTmp", "no") != "no" and process.isdecimal() and int(process) > 1:
            yield words.get("Id", "?"), int(process)


def _read_private_mount_flags_of_process(pid, path):
    """Return the flags of a folder that systemd has given a process there; None where it has none."""
    flags = None
    try:
        with open("/proc/%d/mountinfo" % pid, encoding="utf-8", errors="surrogateescape") as handle:
            for row in (line.split(" ") for line in handle):
                if row[4] == path:  # the last one counts
                    flags = set(row[5].split(",")) if OWN in row[3] else None
    except OSError:
        return None
    return flags


def _remount_in_namespace_of_process(pid, path, flags):
    """Remount a path where the process is, in a child, which runs no program there."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        with open("/proc/%d/ns/mnt" % pid, "rb") as handle:
            if libc.setns(handle.fileno(), CLONE_NEWNS) == 0:
                bits = MS_REMOUNT | MS_BIND | sum(FLAGS[word] for word in flags if word in FLAGS)
                libc.mount(None, path.encode(), None, ctypes.c_ulong(bits), None)
    finally:
        os._exit(0)
