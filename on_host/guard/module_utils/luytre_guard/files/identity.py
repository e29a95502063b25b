"""What tells a file from another one that came to have its inode: file systems give a free inode to the next file."""

import ctypes
import os
import stat
import struct

EMPTY_PATH, BIRTH = 0x1000, 0x800
_BIRTH_AT = 80
_SIZE = 256
_OVERLAY = 0x794C7630


def get_identity(handle, status=None):
    """Return ``[device, inode, change time, birth time or None, time of content or None]`` of what a descriptor holds.

    Times are in nanoseconds. 0 stands for the root file system's device, whose number may change at a reboot. On an
    overlay, where a file is born again as soon as its owner or mode is changed, the time of its content tells more than
    its birth; a folder has none.
    """
    status = status or os.fstat(handle)
    device = 0 if status.st_dev == _ROOT else status.st_dev
    born = content = None
    if _is_on_overlay_filesystem(handle):
        content = 0 if stat.S_ISDIR(status.st_mode) else status.st_mtime_ns
    else:
        born = _get_birth_time(handle)
    return [device, status.st_ino, status.st_ctime_ns, born, content]


def is_same_file(earlier_identity, present_identity, alone=False):
    """Return whether two identities are those of one file.

    Where a file system tells no birth, a file that was changed since counts as the same one only if nobody but root
    can have put another in its place (``alone``), or its content is as old as it was.
    """
    if earlier_identity[:2] != present_identity[:2]:
        return False
    births, contents = (
        [identity[at] if len(identity) > at else None for identity in (earlier_identity, present_identity)]
        for at in (3, 4)
    )
    if None not in births:
        return births[0] == births[1]
    return alone or earlier_identity[2] == present_identity[2] or (None not in contents and contents[0] == contents[1])


def _is_on_overlay_filesystem(descriptor):
    """Return whether it is an overlay.

    This is asked of each file: the number of a device goes to the next one that is mounted.
    """
    answer = ctypes.create_string_buffer(_SIZE)
    return _FSTATFS(descriptor, answer) == 0 and struct.unpack_from("@l", answer)[0] == _OVERLAY


def _get_birth_time(handle):
    if _STATX is None:
        return None
    answer = ctypes.create_string_buffer(_SIZE)
    if _STATX(handle, b"", EMPTY_PATH, BIRTH, answer) != 0:
        return None
    (mask,) = struct.unpack_from("=I", answer, 0)
    seconds, nanoseconds = struct.unpack_from("=qI", answer, _BIRTH_AT)
    return seconds * 1_000_000_000 + nanoseconds if mask & BIRTH and seconds else None


_ROOT = os.lstat("/").st_dev
_FSTATFS = ctypes.CDLL(None).fstatfs
_STATX = getattr(ctypes.CDLL(None), "statx", None)
