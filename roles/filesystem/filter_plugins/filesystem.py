"""Mount options: the ones that a shared folder needs, added where they are missing."""

from __future__ import annotations

import re

OPPOSITE = {"nodev": "dev", "nosuid": "suid", "noexec": "exec"}
SHM = "/dev/shm"


def with_options(text, names=("nodev", "nosuid")):
    """A comma-separated list of mount options in which the wanted ones have the last word."""
    options = [option for option in text.split(",") if option]
    for name in names:
        words = [option for option in options if option in (name, OPPOSITE[name], "defaults")]
        if not words or words[-1] != name:
            options = [option for option in options if option not in (name, OPPOSITE[name])] + [name]
    return ",".join(options)


def fstab(text, folders):
    """The text of /etc/fstab with the options of the mounts on ``folders`` completed; the rest stays byte for byte.

    Shared memory, which systemd mounts by itself, gets a line where it has none.
    """
    lines = text.splitlines(keepends=True)
    there = set()
    for index, line in enumerate(lines):
        match = re.match(r"(\s*[^#\s]\S*\s+(\S+)\s+\S+\s+)(\S+)", line)
        folder = match and (match.group(2).rstrip("/") or "/")
        if folder in folders:
            there.add(folder)
            lines[index] = match.group(1) + with_options(match.group(3), wanted(folder)) + line[match.end() :]
    if SHM in folders and SHM not in there:
        lines += [
            "" if not lines or lines[-1].endswith("\n") else "\n",
            f"tmpfs {SHM} tmpfs {','.join(wanted(SHM))} 0 0\n",
        ]
    return "".join(lines)


def wanted(folder):
    """The options that a shared folder needs: programs are unpacked in /tmp and run there, in shared memory they are not."""
    return ("nodev", "nosuid", "noexec") if folder == SHM else ("nodev", "nosuid")


class FilterModule:
    """Found by Ansible in the role that holds it."""

    def filters(self):
        return {"filesystem_fstab": fstab, "filesystem_options": with_options, "filesystem_wanted": wanted}
