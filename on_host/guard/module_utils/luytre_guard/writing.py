"""Putting files back exactly as they were, without ever following a link or writing into a file that is there.

Everything is done relative to descriptors that ``tree`` opened; content goes to a new file that then takes the name.
"""

import base64
import contextlib
import hashlib
import os
import stat

from . import identity, tree

DRAFT = ".luytre-guard-"
PRIVILEGED = stat.S_ISUID | stat.S_ISGID


def remove(path):
    """Remove what is at the path, with all below it if it is a folder. Other mounts stay. Whether anything was there."""
    parent, name = os.path.split(path)
    try:
        with tree.opened(parent) as handle:
            return _remove(handle, name)
    except FileNotFoundError:
        return False


def _remove(handle, name):
    """However deep it is: only the folder at hand is open, and the way up leads to the very folders of the way down."""
    try:
        status = os.stat(name, dir_fd=handle, follow_symlinks=False)
    except FileNotFoundError:
        return False
    if not stat.S_ISDIR(status.st_mode):
        os.unlink(name, dir_fd=handle)
        return True
    way, here = [], tree.enter(handle, name, name)
    try:
        while True:
            below = _empty(here)
            if below is not None:
                inner = tree.enter(here, below, below)
                if os.fstat(inner).st_dev != os.fstat(here).st_dev:
                    os.close(inner)
                    raise tree.Unsafe("%s is another mount" % below)
                way.append((below, os.fstat(here)))
                os.close(here)
                here = inner
            elif way:
                below, above = way.pop()
                outer = os.open("..", tree.FOLDER, dir_fd=here)
                os.close(here)
                here = outer
                if not os.path.samestat(os.fstat(here), above):
                    raise tree.Unsafe("%s was moved" % below)
                os.rmdir(below, dir_fd=here)
            else:
                break
    finally:
        os.close(here)
    os.rmdir(name, dir_fd=handle)
    return True


def _empty(folder):
    """Remove from an open folder all up to the first folder. The name of that, or None when nothing is left."""
    with os.scandir(folder) as found:
        for one in found:
            if one.is_dir(follow_symlinks=False):
                return one.name
            os.unlink(one.name, dir_fd=folder)
    return None


def remove_empty(path):
    """Remove a folder that is empty. Whether it is gone."""
    parent, name = os.path.split(path)
    try:
        with tree.opened(parent) as handle:
            os.rmdir(name, dir_fd=handle)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def put(path, entry, content):
    """Have at the path what the entry says, with the bytes that ``content()`` gives for a file whose bytes are kept.

    A file that is root's and has the right bytes only gets its attributes; else a new one takes its name. A folder's
    time is left to put_time, for it changes with what is in it.
    """
    parent, name = os.path.split(path)
    with tree.opened(parent) as handle:
        present = tree.look(handle, name, tree.digest if "sha256" in entry else None)
        if present["type"] == "folder" and entry["type"] != "folder":
            _remove(handle, name)
        elif present["type"] not in ("absent", "folder") and entry["type"] == "folder":
            os.unlink(name, dir_fd=handle)
        if entry["type"] == "folder":
            if present["type"] != "folder":
                os.mkdir(name, 0o700, dir_fd=handle)
            _dress(handle, name, {**entry, "mtime": None})
        elif entry["type"] == "link":
            if tree.differs(entry, present):
                _replace(handle, name, lambda draft: _link(handle, draft, entry))
        elif entry["type"] == "file":
            sound = present["type"] == "file" and present["sha256"] == entry["sha256"]
            if sound and present["uid"] == 0 and present["links"] == 1:
                _dress(handle, name, entry, present["id"])
            else:
                _replace(handle, name, lambda draft: _write(handle, draft, entry, content()))
        else:
            raise tree.Unsafe("it is neither file, folder nor link, and cannot be made again")


def _replace(handle, name, make):
    draft = DRAFT + hashlib.sha256(os.fsencode(name)).hexdigest()[:24]
    for _ in range(100):
        with contextlib.suppress(FileNotFoundError, IsADirectoryError):
            os.unlink(draft, dir_fd=handle)
        try:
            make(draft)
            os.rename(draft, name, src_dir_fd=handle, dst_dir_fd=handle)
        except FileExistsError:
            draft = DRAFT + base64.b32encode(os.urandom(15)).decode("ascii").lower()
            continue
        except FileNotFoundError:
            continue
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(draft, dir_fd=handle)
            raise
        return
    raise tree.Unsafe("somebody keeps getting in the way")


def _link(handle, draft, entry):
    os.symlink(entry["target"], draft, dir_fd=handle)
    os.chown(draft, entry["uid"], entry["gid"], dir_fd=handle, follow_symlinks=False)
    os.utime(draft, ns=(entry["mtime"], entry["mtime"]), dir_fd=handle, follow_symlinks=False)


def _write(handle, draft, entry, content):
    written = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=handle)
    try:
        for chunk in content:
            view = memoryview(chunk)
            while view:
                view = view[os.write(written, view) :]
        _wear(written, entry, tree.attributes(handle, draft, written, "file"))
        os.fsync(written)
    finally:
        os.close(written)


def _dress(handle, name, entry, same=None):
    reached = os.open(name, tree.ANY, dir_fd=handle)
    try:
        status = os.fstat(reached)
        if tree.kind_of(status.st_mode) != entry["type"] or (same and not identity.same(same, identity.of(reached))):
            raise tree.Unsafe("it was swapped for something else")
        _wear(reached, entry, tree.attributes(handle, name, reached, entry["type"]))
    finally:
        os.close(reached)


def _wear(reached, entry, present):
    """Owner, attributes, mode and time of what a descriptor holds; in this order, for each clears some of the next."""
    path = tree.through(reached)
    status = os.fstat(reached)
    wanted = entry.get("xattrs", {})
    if (status.st_uid, status.st_gid) != (entry["uid"], entry["gid"]):
        os.chmod(path, stat.S_IMODE(status.st_mode) & entry["mode"] & ~PRIVILEGED)
        os.chown(path, entry["uid"], entry["gid"])
        present = {name: value for name, value in present.items() if name != "security.capability"}
    for attribute in present:
        if attribute not in wanted:
            with contextlib.suppress(FileNotFoundError):
                os.removexattr(path, attribute)
    for attribute, value in wanted.items():
        if present.get(attribute) != value:
            os.setxattr(path, attribute, base64.b64decode(value))
    if stat.S_IMODE(os.fstat(reached).st_mode) != entry["mode"]:
        os.chmod(path, entry["mode"])
    if entry["mtime"] not in (None, os.fstat(reached).st_mtime_ns):
        os.utime(path, ns=(entry["mtime"], entry["mtime"]))


def put_attributes(path, entry):
    """Owner, mode and attributes of something whose bytes are not kept, if it is still the very same one.

    What others may have had a hand in never becomes root's, and a file never gets back a set-id bit.
    """
    parent, name = os.path.split(path)
    exposed = tree.resolved(path)[1]
    with tree.opened(parent) as handle:
        reached = os.open(name, tree.ANY, dir_fd=handle)
        try:
            status = os.fstat(reached)
            kind = tree.kind_of(status.st_mode)
            if kind != entry["type"] or not identity.same(entry["id"], identity.of(reached), alone=not exposed):
                raise tree.Unsafe("it is another one than at the snapshot")
            if kind == "link":
                raise tree.Unsafe("links are left alone there")
            if kind != "folder" and status.st_nlink != 1:
                raise tree.Unsafe("it has %d hard links" % status.st_nlink)
            if exposed and status.st_uid not in (0, entry["uid"]):
                raise tree.Unsafe("it is not root's any more")
            mode = entry["mode"]
            if kind != "folder":
                mode &= ~(PRIVILEGED & ~stat.S_IMODE(status.st_mode))
            wanted = {**entry, "mode": mode, "mtime": status.st_mtime_ns}
            _wear(reached, wanted, tree.attributes(handle, name, reached, kind))
            if mode != entry["mode"]:
                raise tree.Unsafe("its set-id bit is not given back")
        finally:
            os.close(reached)


def put_time(path, entry):
    """A folder's time, if the names in it are those of the entry. Whether it is so now."""
    parent, name = os.path.split(path)
    if path == "/":
        parent, name = "/", "."
    try:
        with tree.opened(parent) as handle:
            inner = tree.enter(handle, name, path)
            try:
                inside = tree.names(inner)
                if inside is None or tree.names_digest(inside) != entry["names"]:
                    return False
                if os.fstat(inner).st_mtime_ns != entry["mtime"]:
                    os.utime(inner, ns=(entry["mtime"], entry["mtime"]))
                return True
            finally:
                os.close(inner)
    except (OSError, tree.Unsafe):
        return False
