"""Lines of a file that a lesser user may own: they become comments in their place, and are lines again. All else of the file stays as it is.

Whoever can write the folder of such a file may swap names at any moment: no link is followed, and what is put in its place is what was read.
"""

import contextlib
import hashlib
import io
import os
import secrets
import stat

from ansible.module_utils.luytre_shared import safe_open
from ansible.module_utils.luytre_shared.acting import Refused

NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def of(content):
    """The lines of a file's content as sshd and cron read them, each with what ends it."""
    return io.BytesIO(content).readlines()


def digest(line):
    """What tells a line from others."""
    return hashlib.sha256(line).hexdigest()


def mark(name):
    """What a line begins with while an action of that name has it out of force."""
    return "# %s: " % name


def in_force(line, begins, digests):
    """A line as it was, if it begins so and is one of those that were taken out of force."""
    was = line[len(begins) :]
    return was if line.startswith(begins.encode("ascii")) and digest(was) in digests else line


def changed(path, owners, limit, line_of, mtime_of=lambda status: status.st_mtime_ns):
    """Have each line of a file as ``line_of`` says, and its time as ``mtime_of`` does, of how it stands, in nanoseconds.

    Raises Refused for a file that is none of these owners', users by their numbers, has a second name or is reached by links that root
    did not make.
    """
    with contextlib.ExitStack() as open_ones:
        try:
            place, last = safe_open.reach(path, safe_open.ROOTS_LINKS)
            open_ones.callback(os.close, place)
            reading = safe_open.at(place, last)
        except safe_open.Unsafe as unsafe:
            raise Refused("unsafe", "%s: %s" % (path, unsafe.strerror))
        open_ones.callback(os.close, reading)
        status = os.fstat(reading)
        if status.st_nlink > 1 or status.st_uid not in owners:
            raise Refused("unsafe", path)
        content = safe_open.whole(reading, limit, path)
        wanted = b"".join(map(line_of, of(content)))
        if wanted != content:
            _put(place, last, wanted, reading, status, mtime_of(status))


def _put(place, last, content, reading, status, mtime):
    """Have a file's content replaced, whole or not at all; all that hangs on it stays. Raises Refused when it is another one by now."""
    draft = ".luytre-" + secrets.token_hex(8)
    target = os.open(draft, NEW, 0o600, dir_fd=place)
    try:
        with os.fdopen(target, "wb", closefd=False) as file:
            file.write(content)
        os.fchown(target, status.st_uid, status.st_gid)
        os.fchmod(target, stat.S_IMODE(status.st_mode))
        for name in os.listxattr(reading):
            os.setxattr(target, name, os.getxattr(reading, name))
        os.utime(target, ns=(status.st_atime_ns, mtime))
        os.fsync(target)
        now = os.lstat(last, dir_fd=place)
        if (now.st_dev, now.st_ino, now.st_mtime_ns) != (status.st_dev, status.st_ino, status.st_mtime_ns):
            raise Refused("swapped", last)
        os.rename(draft, last, src_dir_fd=place, dst_dir_fd=place)
    except BaseException:
        os.unlink(draft, dir_fd=place)
        raise
    finally:
        os.close(target)
