"""All files below the web roots: names, sizes, owners, times, digests.

Nothing is changed, no link followed, nothing but files opened.

Folders are walked by descriptors. A file is opened once it is held, so that a FIFO blocks nobody and no device is ever
opened. A file that is swapped while it is read is told as such.
"""

import collections
import contextlib
import hashlib
import itertools
import os
import re
import stat

from ansible.module_utils.luytre.os import disk_mounts
from ansible.module_utils.luytre.sites import site_applications, websites
from ansible.module_utils.luytre_hunt.large_files import PART, WHOLE, read_head_and_tail_of_open_file
from ansible.module_utils.luytre_hunt.stamps import make_stamp
from ansible.module_utils.luytre_hunt.wire_format import convert_path_to_text_byte_by_byte
from ansible.module_utils.luytre_shared.files import safe_open
from ansible.module_utils.luytre_shared.os.area_reader import read_text

MAX_FILES = 300000
"""Names that are looked at, below all roots."""
MAX_ROWS = 45000
"""Files that are told of in one answer."""
CROWD = 5000
"""Entries of one folder that are looked at before everything else is."""
MAX_DEPTH = 60
PHP, SCRIPT, PROGRAM, SETTINGS, LARGE, SWAPPED, UNREAD = 1, 2, 4, 8, 16, 32, 64
"""What a file is: it holds PHP; begins as a script; is a program of the machine's; tells the server what to do.

Was read in part; was changed or swapped while it was read; could not be read."""
UPLOAD, CACHE = 1, 2
"""Where it lies: where visitors' or editors' files go, or what the application fills by itself."""
FILES, ELSEWHERE, NO_FILES = range(3)
MOUNTS = 4000000
"""Bytes of the kernel's table of mounts."""
_ELSEWHERE = frozenset(
    ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "lustre", "autofs", "virtiofs", "fuse")
)
"""File systems that another machine answers for, or a program: they can hang, and are told as not seen."""
_NO_FILES = frozenset(
    (
        *(
            "proc",
            "sysfs",
            "cgroup",
            "cgroup2",
            "devtmpfs",
            "devpts",
            "debugfs",
            "tracefs",
            "securityfs",
            "bpf",
            "pstore",
        ),
        *("mqueue", "hugetlbfs", "configfs", "efivarfs", "binfmt_misc"),
    )
)
_OPENS = re.compile(rb"<\?(?:php\b|=\s*[$\w(`'\"@\[])|<script\s[^>]{0,40}language\s*=\s*[\"']?php", re.IGNORECASE)
_COMMANDS = re.compile(rb"<!--#exec\s", re.IGNORECASE)
"""What a page of server-side includes runs."""
_SHORT = re.compile(rb"<\?\s")
_SETTINGS = frozenset((".htaccess", ".user.ini", "php.ini"))


class HuntWalk:
    """One walk below some roots, the nearest folders first, as far as an effort goes.

    Each root has its share of it, of names and of rows first, and of a folder a part: what one of them is full of hides
    nothing elsewhere. What that leaves is then for whatever there is more of.
    """

    def __init__(self, roots, known_stamps, effort, md5=False):
        self.roots, self._known, self._effort, self._md5 = roots, known_stamps, effort, md5
        self.rows, self.same, self.seen, self.others, self.left = [], [], 0, 0, 0
        self.cut_short = []
        self.applications = []
        self._kinds = None

    def walk_all_web_roots(self):
        """Walk them all."""
        found_applications, _cut = site_applications.search_roots_for_applications(
            sorted(self.roots), self._effort.part(5)
        )
        self.applications = [
            (self._get_root_number_and_relative_path(each), each.kind, each.read_version() or "")
            for each in found_applications
        ]
        layouts = {}
        for each in found_applications:
            layouts.setdefault(each.root, []).append((each.relative, each.layout))
        with contextlib.ExitStack() as stack:
            roots = []
            for number, root in enumerate(self.roots):
                try:
                    top = safe_open.open_path(root, safe_open.DIRECTORY, safe_open.ROOTS_LINKS)
                except OSError as error:
                    self.cut_short.append([number, os.strerror(error.errno or 0)])
                    continue
                stack.callback(os.close, top)
                roots.append(_Root(number, top, sorted(layouts.get(root, ()), key=lambda entry: -len(entry[0]))))
            self._walk_web_roots_in_turn(roots)

    def _walk_web_roots_in_turn(self, roots):
        first_bounds, whole = (_Bounds(MAX_FILES, rows, self._effort) for rows in (MAX_ROWS, MAX_FILES))
        for at, root in enumerate(roots):
            self._walk_waiting_folders_of_root(
                root, first_bounds.compute_share_of_one_root(len(roots) - at, self.seen, len(self.rows))
            )
        for root in roots:
            self._walk_waiting_folders_of_root(root, whole)
        for root in roots:
            while root.waiting or root.crowded:
                root.waiting.extend((*each, CROWD) for each in root.crowded)
                root.crowded = []
                self._walk_waiting_folders_of_root(root, whole)
                if root.waiting:
                    break
        for root in roots:
            if root.waiting or root.crowded or root.cut:
                why = root.cut or ("time" if self._effort.is_used_up else "files")
                self.cut_short.append([root.number, why])

    def _get_root_number_and_relative_path(self, application):
        for number, root in enumerate(self.roots):
            if application.root == root:
                return [number, convert_path_to_text_byte_by_byte(application.relative)]
        return [0, convert_path_to_text_byte_by_byte(application.relative)]

    def _walk_waiting_folders_of_root(self, root, bounds):
        """Look into a root's folders that wait, within bounds; those that are left wait on."""
        while root.waiting and not bounds.is_reached_by_names_or_rows(self.seen, len(self.rows)):
            relative, depth, begin = root.waiting.popleft()
            try:
                folder = safe_open.open_below(root.top, relative, safe_open.DIRECTORY) if relative else os.dup(root.top)
            except OSError:
                self.others += 1
                continue
            try:
                there = self._classify_filesystem_of_device(os.fstat(folder).st_dev, root)
                if there == ELSEWHERE:
                    root.cut = "mounted"
                elif there != NO_FILES:
                    self._walk_entries_of_folder(root, folder, relative, depth, begin)
            except OSError:
                self.others += 1
            finally:
                os.close(folder)

    def _classify_filesystem_of_device(self, device, root):
        """Return what lies on a device: files that are walked, those of another machine, or none."""
        if device == root.device:
            return FILES
        if self._kinds is None:
            mount_rows = disk_mounts.parse_mountinfo(read_text("/proc/self/mountinfo", MOUNTS) or "")
            self._kinds = {mount["device"]: mount["kind"] for mount in mount_rows}
        kind = self._kinds.get("%d:%d" % (os.major(device), os.minor(device)), "")
        if kind in _ELSEWHERE or kind.startswith("fuse."):
            return ELSEWHERE
        return NO_FILES if kind in _NO_FILES else FILES

    def _walk_entries_of_folder(self, root, folder, relative, depth, first_entry):
        place = None
        with os.scandir(folder) as entries:
            for number, entry in enumerate(itertools.islice(entries, first_entry, None)):
                if number == CROWD and not first_entry:
                    root.crowded.append((relative, depth))
                    return
                if self.seen >= MAX_FILES:
                    root.cut = "files"
                    return
                path = os.path.join(relative, entry.name)
                try:
                    status = entry.stat(follow_symlinks=False)
                except OSError:
                    self.others += 1
                    continue
                if stat.S_ISDIR(status.st_mode):
                    if depth < MAX_DEPTH:
                        root.waiting.append((path, depth + 1, 0))
                    else:
                        root.cut = "depth"
                elif stat.S_ISREG(status.st_mode):
                    if place is None:
                        place = _classify_web_folder_of_path(path, root.layouts)
                    self._add_row_of_web_root_file(root.number, folder, entry.name, path, status, place)
                else:
                    self.others += 1

    def _add_row_of_web_root_file(self, number, folder, name, path, status, place):
        self.seen += 1
        stamp = make_stamp(self.roots[number], path, status)
        if stamp in self._known:
            self.same.append(self._known[stamp])
            return
        if len(self.rows) >= MAX_ROWS or self._effort.is_used_up:
            self.left += 1
            return
        try:
            digest, is_what, md5 = _read_digest_and_kind_of_file(folder, name, status, self._md5)
        except FileNotFoundError:
            self.others += 1
            return
        row = [
            number,
            convert_path_to_text_byte_by_byte(path),
            status.st_size,
            status.st_mtime_ns,
            status.st_ctime_ns,
            status.st_uid,
            status.st_gid,
        ]
        self.rows.append([*row, stat.S_IMODE(status.st_mode), digest, is_what, place, stamp.hex(), md5])


class _Root:
    """One web root, and which of its folders wait: ``(path, depth, entries that were looked at before)``."""

    def __init__(self, number, top, layouts):
        self.number, self.top, self.layouts = number, top, layouts
        self.device = os.fstat(top).st_dev
        self.waiting, self.crowded = collections.deque([("", 0, 0)]), []
        self.cut = ""


class _Bounds:
    """The bounds of a walk: names seen and rows told, counted from its beginning, and an effort."""

    def __init__(self, names, rows, effort):
        self._names, self._rows, self._effort = names, rows, effort

    def compute_share_of_one_root(self, root_count, names, rows):
        """Return what one of so many has of what is left."""
        return _Bounds(
            names + max(0, self._names - names) // root_count,
            rows + max(0, self._rows - rows) // root_count,
            self._effort.share(root_count),
        )

    def is_reached_by_names_or_rows(self, names, rows):
        """Return whether there is no more of something."""
        return names >= self._names or rows >= self._rows or self._effort.is_used_up


def _classify_web_folder_of_path(path, layouts):
    for relative, layout in layouts:
        if not relative or path.startswith(relative + "/"):
            inside = path[len(relative) :].lstrip("/")
            purpose = websites.classify_folder_of_file(layout, inside)
            return UPLOAD if purpose == "upload" else CACHE if purpose else 0
    return UPLOAD if websites.classify_folder_of_file(None, path) == "upload" else 0


def _read_digest_and_kind_of_file(folder, name, status, with_md5):
    """Return ``(sha256 or None, what it is, MD5 if it is wanted)``. Raises FileNotFoundError for what is gone."""
    try:
        handle = safe_open.open_name_in_open_folder(folder, name)
    except FileNotFoundError:
        raise
    except OSError:
        return None, UNREAD, None
    try:
        if os.fstat(handle).st_ino != status.st_ino:
            return None, SWAPPED, None
        if status.st_size > WHOLE:
            return (
                None,
                LARGE | _classify_file_content(read_head_and_tail_of_open_file(handle, status.st_size), name),
                None,
            )
        content = safe_open.read_start(handle, WHOLE + 1)
        after = os.fstat(handle)
        has_changed = (after.st_size, after.st_ctime_ns) != (status.st_size, status.st_ctime_ns) or len(content) > WHOLE
        other = hashlib.new("md5", content, usedforsecurity=False).hexdigest() if with_md5 else None
        return (
            hashlib.sha256(content).hexdigest(),
            (SWAPPED if has_changed else 0) | _classify_file_content(content, name),
            other,
        )
    except OSError:
        return None, UNREAD, None
    finally:
        os.close(handle)


def _classify_file_content(content, name):
    flags = 0
    if b"<?" in content or b"<script" in content[:PART].lower():
        is_text = b"\0" not in content[:512]
        if _OPENS.search(content) or (is_text and not content.startswith(b"<?xml") and _SHORT.search(content)):
            flags |= PHP
    if content.startswith(b"#!") or (b"<!--#" in content and _COMMANDS.search(content)):
        flags |= SCRIPT
    if content.startswith(b"\x7fELF"):
        flags |= PROGRAM
    if name.lower() in _SETTINGS:
        flags |= SETTINGS
    return flags
