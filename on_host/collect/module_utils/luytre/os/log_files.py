"""Access logs as they lie on a host, those that were rotated too: the newest first, unpacked, within bounds.

Whoever writes to a log's folder could lay anything there: no link in it is followed, no pipe is waited for.
"""

import contextlib
import itertools
import os
import re
import time
import zlib

from ansible.module_utils.luytre_shared.files import safe_open

PIECE = 1 << 20
MAX_FILES = 60
"""Of one log."""
MAX_NAMES = 5_000
_ROTATION_SUFFIX = re.compile(r"[.-]\d{1,14}(?:-\d{1,6})?(?:\.gz)?\Z")


class ReadBudget:
    """Bytes, unpacked, and a moment; who reads uses them up."""

    def __init__(self, size, deadline):
        self.left, self.deadline = size, deadline

    @property
    def is_used_up(self):
        return self.left <= 0 or time.monotonic() >= self.deadline

    @contextlib.contextmanager
    def lend_share_of_budget(self, share_count):
        """Lend what one of so many may use of it; what that one leaves, the others have."""
        size, now = self.left // share_count, time.monotonic()
        part = ReadBudget(size, now + max(0.0, self.deadline - now) / share_count)
        yield part
        self.left -= size - part.left


def iter_log_pieces(path, budget):
    """Yield whole lines of a log and of those that were rotated, newest file first, a piece at a time.

    As far as the budget goes.
    """
    folder, name = os.path.split(path)
    try:
        here = safe_open.open_path(folder, safe_open.DIRECTORY, safe_open.ROOTS_LINKS)
    except OSError:
        return
    try:
        for _, member in _list_rotated_log_files(here, name):
            if budget.is_used_up:
                return
            try:
                handle = safe_open.open_name_in_open_folder(here, member)
            except OSError:
                continue
            try:
                yield from _iter_whole_lines(handle, member.endswith(".gz"), budget)
            finally:
                os.close(handle)
    finally:
        os.close(here)


def _list_rotated_log_files(folder_handle, log_name):
    """Return ``(time of its last change, name)`` of a log's files, the newest first."""
    log_files = []
    with os.scandir(folder_handle) as members:
        for member in itertools.islice(members, MAX_NAMES):
            rest = member.name[len(log_name) :]
            if member.name.startswith(log_name) and (not rest or _ROTATION_SUFFIX.match(rest)):
                with contextlib.suppress(OSError):
                    log_files.append((member.stat(follow_symlinks=False).st_mtime, member.name))
    return sorted(log_files, reverse=True)[:MAX_FILES]


def _iter_whole_lines(handle, is_gzip, budget):
    rest = b""
    for piece in _iter_unpacked_gzip_pieces(handle, budget) if is_gzip else _iter_end_of_plain_log(handle, budget):
        whole, newline, rest = (rest + piece).rpartition(b"\n")
        if newline:
            yield whole
        rest = rest[-PIECE:]
        if budget.is_used_up:
            return


def _iter_end_of_plain_log(handle, budget):
    """Yield the end of a log, when there is more of it than may be read."""
    size = os.fstat(handle).st_size
    at = max(0, size - budget.left)
    while True:
        piece = os.pread(handle, PIECE, at)
        if not piece:
            return
        at += len(piece)
        budget.left -= len(piece)
        yield piece


def _iter_unpacked_gzip_pieces(handle, budget):
    unpacker, at = zlib.decompressobj(31), 0
    pending = b""
    while True:
        if not pending:
            pending = os.pread(handle, PIECE, at)
            at += len(pending)
            if not pending:
                return
        try:
            piece = unpacker.decompress(pending, PIECE)
        except zlib.error:
            return
        pending = unpacker.unconsumed_tail
        budget.left -= len(piece)
        if piece:
            yield piece
        if unpacker.eof:
            pending, unpacker = unpacker.unused_data, zlib.decompressobj(31)
        if time.monotonic() >= budget.deadline:
            return
