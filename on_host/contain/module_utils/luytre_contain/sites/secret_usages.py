"""Files of this host that hold a secret: what else uses it than what is known to."""

import os

from ansible.module_utils.luytre.sites import webroot
from ansible.module_utils.luytre_shared.files import safe_open
from ansible.module_utils.luytre_shared.os.time_budget import TimeBudget

FOLDERS = (
    "/etc/cron.d",
    "/etc/cron.hourly",
    "/etc/cron.daily",
    "/etc/cron.weekly",
    "/usr/local/bin",
    "/usr/local/sbin",
    "/root",
)
"""Besides web roots, without what is below them: where scripts of the host's own lie."""
ENDINGS = (
    *(".php", ".inc", ".phtml", ".env", ".ini", ".cnf", ".conf", ".yml", ".yaml", ".json", ".xml"),
    *(".sh", ".py", ".pl", ".js", ".toml", ".properties", ".config"),
)
"""Of files that programs read; copies that editors and people leave are none."""
MIN_LETTERS = 6
"""Letters of a secret that is looked for: a shorter one stands everywhere."""
MAX_BYTES, MAX_ENTRIES, MAX_FILES = 200_000, 200_000, 20
"""Bytes of a file that are read, entries of a root, files that are named."""
SECONDS = 6


def find_files_holding_secret(secret, roots):
    """Return paths of the files that hold it, and roots that were not read to their end.

    The files lie below web roots and in FOLDERS.
    """
    if len(secret) < MIN_LETTERS:
        return [], list(roots)
    escaped_secret = secret.replace("\\", "\\\\")
    needles = {
        word.encode()
        for word in (secret, escaped_secret, escaped_secret.replace("'", "\\'"), escaped_secret.replace('"', '\\"'))
    }
    matches, cut, effort = [], [], TimeBudget(SECONDS)
    for root in (*roots, *FOLDERS):
        paths, whole = _search_folder_for_files_with_needles(root, needles, effort, deep=root not in FOLDERS)
        matches += paths
        cut += [] if whole else [root]
    return matches[:MAX_FILES], cut


def _search_folder_for_files_with_needles(root, needles, time_budget, *, deep):
    try:
        folder = safe_open.open_path(root, safe_open.DIRECTORY, safe_open.ROOTS_LINKS)
    except OSError:
        return [], True
    matches = []
    try:
        walk = webroot.WebrootWalk(folder, time_budget, MAX_ENTRIES)
        for entry in walk if deep else _iter_entries_directly_in_folder(folder):
            if _is_file_to_search_for_secret(entry, deep=deep):
                content = entry.read_start_of_file(MAX_BYTES)
                if any(word in content for word in needles):
                    matches.append(os.path.join(root, entry.path))
        return matches, not walk.cut_short
    finally:
        os.close(folder)


def _iter_entries_directly_in_folder(folder):
    """Yield the entries of a folder, without what is below them."""
    status = os.fstat(folder)
    for name in sorted(os.listdir(folder)):
        yield webroot.WebrootEntry(folder, status, name, name, os.stat(name, dir_fd=folder, follow_symlinks=False))


def _is_file_to_search_for_secret(entry, *, deep):
    if not entry.is_file:
        return False
    return not deep or entry.name.lower().endswith(ENDINGS) or entry.name.startswith(".env")
