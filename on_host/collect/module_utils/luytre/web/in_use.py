"""What a hardening could take away from people: what requests, code, uploads and jobs of late really use."""

import contextlib
import os
import time
import types

from ansible.module_utils.luytre.logins import service_shells
from ansible.module_utils.luytre.sites import access_log, dangerous_functions, root_walk, webroot, websites
from ansible.module_utils.luytre_shared.files.names import user_name
from ansible.module_utils.luytre_shared.parsers.round_robin import advance_walks_in_turns

SECONDS = 2.0
"""Of the processor's time, for walks."""
LOG_SECONDS = 0.5
MAX_ENTRIES = 40_000
MAX_READ = 20_000_000
"""Bytes of code of one root."""
RECENT = 180 * 86_400
PEOPLE = range(1_000, 60_000)
MAX_EXAMPLES = 3


def collect_area_facts(reader):
    vhosts = websites.list_configured_vhosts()
    return {
        "logs": count_requests_by_log(access_log.list_access_logs(vhosts)),
        "roots": find_usage_in_web_roots(
            websites.list_web_roots_to_walk(reader.declared, vhosts), reader.make_walk_time_budget(SECONDS)
        ),
        "shells": service_shells.find_uses_of_service_shells(reader),
    }


# --- requests --------------------------------------------------------------------------------------------


def count_requests_by_log(paths, seconds=LOG_SECONDS):
    """Return what each log comes to; those for which there was no time left are missing."""
    until, results = time.monotonic() + seconds, []
    for path in paths:
        if time.monotonic() >= until:
            break
        text = (access_log.read_last_log_lines(path + ".1") or "") + (access_log.read_last_log_lines(path) or "")
        if text:
            results.append({"path": path, **access_log.count_requests_in_access_log(text)})
    return results


# --- code and uploads ------------------------------------------------------------------------------------


def find_usage_in_web_roots(paths, time_budget):
    """Return what each web root holds that is in use, all in turns."""
    web = webroot.find_web_server_accounts()
    with contextlib.ExitStack() as open_roots:
        walks = []
        for path in paths:
            usage = _RootUsage(web)
            with contextlib.suppress(OSError):
                walks.append(
                    (
                        open_roots.enter_context(root_walk.RootWalk(path, time_budget, MAX_ENTRIES, usage.add_entry)),
                        usage,
                    )
                )
        advance_walks_in_turns([root for root, _ in walks], time_budget)
        return [
            {
                "path": root.path,
                **root_usage.build_usage_facts(),
                "cut_short": root.cut_short or root_usage.is_code_limit_reached,
            }
            for root, root_usage in walks
        ]


class _RootUsage:
    """The usage that one root's walk gathers."""

    def __init__(self, web):
        self._web = web
        self._recent = time.time() - RECENT
        self._calls, self._people, self._largest, self._read = {}, {}, 0, 0

    def add_entry(self, entry):
        """Add an entry of the walk."""
        if not entry.is_file:
            return
        status = entry.status
        if status.st_uid in PEOPLE and status.st_mtime > self._recent and self._is_readable_only_by_world_right(status):
            self._people[status.st_uid] = self._people.get(status.st_uid, 0) + 1
        if websites.PHP.search(entry.name):
            if dangerous_functions.is_outside_library_folders(entry.path) and self._read < MAX_READ:
                text = dangerous_functions.read_start_of_walked_file(entry)
                self._read += len(text)
                for function in dangerous_functions.find_function_calls_in_php(text):
                    self._calls.setdefault(function, []).append(os.fsencode(entry.path).decode("utf-8", "replace"))
        elif webroot.is_in_upload_or_cache_folder(entry) or websites.can_be_published_upload(*entry.layout_and_path):
            self._largest = max(self._largest, status.st_size)

    def _is_readable_only_by_world_right(self, status):
        """Return whether the web server reads it only because everybody may."""
        without_others = types.SimpleNamespace(
            st_uid=status.st_uid, st_gid=status.st_gid, st_mode=status.st_mode & ~0o007
        )
        return self._web.can_read_file(status) and not self._web.can_read_file(without_others)

    @property
    def is_code_limit_reached(self):
        """Return whether there was more code than is read of one root."""
        return self._read >= MAX_READ

    def build_usage_facts(self):
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
