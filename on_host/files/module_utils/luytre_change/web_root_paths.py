"""Open paths below a web root, from the root of the file system on, without ever following a link."""

import contextlib
import os

from ansible.module_utils.luytre_shared.files import ownership, safe_open
from ansible.module_utils.luytre_shared.files.names import user_name


class PathRefusal(Exception):
    """This path is left alone; the message says why."""


def open_web_root_without_following_links(root, base="/", trusted_uid=0, served_mounts=None):
    """Return a descriptor of ``root``, reached from ``base`` on without following a link.

    The folders above are ``trusted_uid``'s up to some point, and theirs or one other account's from there on: that one
    can swap what lies there for nothing but what it could move there itself. ``served_mounts``: see
    ``ownership.PathTrust``.
    """
    if not os.path.isabs(root) or ".." in root.split("/"):
        raise PathRefusal("root must be an absolute path without '..'")
    relative = os.path.relpath(os.path.normpath(root), base)
    if relative == "." or relative.startswith("../"):
        raise PathRefusal("root must lie below %s" % base)
    _check_root_not_on_user_served_mount(
        os.path.normpath(root), ownership.read_uids_of_user_served_mounts() if served_mounts is None else served_mounts
    )
    folder = os.open(base, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    parent_path, owner = base.rstrip("/"), trusted_uid
    try:
        for part in relative.split("/"):
            owner = _check_and_find_owner_of_way_to_root(os.fstat(folder), parent_path or "/", owner, trusted_uid)
            with _turn_open_errors_into_path_refusals("root"):
                inner = safe_open.open_folder_in_open_folder(folder, part)
            os.close(folder)
            folder = inner
            parent_path += "/" + part
        return os.dup(folder)
    finally:
        os.close(folder)


def _check_and_find_owner_of_way_to_root(status, folder_handle, owner, trusted_uid):
    """Return whose the way is from this folder on."""
    if ownership.find_untrusted_changer_of_file(status, ownership.ANYBODY):
        raise PathRefusal("%s above the root can be changed by everybody" % folder_handle)
    if status.st_uid in (owner, trusted_uid):
        return owner
    if owner != trusted_uid:
        raise PathRefusal(
            "%s above the root is %s's, in a folder of %s's" % (folder_handle, *map(user_name, (status.st_uid, owner)))
        )
    return status.st_uid


def _check_root_not_on_user_served_mount(root, served_mounts):
    """Raise an error for a file system that a user's program serves: it need never answer."""
    for mount, uid in served_mounts.items():
        if (root + "/").startswith(mount.rstrip("/") + "/") or mount.startswith(root + "/"):
            raise PathRefusal("%s is served by a program of %s's" % (mount, user_name(uid)))


def open_parent(root, path):
    """Return ``(descriptor of the folder, name in it)`` of a path below the root's descriptor."""
    if path.startswith("/") or ".." in path.split("/"):
        raise PathRefusal("must be relative to the root, without '..'")
    with _turn_open_errors_into_path_refusals(path):
        return safe_open.open_parent_folder_of_path(path, base=root)


def open_regular_file_or_folder_in_folder(folder_handle, name, kind):
    """Return a descriptor of a regular file with one name, or of a folder. Nothing else is ever opened for long."""
    with _turn_open_errors_into_path_refusals():
        handle = safe_open.open_name_in_open_folder(
            folder_handle, name, safe_open.DIRECTORY if kind == "directory" else safe_open.REGULAR
        )
    links = os.fstat(handle).st_nlink
    if kind == "file" and links != 1:
        os.close(handle)
        raise PathRefusal("has %d hard links" % links)
    return handle


@contextlib.contextmanager
def _turn_open_errors_into_path_refusals(label=None):
    """Turn what the system, or ``safe_open``, says against opening something into why it is left alone."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise PathRefusal(error.strerror if label is None else "%s: %s" % (label, error.strerror))
