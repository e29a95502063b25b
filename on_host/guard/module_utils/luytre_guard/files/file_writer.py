"""Putting files back exactly as they were, without ever following a link or writing into a file that is there.

Everything is done relative to descriptors that ``tree`` opened; content goes to a new file that then takes the name.
"""

import base64
import contextlib
import hashlib
import os
import stat

from ansible.module_utils.luytre_guard.files import identity, tree

DRAFT = ".luytre-guard-"
PRIVILEGED_BITS = stat.S_ISUID | stat.S_ISGID


def remove_path_recursively(path):
    """Remove what is at the path, with all below it if it is a folder.

    Other mounts stay. Whether anything was there.
    """
    parent, name = os.path.split(path)
    try:
        with tree.open_folder_without_following_links(parent) as handle:
            return _remove_name_in_folder_recursively(handle, name)
    except FileNotFoundError:
        return False


def _remove_name_in_folder_recursively(folder, name):
    """Remove a folder, however deep it is.

    Only the folder at hand is open, and the way up leads to the very folders of the way down.
    """
    try:
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    if not stat.S_ISDIR(status.st_mode):
        os.unlink(name, dir_fd=folder)
        return True
    way, here = [], tree.open_folder_in_open_folder(folder, name, name)
    try:
        while True:
            below = _remove_files_up_to_first_folder(here)
            if below is not None:
                inner = tree.open_folder_in_open_folder(here, below, below)
                if os.fstat(inner).st_dev != os.fstat(here).st_dev:
                    os.close(inner)
                    raise tree.UnsafeTarget("%s is another mount" % below)
                way.append((below, os.fstat(here)))
                os.close(here)
                here = inner
            elif way:
                below, above = way.pop()
                outer = os.open("..", tree.FOLDER, dir_fd=here)
                os.close(here)
                here = outer
                if not os.path.samestat(os.fstat(here), above):
                    raise tree.UnsafeTarget("%s was moved" % below)
                os.rmdir(below, dir_fd=here)
            else:
                break
    finally:
        os.close(here)
    os.rmdir(name, dir_fd=folder)
    return True


def _remove_files_up_to_first_folder(folder):
    """Remove from an open folder all up to the first folder. The name of that, or None when nothing is left."""
    with os.scandir(folder) as iterator:
        for entry in iterator:
            if entry.is_dir(follow_symlinks=False):
                return entry.name
            os.unlink(entry.name, dir_fd=folder)
    return None


def remove_folder_if_empty(path):
    """Remove a folder that is empty. Whether it is gone."""
    parent, name = os.path.split(path)
    try:
        with tree.open_folder_without_following_links(parent) as handle:
            os.rmdir(name, dir_fd=handle)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def put_path_into_state_of_entry(path, entry, content):
    """Have at the path what the entry says, with the bytes that ``content()`` gives for a file whose bytes are kept.

    A file that is root's and has the right bytes only gets its attributes; else a new one takes its name. A folder's
    time is left to put_time, for it changes with what is in it.
    """
    parent, name = os.path.split(path)
    with tree.open_folder_without_following_links(parent) as handle:
        present = tree.read_entry(handle, name, tree.compute_digest_entry_of_content if "sha256" in entry else None)
        if present["type"] == "folder" and entry["type"] != "folder":
            _remove_name_in_folder_recursively(handle, name)
        elif present["type"] not in ("absent", "folder") and entry["type"] == "folder":
            os.unlink(name, dir_fd=handle)
        if entry["type"] == "folder":
            if present["type"] != "folder":
                os.mkdir(name, 0o700, dir_fd=handle)
            _set_attributes_of_entry_in_folder(handle, name, {**entry, "mtime": None})
        elif entry["type"] == "link":
            if tree.find_fields_differing_between_entries(entry, present):
                _replace_name_by_draft_atomically(
                    handle, name, lambda draft: _make_draft_link_of_entry(handle, draft, entry)
                )
        elif entry["type"] == "file":
            sound = present["type"] == "file" and present["sha256"] == entry["sha256"]
            if sound and present["uid"] == 0 and present["links"] == 1:
                _set_attributes_of_entry_in_folder(handle, name, entry, present["id"])
            else:
                _replace_name_by_draft_atomically(
                    handle, name, lambda draft: _write_draft_file_of_entry(handle, draft, entry, content())
                )
        else:
            raise tree.UnsafeTarget("it is neither file, folder nor link, and cannot be made again")


def _replace_name_by_draft_atomically(folder, name, make_draft):
    draft = DRAFT + hashlib.sha256(os.fsencode(name)).hexdigest()[:24]
    for _ in range(100):
        with contextlib.suppress(FileNotFoundError, IsADirectoryError):
            os.unlink(draft, dir_fd=folder)
        try:
            make_draft(draft)
            os.rename(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
        except FileExistsError:
            draft = DRAFT + base64.b32encode(os.urandom(15)).decode("ascii").lower()
            continue
        except FileNotFoundError:
            continue
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(draft, dir_fd=folder)
            raise
        return
    raise tree.UnsafeTarget("somebody keeps getting in the way")


def _make_draft_link_of_entry(folder, draft, entry):
    os.symlink(entry["target"], draft, dir_fd=folder)
    os.chown(draft, entry["uid"], entry["gid"], dir_fd=folder, follow_symlinks=False)
    os.utime(draft, ns=(entry["mtime"], entry["mtime"]), dir_fd=folder, follow_symlinks=False)


def _write_draft_file_of_entry(folder, draft, entry, content):
    descriptor = os.open(
        draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder
    )
    try:
        for chunk in content:
            view = memoryview(chunk)
            while view:
                view = view[os.write(descriptor, view) :]
        _set_attributes_of_open_descriptor(descriptor, entry, tree.read_xattrs(folder, draft, descriptor, "file"))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _set_attributes_of_entry_in_folder(folder, name, entry, expected_identity=None):
    descriptor = os.open(name, tree.ANY, dir_fd=folder)
    try:
        status = os.fstat(descriptor)
        if tree.get_file_type_name_of_mode(status.st_mode) != entry["type"] or (
            expected_identity and not identity.is_same_file(expected_identity, identity.get_identity(descriptor))
        ):
            raise tree.UnsafeTarget("it was swapped for something else")
        _set_attributes_of_open_descriptor(descriptor, entry, tree.read_xattrs(folder, name, descriptor, entry["type"]))
    finally:
        os.close(descriptor)


def _set_attributes_of_open_descriptor(descriptor, entry, present):
    """Set owner, attributes, mode and time of what a descriptor holds.

    They are set in this order, for each clears some of the next.
    """
    path = tree.make_descriptor_path(descriptor)
    status = os.fstat(descriptor)
    xattrs = entry.get("xattrs", {})
    if (status.st_uid, status.st_gid) != (entry["uid"], entry["gid"]):
        os.chmod(path, stat.S_IMODE(status.st_mode) & entry["mode"] & ~PRIVILEGED_BITS)
        os.chown(path, entry["uid"], entry["gid"])
        present = {name: value for name, value in present.items() if name != "security.capability"}
    for attribute in present:
        if attribute not in xattrs:
            with contextlib.suppress(FileNotFoundError):
                os.removexattr(path, attribute)
    for attribute, value in xattrs.items():
        if present.get(attribute) != value:
            os.setxattr(path, attribute, base64.b64decode(value))
    if stat.S_IMODE(os.fstat(descriptor).st_mode) != entry["mode"]:
        os.chmod(path, entry["mode"])
    if entry["mtime"] not in (None, os.fstat(descriptor).st_mtime_ns):
        os.utime(path, ns=(entry["mtime"], entry["mtime"]))


def put_attributes_if_still_same_file(path, entry):
    """Put owner, mode and attributes of something whose bytes are not kept, if it is still the very same one.

    What others may have had a hand in never becomes root's, and a file never gets back a set-id bit.
    """
    parent, name = os.path.split(path)
    is_exposed = tree.resolve_path_through_links_of_root(path)[1]
    with tree.open_folder_without_following_links(parent) as handle:
        descriptor = os.open(name, tree.ANY, dir_fd=handle)
        try:
            status = os.fstat(descriptor)
            kind = tree.get_file_type_name_of_mode(status.st_mode)
            if kind != entry["type"] or not identity.is_same_file(
                entry["id"], identity.get_identity(descriptor), alone=not is_exposed
            ):
                raise tree.UnsafeTarget("it is another one than at the snapshot")
            if kind == "link":
                raise tree.UnsafeTarget("links are left alone there")
            if kind != "folder" and status.st_nlink != 1:
                raise tree.UnsafeTarget("it has %d hard links" % status.st_nlink)
            if is_exposed and status.st_uid not in (0, entry["uid"]):
                raise tree.UnsafeTarget("it is not root's any more")
            mode = entry["mode"]
            if kind != "folder":
                mode &= ~(PRIVILEGED_BITS & ~stat.S_IMODE(status.st_mode))
            target = {**entry, "mode": mode, "mtime": status.st_mtime_ns}
            _set_attributes_of_open_descriptor(descriptor, target, tree.read_xattrs(handle, name, descriptor, kind))
            if mode != entry["mode"]:
                raise tree.UnsafeTarget("its set-id bit is not given back")
        finally:
            os.close(descriptor)


def put_mtime_of_folder_with_same_names(path, entry):
    """Return a folder's time, if the names in it are those of the entry. Whether it is so now."""
    parent, name = os.path.split(path)
    if path == "/":
        parent, name = "/", "."
    try:
        with tree.open_folder_without_following_links(parent) as handle:
            inner = tree.open_folder_in_open_folder(handle, name, path)
            try:
                inside = tree.list_names(inner)
                if inside is None or tree.compute_names_digest(inside) != entry["names"]:
                    return False
                if os.fstat(inner).st_mtime_ns != entry["mtime"]:
                    os.utime(inner, ns=(entry["mtime"], entry["mtime"]))
                return True
            finally:
                os.close(inner)
    except (OSError, tree.UnsafeTarget):
        return False
