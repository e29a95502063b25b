"""Files exactly as they are, read and put back without ever following a link.

Whoever can write a folder can swap any name in it at any moment. So every folder from the root of the file system on is
opened with ``O_NOFOLLOW``, everything is done relative to such descriptors or through them, content goes to a new
file that then takes the name, and nothing is ever written into a file that is there.

An entry is a small dict: ``type`` one of file folder link other absent; for what is there ``mode uid gid mtime``
(nanoseconds), for files ``size`` and, where content is kept, ``sha256``; ``target`` of a link; ``xattrs`` name to
base64; for folders ``names``, a digest of the names in it; ``id`` device, inode, change time, to tell quickly that
nothing happened.
"""

import base64
import contextlib
import errno
import hashlib
import os
import stat

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
ANY = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
ABSENT = {"type": "absent"}
DRAFT = ".luytre-guard-"
MAX_DEPTH = 64
MAX_LINKS = 16
CHUNK = 1 << 20
PRIVILEGED = stat.S_ISUID | stat.S_ISGID


class Unsafe(Exception):
    """A path is not what it has to be for root to change it; the message says why."""


_ROOT = os.lstat("/").st_dev


def device_of(status):
    """The device that something lies on; 0 stands for the root file system's, whose number may change at a reboot."""
    return 0 if status.st_dev == _ROOT else status.st_dev


def parts(path):
    """The names in an absolute, plain path."""
    if not path.startswith("/") or os.path.normpath(path) != path or path.startswith("//"):
        raise Unsafe("%s is not a plain absolute path" % path)
    return [part for part in path.split("/") if part]


@contextlib.contextmanager
def opened(path):
    """A descriptor of a folder, no component of which is a link."""
    handle = os.open("/", FOLDER)
    try:
        for part in parts(path):
            inner = _enter(handle, part, path)
            os.close(handle)
            handle = inner
        yield handle
    finally:
        os.close(handle)


def _enter(handle, part, path):
    try:
        return os.open(part, FOLDER, dir_fd=handle)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.EMLINK):
            raise Unsafe("%s: a link or no folder on the way" % path)
        raise


def settled(path):
    """The path with links on the way resolved, as far as root alone has a say in them, and whether the last folder
    on the way, or one above it, is anybody else's to write."""
    left, seen, links, exposed = parts(path), [], 0, False
    handle = os.open("/", FOLDER)
    try:
        while left:
            status = os.fstat(handle)
            exposed = exposed or status.st_uid != 0 or bool(status.st_mode & 0o022)
            part = left.pop(0)
            try:
                inner = os.stat(part, dir_fd=handle, follow_symlinks=False)
            except FileNotFoundError:
                return "/" + "/".join([*seen, part, *left]), exposed
            if stat.S_ISLNK(inner.st_mode) and left:
                if exposed or inner.st_uid != 0:
                    raise Unsafe("%s leads through a link that is not root's alone" % path)
                links += 1
                target = os.readlink(part, dir_fd=handle)
                if links > MAX_LINKS:
                    raise Unsafe("%s leads through too many links" % path)
                left = parts(os.path.normpath(os.path.join("/" + "/".join(seen), target))) + left
                seen, exposed = [], False
                os.close(handle)
                handle = os.open("/", FOLDER)
                continue
            seen.append(part)
            if not stat.S_ISDIR(inner.st_mode):
                if left:
                    raise Unsafe("%s leads through %s, which is no folder" % (path, part))
                break
            if left:
                deeper = _enter(handle, part, path)
                os.close(handle)
                handle = deeper
        return "/" + "/".join(seen), exposed
    finally:
        os.close(handle)


# --- reading -------------------------------------------------------------------------------------------


def look(handle, name, keep=None, known=None):
    """The entry of ``name`` in an open folder.

    ``keep(chunks)`` is given the content of a regular file, and what it says of it (``sha256`` …) is added. A file
    whose ``id`` is that of the ``known`` entry has that one's content.
    """
    try:
        reached = os.open(name, ANY, dir_fd=handle)
    except FileNotFoundError:
        return dict(ABSENT)
    except NotADirectoryError:
        return dict(ABSENT)
    try:
        status = os.fstat(reached)
        entry = {
            "type": _type(status.st_mode),
            "mode": stat.S_IMODE(status.st_mode),
            "uid": status.st_uid,
            "gid": status.st_gid,
            "mtime": status.st_mtime_ns,
            "id": [device_of(status), status.st_ino, status.st_ctime_ns],
        }
        attributes = _attributes(handle, name, reached, entry["type"])
        if attributes:
            entry["xattrs"] = attributes
        if entry["type"] == "link":
            entry["target"] = os.readlink(name, dir_fd=handle)
        elif entry["type"] == "file":
            entry["size"] = status.st_size
            entry["links"] = status.st_nlink
            if keep is not None:
                if (
                    known
                    and known.get("id") == entry["id"]
                    and known.get("size") == entry["size"]
                    and "sha256" in known
                ):
                    entry["sha256"] = known["sha256"]
                else:
                    entry.update(_content(reached, keep))
        return entry
    finally:
        os.close(reached)


def _type(mode):
    for test, name in ((stat.S_ISREG, "file"), (stat.S_ISDIR, "folder"), (stat.S_ISLNK, "link")):
        if test(mode):
            return name
    return "other"


def _through(handle):
    """A name for what a descriptor holds, that leads nowhere else."""
    return "/proc/self/fd/%d" % handle


def _attributes(handle, name, reached, kind):
    path, follow = (_through(handle) + "/" + name, False) if kind == "link" else (_through(reached), True)
    found = {}
    try:
        for attribute in os.listxattr(path, follow_symlinks=follow):
            value = os.getxattr(path, attribute, follow_symlinks=follow)
            found[attribute] = base64.b64encode(value).decode("ascii")
    except OSError as error:
        if error.errno not in (errno.ENOTSUP, errno.ENODATA, errno.EPERM, errno.ENOENT):
            raise
    return found


def _content(reached, keep):
    handle = os.open(_through(reached), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return keep(_chunks(handle))
    finally:
        os.close(handle)


def _chunks(handle):
    while True:
        chunk = os.read(handle, CHUNK)
        if not chunk:
            return
        yield chunk


def digest(chunks):
    """A ``keep`` that keeps nothing but the digest."""
    state = hashlib.sha256()
    size = 0
    for chunk in chunks:
        state.update(chunk)
        size += len(chunk)
    return {"sha256": state.hexdigest(), "size": size}


def names_digest(names):
    """What tells one set of names from another."""
    return hashlib.sha256("\0".join(sorted(names)).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def walk(path, keep_of, known=None):
    """``(path, entry)`` of everything below and at ``path``, folders before what is in them; other mounts left out.

    ``keep_of(path, status of entry so far)`` gives the ``keep`` for a path, or None.
    """
    known = known or {}
    parent, name = os.path.split(path)
    with opened(parent) as handle:
        yield from _walk(handle, name, path, keep_of, known, None, 0)


def _walk(handle, name, path, keep_of, known, device, depth):
    entry = look(handle, name, keep_of(path), known.get(path))
    if entry["type"] == "absent":
        return
    if device is not None and entry["id"][0] != device and entry["type"] != "file":
        return
    if entry["type"] != "folder":
        yield path, entry
        return
    try:
        inner = _enter(handle, name, path)
    except (FileNotFoundError, Unsafe):
        return
    try:
        names = sorted(os.listdir(inner))
        entry["names"] = names_digest(names)
        yield path, entry
        if depth >= MAX_DEPTH:
            raise Unsafe("%s is deeper than %d folders" % (path, MAX_DEPTH))
        for below in names:
            yield from _walk(inner, below, os.path.join(path, below), keep_of, known, entry["id"][0], depth + 1)
    finally:
        os.close(inner)


def at(path, keep=None, known=None):
    """The entry of one path, which may be absent as may folders above it."""
    parent, name = os.path.split(path)
    if path == "/":
        parent, name = "/", "."
    try:
        with opened(parent) as handle:
            entry = look(handle, name, keep, known)
            if entry["type"] == "folder":
                with contextlib.suppress(OSError, Unsafe):
                    inner = _enter(handle, name, path)
                    try:
                        entry["names"] = names_digest(os.listdir(inner))
                    finally:
                        os.close(inner)
            return entry
    except FileNotFoundError:
        return dict(ABSENT)


SAME = ("type", "mode", "uid", "gid", "mtime", "xattrs", "target", "sha256")


def differs(wanted, present, besides=()):
    """The words in SAME by which two entries differ; ``sha256`` only where both have one."""
    if wanted["type"] != present["type"]:
        return ["type"]
    found = []
    for word in SAME:
        if word in besides or (word == "sha256" and not ("sha256" in wanted and "sha256" in present)):
            continue
        if word == "mode" and wanted["type"] == "link":
            continue
        if wanted.get(word) != present.get(word):
            found.append(word)
    return found


# --- writing -------------------------------------------------------------------------------------------


def remove(path):
    """Remove what is at the path, with all below it if it is a folder. Other mounts stay. Whether anything was there."""
    parent, name = os.path.split(path)
    try:
        with opened(parent) as handle:
            return _remove(handle, name, None, 0)
    except FileNotFoundError:
        return False


def _remove(handle, name, device, depth):
    try:
        status = os.stat(name, dir_fd=handle, follow_symlinks=False)
    except FileNotFoundError:
        return False
    if not stat.S_ISDIR(status.st_mode):
        os.unlink(name, dir_fd=handle)
        return True
    if (device is not None and status.st_dev != device) or depth > MAX_DEPTH:
        raise Unsafe("%s is another mount, or too deep" % name)
    inner = _enter(handle, name, name)
    try:
        for below in os.listdir(inner):
            _remove(inner, below, os.fstat(inner).st_dev, depth + 1)
    finally:
        os.close(inner)
    os.rmdir(name, dir_fd=handle)
    return True


def remove_empty(path):
    """Remove a folder that is empty. Whether it is gone."""
    parent, name = os.path.split(path)
    try:
        with opened(parent) as handle:
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
    with opened(parent) as handle:
        present = look(handle, name, digest if "sha256" in entry else None)
        if present["type"] == "folder" and entry["type"] != "folder":
            _remove(handle, name, None, 0)
        elif present["type"] not in ("absent", "folder") and entry["type"] == "folder":
            os.unlink(name, dir_fd=handle)
        if entry["type"] == "folder":
            if present["type"] != "folder":
                os.mkdir(name, 0o700, dir_fd=handle)
            _dress(handle, name, {**entry, "mtime": None})
        elif entry["type"] == "link":
            if differs(entry, present):
                _replace(handle, name, lambda draft: _link(handle, draft, entry))
        elif entry["type"] == "file":
            sound = present["type"] == "file" and present["sha256"] == entry["sha256"]
            if sound and present["uid"] == 0 and present["links"] == 1:
                _dress(handle, name, entry, present["id"])
            else:
                _replace(handle, name, lambda draft: _write(handle, draft, entry, content()))
        else:
            raise Unsafe("it is neither file, folder nor link, and cannot be made again")


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
    raise Unsafe("somebody keeps getting in the way")


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
        _wear(written, entry, _attributes(handle, draft, written, "file"))
        os.fsync(written)
    finally:
        os.close(written)


def _dress(handle, name, entry, same=None):
    reached = os.open(name, ANY, dir_fd=handle)
    try:
        status = os.fstat(reached)
        if _type(status.st_mode) != entry["type"] or (same and [device_of(status), status.st_ino] != same[:2]):
            raise Unsafe("it was swapped for something else")
        _wear(reached, entry, _attributes(handle, name, reached, entry["type"]))
    finally:
        os.close(reached)


def _wear(reached, entry, present):
    """Owner, attributes, mode and time of what a descriptor holds; in this order, for each clears some of the next."""
    path = _through(reached)
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
    exposed = settled(path)[1]
    with opened(parent) as handle:
        reached = os.open(name, ANY, dir_fd=handle)
        try:
            status = os.fstat(reached)
            kind = _type(status.st_mode)
            if [device_of(status), status.st_ino] != entry["id"][:2] or kind != entry["type"]:
                raise Unsafe("it is another one than at the snapshot")
            if kind == "link":
                raise Unsafe("links are left alone there")
            if kind != "folder" and status.st_nlink != 1:
                raise Unsafe("it has %d hard links" % status.st_nlink)
            if exposed and status.st_uid not in (0, entry["uid"]):
                raise Unsafe("it is not root's any more")
            mode = entry["mode"]
            if kind != "folder":
                mode &= ~(PRIVILEGED & ~stat.S_IMODE(status.st_mode))
            wanted = {**entry, "mode": mode, "mtime": status.st_mtime_ns}
            _wear(reached, wanted, _attributes(handle, name, reached, kind))
            if mode != entry["mode"]:
                raise Unsafe("its set-id bit is not given back")
        finally:
            os.close(reached)


def put_time(path, entry):
    """A folder's time, if the names in it are those of the entry. Whether it is so now."""
    parent, name = os.path.split(path)
    if path == "/":
        parent, name = "/", "."
    try:
        with opened(parent) as handle:
            inner = _enter(handle, name, path)
            try:
                if names_digest(os.listdir(inner)) != entry["names"]:
                    return False
                if os.fstat(inner).st_mtime_ns != entry["mtime"]:
                    os.utime(inner, ns=(entry["mtime"], entry["mtime"]))
                return True
            finally:
                os.close(inner)
    except (OSError, Unsafe):
        return False
