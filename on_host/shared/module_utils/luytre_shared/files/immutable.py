"""Flags of a file system's by which not even root changes, moves or removes a file (``chattr +i`` and ``+a``).

Set aside while something is contained.

Root alone sets them. Intruders who were root do so with what they leave, so that nobody takes it away.
"""

import contextlib
import fcntl
import os
import struct

from ansible.module_utils.luytre_shared.files import file_replacement, safe_open

FLAGS = 0x10 | 0x20
"""Immutable, and append only."""
_LONG = struct.calcsize("l")
_GET, _SET = (2 << 30) | (_LONG << 16) | 0x6601, (1 << 30) | (_LONG << 16) | 0x6602


def get_immutable_and_append_flags(handle):
    """Return the flags of an open file or folder; 0 where its file system has none."""
    try:
        return _read_all_inode_flags(handle) & FLAGS
    except (OSError, TypeError):  # None: not opened for reading
        return 0


def add_flags_to_open_file(handle, flags):
    """Have an open file, or folder, have these flags, too."""
    if flags:
        _write_inode_flags(handle, _read_all_inode_flags(handle) | flags)


@contextlib.contextmanager
def lift_immutable_flags_of_descriptors(*handles):
    """Lift the flags on what these descriptors hold, wherever it moves meanwhile. Raises OSError."""
    lifted_flags = []
    try:
        for handle in handles:
            flags = get_immutable_and_append_flags(handle)
            if flags:
                _write_inode_flags(handle, _read_all_inode_flags(handle) & ~FLAGS)
                lifted_flags.append((handle, flags))
        yield
    finally:
        for handle, flags in lifted_flags[::-1]:
            with contextlib.suppress(OSError):  # it may be gone
                add_flags_to_open_file(handle, flags)


@contextlib.contextmanager
def lift_immutable_flags_of_paths(*paths):
    """Lift the flags of files in folders of root's alone, by their names.

    A program may replace the file meanwhile.
    """
    with contextlib.ExitStack() as open_ones:
        rows = [
            (path, handle, get_immutable_and_append_flags(handle))
            for path, handle in ((path, _open_path_or_none(path, open_ones)) for path in paths)
        ]
        try:
            with lift_immutable_flags_of_descriptors(*(handle for _, handle, flags in rows if flags)):
                yield
        finally:
            for path, _, flags in rows:
                there = _open_path_or_none(path, open_ones) if flags else None
                if there is not None:
                    with contextlib.suppress(OSError):
                        add_flags_to_open_file(there, flags)


def replace_file_keeping_its_flags(folder, name, handle, expected_status, content, mtime=None):
    """Replace a file as ``replace_file_if_still_the_same`` does, one with such flags, too: the new one has them."""
    flags = get_immutable_and_append_flags(handle)
    with lift_immutable_flags_of_descriptors(folder, handle):
        file_replacement.replace_file_if_still_the_same(
            folder, name, handle, os.fstat(handle) if flags else expected_status, content, mtime
        )
    if flags:
        with contextlib.ExitStack() as open_ones, contextlib.suppress(OSError):
            there = safe_open.open_name_in_open_folder(folder, name)
            open_ones.callback(os.close, there)
            now = os.fstat(there)
            if (now.st_uid, now.st_nlink) == (expected_status.st_uid, 1):  # and none that has come in its place since
                add_flags_to_open_file(there, flags)


def clear_immutable_flags_of_file(folder, name):
    """Have none of the flags on a file of an open folder for good."""
    with contextlib.ExitStack() as open_ones, contextlib.suppress(OSError):
        there = safe_open.open_name_in_open_folder(folder, name)
        open_ones.callback(os.close, there)
        if get_immutable_and_append_flags(there):
            _write_inode_flags(there, _read_all_inode_flags(there) & ~FLAGS)


def _open_path_or_none(path, open_ones):
    """Return a descriptor of a file or folder; None where there is none."""
    for kind in (safe_open.REGULAR, safe_open.DIRECTORY):
        with contextlib.suppress(OSError):
            handle = safe_open.open_path(path, kind, safe_open.ROOTS_LINKS)
            open_ones.callback(os.close, handle)
            return handle
    return None


def _read_all_inode_flags(handle):
    return struct.unpack("=I", fcntl.ioctl(handle, _GET, bytes(_LONG))[:4])[0]


def _write_inode_flags(handle, flags):
    fcntl.ioctl(handle, _SET, struct.pack("=I", flags) + bytes(_LONG - 4))
