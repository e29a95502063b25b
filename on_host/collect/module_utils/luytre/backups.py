"""Backups: how old the newest file of each declared backup folder is, and who may read them."""

import os
import stat
import time

from ansible.module_utils.luytre._reading import file_mode

MAX_ENTRIES = 50_000
CLOCK_SLACK = 300


def collect(reading):
    sites = reading.declared.get("sites") or []
    paths = {site["backup_dir"] for site in sites if isinstance(site, dict) and isinstance(site.get("backup_dir"), str)}
    return {"directories": [directory(path, int(time.time()), reading.deadline) for path in sorted(paths)]}


def directory(path, now, deadline):
    """What lies in a backup folder. Files dated in the future and empty ones are counted apart and prove nothing."""
    found = {
        "path": path,
        "exists": os.path.isdir(path),
        "modes": None,
        "others_enter": False,
        "readable": [],
        "newest": None,
        "newest_file": None,
        "files": 0,
        "bytes": 0,
        "future": 0,
        "empty": 0,
        "cut_short": False,
    }
    if not found["exists"]:
        return found
    found["modes"] = file_mode(os.path.realpath(path))
    found["others_enter"] = bool(found["modes"]["mode"] & 0o007)
    entries = 0
    for folder, _folders, names in os.walk(path):
        for name in names:
            entries += 1
            if entries > MAX_ENTRIES or time.monotonic() > deadline:
                found["cut_short"] = True
                return found
            _count(found, os.path.join(folder, name), now)
    return found


def _count(found, path, now):
    try:
        status = os.lstat(path)
    except OSError:
        return
    if not stat.S_ISREG(status.st_mode):
        return
    if status.st_size == 0:
        found["empty"] += 1
    elif status.st_mtime > now + CLOCK_SLACK:
        found["future"] += 1
    else:
        found["files"] += 1
        found["bytes"] += status.st_size
        if found["newest"] is None or status.st_mtime > found["newest"]:
            found["newest"] = int(status.st_mtime)
            found["newest_file"] = os.fsencode(path).decode("utf-8", "replace")
    if status.st_mode & 0o004 and len(found["readable"]) < 50:
        found["readable"].append(file_mode(os.fsencode(path).decode("utf-8", "replace"), status))
