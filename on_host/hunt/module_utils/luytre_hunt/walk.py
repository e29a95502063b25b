"""All files below the web roots: names, sizes, owners, times, digests. Nothing is changed, no link followed, nothing but files opened.

Folders are walked by descriptors. A file is opened once it is held, so that a FIFO blocks nobody and no device is ever opened. A file
that is swapped while it is read is told as such.
"""

import hashlib
import os
import re
import stat
import time

from ansible.module_utils.luytre import _applications, _websites
from ansible.module_utils.luytre_hunt.packing import as_text, os_bytes
from ansible.module_utils.luytre_hunt.parts import PART, WHOLE, head_and_tail
from ansible.module_utils.luytre_shared import safe_open

MAX_FILES = 300000
"""Names that are looked at, below all roots."""
MAX_ROWS = 45000
"""Files that are told of in one answer."""
MAX_DEPTH = 60
STAMP = 8
PHP, SCRIPT, PROGRAM, SETTINGS, LARGE, SWAPPED, UNREAD = 1, 2, 4, 8, 16, 32, 64
"""What a file is: it holds PHP; begins as a script; is a program of the machine's; tells the server what to do; was read in part; was
changed or swapped while it was read; could not be read."""
UPLOAD, CACHE = 1, 2
"""Where it lies: where visitors' or editors' files go, or what the application fills by itself."""
_OPENS = re.compile(rb"<\?(?:php\b|=\s*[$\w(`'\"@\[])|<script\s[^>]{0,40}language\s*=\s*[\"']?php", re.IGNORECASE)
_SHORT = re.compile(rb"<\?\s")
_SETTINGS = frozenset((".htaccess", ".user.ini", "php.ini"))


class Walk:
    """One walk below some roots, until a deadline."""

    def __init__(self, roots, known, deadline, md5=False):
        self.roots, self._known, self._deadline, self._md5 = roots, known, deadline, md5
        self.rows, self.same, self.seen, self.others, self.left = [], [], 0, 0, 0
        self.cut_short = []
        self.applications = []

    def run(self):
        """Walk them all."""
        found, _cut = _applications.search(sorted(self.roots), time.monotonic() + 5)
        self.applications = [(self._at(each), each.kind, each.version() or "") for each in found]
        layouts = {}
        for each in found:
            layouts.setdefault(each.root, []).append((each.relative, each.layout))
        for number, root in enumerate(self.roots):
            try:
                top = safe_open.path(root, safe_open.DIRECTORY, safe_open.ROOTS_LINKS)
            except OSError as error:
                self.cut_short.append([number, os.strerror(error.errno or 0)])
                continue
            try:
                self._root(number, top, sorted(layouts.get(root, ()), key=lambda one: -len(one[0])))
            finally:
                os.close(top)

    def _at(self, each):
        for number, root in enumerate(self.roots):
            if each.root == root:
                return [number, as_text(each.relative)]
        return [0, as_text(each.relative)]

    def _root(self, number, top, layouts):
        waiting, device = [("", 0)], os.fstat(top).st_dev
        while waiting:
            if time.monotonic() > self._deadline or self.seen >= MAX_FILES:
                self.cut_short.append([number, "time" if self.seen < MAX_FILES else "files"])
                return
            relative, depth = waiting.pop()
            try:
                folder = safe_open.below(top, relative, safe_open.DIRECTORY) if relative else os.dup(top)
            except OSError:
                self.others += 1
                continue
            try:
                if os.fstat(folder).st_dev == device:
                    self._folder(number, folder, relative, depth, layouts, waiting)
            except OSError:
                self.others += 1
            finally:
                os.close(folder)

    def _folder(self, number, folder, relative, depth, layouts, waiting):
        place = None
        with os.scandir(folder) as entries:
            for entry in entries:
                if self.seen >= MAX_FILES:
                    return
                path = os.path.join(relative, entry.name)
                try:
                    status = entry.stat(follow_symlinks=False)
                except OSError:
                    self.others += 1
                    continue
                if stat.S_ISDIR(status.st_mode):
                    if depth < MAX_DEPTH:
                        waiting.append((path, depth + 1))
                    else:
                        self.others += 1
                elif stat.S_ISREG(status.st_mode):
                    if place is None:
                        place = _place(path, layouts)
                    self._file(number, folder, entry.name, path, status, place)
                else:
                    self.others += 1

    def _file(self, number, folder, name, path, status, place):
        self.seen += 1
        stamp = stamped(self.roots[number], path, status)
        if stamp in self._known:
            self.same.append(self._known[stamp])
            return
        if len(self.rows) >= MAX_ROWS or time.monotonic() > self._deadline:
            self.left += 1
            return
        digest, is_what, md5 = _read(folder, name, status, self._md5)
        row = [
            number,
            as_text(path),
            status.st_size,
            status.st_mtime_ns,
            status.st_ctime_ns,
            status.st_uid,
            status.st_gid,
        ]
        self.rows.append([*row, stat.S_IMODE(status.st_mode), digest, is_what, place, stamp.hex(), md5])


def stamped(root, path, status):
    """What changes when a file is changed, whatever its owner does to its times."""
    told = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    content = b"%s\0%s\0%s" % (os_bytes(root), os_bytes(path), repr(told).encode("ascii"))
    return hashlib.blake2b(content, digest_size=STAMP).digest()


def _place(path, layouts):
    for relative, layout in layouts:
        if not relative or path.startswith(relative + "/"):
            inside = path[len(relative) :].lstrip("/")
            filled = _websites.filled(layout, inside)
            return UPLOAD if filled == "upload" else CACHE if filled else 0
    return UPLOAD if _websites.filled(None, path) == "upload" else 0


def _read(folder, name, status, md5):
    """``(sha256 or None, what it is, MD5 if it is wanted)``."""
    try:
        handle = safe_open.at(folder, name)
    except OSError:
        return None, UNREAD, None
    try:
        if os.fstat(handle).st_ino != status.st_ino:
            return None, SWAPPED, None
        if status.st_size > WHOLE:
            return None, LARGE | _what(head_and_tail(handle, status.st_size), name), None
        content = safe_open.start(handle, WHOLE + 1)
        after = os.fstat(handle)
        changed = (after.st_size, after.st_ctime_ns) != (status.st_size, status.st_ctime_ns) or len(content) > WHOLE
        other = hashlib.new("md5", content, usedforsecurity=False).hexdigest() if md5 else None
        return hashlib.sha256(content).hexdigest(), (SWAPPED if changed else 0) | _what(content, name), other
    except OSError:
        return None, UNREAD, None
    finally:
        os.close(handle)


def _what(content, name):
    found = 0
    if b"<?" in content or b"<script" in content[:PART].lower():
        is_text = b"\0" not in content[:512]
        if _OPENS.search(content) or (is_text and not content.startswith(b"<?xml") and _SHORT.search(content)):
            found |= PHP
    if content.startswith(b"#!"):
        found |= SCRIPT
    if content.startswith(b"\x7fELF"):
        found |= PROGRAM
    if name.lower() in _SETTINGS:
        found |= SETTINGS
    return found
