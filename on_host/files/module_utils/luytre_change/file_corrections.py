"""What is wanted of files that no daemon reads: accounts, cron, root's settings, what anybody may write."""

import os
import stat

from ansible.module_utils.luytre.os import disk_mounts
from ansible.module_utils.luytre.system import filesystem
from ansible.module_utils.luytre_change.permissions import Correction
from ansible.module_utils.luytre_shared.os.area_reader import read_text
from ansible.module_utils.luytre_shared.os.time_budget import TimeBudget


def list_corrections_of_account_files():
    """Return the account files, each closed as far as its kind is."""
    files = []
    for name in filesystem.ACCOUNT_FILES:
        secret = name in filesystem.SECRET_ACCOUNT_FILES
        groups = ("root", "shadow") if secret else ("root",)
        mask = 0o600 if name.startswith("security/") else 0o640 if secret else 0o644
        files.append(Correction("/etc/" + name, mask, groups=groups, secret=True))
    return files


def list_corrections_of_cron_files():
    """Return cron's table, folders and files."""
    return [
        Correction(path, 0o700 if os.path.isdir(path) else 0o600 if path == "/etc/crontab" else 0o755)
        for path in filesystem.list_cron_paths()
    ]


def list_corrections_of_root_owned_settings():
    """Return what root's programs believe and others could have written."""
    return [Correction(entry["path"], 0o7755) for entry in filesystem.find_doubtful_files_of_root()]


def list_corrections_to_set_sticky_bits():
    """Return folders in which anybody may make files: the right to replace others' files."""
    return [
        Correction(path, 0o7777, add=stat.S_ISVTX, by_owner=False)
        for path in _find_mendable_world_writable_paths("dir")
    ]


def list_corrections_of_world_writable_files():
    """Return files that anybody may write."""
    return [
        Correction(path, 0o7775, by_owner=path.startswith(filesystem.BY_OWNER))
        for path in _find_mendable_world_writable_paths("file")
    ]


def _find_mendable_world_writable_paths(kind):
    mounts = disk_mounts.parse_mountinfo(read_text("/proc/self/mountinfo") or "")
    result = filesystem.walk_host_disks(mounts, TimeBudget(filesystem.WALK_SECONDS * 3))
    return [entry["path"] for entry in result.world_writable if entry["mendable"] and entry["kind"] == kind]
