"""Take permissions away that nobody needs, and never make another's file root's: it stays, or is moved aside."""

import contextlib
import errno
import grp
import os
import shutil
import stat

from ansible.module_utils.luytre._authors import by_hand, named, reached
from ansible.module_utils.luytre_change import attributes
from ansible.module_utils.luytre_shared import safe_open
from ansible.module_utils.luytre_shared.names import group_name, user_name
from ansible.module_utils.luytre_shared.ownership import changer

ASIDE = "/var/lib/luytre/aside"


class Correction:
    """What is wanted of a file: the bits of ``mask`` at most, those of ``add``, and one of ``groups``.

    ``by_owner``: root's programs believe it because of whose it is. Of any other, root's own, only the mode is loose.
    ``secret``: a key or password hashes, which is never moved aside.
    """

    def __init__(self, path, mask, groups=(), add=0, by_owner=True, secret=False):
        self.path, self.mask, self.groups, self.add = path, mask, groups, add
        self.by_owner, self.secret = by_owner, secret


class Corrected:
    """What came of corrections: ``changed`` path to ``(before, after)`` in words, ``held`` path to who could have
    written it, ``aside`` path to where it is now."""

    def __init__(self):
        self.changed, self.held, self.aside = {}, {}, {}


def correct(corrections, check, aside=None):
    """Make corrections, folders before what is in them. Raises OSError.

    What others could have written is held; with an ``aside`` (Aside) it was accepted that such files are moved there
    and such folders closed.
    """
    done = Corrected()
    for wanted in corrections:
        with reached(wanted.path) as found:
            if found is not None:
                _correct(wanted, found, check, aside, done)
    return done


def _correct(wanted, found, check, aside, done):
    way, own = found.on_the_way, found.own
    if way and check and way[0] in done.changed:
        way = None
    if way or (own and (wanted.by_owner or found.status.st_uid != 0)):
        movable = not by_hand(wanted.path) and (found.is_folder or not wanted.secret)
        if way or aside is None or not movable:
            done.held[wanted.path] = named(way or own)
            return
        if not found.is_folder:
            done.aside[wanted.path] = aside.take(found, check)
            return
    if found.handle is not None:
        words = _tighten(wanted, found, check)
        if words:
            done.changed[wanted.path] = words


def _tighten(wanted, found, check):
    status = found.status
    present, group = stat.S_IMODE(status.st_mode), status.st_gid
    if wanted.groups and group not in [_gid(name) for name in wanted.groups]:
        group = _gid(wanted.groups[-1])
    mode = attributes.mode_for(status, 0, group, present & wanted.mask | wanted.add)
    if (present, status.st_uid, status.st_gid) == (mode, 0, group):
        return None
    if not check:
        with _naming(wanted.path):
            attributes.put(found.handle, status, 0, group, mode)
    return _words(status.st_uid, status.st_gid, present), _words(0, group, mode)


@contextlib.contextmanager
def _naming(path):
    """What the system refuses to do by a descriptor is told with the path."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, path)


class Aside:
    """Where a run puts what others could have written: root's alone, each file below its old path, as it was."""

    def __init__(self, run, home=ASIDE):
        self.home = os.path.join(home, run)
        self._moved = []

    def take(self, found, check):
        """Move a file or link there; where it is now. Raises OSError."""
        where = self.home + found.path
        if check:
            return where
        into = _made(os.path.dirname(where))
        name, number = os.path.basename(where), 1
        while _there(into, name):
            number += 1
            name = "%s.%d" % (os.path.basename(where), number)
        _move(found.folder, found.name, into, name)
        self._moved.append((os.dup(found.folder), found.name, into, name))
        return os.path.join(os.path.dirname(where), name)

    def back(self):
        """Put everything that was moved back into its place. Raises OSError."""
        while self._moved:
            folder, old, into, name = self._moved.pop()
            _move(into, name, folder, old)

    def links_to(self, moved, folder, check):
        """Move the links below ``folder`` that lead to what was ``moved`` (old paths) along; old path to new."""
        found = {}
        for top, _folders, names in os.walk(folder) if moved else ():
            for path in sorted(os.path.join(top, name) for name in names):
                if os.path.islink(path) and os.path.realpath(path) in moved:
                    with reached(path) as link:
                        if link is not None and link.handle is None:
                            found[path] = self.take(link, check)
        return found


def _made(path):
    """A descriptor of a folder of root's alone, made with all above it that is missing."""
    folder = os.open("/", safe_open.FOLDER)
    for part in [part for part in path.split("/") if part]:
        with contextlib.suppress(FileExistsError):
            os.mkdir(part, 0o700, dir_fd=folder)
        inner = safe_open.enter(folder, part)
        os.close(folder)
        folder = inner
        if changer(os.fstat(folder)):
            os.close(folder)
            raise PermissionError(errno.EPERM, "not root's folder alone", path)
    return folder


def _there(folder, name):
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _move(source, name, into, new):
    try:
        os.rename(name, new, src_dir_fd=source, dst_dir_fd=into)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy(source, name, into, new)
        os.unlink(name, dir_fd=source)


def _copy(source, name, into, new):
    """The same file, or link, on another file system: content, owner, mode, time and attributes."""
    status = os.stat(name, dir_fd=source, follow_symlinks=False)
    if stat.S_ISLNK(status.st_mode):
        os.symlink(os.readlink(name, dir_fd=source), new, dir_fd=into)
        os.chown(new, status.st_uid, status.st_gid, dir_fd=into, follow_symlinks=False)
        return
    read = safe_open.at(source, name)
    try:
        status = os.fstat(read)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        written = os.open(new, flags, 0o600, dir_fd=into)
        try:
            with open(read, "rb", closefd=False) as old, open(written, "wb", closefd=False) as copy:
                shutil.copyfileobj(old, copy)
            os.fchown(written, status.st_uid, status.st_gid)
            os.fchmod(written, stat.S_IMODE(status.st_mode))
            for attribute in os.listxattr(read):
                os.setxattr(written, attribute, os.getxattr(read, attribute))
            os.utime(written, ns=(status.st_atime_ns, status.st_mtime_ns))
            os.fsync(written)
        finally:
            os.close(written)
    finally:
        os.close(read)


def _gid(name):
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return 0


def _words(uid, gid, mode):
    return "%s:%s %04o" % (user_name(uid), group_name(gid), mode)
