"""What logs tell and what they lack.

Orders that visitors sent to scripts among uploads, parts that were blanked, taken away or never kept.

Visitors write access logs, and whoever was root the others: each is a single sign.
"""

import glob
import os
import re
import stat
import time
from urllib.parse import unquote

from ansible.module_utils.luytre.sites import access_log, filled_uris, websites
from ansible.module_utils.luytre.sites.access_log import list_access_logs
from ansible.module_utils.luytre_hunt.places import FOREIGN, GONE
from ansible.module_utils.luytre_shared.files import safe_open
from ansible.module_utils.luytre_shared.os import account_files
from ansible.module_utils.luytre_shared.os.area_reader import stat_file_below

SECONDS = 2.0
MAX_SCRIPTS = 300
MAX_CLIENTS = 50
SYSTEM = (
    "wtmp",
    "btmp",
    "auth.log",
    "syslog",
    "messages",
    "secure",
    "mail.log",
    "cron.log",
    "daemon.log",
    "kern.log",
    "fail2ban.log",
)
HISTORIES = (".bash_history", ".zsh_history")
RECORD = 384
"""Bytes of a record of wtmp and btmp."""
TAIL = 1_500_000
_SCRIPT = re.compile(r"(?i)^(/.{0,380}?\.(?:php\d?|phtml|phar|pht))(?:/|$)")
_NUMBER = re.compile(r"\.(\d{1,3})(?:\.gz|\.xz|\.zst)?\Z")


def add_rows_of_suspicious_logs(places):
    """Add the rows of what logs tell of intruders, and of what logs lack."""
    vhosts = websites.list_configured_vhosts()
    paths = list_access_logs(vhosts)
    _add_rows_of_scripts_posted_to(places, paths, vhosts, min(places.reading.deadline, time.monotonic() + SECONDS))
    system = ["/var/log/" + name for name in SYSTEM]
    for path in [*system, *paths]:
        _add_row_of_missing_rotated_log(places, path)
    for path in system:
        _add_row_of_zeroed_log_part(places, path)
        _add_row_of_log_linked_to_device(places, path, "root")
    for account in account_files.read_passwd_rows():
        if account["uid"] == 0 or account["name"] in ("www-data", "mysql"):
            for name in HISTORIES:
                _add_row_of_log_linked_to_device(places, os.path.join(account["home"], name), account["name"])


def _add_rows_of_scripts_posted_to(places, paths, vhosts, until):
    """Add scripts in folders that visitors fill, to which something was posted and answered well."""
    roots = {}
    for vhost in vhosts:
        for log in vhost.logs:
            roots.setdefault(os.path.normpath(log), []).extend(vhost.roots)
    every = websites.list_web_roots_to_walk(places.reading.declared, vhosts)
    for path in paths:
        if time.monotonic() >= until:
            places.mark_part_as_cut_short("order")
            return
        text = (access_log.read_last_log_lines(path + ".1") or "") + (access_log.read_last_log_lines(path) or "")
        for uri, (times, clients) in count_posts_to_upload_scripts_in_log(text).items():
            description = "POST \u00d7 %d, %d IP" % (times, len(clients))
            where = _find_script_file_of_uri(uri, list(dict.fromkeys(roots.get(path) or every)))
            places.add_row_in_slot("order", where or uri, "", FOREIGN if where else GONE, description)


def count_posts_to_upload_scripts_in_log(access_log_text):
    """Return ``{script: (times, clients)}`` of what was posted to scripts among uploads and answered with 200."""
    posts = {}
    for line in access_log_text.split("\n"):
        parts = line.split('"', 3)
        if len(parts) < 3 or not parts[1].startswith("POST "):
            continue
        words, answer = parts[1].split(" ", 2), parts[2].split()
        if not answer or answer[0] != "200":
            continue
        script = _SCRIPT.match(unquote(words[1][:400].partition("?")[0]))
        if script is None or not filled_uris.is_uri_where_php_must_not_run(script.group(1)):
            continue
        if script.group(1) in posts or len(posts) < MAX_SCRIPTS:
            times, clients = posts.get(script.group(1), (0, set()))
            if len(clients) < MAX_CLIENTS:
                clients.add(line.partition(" ")[0][:60])
            posts[script.group(1)] = (times + 1, clients)
    return posts


def _find_script_file_of_uri(uri, web_roots):
    """Return the file that a script's URI is below one of these roots; None when there is none."""
    relative = os.path.normpath(uri.lstrip("/"))
    if relative.startswith("..") or "\0" in relative:
        return None
    for root in web_roots:
        status = stat_file_below(root, relative)
        if status is not None and stat.S_ISREG(status.st_mode):
            return os.path.join(root, relative)
    return None


def _add_row_of_missing_rotated_log(places, path):
    """Add, of a log that is rotated by numbers, a number that is not there between others that are."""
    names = glob.glob(glob.escape(path) + ".*")[:500]
    numbers = {int(match.group(1)) for match in (_NUMBER.match(name[len(path) :]) for name in names) if match}
    missing_numbers = sorted(set(range(1, max(numbers, default=0))) - numbers)
    if missing_numbers:
        description = ", ".join("%s.%d" % (os.path.basename(path), number) for number in missing_numbers[:10])
        places.add_row_in_slot("log", path, "root", GONE, description, ["missing"])


def _add_row_of_zeroed_log_part(places, path):
    """Add whether a part of a log is nothing but zeros, with something after it."""
    try:
        handle = safe_open.open_below(os.path.dirname(path), os.path.basename(path))
    except OSError:
        return
    try:
        size = os.fstat(handle).st_size
        data = os.pread(handle, TAIL - TAIL % RECORD, max(0, size - size % RECORD - (TAIL - TAIL % RECORD)))
    except OSError:
        return
    finally:
        os.close(handle)
    places.seen += 1
    if path.endswith("tmp"):
        records = [data[at : at + RECORD] for at in range(0, len(data) - len(data) % RECORD, RECORD)]
        count = sum(1 for record in records if not record.strip(b"\0"))
        if count:
            places.add_row_in_slot("log", path, "root", FOREIGN, "%d" % count, ["blanked"])
    elif b"\0" * 8 in data.rstrip(b"\0"):
        places.add_row_in_slot("log", path, "root", FOREIGN, "", ["blanked"])


def _add_row_of_log_linked_to_device(places, path, who):
    """Add whether what should be kept is a link to a device."""
    try:
        target = os.readlink(path)
    except OSError:
        return
    if os.path.realpath(path).startswith("/dev/"):
        places.add_row_in_slot("log", path, who, FOREIGN, target[:200], ["to_nowhere"])
