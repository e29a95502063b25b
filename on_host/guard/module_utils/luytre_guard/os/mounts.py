"""How the file systems for temporary files are mounted.

What may be run, opened and trusted there counts until the next boot.
"""

import os
import re

from ansible.module_utils.luytre_guard.os import commands, own_tmp

SHARED_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm")
FLAGS = {"noexec": "exec", "nosuid": "suid", "nodev": "dev", "ro": "rw"}
"""What a mount may be besides, each with the word for its opposite."""
SOURCES = ("/etc/fstab", "/etc/systemd/system/tmp.mount.d/")
"""Whoever undoes what lies there undoes how it is mounted, too."""


def read_mount_flags_of_shared_folders():
    """Return the flags of each by its path: its own, or those of the file system that it lies on."""
    flags_by_path = {}
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as handle:
            rows = [line.split(" ") for line in handle]
    except OSError:
        return {}
    for row in rows:  # the last one of a path is what counts
        path = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal.group(1), 8)), row[4])
        flags_by_path[path] = sorted(set(row[5].split(",")) & set(FLAGS))
    return {
        path: flags_by_path[_find_mount_point(path, flags_by_path)]
        for path in SHARED_FOLDERS
        if _find_mount_point(path, flags_by_path)
    }


def _find_mount_point(path, flags_by_path):
    """Return where the file system is mounted that a path lies on; None where none is known."""
    above = (
        [path]
        if path == "/"
        else [path, *(path.rsplit("/", depth)[0] or "/" for depth in range(1, path.count("/") + 1))]
    )
    return next((each for each in above if each in flags_by_path), None)


def restore_mount_flags(target_flags, problems, tell):
    """Have these mounts, those of them that are there, with their flags, and services' own folders there.

    Return the paths that were remounted.

    /var/tmp that was bound to itself since is left so until the next boot, with the flags of the disk that it lies on.
    """
    remounted_paths = []
    for path, flags in sorted(target_flags.items()):
        present = read_mount_flags_of_shared_folders().get(path)
        if present is None or present == flags:
            continue
        words = [word if word in flags else opposite for word, opposite in FLAGS.items()]
        error = commands.run_program_and_return_error_or_none(
            ["mount", "-o", "remount,bind," + ",".join(words), path], 20
        )
        if read_mount_flags_of_shared_folders().get(path) == flags:
            remounted_paths.append(path)
            for why in own_tmp.drop_mount_flags_in_private_tmp_folders(path, set(present) - set(flags)):
                tell(why)  # no later try knows of it
        else:
            problems.append(
                "%s is still mounted with %s: %s"
                % (path, ",".join(read_mount_flags_of_shared_folders().get(path, ())) or "no flag", error)
            )
    return remounted_paths


def find_mount_flags_changed_by_run(before, then):
    """Return how a run left those that are otherwise mounted than before it."""
    return {path: then[path] for path, flags in before.items() if path in then and then[path] != flags}


def is_file_that_sets_mount_options(path):
    """Return whether how they are mounted is written there."""
    return path == SOURCES[0] or path.startswith(SOURCES[1]) or os.path.dirname(SOURCES[1]) == path
