"""Moving files out of folders that others write and into them: by descriptors, comparing what was moved with what was looked at.

Whoever can write the folder may swap its names at any moment. No link is followed, and nothing that has come in a file's place is written over.
"""

import contextlib
import errno
import hashlib
import os
import stat
import time

from ansible.module_utils.luytre_shared import safe_open
from ansible.module_utils.luytre_shared.acting import Refused

CHUNK = 1 << 20
MOST_DEEP = 64
"""Folders on the way to a file that are looked at for room for it."""
MOST_DIGESTED = 1 << 30
"""Bytes of a file that is read through: of a larger one, such as a sparse one of a thousand gigabytes, there is no digest."""
DIGEST_SECONDS = 4
"""In which it is read through: whoever owns the file decides how long that would take."""
COPY_SECONDS = 5
"""Likewise for a copy."""
APART = ".luytre-quarantine-"
"""How the name of a folder of root's begins in which a file stays on its own file system."""


def reached(path, open_ones, root=""):
    """``(open folder, name)`` of where a path ends. Raises Refused when a link, or nothing, is on the way.

    On the way to ``root``, if the path lies below it, those links count that root made, such as a web root's own.
    """
    try:
        if root and path.startswith(root + "/"):
            base = closing(open_ones, safe_open.path(root, safe_open.DIRECTORY, safe_open.ROOTS_LINKS))
            place, last = safe_open.reach(path[len(root) :], base=base)
        else:
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
    """sha256 of an open file, in hex; None of one that is larger than MOST_DIGESTED, takes longer than DIGEST_SECONDS, or was not opened for reading."""
    found, at, ends = hashlib.sha256(), 0, time.monotonic() + DIGEST_SECONDS
    while handle is not None and max(at, os.fstat(handle).st_size) <= MOST_DIGESTED and time.monotonic() < ends:
        piece = os.pread(handle, CHUNK, at)
        if not piece:
            return found.hexdigest()
        found.update(piece)
        at += len(piece)
    return None


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
    """A file as the open one is, in an open folder where there is none of that name: bytes, owner, mode, times, and what hangs on it.

    No more is written than the file holds now, which its owner may go on writing to, nor more than half of what is free. Raises Refused, OSError.
    """
    if sha256 is None:
        raise Refused("too_large", "")
    status = os.fstat(reading)
    if status.st_size > min(MOST_DIGESTED, _free(folder) // 2):
        raise Refused("too_large", "")
    target = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)
    try:
        _filled(reading, target, status.st_size)
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


def _free(folder):
    """Bytes that may be written on the file system of an open folder."""
    room = os.fstatvfs(folder)
    return room.f_bavail * room.f_frsize


def _filled(reading, target, size):
    """Have the first ``size`` bytes in an empty file; what is empty takes no room there. Raises Refused when that takes too long."""
    at, ends = 0, time.monotonic() + COPY_SECONDS
    while at < size:
        piece = os.pread(reading, min(CHUNK, size - at), at)
        if not piece:
            break
        if time.monotonic() > ends:
            raise Refused("late", "")
        if piece.count(0) == len(piece):
            at += len(piece)
            continue
        while piece:
            written = os.pwrite(target, piece, at)
            piece, at = piece[written:], at + written
    os.ftruncate(target, at)


def moved(place, last, record, folder, kept):
    """Have a file in a folder of ours, as ``kept``, and not in its place. Raises Refused when something else has come there meanwhile, OSError."""
    os.rename(last, kept, src_dir_fd=place, dst_dir_fd=folder)
    if ident(folder, kept) != record["file"]:
        back(folder, kept, place, last)
        raise Refused("swapped", record["path"])


# --- in its own folder -------------------------------------------------------------------------------


def entry(path, open_ones):
    """``(open folder, name)`` of what decides where a path leads: the first link on the way that root did not make, else the file itself. Raises OSError."""
    names = safe_open.parts(path)
    for count in range(1, len(names)):
        try:
            place, _ = safe_open.reach("/" + "/".join(names[:count]), safe_open.ROOTS_LINKS)
        except safe_open.Unsafe:
            above = "/" + "/".join(names[: count - 1])
            place = safe_open.path(above, safe_open.DIRECTORY, safe_open.ROOTS_LINKS)
            return closing(open_ones, place), names[count - 1]
        os.close(place)
    try:
        place, last = safe_open.reach(path, safe_open.ROOTS_LINKS)
    except safe_open.Unsafe:
        above = "/" + "/".join(names[:-1])
        place, last = safe_open.path(above, safe_open.DIRECTORY, safe_open.ROOTS_LINKS), names[-1]
    return closing(open_ones, place), last


# --- on its own file system --------------------------------------------------------------------------


def set_apart(place, last, record, kept, known, open_ones):
    """Have a file in a folder of root's alone on its own file system, as ``kept``; that open folder.

    ``known`` is called when the record tells where, before anything is made there. Whatever the file is like, it no longer has its name. Raises
    Refused when something else has come in its place meanwhile, OSError.
    """
    name = APART + record["aside"].rpartition("-")[2]
    for top in tops(place, open_ones):
        record["apart"] = os.path.join(safe_open.name_of(top), name)
        known()
        try:
            folder = new_folder(top, name, open_ones)
            moved(place, last, record, folder, kept)
        except BaseException as error:
            with contextlib.suppress(OSError):
                os.rmdir(name, dir_fd=top)
            if getattr(error, "errno", None) != errno.EXDEV:  # the same file system, mounted twice
                raise
        else:
            return folder
    raise Refused("unsafe", record["path"])


def tops(place, open_ones):
    """The open folders on the way to an open one, itself too, that are on its file system, the topmost first: whose folder that is has least to do with the file's."""
    found, device = [place], os.fstat(place).st_dev
    while len(found) < MOST_DEEP:
        above = closing(open_ones, os.open("..", safe_open.FOLDER, dir_fd=found[-1]))
        status = os.fstat(above)
        if status.st_dev != device or status.st_ino == os.fstat(found[-1]).st_ino:
            break
        found.append(above)
    return found[::-1]


def new_folder(place, name, open_ones):
    """A new folder for this account alone, in an open one. Raises Refused when what has the name is another, OSError."""
    os.mkdir(name, 0o700, dir_fd=place)
    folder = closing(open_ones, safe_open.enter(place, name))
    _check_own(folder, name)
    return folder


def apart(record, open_ones):
    """The open folder in which a file stays on its own file system; None when there is none, or no longer. Raises Refused when what has the name is another."""
    if not record.get("apart"):
        return None
    try:
        folder = closing(open_ones, safe_open.path(record["apart"], safe_open.DIRECTORY))
    except OSError:  # it went with the memory that it was in, or somebody has moved a folder that it is in
        return None
    _check_own(folder, record["apart"])
    return folder


def is_apart(name, status):
    """Whether a folder is one in which a contained file stays on its own file system: nobody but root makes such."""
    return name.startswith(APART) and status.st_uid == 0 and not status.st_mode & 0o077


def _check_own(folder, name):
    status = os.fstat(folder)
    if status.st_uid != os.geteuid() or status.st_mode & 0o077:
        raise Refused("unsafe", name)


def left_apart(record, folder, kept, open_ones):
    """Have neither the file nor its folder there."""
    os.unlink(kept, dir_fd=folder)
    place, last = reached(record["apart"], open_ones)
    if os.path.samestat(os.lstat(last, dir_fd=place), os.fstat(folder)):
        os.rmdir(last, dir_fd=place)


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
