"""What incidents contain on this host, by the records of the programs that do it: the case log may know more,
or less.
"""

import json
import os
import re
import time

from ansible.module_utils.luytre_shared.os.area_reader import UnreadableFact, read_text

HOME = "/var/lib/luytre"
MEMORY = "/run/luytre"
"""What does not outlive the host's next start."""
NAME = re.compile(r"\ASC-[0-9]{8}-[0-9]{1,4}/[0-9]{1,6}\Z")
MAX_RECORD = 8_000_000
MAX_ENTRIES = 5_000
MAX_ACTIONS = 1_000


def collect_area_facts(reader, home=HOME, memory=MEMORY):
    del reader
    pairs = [
        (name, action)
        for top in (home, memory)
        for name in _list_folders(top)
        for action in _list_recorded_actions(os.path.join(top, name))
        + _list_actions_with_own_folder(os.path.join(top, name))
    ]
    actions = [{"place": place, "action": action} for place, action in sorted(pairs)]
    return {"actions": actions[:MAX_ACTIONS], "more": max(len(actions) - MAX_ACTIONS, 0)}


def _list_folders(top):
    """Return the names of the folders there, links apart: a program that contains keeps its records in one of them."""
    try:
        with os.scandir(top) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))[:MAX_ENTRIES]
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return []


def _list_recorded_actions(folder):
    """Return the names of the actions on record in a folder's one file.

    Raises UnreadableFact for a file that is none of ours.
    """
    path = os.path.join(folder, "actions.json")
    text = read_text(path, MAX_RECORD)
    if text is None:
        return []
    try:
        return [
            name
            for name, record in dict(json.loads(text)).items()
            if NAME.match(name) and not _is_containment_over(record)
        ]
    except (ValueError, TypeError, RecursionError):
        raise UnreadableFact("%s: no record of actions" % path)


def _is_containment_over(record):
    """Return whether it has ended by itself: of such a one the record stays until the next one is written."""
    until = record.get("until") if isinstance(record, dict) else None
    return isinstance(until, (int, float)) and until < time.time()


def _list_actions_with_own_folder(folder):
    """Return the names of the actions that have a folder of their own there."""
    try:
        names = os.listdir(folder)[:MAX_ENTRIES]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [name.replace("_", "/") for name in names if NAME.match(name.replace("_", "/"))]
