"""A budgeted walk of the web roots, without following links: what lies there that should not, and who can change it."""

import calendar
import contextlib
import os
import re
import threading

from ansible.module_utils.luytre.sites import root_walk, webroot, websites
from ansible.module_utils.luytre_shared.files import safe_open
from ansible.module_utils.luytre_shared.files.names import group_name, user_name
from ansible.module_utils.luytre_shared.os.area_reader import read_text_below
from ansible.module_utils.luytre_shared.parsers.round_robin import advance_walks_in_turns

SECONDS = 5.0
"""Of the processor's time."""
MAX_ENTRIES = 200_000
"""Of one root. Time is what roots share, in turns: a site that fills its folder shortens no other's reading."""
MAX_LISTED = 200
NICENESS = 5
"""A third of the processor's time of a site that wants all of it: at 10 a busy host leaves a walk next to none."""
SYSTEM_FOLDERS = ("/usr/share/", "/usr/lib/")


def collect_area_facts(reader):
    web = webroot.find_web_server_accounts()
    effort = reader.make_walk_time_budget(SECONDS)
    with _LowPriority():
        roots = websites.list_web_roots_to_walk(reader.declared)
        return {"web_users": web.names, "roots": describe_web_roots(roots, web, effort, MAX_ENTRIES)}


def describe_web_roots(paths, web, time_budget, max_entries):
    """Return the facts of each root that is there, walked in turns."""
    with contextlib.ExitStack() as open_roots:
        walks = []
        for path in paths:
            findings = _RootFindings(path, web)
            with contextlib.suppress(OSError):
                root = root_walk.RootWalk(path, time_budget, max_entries, findings.add_entry)
                walks.append((open_roots.enter_context(root), findings))
        advance_walks_in_turns([root for root, _ in walks], time_budget)
        return [_describe_walked_root(root, root_findings) for root, root_findings in walks]


class _LowPriority:
    """Lower the priority of this thread alone, for a while."""

    def __enter__(self):
        self._thread = threading.get_native_id()
        self._before = os.getpriority(os.PRIO_PROCESS, self._thread)
        os.setpriority(os.PRIO_PROCESS, self._thread, max(self._before, NICENESS))

    def __exit__(self, *_error):
        with contextlib.suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, self._thread, self._before)


def _describe_walked_root(root, findings):
    return {
        **findings.build_root_facts(root.status),
        "path": root.path,
        "entries": root.entry_count,
        "cut_short": root.cut_short,
        "security_txt": read_security_txt(root.path),
        "seconds": round(root.seconds, 3),
    }


class _RootFindings:
    """The findings of one walk."""

    def __init__(self, path, web):
        self._path, self._real, self._web = path, os.path.realpath(path), web
        self._lists = {name: [] for name in ("vcs", "dumps", "secrets", "world_writable", "upload_php", "links_out")}
        self._counts = dict.fromkeys(self._lists, 0)
        self._code = {}
        self._owners = {}
        self._newest = None
        self._folder_writes = {}

    def add_entry(self, entry):
        status = entry.status
        self._owners[status.st_uid] = self._owners.get(status.st_uid, 0) + 1
        if entry.is_link:
            self._add_link(entry)
            return
        if webroot.is_world_writable(entry):
            self._add_to_bounded_list("world_writable", self._describe_entry(entry))
        if entry.is_dir:
            if webroot.is_version_control_folder(entry):
                self._add_to_bounded_list("vcs", self._describe_entry(entry))
            return
        if not entry.is_file:
            return
        if self._newest is None or status.st_mtime > self._newest:
            self._newest = status.st_mtime
        for name, test in (
            ("dumps", webroot.is_downloadable_dump),
            ("secrets", webroot.is_configuration_with_secrets),
        ):
            if test(entry):
                self._add_to_bounded_list(name, self._describe_entry(entry))
        if webroot.is_php_in_upload_folder(entry):
            self._add_php_in_uploads(entry)
        if websites.PHP.search(entry.name):
            self._count_code_file(entry)

    def _add_to_bounded_list(self, name, item):
        self._counts[name] += 1
        if len(self._lists[name]) < MAX_LISTED:
            self._lists[name].append(item)

    def _add_php_in_uploads(self, entry):
        """List PHP among uploads.

        Files that act on what visitors send stand first, and are listed however many others there are.
        """
        item = {**self._describe_entry(entry), "acts_on_input": webroot.is_entry_acting_on_visitor_input(entry)}
        self._counts["upload_php"] += 1
        items = self._lists["upload_php"]
        if item["acts_on_input"]:
            items.insert(sum(1 for other in items if other["acts_on_input"]), item)
        else:
            items.append(item)
        del items[MAX_LISTED:]

    def _describe_entry(self, entry):
        status = entry.status
        return {
            "path": _decode_file_name(entry.path),
            "owner": user_name(status.st_uid),
            "group": group_name(status.st_gid),
            "mode": status.st_mode & 0o7777,
            "kind": "dir" if entry.is_dir else "file",
            "others_read": bool(status.st_mode & 0o004),
            "web_reads": self._web.can_read_file(status),
            "web_writes": self._web.can_write_file(status, entry.acl_writers),
        }

    def _add_link(self, entry):
        try:
            target = os.readlink(entry.name, dir_fd=entry.folder)
        except OSError:
            return
        folder = os.path.dirname(os.path.join(self._path, entry.path))
        real = safe_open.resolve_real_path(os.path.join(folder, target))
        if not websites.is_path_within_root(real, self._real) and not (
            entry.status.st_uid == 0 and real.startswith(SYSTEM_FOLDERS)
        ):
            self._add_to_bounded_list(
                "links_out",
                {
                    "path": _decode_file_name(entry.path),
                    "target": _decode_file_name(target),
                    "owner": user_name(entry.status.st_uid),
                },
            )

    def _count_code_file(self, entry):
        top = _decode_file_name(entry.path.split("/", 1)[0]) if "/" in entry.path else "."
        counts = (
            self._code.setdefault(top, {"folder": top, "files": 0, "writable": 0})
            if len(self._code) < MAX_LISTED
            else {"files": 0, "writable": 0}
        )
        counts["files"] += 1
        if self._can_web_users_change_folder(entry) or self._web.can_write_file(entry.status, entry.acl_writers):
            counts["writable"] += 1

    def _can_web_users_change_folder(self, entry):
        key = entry.folder_status.st_ino
        if key not in self._folder_writes:
            self._folder_writes[key] = self._web.can_write_file(entry.folder_status, entry.folder_acl_writers)
        return self._folder_writes[key]

    def build_root_facts(self, status):
        return {
            "owner": user_name(status.st_uid),
            "group": group_name(status.st_gid),
            "mode": status.st_mode & 0o7777,
            "newest": None if self._newest is None else int(self._newest),
            "owners": {user_name(uid): count for uid, count in sorted(self._owners.items())[:50]},
            "counts": self._counts,
            "code": [self._code[name] for name in sorted(self._code)],
            **self._lists,
        }


def _decode_file_name(name):
    return os.fsencode(name).decode("utf-8", "replace")


def read_security_txt(path):
    """Return ``{contact, expires}`` of the root's security.txt: whether it names a contact, and until when it holds."""
    for relative in (".well-known/security.txt", "security.txt"):
        try:
            text = read_text_below(path, relative, 20_000)
        except OSError:
            return None
        if text is not None:
            fields = dict(reversed(re.findall(r"^(Contact|Expires):\s*(\S+)", text, re.MULTILINE | re.IGNORECASE)))
            fields = {name.lower(): value for name, value in fields.items()}
            return {"contact": fields.get("contact"), "expires": _parse_expiry_time(fields.get("expires", ""))}
    return None


def _parse_expiry_time(text):
    match = re.match(r"^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d)", text)
    if match is None:
        return None
    try:
        return calendar.timegm((*tuple(int(part) for part in match.groups()), 0, 0, 0, 0))
    except (ValueError, OverflowError):
        return None
