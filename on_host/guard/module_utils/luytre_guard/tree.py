"""Files exactly as they are, read without ever following a link.

Whoever can write a folder can swap any name in it at any moment. So every folder from the root of the file system on is
opened by ``safe_open``, and everything is done relative to such descriptors or through them.

An entry is a small dict: ``type`` one of file folder link other absent; for what is there ``mode uid gid mtime``
(nanoseconds), for files ``size`` and, where content is kept, ``sha256``; ``target`` of a link; ``xattrs`` name to
base64; for folders ``names``, a digest of the names in it; ``id``, what tells it from others (``identity``).
"""

import base64
import contextlib
import errno
import hashlib
import itertools
import os
import re
import stat

from ansible.module_utils.luytre_shared import ownership, safe_open

from . import identity

FOLDER, ANY = safe_open.FOLDER, safe_open.HELD
ABSENT = {"type": "absent"}
MAX_LINKS = 16
MAX_NAMES = 500_000
SERVED = ("fuse", "nfs", "cifs", "smb", "9p", "ceph", "afs", "autofs")
CHUNK = 1 << 20
MAX_FILE = 96 * 1024 * 1024


class Unsafe(Exception):
    """A path is not what it has to be for root to change it; the message says why."""


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
            inner = enter(handle, part, path)
            os.close(handle)
            handle = inner
        yield handle
    finally:
        os.close(handle)


def enter(handle, part, path):
    """A descriptor of a folder in an open folder; never through a link."""
    try:
        return safe_open.enter(handle, part)
    except safe_open.Unsafe as refused:
        raise Unsafe("%s: %s" % (path, refused.strerror))


def resolved(path):
    """The path with links on the way resolved, as far as root alone has a say in them, and whether the last folder
    on the way, or one above it, is anybody else's to write. Nothing in such a folder is looked at: that may block."""
    left, seen, links, served = parts(path), [], 0, served_mounts()
    handle = os.open("/", FOLDER)
    try:
        while left:
            if exposed(os.fstat(handle)):
                return "/" + "/".join([*seen, *left]), True
            part = left.pop(0)
            if not left:
                return "/" + "/".join([*seen, part]), False
            if "/" + "/".join([*seen, part]) in served:
                return "/" + "/".join([*seen, part, *left]), True
            try:
                inner = os.stat(part, dir_fd=handle, follow_symlinks=False)
            except FileNotFoundError:
                return "/" + "/".join([*seen, part, *left]), False
            try:
                target = safe_open.roots_link(handle, part) if stat.S_ISLNK(inner.st_mode) else None
            except safe_open.Unsafe:
                raise Unsafe("%s leads through a link that is not root's alone" % path)
            if target is not None:
                links += 1
                if links > MAX_LINKS:
                    raise Unsafe("%s leads through too many links" % path)
                left = parts(os.path.normpath(os.path.join("/" + "/".join(seen), target))) + left
                seen = []
                os.close(handle)
                handle = os.open("/", FOLDER)
                continue
            seen.append(part)
            if not stat.S_ISDIR(inner.st_mode):
                raise Unsafe("%s leads through %s, which is no folder" % (path, part))
            deeper = enter(handle, part, path)
            os.close(handle)
            handle = deeper
        return "/" + "/".join(seen), False
    finally:
        os.close(handle)


def served_mounts():
    """Where file systems are mounted that another program or another machine serves: a look at one need never end."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as handle:
        rows = [line.split(" ") for line in handle]
    return {
        re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal.group(1), 8)), row[4])
        for row in rows
        if row[row.index("-") + 1].startswith(SERVED)
    }


def exposed(status):
    """Whether somebody besides root can change a folder, or a file (where there are lists of rights, their mask counts)."""
    return ownership.changer(status, ownership.CLOSED) is not None


def shaped(entry):
    """Whether somebody besides root could change what an entry of a folder or file tells of."""
    return exposed(ownership.Owned(entry["uid"], entry.get("gid", 0), entry["mode"]))


# --- reading -------------------------------------------------------------------------------------------


def look(handle, name, keep=None, known=None):
    """The entry of ``name`` in an open folder.

    ``keep(chunks, status)`` is given the content of a regular file, and what it says of it (``sha256`` …) is added. A
    file whose ``id`` is that of the ``known`` entry has that one's content.
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
            "type": kind_of(status.st_mode),
            "mode": stat.S_IMODE(status.st_mode),
            "uid": status.st_uid,
            "gid": status.st_gid,
            "mtime": status.st_mtime_ns,
            "id": identity.of(reached, status),
        }
        extended = attributes(handle, name, reached, entry["type"])
        if extended:
            entry["xattrs"] = extended
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
                    entry.update(_content(reached, status, keep))
        return entry
    finally:
        os.close(reached)


def kind_of(mode):
    """``file``, ``folder``, ``link`` or ``other``."""
    for test, name in ((stat.S_ISREG, "file"), (stat.S_ISDIR, "folder"), (stat.S_ISLNK, "link")):
        if test(mode):
            return name
    return "other"


def through(handle):
    """A name for what a descriptor holds, that leads nowhere else."""
    return "%s%d" % (safe_open.THROUGH, handle)


def attributes(handle, name, reached, kind):
    """Extended attributes of what is open as ``reached``, and has the name in an open folder."""
    path, follow = (through(handle) + "/" + name, False) if kind == "link" else (through(reached), True)
    found = {}
    try:
        for attribute in os.listxattr(path, follow_symlinks=follow):
            value = os.getxattr(path, attribute, follow_symlinks=follow)
            found[attribute] = base64.b64encode(value).decode("ascii")
    except OSError as error:
        if error.errno not in (errno.ENOTSUP, errno.ENODATA, errno.EPERM, errno.ENOENT):
            raise
    return found


def _content(reached, status, keep):
    handle = safe_open.again(reached)
    try:
        return keep(_chunks(handle), status)
    finally:
        os.close(handle)


def _chunks(handle):
    while True:
        chunk = os.read(handle, CHUNK)
        if not chunk:
            return
        yield chunk


def digest(chunks, status):
    """A ``keep`` that keeps nothing but the digest; of what is too large for any snapshot only the size."""
    if status.st_size > MAX_FILE:
        return {"sha256": "%d bytes" % status.st_size}
    state = hashlib.sha256()
    size = 0
    for chunk in chunks:
        state.update(chunk)
        size += len(chunk)
        if size > MAX_FILE:
            return {"sha256": "growing"}
    return {"sha256": state.hexdigest(), "size": size}


def names(folder):
    """The names in an open folder, or None when there are too many to hold."""
    with os.scandir(folder) as found:
        some = [one.name for one in itertools.islice(found, MAX_NAMES + 1)]
    return some if len(some) <= MAX_NAMES else None


def names_digest(names):
    """What tells one set of names from another."""
    return hashlib.sha256("\0".join(sorted(names)).encode("utf-8", "surrogateescape")).hexdigest()[:16]


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
                    inner = enter(handle, name, path)
                    try:
                        inside = names(inner)
                        if inside is not None:
                            entry["names"] = names_digest(inside)
                    finally:
                        os.close(inner)
            return entry
    except FileNotFoundError:
        return dict(ABSENT)


SAME = ("type", "mode", "uid", "gid", "mtime", "xattrs", "target", "sha256")


def differs(wanted, present, besides=()):
    """The words in SAME by which two entries differ; ``sha256`` only where both have one, and no time where none is wanted."""
    if wanted["type"] != present["type"]:
        return ["type"]
    found = []
    for word in SAME:
        if word in besides or (word == "sha256" and not ("sha256" in wanted and "sha256" in present)):
            continue
        if word == "mtime" and wanted.get(word) is None:
            continue
        if word == "mode" and wanted["type"] == "link":
            continue
        if wanted.get(word) != present.get(word):
            found.append(word)
    return found
