"""Files exactly as they are, read without ever following a link.

Whoever can write a folder can swap any name in it at any moment. So every folder from the root of the file system on is
opened by ``safe_open``, and everything is done relative to such descriptors or through them.

An entry is a small dict: ``type`` one of file folder link other absent; for what is there ``mode uid gid mtime``
(nanoseconds), for files ``size`` and, where content is kept, ``sha256``; ``target`` of a link; ``xattrs`` name to
base64; for folders ``list_names``, a digest of the names in it; ``id``, what tells it from others (``identity``).
"""

import base64
import contextlib
import errno
import hashlib
import itertools
import os
import re
import stat

from ansible.module_utils.luytre_guard.files import identity
from ansible.module_utils.luytre_shared.files import ownership, safe_open

FOLDER, ANY = safe_open.FOLDER, safe_open.HOLD_FLAGS
ABSENT = {"type": "absent"}
MAX_LINKS = 16
MAX_NAMES = 500_000
SERVED_TYPES = ("fuse", "nfs", "cifs", "smb", "9p", "ceph", "afs", "autofs")
CHUNK = 1 << 20
MAX_FILE = 96 * 1024 * 1024


class UnsafeTarget(Exception):
    """A path is not what it has to be for root to change it; the message says why."""


def split_path(path):
    """Return the names in an absolute, plain path."""
    if not path.startswith("/") or os.path.normpath(path) != path or path.startswith("//"):
        raise UnsafeTarget("%s is not a plain absolute path" % path)
    return [part for part in path.split("/") if part]


@contextlib.contextmanager
def open_folder_without_following_links(path):
    """Open a descriptor of a folder, no component of which is a link."""
    handle = os.open("/", FOLDER)
    try:
        for part in split_path(path):
            inner = open_folder_in_open_folder(handle, part, path)
            os.close(handle)
            handle = inner
        yield handle
    finally:
        os.close(handle)


def open_folder_in_open_folder(folder, name, path):
    """Return a descriptor of a folder in an open folder; never through a link."""
    try:
        return safe_open.open_folder_in_open_folder(folder, name)
    except safe_open.Unsafe as error:
        raise UnsafeTarget("%s: %s" % (path, error.strerror))


def resolve_path_through_links_of_root(path):
    """Return the path with links on the way resolved, as far as root alone has a say in them, and whether the last
    folder on the way, or one above it, is anybody else's to write. Nothing in such a folder is looked at: that may
    block."""
    parts_left, resolved_parts, links, served_paths = split_path(path), [], 0, list_served_mounts()
    handle = os.open("/", FOLDER)
    try:
        while parts_left:
            if is_changeable_by_others_than_root(os.fstat(handle)):
                return "/" + "/".join([*resolved_parts, *parts_left]), True
            part = parts_left.pop(0)
            if not parts_left:
                return "/" + "/".join([*resolved_parts, part]), False
            if "/" + "/".join([*resolved_parts, part]) in served_paths:
                return "/" + "/".join([*resolved_parts, part, *parts_left]), True
            try:
                inner = os.stat(part, dir_fd=handle, follow_symlinks=False)
            except FileNotFoundError:
                return "/" + "/".join([*resolved_parts, part, *parts_left]), False
            try:
                target = safe_open.read_link_target_if_roots(handle, part) if stat.S_ISLNK(inner.st_mode) else None
            except safe_open.Unsafe:
                raise UnsafeTarget("%s leads through a link that is not root's alone" % path)
            if target is not None:
                links += 1
                if links > MAX_LINKS:
                    raise UnsafeTarget("%s leads through too many links" % path)
                parts_left = (
                    split_path(os.path.normpath(os.path.join("/" + "/".join(resolved_parts), target))) + parts_left
                )
                resolved_parts = []
                os.close(handle)
                handle = os.open("/", FOLDER)
                continue
            resolved_parts.append(part)
            if not stat.S_ISDIR(inner.st_mode):
                raise UnsafeTarget("%s leads through %s, which is no folder" % (path, part))
            deeper = open_folder_in_open_folder(handle, part, path)
            os.close(handle)
            handle = deeper
        return "/" + "/".join(resolved_parts), False
    finally:
        os.close(handle)


def list_served_mounts():
    """Return where file systems are mounted that another program or another machine serves.

    A look at one need never end.
    """
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as handle:
        rows = [line.split(" ") for line in handle]
    return {
        re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal.group(1), 8)), row[4])
        for row in rows
        if row[row.index("-") + 1].startswith(SERVED_TYPES)
    }


def is_changeable_by_others_than_root(status):
    """Return whether somebody besides root can change a folder, or a file (where there are lists of rights, their mask
    counts).
    """
    return ownership.find_untrusted_changer_of_file(status, ownership.STRICT_ROOT) is not None


def is_entry_changeable_by_others_than_root(entry):
    """Return whether somebody besides root could change what an entry of a folder or file tells of."""
    return is_changeable_by_others_than_root(ownership.FileOwnership(entry["uid"], entry.get("gid", 0), entry["mode"]))


# --- reading -------------------------------------------------------------------------------------------


def read_entry(folder, name, keep_content=None, known_entry=None):
    """Return the entry of ``name`` in an open folder.

    ``keep_content(chunks, status)`` is given the content of a regular file, and what it says of it (``sha256`` …) is
    added. A file whose ``id`` is that of ``known_entry`` has that one's content.
    """
    try:
        descriptor = os.open(name, ANY, dir_fd=folder)
    except FileNotFoundError:
        return dict(ABSENT)
    except NotADirectoryError:
        return dict(ABSENT)
    try:
        status = os.fstat(descriptor)
        entry = {
            "type": get_file_type_name_of_mode(status.st_mode),
            "mode": stat.S_IMODE(status.st_mode),
            "uid": status.st_uid,
            "gid": status.st_gid,
            "mtime": status.st_mtime_ns,
            "id": identity.get_identity(descriptor, status),
        }
        xattrs = read_xattrs(folder, name, descriptor, entry["type"])
        if xattrs:
            entry["xattrs"] = xattrs
        if entry["type"] == "link":
            entry["target"] = os.readlink(name, dir_fd=folder)
        elif entry["type"] == "file":
            entry["size"] = status.st_size
            entry["links"] = status.st_nlink
            if keep_content is not None:
                if (
                    known_entry
                    and known_entry.get("id") == entry["id"]
                    and known_entry.get("size") == entry["size"]
                    and "sha256" in known_entry
                ):
                    entry["sha256"] = known_entry["sha256"]
                else:
                    entry.update(_pass_file_content_to_keep_function(descriptor, status, keep_content))
        return entry
    finally:
        os.close(descriptor)


def get_file_type_name_of_mode(mode):
    """Return ``file``, ``folder``, ``link`` or ``other``."""
    for test, name in ((stat.S_ISREG, "file"), (stat.S_ISDIR, "folder"), (stat.S_ISLNK, "link")):
        if test(mode):
            return name
    return "other"


def make_descriptor_path(handle):
    """Return a name for what a descriptor holds, that leads nowhere else."""
    return "%s%d" % (safe_open.THROUGH, handle)


def read_xattrs(handle, name, descriptor, kind):
    """Return extended attributes of what is open as ``descriptor``, and has the name in an open folder."""
    path, follow = (
        (make_descriptor_path(handle) + "/" + name, False)
        if kind == "link"
        else (make_descriptor_path(descriptor), True)
    )
    values = {}
    try:
        for attribute in os.listxattr(path, follow_symlinks=follow):
            value = os.getxattr(path, attribute, follow_symlinks=follow)
            values[attribute] = base64.b64encode(value).decode("ascii")
    except OSError as error:
        if error.errno not in (errno.ENOTSUP, errno.ENODATA, errno.EPERM, errno.ENOENT):
            raise
    return values


def _pass_file_content_to_keep_function(descriptor, status, keep_content):
    handle = safe_open.reopen(descriptor)
    try:
        return keep_content(_iter_chunks(handle), status)
    finally:
        os.close(handle)


def _iter_chunks(handle):
    while True:
        chunk = os.read(handle, CHUNK)
        if not chunk:
            return
        yield chunk


def compute_digest_entry_of_content(chunks, status):
    """Return the digest, as a ``keep_content`` that keeps nothing; of what is too large for any snapshot the size."""
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


def list_names(folder):
    """Return the names in an open folder, or None when there are too many to hold."""
    with os.scandir(folder) as iterator:
        found_names = [entry.name for entry in itertools.islice(iterator, MAX_NAMES + 1)]
    return found_names if len(found_names) <= MAX_NAMES else None


def compute_names_digest(names):
    """Return what tells one set of names from another."""
    return hashlib.sha256("\0".join(sorted(names)).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def read_entry_of_path(path, keep_content=None, known_entry=None):
    """Return the entry of one path, which may be absent as may folders above it."""
    parent, name = os.path.split(path)
    if path == "/":
        parent, name = "/", "."
    try:
        with open_folder_without_following_links(parent) as handle:
            entry = read_entry(handle, name, keep_content, known_entry)
            if entry["type"] == "folder":
                with contextlib.suppress(OSError, UnsafeTarget):
                    inner = open_folder_in_open_folder(handle, name, path)
                    try:
                        inside = list_names(inner)
                        if inside is not None:
                            entry["names"] = compute_names_digest(inside)
                    finally:
                        os.close(inner)
            return entry
    except FileNotFoundError:
        return dict(ABSENT)


SAME = ("type", "mode", "uid", "gid", "mtime", "xattrs", "target", "sha256")


def find_fields_differing_between_entries(target_entry, present_entry, ignored_fields=()):
    """Return the words in SAME by which two entries differ; ``sha256`` only where both have one, and no time where none
    is wanted.
    """
    if target_entry["type"] != present_entry["type"]:
        return ["type"]
    words = []
    for word in SAME:
        if word in ignored_fields or (
            word == "sha256" and not ("sha256" in target_entry and "sha256" in present_entry)
        ):
            continue
        if word == "mtime" and target_entry.get(word) is None:
            continue
        if word == "mode" and target_entry["type"] == "link":
            continue
        if target_entry.get(word) != present_entry.get(word):
            words.append(word)
    return words
