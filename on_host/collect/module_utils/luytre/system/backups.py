"""Backups: how old the newest file of each declared backup folder is, and who may read them."""

import os
import time

from ansible.module_utils.luytre.sites import webroot
from ansible.module_utils.luytre_shared.files import safe_open
from ansible.module_utils.luytre_shared.os.area_reader import describe_file_mode

MAX_ENTRIES = 50_000
SECONDS = 5.0
"""Of the processor's time, for all folders."""
CLOCK_SLACK = 300


def collect_area_facts(reader):
    sites = reader.declared.get("sites") or []
    paths = {site["backup_dir"] for site in sites if isinstance(site, dict) and isinstance(site.get("backup_dir"), str)}
    effort, now = reader.make_walk_time_budget(SECONDS), int(time.time())
    return {
        "directories": [
            describe_backup_folder(path, now, effort.share(len(paths) - number))
            for number, path in enumerate(sorted(paths))
        ]
    }


def describe_backup_folder(path, now, time_budget):
    """Return what lies in a backup folder.

    Files dated in the future and empty ones are counted apart and prove nothing.
    """
    result = {
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
    if not result["exists"]:
        return result
    result["modes"] = describe_file_mode(os.path.realpath(path))
    result["others_enter"] = bool(result["modes"]["mode"] & 0o007)
    try:
        top = safe_open.open_path(os.path.realpath(path), safe_open.DIRECTORY)
    except OSError:
        return {**result, "cut_short": True}
    try:
        walk = webroot.WebrootWalk(top, time_budget, MAX_ENTRIES)
        for entry in walk:
            if entry.is_file:
                _count_backup_file(result, os.path.join(path, entry.path), entry.status, now)
    finally:
        os.close(top)
    return {**result, "cut_short": walk.cut_short}


def _count_backup_file(result, path, status, now):
    if status.st_size == 0:
        result["empty"] += 1
    elif status.st_mtime > now + CLOCK_SLACK:
        result["future"] += 1
    else:
        result["files"] += 1
        result["bytes"] += status.st_size
        if result["newest"] is None or status.st_mtime > result["newest"]:
            result["newest"] = int(status.st_mtime)
            result["newest_file"] = os.fsencode(path).decode("utf-8", "replace")
    if status.st_mode & 0o004 and len(result["readable"]) < 50:
        result["readable"].append(describe_file_mode(os.fsencode(path).decode("utf-8", "replace"), status))
