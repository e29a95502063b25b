"""Mount options: the ones that a shared folder needs, added where they are missing."""

from __future__ import annotations

import re

OPPOSITE = {"nodev": "dev", "nosuid": "suid", "noexec": "exec"}
SHM = "/dev/shm"
VAR_TMP = "/var/tmp"
TEMPORARY = ("/tmp", "/var/tmp")
SETS = {
    "filesystem.tmp_options": dict.fromkeys(TEMPORARY, ("nodev", "nosuid")),
    "filesystem.tmp_noexec": dict.fromkeys(TEMPORARY, ("noexec",)),
    "filesystem.shm_options": {SHM: ("nodev", "nosuid", "noexec")},
}


def list_needed_options(apply, shared_folders=()):
    """Return shared folders with the options that they need, for the controls that are to be mended.

    A folder that something else than the host mounts would have noexec until its next boot, and nothing says so then.
    """
    by_others = {folder["path"] for folder in shared_folders if folder["mounted"] and not folder["written"]} - {SHM}
    options = {}
    for control, folders in SETS.items():
        for folder, names in folders.items() if control in apply else ():
            if control == "filesystem.tmp_noexec" and folder in by_others:
                continue
            options[folder] = options.get(folder, ()) + names
    return options


def select_loose(shared_folders, options_by_folder, at_boot=""):
    """Return those of the mounted folders that lack an option, now or, with the prefix ``boot_``, after the
    next boot.
    """
    return [
        folder
        for folder in shared_folders
        if folder["mounted"] and not all(folder[at_boot + name] for name in options_by_folder.get(folder["path"], ()))
    ]


def is_unbound(shared_folders, options_by_folder):
    """Return whether options are wanted of /var/tmp that lies on the system's disk, and no line says so for the next
    boot.
    """
    return VAR_TMP in options_by_folder and any(
        folder["path"] == VAR_TMP and (not folder["mounted"] or not folder["written"]) and is_bound(folder)
        for folder in shared_folders
    )


def is_bound(folder):
    """Return whether the folder is, or is to be, bound to itself: its flags are the mount's, not the disk's."""
    return not folder["written"] or "bind" in folder["options"]


def remount(path, shared_folders, names):
    """Return the options of mount(8) by which a folder that is mounted gets these.

    Of a bind mount, those of the mount alone.
    """
    is_bind_mount = any(folder["path"] == path == VAR_TMP and is_bound(folder) for folder in shared_folders)
    return ",".join(["remount", *(["bind"] if is_bind_mount else []), *names])


def with_options(text, names):
    """Return a comma-separated list of mount options in which the wanted ones have the last word."""
    options = [option for option in text.split(",") if option]
    for name in names:
        words = [option for option in options if option in (name, OPPOSITE[name], "defaults")]
        if not words or words[-1] != name:
            options = [option for option in options if option not in (name, OPPOSITE[name])] + [name]
    return ",".join(options)


def fstab(text, folders):
    """Return the text of /etc/fstab with the options of these mounts completed (folder to options).

    The rest stays byte for byte.

    Where they have none, shared memory, which systemd mounts by itself, gets a line, and so does /var/tmp: it is bound
    to itself, so that what lies in it stays, and a server boots even where that does not come about.
    """
    lines = text.splitlines(keepends=True)
    there = set()
    for index, line in enumerate(lines):
        match = re.match(r"(\s*[^#\s]\S*\s+(\S+)\s+\S+\s+)(\S+)", line)
        folder = match and (match.group(2).rstrip("/") or "/")
        if folder in folders:
            there.add(folder)
            lines[index] = match.group(1) + with_options(match.group(3), folders[folder]) + line[match.end() :]
    for folder, begin in ((SHM, f"tmpfs {SHM} tmpfs "), (VAR_TMP, f"{VAR_TMP} {VAR_TMP} none bind,nofail,")):
        if folder in folders and folder not in there:
            lines += [
                "" if not lines or lines[-1].endswith("\n") else "\n",
                f"{begin}{','.join(folders[folder])} 0 0\n",
            ]
    return "".join(lines)


class FilterModule:
    """Found by Ansible in the role that holds it."""

    def filters(self):
        return {
            "filesystem_fstab": fstab,
            "filesystem_loose": select_loose,
            "filesystem_options": with_options,
            "filesystem_remount": remount,
            "filesystem_unbound": is_unbound,
            "filesystem_wanted": list_needed_options,
        }
