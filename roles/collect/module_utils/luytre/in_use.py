"""What a hardening could take away from people: what requests, code and uploads of late really use."""

import contextlib
import glob
import os
import re
import time
import types

from ansible.module_utils.luytre import _access_log, _applications, _called, _webroot, files
from ansible.module_utils.luytre._names import user_name
from ansible.module_utils.luytre._reading import read_text
from ansible.module_utils.luytre._turns import take_turns

SECONDS = 2.0
LOG_SECONDS = 0.5
MAX_LOGS = 60
MAX_ENTRIES = 40_000
MAX_READ = 20_000_000
"""Bytes of code of one root."""
RECENT = 180 * 86_400
PEOPLE = range(1_000, 60_000)
MAX_EXAMPLES = 3
LOGS = ("/var/log/nginx/*access*.log", "/var/log/apache2/*access*.log")
CONFIGURED = (
    ("/etc/nginx/**/*", re.compile(r"^\s*access_log\s+[\"']?(/[^\s\"';$]+)", re.MULTILINE)),
    ("/etc/apache2/**/*", re.compile(r"^\s*CustomLog\s+[\"']?(/[^\s\"'$|]+)", re.MULTILINE | re.IGNORECASE)),
)


def collect(reading):
    deadline = min(reading.deadline, time.monotonic() + SECONDS)
    return {"logs": logs(log_paths()), "roots": roots(files.web_roots(reading.declared), deadline)}


# --- requests --------------------------------------------------------------------------------------------


def log_paths():
    """Access logs, of the servers' configuration first."""
    found = []
    for pattern, setting in CONFIGURED:
        for path in sorted(glob.glob(pattern, recursive=True))[:500]:
            if os.path.isfile(path):
                found += setting.findall(read_text(path, 200_000) or "")
    for pattern in LOGS:
        found += sorted(glob.glob(pattern))
    return list(dict.fromkeys(os.path.normpath(path) for path in found))[:MAX_LOGS]


def logs(paths, seconds=LOG_SECONDS):
    """What each log comes to; those for which there was no time left are missing."""
    until, found = time.monotonic() + seconds, []
    for path in paths:
        if time.monotonic() >= until:
            break
        text = (_access_log.tail(path + ".1") or "") + (_access_log.tail(path) or "")
        if text:
            found.append({"path": path, **_access_log.count(text)})
    return found


# --- code and uploads ------------------------------------------------------------------------------------


def roots(paths, deadline):
    """What each web root holds that is in use, all in turns."""
    web = _webroot.web_users()
    with contextlib.ExitStack() as open_roots:
        walked = []
        for path in paths:
            with contextlib.suppress(OSError):
                walked.append(open_roots.enter_context(_Root(path, web, deadline)))
        take_turns(walked, deadline)
        return [root.answer() for root in walked]


class _Root:
    """A web root being searched. Raises OSError when it is not there."""

    def __init__(self, path, web, deadline):
        self._path, self._web = path, web
        self._folder = files.open_root(path)
        seconds = min(_applications.HOMES_SECONDS, (deadline - time.monotonic()) / 4)
        self._walk = _webroot.Walk(self._folder, deadline, MAX_ENTRIES, _applications.homes(self._folder, seconds))
        self._entries = iter(self._walk)
        self._recent = time.time() - RECENT
        self._calls, self._people, self._largest, self._read = {}, {}, 0, 0
        self._finished = False

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self._entries.close()
        os.close(self._folder)

    def advance(self, until):
        for entry in self._entries:
            self._add(entry)
            if time.monotonic() >= until:
                return True
        self._finished = True
        return False

    def _add(self, entry):
        if not entry.is_file:
            return
        status = entry.status
        if status.st_uid in PEOPLE and status.st_mtime > self._recent and self._by_everybody(status):
            self._people[status.st_uid] = self._people.get(status.st_uid, 0) + 1
        if _webroot.PHP.search(entry.name):
            if _called.is_own(entry.path) and self._read < MAX_READ:
                text = _called.read(entry)
                self._read += len(text)
                for function in _called.calls(text):
                    self._calls.setdefault(function, []).append(os.fsencode(entry.path).decode("utf-8", "replace"))
        elif _webroot.UPLOAD_FOLDERS.intersection(entry.path.split("/")[:-1]) or _webroot.in_uploads(entry):
            self._largest = max(self._largest, status.st_size)

    def _by_everybody(self, status):
        """Whether the web server reads it only because everybody may."""
        closed = types.SimpleNamespace(st_uid=status.st_uid, st_gid=status.st_gid, st_mode=status.st_mode & ~0o007)
        return self._web.reads(status) and not self._web.reads(closed)

    def answer(self):
        return {
            "path": self._path,
            "calls": [
                {"function": function, "files": len(paths), "examples": sorted(paths)[:MAX_EXAMPLES]}
                for function, paths in sorted(self._calls.items())
            ],
            "people": [
                {"account": user_name(uid), "files": number} for uid, number in sorted(self._people.items())[:20]
            ],
            "largest_upload": self._largest,
            "cut_short": self._walk.cut_short or not self._finished or self._read >= MAX_READ,
        }
