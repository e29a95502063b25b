"""What a hardening could take away from people: what requests, code, uploads and jobs of late really use."""

import contextlib
import glob
import os
import time
import types

from ansible.module_utils.luytre import (
    _access_log,
    _dangerous_functions,
    _root_walk,
    _service_shells,
    _webroot,
    _websites,
)
from ansible.module_utils.luytre._round_robin import take_turns
from ansible.module_utils.luytre_shared.names import user_name

SECONDS = 2.0
"""Of the processor's time, for walks."""
LOG_SECONDS = 0.5
MAX_LOGS = 60
MAX_ENTRIES = 40_000
MAX_READ = 20_000_000
"""Bytes of code of one root."""
RECENT = 180 * 86_400
PEOPLE = range(1_000, 60_000)
MAX_EXAMPLES = 3
LOGS = ("/var/log/nginx/*access*.log", "/var/log/apache2/*access*.log")


def collect(reading):
    vhosts = _websites.list_vhosts()
    return {
        "logs": count_logs(log_paths(vhosts)),
        "roots": walk_roots(_websites.list_walked_roots(reading.declared, vhosts), reading.effort(SECONDS)),
        "shells": _service_shells.find_shell_uses(reading),
    }


# --- requests --------------------------------------------------------------------------------------------


def log_paths(vhosts):
    """Return access logs, those of virtual hosts first."""
    paths = [path for vhost in vhosts for path in vhost.logs]
    for pattern in LOGS:
        paths += sorted(glob.glob(pattern))
    return list(dict.fromkeys(os.path.normpath(path) for path in paths))[:MAX_LOGS]


def count_logs(paths, seconds=LOG_SECONDS):
    """Return what each log comes to; those for which there was no time left are missing."""
    until, results = time.monotonic() + seconds, []
    for path in paths:
        if time.monotonic() >= until:
            break
        text = (_access_log.read_tail(path + ".1") or "") + (_access_log.read_tail(path) or "")
        if text:
            results.append({"path": path, **_access_log.count_requests(text)})
    return results


# --- code and uploads ------------------------------------------------------------------------------------


def walk_roots(paths, effort):
    """Return what each web root holds that is in use, all in turns."""
    web = _webroot.web_users()
    with contextlib.ExitStack() as open_roots:
        walks = []
        for path in paths:
            usage = _RootUsage(web)
            with contextlib.suppress(OSError):
                walks.append(
                    (open_roots.enter_context(_root_walk.RootWalk(path, effort, MAX_ENTRIES, usage.add)), usage)
                )
        take_turns([root for root, _ in walks], effort)
        return [
            {"path": root.path, **root_usage.answer(), "cut_short": root.cut_short or root_usage.is_full}
            for root, root_usage in walks
        ]


class _RootUsage:
    """The usage that one root's walk gathers."""

    def __init__(self, web):
        self._web = web
        self._recent = time.time() - RECENT
        self._calls, self._people, self._largest, self._read = {}, {}, 0, 0

    def add(self, entry):
        """Add an entry of the walk."""
        if not entry.is_file:
            return
        status = entry.status
        if status.st_uid in PEOPLE and status.st_mtime > self._recent and self._is_read_by_everybody(status):
            self._people[status.st_uid] = self._people.get(status.st_uid, 0) + 1
        if _websites.PHP.search(entry.name):
            if _dangerous_functions.is_own(entry.path) and self._read < MAX_READ:
                text = _dangerous_functions.read(entry)
                self._read += len(text)
                for function in _dangerous_functions.find_calls(text):
                    self._calls.setdefault(function, []).append(os.fsencode(entry.path).decode("utf-8", "replace"))
        elif _webroot.in_uploads(entry) or _websites.may_be_uploaded(*entry.place):
            self._largest = max(self._largest, status.st_size)

    def _is_read_by_everybody(self, status):
        """Return whether the web server reads it only because everybody may."""
        without_others = types.SimpleNamespace(
            st_uid=status.st_uid, st_gid=status.st_gid, st_mode=status.st_mode & ~0o007
        )
        return self._web.reads(status) and not self._web.reads(without_others)

    @property
    def is_full(self):
        """Return whether there was more code than is read of one root."""
        return self._read >= MAX_READ

    def answer(self):
        return {
            "calls": [
                {"function": function, "files": len(paths), "examples": sorted(paths)[:MAX_EXAMPLES]}
                for function, paths in sorted(self._calls.items())
            ],
            "people": [
                {"account": user_name(uid), "files": number} for uid, number in sorted(self._people.items())[:20]
            ],
            "largest_upload": self._largest,
        }
