"""Scheduled jobs: who runs what when, and whether somebody lesser can change what root runs.

Only the program of a job leaves the host, not its arguments: they may hold passwords.
"""

import glob
import os

from ansible.module_utils.luytre.daemons import command_lines, piped_downloads
from ansible.module_utils.luytre_shared.os.area_reader import describe_file_mode, read_text

TABLES = ("/etc/crontab", "/etc/cron.d/*")
SPOOL = "/var/spool/cron/crontabs/*"
FOLDERS = ("/etc/cron.hourly", "/etc/cron.daily", "/etc/cron.weekly", "/etc/cron.monthly")
MAX_JOBS = 500
"""Root's come first, so that a user's long table leaves none of them out."""


def collect_area_facts(reader):
    jobs = [
        job
        for pattern in TABLES
        for path in sorted(glob.glob(pattern))
        for job in parse_crontab(path, read_text(path) or "", None)
    ]
    jobs += [
        _describe_cron_script(folder, path)
        for folder in FOLDERS
        for path in sorted(glob.glob(folder + "/*"))
        if os.access(path, os.X_OK)
    ]
    for path in sorted(glob.glob(SPOOL), key=lambda path: (os.path.basename(path) != "root", path)):
        jobs += parse_crontab(path, read_text(path) or "", os.path.basename(path))
    jobs = jobs[:MAX_JOBS]
    for job in jobs:
        if job["user"] == "root" and not job["fetches"]:
            job["fetches"] = any(map(piped_downloads.has_piped_download_in_script, job["programs"]))
        job["weak"] = find_loose_place_on_way_to_program(
            [path for path in job["programs"] if not path.startswith("/etc/cron.")], reader.trust
        )
    return {
        "jobs": jobs,
        "files": [mode for path in _list_cron_paths() for mode in [describe_file_mode(path)] if mode is not None][
            :MAX_JOBS
        ],
        "allow": os.path.exists("/etc/cron.allow"),
        "deny": os.path.exists("/etc/cron.deny"),
    }


def _list_cron_paths():
    places = ["/etc/crontab", "/etc/cron.d", *list(FOLDERS)]
    return places + [path for place in places[1:] for path in sorted(glob.glob(place + "/*"))]


def _describe_cron_script(folder, path):
    return {
        "file": path,
        "line": 0,
        "user": "root",
        "when": "@" + folder.rpartition(".")[2],
        "programs": [path],
        "fetches": False,
    }


def parse_crontab(path, text, user):
    """Return jobs of a crontab; ``user`` is its owner, None where each line names one."""
    jobs = []
    for number, line in enumerate(text.split("\n"), 1):
        line = line.strip()
        if not line or line.startswith("#") or command_lines.ASSIGNMENT.match(line):
            continue
        fields = line.split(None, 1 if line.startswith("@") else 5)
        when, rest = fields[:-1], fields[-1]
        if len(when) != (1 if line.startswith("@") else 5):
            continue
        runs_as, command = (user, rest) if user is not None else ([*rest.split(None, 1), ""])[:2]
        jobs.append(
            {
                "file": path,
                "line": number,
                "user": runs_as,
                "when": " ".join(when),
                "programs": command_lines.parse_programs_of_command(command),
                "fetches": piped_downloads.is_download_piped_into_interpreter(command),
            }
        )
    return jobs


def find_loose_place_on_way_to_program(paths, trust):
    """Return the nearest ``{path, owner, group, mode, kind}`` on the way to a program that another than root can
    change.
    """
    places = (trust.find_last_changer_on_path(path) for path in paths if os.path.exists(path))
    return next((describe_file_mode(place) for place, _who in filter(None, places)), None)
