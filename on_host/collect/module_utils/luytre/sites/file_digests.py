"""Digests of files that indicators may name.

Programs that run, what lies where anybody may write, what changed of late below sites' roots.

What others mounted by a program of their own (FUSE) is not opened: its reader would wait for them.
"""

import hashlib
import os
import re
import time

from ansible.module_utils.luytre.sites import webroot
from ansible.module_utils.luytre_shared.files import safe_open
from ansible.module_utils.luytre_shared.os.area_reader import read_text
from ansible.module_utils.luytre_shared.os.process_table import MAX_PROCESSES

ANYBODYS = ("/tmp", "/var/tmp", "/dev/shm")
RECENT = 35 * 86_400
"""Seconds since a file below a root was changed, by its inode."""
MAX_SIZE = 30_000_000
MAX_BYTES = 200_000_000
MAX_FILES = 30_000
"""That are looked at."""
_PIECE = 1 << 20
_FUSE = re.compile(r"(?m)^\d+ \d+ (\d+):(\d+) .* - fuse\S* ")


class FileDigester:
    """``kinds`` of digests, as hashlib calls them, and how far it may go; ``is_cut_short`` says that it did not get to
    the end, or could not read a file.
    """

    def __init__(self, kinds, time_budget, proc="/proc"):
        self.kinds, self.effort, self.proc = kinds, time_budget, proc
        self.left, self.files, self.is_cut_short = MAX_BYTES, MAX_FILES, False
        self._seen = set()

    def iter_file_digests(self, roots):
        """Yield ``(path, digests)`` of each file, in the order of what tells most."""
        yield from self.iter_running_programs()
        for folder in ANYBODYS:
            yield from self.iter_files_changed_since(folder, 0.0)
        for root in roots:
            yield from self.iter_files_changed_since(root, time.time() - RECENT)

    def iter_running_programs(self):
        """Yield the programs that run, those that lie nowhere any more too."""
        for pid in sorted(int(name) for name in os.listdir(self.proc) if name.isdigit())[:MAX_PROCESSES]:
            place = "%s/%d" % (self.proc, pid)
            try:
                handle = safe_open.open_path_handle_following_links(place + "/exe")
            except OSError:
                continue
            try:
                yield from self._digest_file_once(
                    handle, os.readlink(place + "/exe"), 0.0, list_fuse_devices_of_process(place)
                )
            except OSError:
                continue
            finally:
                os.close(handle)

    def iter_files_changed_since(self, folder, since):
        """Yield the files below a folder, on its own file system, that were changed since; no link is followed."""
        try:
            top = safe_open.open_path(folder, safe_open.DIRECTORY, safe_open.ROOTS_LINKS)
        except OSError:
            return
        apart = list_fuse_devices_of_process(self.proc + "/self")
        try:
            walk = webroot.WebrootWalk(top, self.effort, MAX_FILES, device=os.fstat(top).st_dev)
            for entry in walk:
                if self._is_budget_used_up():
                    return
                if entry.is_dir:
                    continue
                try:
                    handle = safe_open.open_name_in_open_folder(entry.folder, entry.name, safe_open.ANYTHING)
                except OSError:
                    continue
                try:
                    yield from self._digest_file_once(handle, os.path.join(folder, entry.path), since, apart)
                finally:
                    os.close(handle)
            self.is_cut_short = self.is_cut_short or walk.cut_short
        finally:
            os.close(top)

    def _is_budget_used_up(self):
        self.is_cut_short = self.is_cut_short or self.files <= 0 or self.left <= 0 or self.effort.is_used_up
        return self.is_cut_short

    def _digest_file_once(self, path_handle, path, since, apart):
        """Yield what is held, once, if it is a file of a size and age that count."""
        if self._is_budget_used_up():
            return
        self.files -= 1
        status = os.fstat(path_handle)
        identity = status.st_dev, status.st_ino
        regular = safe_open.stat.S_ISREG(status.st_mode) and 0 < status.st_size <= MAX_SIZE
        if not regular or identity in self._seen or status.st_ctime < since or status.st_dev in apart:
            return
        self._seen.add(identity)
        try:
            handle = safe_open.reopen(path_handle)
        except OSError:
            self.is_cut_short = True
            return
        try:
            yield path, self._compute_digests(handle)
        finally:
            os.close(handle)

    def _compute_digests(self, handle):
        hashers = [hashlib.new(kind, usedforsecurity=False) for kind in self.kinds]
        bytes_left = MAX_SIZE
        while bytes_left > 0:
            piece = os.read(handle, min(_PIECE, bytes_left))
            if not piece:
                break
            bytes_left -= len(piece)
            self.left -= len(piece)
            for hasher in hashers:
                hasher.update(piece)
        return [digest.hexdigest() for digest in hashers]


def list_fuse_devices_of_process(process_folder):
    """Return the devices that a process sees and that a program answers for."""
    text = read_text(process_folder + "/mountinfo", 4_000_000) or ""
    return {os.makedev(int(major), int(minor)) for major, minor in _FUSE.findall(text)}
