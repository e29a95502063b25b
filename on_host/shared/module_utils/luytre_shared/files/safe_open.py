"""Opening a file below folders that others may write: the one way, for whoever reads, corrects or keeps a way back.

Whoever can write a folder may swap the names in it at any moment. So a path is walked by descriptors: each folder is
opened in the one before it, and no link is followed but by a named policy. What the path leads to is held before it is
opened for reading, so that a FIFO blocks nobody, no device is ever opened, and nothing is swapped in between. Reading
is bounded.
"""

import errno
import os
import stat

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
HOLD_FLAGS = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
"""Only held: for looking at what it is, and for opening that very thing."""
_READ_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
THROUGH = "/proc/self/fd/"
"""With the number of a descriptor, a path that leads to what it holds and nowhere else."""
MAX_LINKS = 16
_CHUNK = 1 << 16

REGULAR, DIRECTORY, ANYTHING = "regular file", "folder", "name"
"""What is wanted; anything else is refused. ``ANYTHING``, a link too, is only held: not opened for reading."""
NO_LINKS, ROOTS_LINKS, ALL_LINKS = "none", "root's", "followed"
"""Which links count.

``NO_LINKS``: below folders that others write. ``ROOTS_LINKS``: those that root made, such as /etc/alternatives and a
web root's own. ``ALL_LINKS``: whatever a daemon of root's would follow: in folders of root's, where whoever could lay a
link is root already."""


class Unsafe(OSError):
    """A path that is not what is wanted, or that has a link on the way; ``strerror`` says which."""

    def __init__(self, why, path):
        super().__init__(errno.ELOOP, why, path)


def split_path(path):
    """Return the names in a path. Raises Unsafe when one of them leads upward."""
    names = [part for part in path.split("/") if part not in ("", ".")]
    if ".." in names:
        raise Unsafe("leads upward", path)
    return names


def open_folder_in_open_folder(folder, folder_name):
    """Return a descriptor of a folder in an open folder.

    Raises Unsafe for a link and for what is no folder, OSError.
    """
    try:
        return os.open(folder_name, FOLDER, dir_fd=folder)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.EMLINK):
            raise Unsafe("a link or no folder on the way", folder_name)
        raise


def open_name_in_open_folder(folder, name, kind=REGULAR):
    """Return a descriptor of what has a name in an open folder.

    Raises Unsafe when that is a link or not what is wanted, OSError.
    """
    descriptor = os.open(name, HOLD_FLAGS, dir_fd=folder)
    if kind == ANYTHING:
        return descriptor
    try:
        return _reopen_held_descriptor_if_of_kind(descriptor, kind, name)
    finally:
        os.close(descriptor)


def _reopen_held_descriptor_if_of_kind(descriptor, kind, name):
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISLNK(mode):
        raise Unsafe("is a link", name)
    if not (stat.S_ISREG if kind == REGULAR else stat.S_ISDIR)(mode):
        raise Unsafe("is not a %s" % kind, name)
    return reopen(descriptor, _READ_FLAGS if kind == REGULAR else FOLDER & ~os.O_NOFOLLOW)


def reopen(descriptor, flags=_READ_FLAGS):
    """Return another descriptor of the very thing that is held."""
    return os.open("%s%d" % (THROUGH, descriptor), flags)


def read_link_target_if_roots(folder, name):
    """Return where a link in an open folder leads, None when the name is no link.

    Raises Unsafe when root did not make it.
    """
    descriptor = os.open(name, HOLD_FLAGS, dir_fd=folder)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISLNK(status.st_mode):
            return None
        if status.st_uid != 0:
            raise Unsafe("a link that is not root's", name)
        return os.readlink("", dir_fd=descriptor)
    finally:
        os.close(descriptor)


def open_parent_folder_of_path(path, links=NO_LINKS, base=None):
    """Return ``(descriptor, name)``: the folder in which a path ends, and its name there.

    The name is ``.`` for the first folder itself.

    The path begins at ``/``, or at the open folder ``base``, which it cannot leave: there no link counts. Raises
    Unsafe, OSError.
    """
    todo, links = split_path(path)[::-1], links if base is None else NO_LINKS
    here = os.open("/", FOLDER) if base is None else os.dup(base)
    count = 0
    try:
        while todo:
            name, target = todo.pop(), None
            try:
                if todo or name == "..":
                    here = _close_old_descriptor_and_return_new(here, open_folder_in_open_folder(here, name))
                    continue
            except Unsafe:
                target = read_link_target_if_roots(here, name) if links == ROOTS_LINKS else None
                if target is None:
                    raise
            if links == ROOTS_LINKS and target is None:
                target = read_link_target_if_roots(here, name)
            if target is None:
                return here, name
            count += 1
            if count > MAX_LINKS:
                raise Unsafe("leads through too many links", path)
            todo += [part for part in target.split("/")[::-1] if part not in ("", ".")]
            here = _close_old_descriptor_and_return_new(here, os.open("/", FOLDER)) if target.startswith("/") else here
        return here, "."
    except BaseException:
        os.close(here)
        raise


def _close_old_descriptor_and_return_new(old, new):
    os.close(old)
    return new


def open_path(path, kind=REGULAR, links=NO_LINKS):
    """Return a descriptor of what an absolute path leads to. Raises Unsafe, OSError."""
    if not path.startswith("/"):
        raise Unsafe("is no absolute path", path)
    if links == ALL_LINKS:
        there = open_path_handle_following_links(path)
        try:
            return _reopen_held_descriptor_if_of_kind(there, kind, path)
        finally:
            os.close(there)
    return _open_name_and_close_its_folder(open_parent_folder_of_path(path, links), kind)


def open_below(root, relative, kind=REGULAR):
    """Return a descriptor of what lies below a root, an open folder or a path to one; below it no link is followed.

    ``root`` may be ``THROUGH`` with an open folder's number, too. On the way to a root those links count that root
    made. Raises Unsafe, OSError.
    """
    if isinstance(root, str) and root.startswith(THROUGH):
        root = int(root[len(THROUGH) :])
    if isinstance(root, int):
        return _open_name_and_close_its_folder(open_parent_folder_of_path(relative, base=root), kind)
    base = open_path(root, DIRECTORY, ROOTS_LINKS)
    try:
        return _open_name_and_close_its_folder(open_parent_folder_of_path(relative, base=base), kind)
    finally:
        os.close(base)


def _open_name_and_close_its_folder(location, kind):
    folder, name = location
    try:
        return open_name_in_open_folder(folder, name, kind)
    finally:
        os.close(folder)


def open_path_handle_following_links(path):
    """Return what a path leads to, all links followed: only held, whatever it is. Raises OSError, ValueError."""
    return os.open(path, os.O_PATH | os.O_CLOEXEC)


def get_real_path_of_descriptor(handle):
    """Return where the very thing that is held lies, in full and without links."""
    return os.readlink("%s%d" % (THROUGH, handle))


def resolve_real_path(path):
    """Return where a path leads, as ``os.path.realpath`` says it.

    The path itself where more links are on the way than anybody follows.

    Whoever lays a thousand links one behind the other has that end in RecursionError.
    """
    try:
        os.stat(path)
    except OSError as error:
        if error.errno == errno.ELOOP:
            return path
    try:
        return os.path.realpath(path)
    except RecursionError:
        return path


def read_start(handle, limit):
    """Return the start of an open file, at most ``limit`` bytes, from where it stands."""
    pieces = []
    while limit > 0:
        piece = os.read(handle, min(limit, _CHUNK))
        if not piece:
            break
        pieces.append(piece)
        limit -= len(piece)
    return b"".join(pieces)


def read_whole(handle, limit, name=""):
    """Return all of an open file, which may be growing while it is read.

    Raises Unsafe for more than ``limit`` bytes.
    """
    content = read_start(handle, limit + 1)
    if len(content) > limit:
        raise Unsafe("is larger than %d bytes" % limit, name)
    return content


def read_text(path, limit):
    """Return a file's text, links ``ALL_LINKS`` and undecodable bytes kept; None when there is none. Raises OSError."""
    try:
        handle = open_path(path, links=ALL_LINKS)
    except FileNotFoundError:
        return None
    try:
        return read_whole(handle, limit, path).decode("utf-8", "surrogateescape")
    finally:
        os.close(handle)
