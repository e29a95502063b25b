"""People's homes, who is at work in them, and who may schedule jobs."""

import contextlib
import glob
import os
import re
import stat

from ansible.module_utils.luytre.sites import websites
from ansible.module_utils.luytre_shared.files import safe_open
from ansible.module_utils.luytre_shared.files.names import user_name
from ansible.module_utils.luytre_shared.os.area_reader import describe_file_mode

MAX_FOUND = 500
MAX_PROCESSES = 5000
DOT_FILES = (
    *(".bash_history", ".bash_login", ".bash_logout", ".bash_profile", ".bashrc", ".cshrc"),
    *(".git-credentials", ".gitconfig", ".kshrc", ".lesshst", ".login", ".mariadb_history"),
    *(".my.cnf", ".mysql_history", ".netrc", ".npmrc", ".pgpass", ".php_history"),
    *(".profile", ".psql_history", ".python_history", ".rediscli_history", ".s3cfg", ".selected_editor"),
    *(".sqlite_history", ".tcshrc", ".viminfo", ".vimrc", ".wget-hsts", ".zlogin"),
    *(".zlogout", ".zprofile", ".zsh_history", ".zshenv", ".zshrc"),
)
"""What shells, editors and clients keep of a person: settings, histories, passwords.

Nothing that a web server reads.
"""
SCHEDULERS = (
    ("crontab", "/etc/cron.allow", "/var/spool/cron/crontabs", "crontab"),
    ("at", "/etc/at.allow", "/var/spool/cron/atjobs", "daemon"),
)


def describe_cron_and_at(reader):
    """Return for cron and at whether only named accounts may schedule jobs, and which have some now."""
    return [describe_job_scheduler(reader, *each) for each in SCHEDULERS]


def describe_job_scheduler(reader, program, path, spool, group):
    """Return whether only named accounts may schedule jobs, and which have some now."""
    owners = set()
    with contextlib.suppress(OSError):
        for name in os.listdir(spool)[:MAX_FOUND]:
            status = os.lstat(os.path.join(spool, name))
            if stat.S_ISREG(status.st_mode):
                owners.add(user_name(status.st_uid))
    allow = describe_file_mode(path)
    return {
        "program": program,
        "installed": reader.find_program(program) is not None,
        "path": path,
        "group": group,
        "limited": allow is not None,
        "owners": sorted(owner for owner in owners if re.match(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}\Z", owner)),
    }


def describe_people_homes(accounts, roots):
    """Return the homes of people right below /home.

    What others may do there, and whether a site is served out of an open one.

    ``roots`` gives the web roots, and is asked for them only where it matters.
    """
    entries, web_roots, visitors = [], None, {}
    for account in accounts:
        entry = get_home_right_below_slash_home(account)
        if entry:
            path = entry["path"]
            is_open = entry["mode"] & 0o027 != 0
            if is_open and web_roots is None:
                web_roots, visitors = roots(), list_process_folders_by_user()
            is_served = is_open and (
                any(websites.is_path_within_root(root, path) for root in web_roots)
                or _is_home_linked_from_site_folders(path)
            )
            entries.append({"account": account["name"], **entry, "served": is_served, "open": is_open})
            uids = {
                uid
                for uid, places in visitors.items()
                if any(websites.is_path_within_root(place, path) for place in places)
            }
            entries[-1]["used_by"] = (
                sorted(user_name(uid) for uid in uids - {0, account["uid"]})[:20] if is_open else []
            )
    return entries[:MAX_FOUND]


def get_home_right_below_slash_home(account):
    """Return an account's own folder right below /home; None where it is elsewhere, or another's."""
    path = account["home"].rstrip("/")
    entry = describe_file_mode(path) if re.match(r"/home/[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}\Z", path) else None
    return entry if entry and entry["kind"] == "dir" and entry["owner"] == account["name"] else None


def find_dot_files_open_to_others(accounts):
    """Return the DOT_FILES in homes that others may read or write, or the group may write."""
    files = []
    for account in accounts:
        place = get_home_right_below_slash_home(account)
        for name in DOT_FILES if place else ():
            entry = describe_file_mode(os.path.join(place["path"], name))
            if entry and entry["kind"] == "file" and entry["owner"] == account["name"] and entry["mode"] & 0o027:
                files.append({"account": account["name"], **entry})
    return files[:MAX_FOUND]


def list_process_folders_by_user(proc="/proc"):
    """Return the folders in which processes work, and whose programs they run, by the number of their user."""
    places_by_uid = {}
    for folder in glob.glob(proc + "/[0-9]*")[:MAX_PROCESSES]:
        with contextlib.suppress(OSError):
            places = {os.readlink(folder + "/cwd"), os.readlink(folder + "/exe")}
            places_by_uid.setdefault(os.stat(folder).st_uid, set()).update(places)
    return places_by_uid


def _is_home_linked_from_site_folders(home, places=("/var/www", "/srv/www", "/srv")):
    """Return whether a link at a usual place of sites leads into the home."""
    links = (
        os.path.join(place, name) for place in places if os.path.isdir(place) for name in os.listdir(place)[:MAX_FOUND]
    )
    return any(
        os.path.islink(link) and websites.is_path_within_root(safe_open.resolve_real_path(link), home) for link in links
    )
