"""What git runs for whoever works in a repository: its hooks and settings, in web roots, homes and program folders."""

import glob
import os

from ansible.module_utils.luytre_hunt.autostart import list_accounts_with_distinct_homes, list_marks_of_settings
from ansible.module_utils.luytre_hunt.places import FOREIGN, OURS, parse_lines
from ansible.module_utils.luytre_shared.files.names import user_name
from ansible.module_utils.luytre_shared.os.area_reader import list_names_below, stat_file_below

FOLDERS = (
    "/etc",
    "/opt",
    "/opt/*",
    "/srv",
    "/srv/*",
    "/srv/*/*",
    "/var/www",
    "/var/www/*",
    "/var/www/*/*",
    "/usr/local/*",
)
BELOW_HOMES = ("", "*", "*/*")
MAX_REPOSITORIES = 200
FOR_LATER = 30
"""Seconds that are left to what comes after."""


def add_rows_of_git_hooks_and_settings(places):
    """Add the rows of hooks and of settings that run something, of repositories near the top of these folders."""
    homes = [account["home"] for account in list_accounts_with_distinct_homes() if account["home"].count("/") < 4]
    patterns = [*FOLDERS, *(os.path.join(home, below) for home in homes[:200] for below in BELOW_HOMES)]
    roots = dict.fromkeys(
        path[: -len("/.git/HEAD")] for pattern in patterns for path in glob.glob(pattern.rstrip("/") + "/.git/HEAD")
    )
    if len(roots) > MAX_REPOSITORIES:
        places.mark_part_as_cut_short("hook")
    for root in list(roots)[:MAX_REPOSITORIES]:
        if places.reading.get_seconds_left() < FOR_LATER:
            places.mark_part_as_cut_short("hook")
            return
        _add_rows_of_repository(places, root)


def _add_rows_of_repository(places, root):
    for name in list_names_below(root, ".git/hooks", 100):
        relative = ".git/hooks/" + name
        status = stat_file_below(root, relative)
        if name.endswith(".sample") or status is None or not status.st_mode & 0o111:
            continue
        _add_row_of_file(places, root, relative, user_name(status.st_uid), FOREIGN, ())
    status = stat_file_below(root, ".git/config")
    if status is not None:
        text = places.read_text_below_untrusted_folder("hook", root, ".git/config")
        marks = list_marks_of_settings(".git/config", text)
        if marks:
            _add_row_of_file(places, root, ".git/config", user_name(status.st_uid), OURS, marks)


def _add_row_of_file(places, root, relative, who, origin, marks):
    text = places.read_text_below_untrusted_folder("hook", root, relative)
    lines = "\n".join(line.strip() for _number, line in parse_lines(text))
    if lines:
        places.add_row_in_slot("hook", os.path.join(root, relative), who, origin, lines, marks)
