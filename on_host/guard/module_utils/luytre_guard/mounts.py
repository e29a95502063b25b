"""How the file systems for temporary files are mounted: what may be run, opened and trusted there counts until the next boot."""

import os
import re

from . import commands

SHARED = ("/tmp", "/var/tmp", "/dev/shm")
FLAGS = {"noexec": "exec", "nosuid": "suid", "nodev": "dev", "ro": "rw"}
"""What a mount may be besides, each with the word for its opposite."""
SOURCES = ("/etc/fstab", "/etc/systemd/system/tmp.mount.d/")
"""Whoever undoes what lies there undoes how it is mounted, too."""


def now():
    """Where one of them is a mount of its own: its flags, by its path."""
    found = {}
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as handle:
            rows = [line.split(" ") for line in handle]
    except OSError:
        return found
    for row in rows:
        path = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal.group(1), 8)), row[4])
        if path in SHARED:  # the last one of a path is what counts
            found[path] = sorted(set(row[5].split(",")) & set(FLAGS))
    return found


def bring_back(wanted, problems):
    """Have these mounts, those of them that are there, with their flags. The paths that were remounted."""
    done = []
    for path, flags in sorted(wanted.items()):
        present = now().get(path)
        if present is None or present == flags:
            continue
        words = [word if word in flags else opposite for word, opposite in FLAGS.items()]
        said = commands.said_no(["mount", "-o", "remount,bind," + ",".join(words), path], 20)
        if now().get(path) == flags:
            done.append(path)
        else:
            problems.append(
                "%s is still mounted with %s: %s" % (path, ",".join(now().get(path, ())) or "no flag", said)
            )
    return done


def left(before, then):
    """How a run left those that are otherwise mounted than before it."""
    return {path: then[path] for path, flags in before.items() if path in then and then[path] != flags}


def is_source(path):
    """Whether how they are mounted is written there."""
    return path == SOURCES[0] or path.startswith(SOURCES[1]) or os.path.dirname(SOURCES[1]) == path
