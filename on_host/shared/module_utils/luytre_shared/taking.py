"""Moving files out of folders that others write and into them: by descriptors, comparing what was moved with what was looked at.

Whoever can write the folder may swap its names at any moment. No link is followed, and nothing that has come in a file's place is written over.
"""

import contextlib
import errno
import hashlib
import os
import stat

from ansible.module_utils.luytre_shared import safe_open
from ansible.module_utils.luytre_shared.acting import Refused

CHUNK = 1 << 20
MOST_DIGESTED = 1 << 30
"""Bytes of a file that is read through: of a larger one, such as a sparse one of a thousand gigabytes, there is no digest."""


def reached(path, open_ones):
    """``(open folder, name)`` of where a path ends. Raises Refused when a link, or nothing, is on the way."""
    try:
        place, last = safe_open.reach(path)
    except FileNotFoundError:
        raise Refused("folder_gone", "")
    except safe_open.Unsafe as unsafe:
        raise Refused("unsafe", unsafe.strerror)
    return closing(open_ones, place), last


def closing(open_ones, handle):
    """The descriptor, closed when all are."""
    open_ones.callback(os.close, handle)
    return handle


def digest(handle):
    """sha256 of an open file, in hex; None of one that is larger than MOST_DIGESTED, or was not opened for reading."""
    found, at = hashlib.sha256(), 0
    while handle is not None and max(at, os.fstat(handle).st_size) <= MOST_DIGESTED:
        piece = os.pread(handle, CHUNK, at)
        if not piece:
            return found.hexdigest()
        found.update(piece)
        at += len(piece)
    return None


def removed(place, last, record):
    """Have a file that is kept no longer in its place; what has come there in its stead stays."""
    if ident(place, last) == record["file"] and is_there(place, last, record):
        os.rename(last, record["aside"], src_dir_fd=place, dst_dir_fd=place)
        if ident(place, record["aside"]) != record["file"]:
            back(place, record["aside"], place, last)
            raise Refused("swapped", record["path"])
    if ident(place, record["aside"]) == record["file"]:
        os.unlink(record["aside"], dir_fd=place)


def ident(folder, name):
    """What tells a file from others, None where there is none; no link is followed."""
    try:
        status = os.lstat(name, dir_fd=folder)
    except FileNotFoundError:
        return None
    return [status.st_dev, status.st_ino]


def back(where, aside, place, last):
    """Have what was moved aside where it was; where that name is taken by now, it stays aside."""
    with contextlib.suppress(OSError):
        if stat.S_ISDIR(
            os.lstat(aside, dir_fd=where).st_mode
        ):  # which has one name only, and takes no other's place but of an empty one
            os.rename(aside, last, src_dir_fd=where, dst_dir_fd=place)
            return
        os.link(aside, last, src_dir_fd=where, dst_dir_fd=place, follow_symlinks=False)
        os.unlink(aside, dir_fd=where)


def copied(reading, folder, name, sha256):
    """A file as the open one is, in an open folder where there is none of that name: bytes, owner, mode, times, and what hangs on it."""
    status = os.fstat(reading)
    target = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)
    try:
        at = 0
        while True:
            piece = os.pread(reading, CHUNK, at)
            if not piece:
                break
            at += len(piece)
            while piece:
                piece = piece[os.write(target, piece) :]
        os.fchown(target, status.st_uid, status.st_gid)
        os.fchmod(target, stat.S_IMODE(status.st_mode))
        for key in os.listxattr(reading):
            os.setxattr(target, key, os.getxattr(reading, key))
        os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
        os.fsync(target)
        if digest(target) != sha256:
            raise Refused("swapped", "")
    except BaseException:
        os.unlink(name, dir_fd=folder)
        raise
    finally:
        os.close(target)


def moved(place, last, reading, record, folder, kept):
    """Have a file in a folder of ours, as ``kept``, and not in its place. Raises Refused when something else has come there meanwhile."""
    try:
        os.rename(last, kept, src_dir_fd=place, dst_dir_fd=folder)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        if record["sha256"] is None:
            raise not_copied(reading, record["path"])
        copied(reading, folder, record["aside"], record["sha256"])
        os.rename(record["aside"], kept, src_dir_fd=folder, dst_dir_fd=folder)
        removed(place, last, record)
        return
    if ident(folder, kept) != record["file"]:
        back(folder, kept, place, last)
        raise Refused("swapped", record["path"])


def not_copied(reading, path):
    """Why a file without a digest does not go to another file system."""
    return Refused("leased" if reading is None else "too_large", path)


def returned(folder, kept, place, last, record, open_ones):
    """Have what is kept in its place again, in place of nothing; it stays kept, too. Raises Refused."""
    try:
        os.link(kept, last, src_dir_fd=folder, dst_dir_fd=place, follow_symlinks=False)
    except FileExistsError:
        if not is_there(place, last, record):
            raise Refused("name_taken", record["path"])
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        if record["sha256"] is None:
            raise Refused("too_large", record["path"])
        copied_back(closing(open_ones, safe_open.at(folder, kept)), place, last, record)


def copied_back(reading, place, last, record):
    """Have a copy of a file in its place, under its name only when it is whole."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(record["aside"], dir_fd=place)
    copied(reading, place, record["aside"], record["sha256"])
    try:
        os.link(record["aside"], last, src_dir_fd=place, dst_dir_fd=place, follow_symlinks=False)
    except FileExistsError:
        if not is_there(place, last, record):
            raise Refused("name_taken", record["path"])
    finally:
        os.unlink(record["aside"], dir_fd=place)


def is_there(place, last, record):
    """Whether what has the name holds what the file holds: it is back already, or still there. Numbers of files are given again."""
    if record["sha256"] is None:
        return ident(place, last) == record["file"]
    try:
        handle = safe_open.at(place, last)
    except OSError:
        return False
    try:
        return digest(handle) == record["sha256"]
    finally:
        os.close(handle)
