"""Mount options: the ones that a shared folder needs, added where they are missing."""

from __future__ import annotations

import re

OPPOSITE = {"nodev": "dev", "nosuid": "suid", "noexec": "exec"}
SHM = "/dev/shm"
TEMPORARY = ("/tmp", "/var/tmp")
SETS = {
    "filesystem.tmp_options": dict.fromkeys(TEMPORARY, ("nodev", "nosuid")),
    "filesystem.tmp_noexec": dict.fromkeys(TEMPORARY, ("noexec",)),
    "filesystem.shm_options": {SHM: ("nodev", "nosuid", "noexec")},
}


def wanted(apply):
    """Shared folders to the options that they need, for the controls that are to be mended."""
    options = {}
    for control, folders in SETS.items():
        for folder, names in folders.items() if control in apply else ():
            options[folder] = options.get(folder, ()) + names
    return options


def loose(shared, wanted, at_boot=""):
    """Those of the mounted folders that lack an option, now or, with the prefix ``boot_``, after the next boot."""
    return [
        folder
        for folder in shared
        if folder["mounted"] and not all(folder[at_boot + name] for name in wanted.get(folder["path"], ()))
    ]


def with_options(text, names):
    """A comma-separated list of mount options in which the wanted ones have the last word."""
    options = [option for option in text.split(",") if option]
    for name in names:
        words = [option for option in options if option in (name, OPPOSITE[name], "defaults")]
        if not words or words[-1] != name:
            options = [option for option in options if option not in (name, OPPOSITE[name])] + [name]
    return ",".join(options)


def fstab(text, folders):
    """The text of /etc/fstab with the options of these mounts completed (folder to options); the rest stays byte for byte.

    Shared memory, which systemd mounts by itself, gets a line where it has none.
    """
    lines = text.splitlines(keepends=True)
    there = set()
    for index, line in enumerate(lines):
        match = re.match(r"(\s*[^#\s]\S*\s+(\S+)\s+\S+\s+)(\S+)", line)
        folder = match and (match.group(2).rstrip("/") or "/")
        if folder in folders:
            there.add(folder)
            lines[index] = match.group(1) + with_options(match.group(3), folders[folder]) + line[match.end() :]
    if SHM in folders and SHM not in there:
        lines += [
            "" if not lines or lines[-1].endswith("\n") else "\n",
            f"tmpfs {SHM} tmpfs {','.join(folders[SHM])} 0 0\n",
        ]
    return "".join(lines)


class FilterModule:
    """Found by Ansible in the role that holds it."""

    def filters(self):
        return {
            "filesystem_fstab": fstab,
            "filesystem_loose": loose,
            "filesystem_options": with_options,
            "filesystem_wanted": wanted,
        }
