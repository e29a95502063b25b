"""Moving files out of folders that others write and into them.

By descriptors, comparing what was moved with what was looked at.

Whoever can write the folder may swap its names at any moment. No link is followed, and nothing that has come in a
file's place is written over.
"""

import contextlib
import errno
import hashlib
import os
import stat
import time

from ansible.module_utils.luytre_shared.files import safe_open
from ansible.module_utils.luytre_shared.incidents.action_runner import ActionRefusal

CHUNK = 1 << 20
MAX_DEPTH = 64
"""Folders on the way to a file that are looked at for room for it."""
MAX_DIGESTED = 1 << 30
"""Bytes of a file that is read through.

Of a larger one, such as a sparse one of a thousand gigabytes, there is no digest.
"""
DIGEST_SECONDS = 4
"""In which it is read through: whoever owns the file decides how long that would take."""
COPY_SECONDS = 5
"""Likewise for a copy."""
APART = ".luytre-quarantine-"
"""How the name of a folder of root's begins in which a file stays on its own file system."""


def open_parent_folder_without_links(path, open_ones, root=""):
    """Return ``(open folder, name)`` of where a path ends. Raises ActionRefusal when a link, or nothing, is on the way.

    On the way to ``root``, if the path lies below it, those links count that root made, such as a web root's own.
    """
    try:
        if root and path.startswith(root + "/"):
            base = close_descriptor_when_stack_ends(
                open_ones, safe_open.open_path(root, safe_open.DIRECTORY, safe_open.ROOTS_LINKS)
            )
            place, last = safe_open.open_parent_folder_of_path(path[len(root) :], base=base)
        else:
            place, last = safe_open.open_parent_folder_of_path(path)
    except FileNotFoundError:
        raise ActionRefusal("folder_gone", "")
    except safe_open.Unsafe as unsafe:
        raise ActionRefusal("unsafe", unsafe.strerror)
    return close_descriptor_when_stack_ends(open_ones, place), last


def close_descriptor_when_stack_ends(open_ones, handle):
    """Return the descriptor, closed when all are."""
    open_ones.callback(os.close, handle)
    return handle


def compute_digest(handle):
    """Return sha256 of an open file, in hex.

    None of one that is larger than MOST_DIGESTED, takes longer than DIGEST_SECONDS, or was not opened for reading.
    """
    state, at, ends = hashlib.sha256(), 0, time.monotonic() + DIGEST_SECONDS
    while handle is not None and max(at, os.fstat(handle).st_size) <= MAX_DIGESTED and time.monotonic() < ends:
        piece = os.pread(handle, CHUNK, at)
        if not piece:
            return state.hexdigest()
        state.update(piece)
        at += len(piece)
    return None


def identify_file_by_device_and_inode(folder, name):
    """Return what tells a file from others, None where there is none; no link is followed."""
    try:
        status = os.lstat(name, dir_fd=folder)
    except FileNotFoundError:
        return None
    return [status.st_dev, status.st_ino]


def move_file_back_unless_name_is_taken(where, aside, folder, file_name):
    """Have what was moved aside where it was; where that name is taken by now, it stays aside."""
    with contextlib.suppress(OSError):
        if stat.S_ISDIR(
            os.lstat(aside, dir_fd=where).st_mode
        ):  # which has one name only, and takes no other's place but of an empty one
            os.rename(aside, file_name, src_dir_fd=where, dst_dir_fd=folder)
            return
        os.link(aside, file_name, src_dir_fd=where, dst_dir_fd=folder, follow_symlinks=False)
        os.unlink(aside, dir_fd=where)


def copy_file(source_handle, folder, name, sha256):
    """Copy a file as the open one is, into an open folder where there is none of that name.

    Bytes, owner, mode, times, and what hangs on it.

    No more is written than the file holds now, which its owner may go on writing to, nor more than half of what is
    free. Raises ActionRefusal, OSError.
    """
    if sha256 is None:
        raise ActionRefusal("too_large", "")
    status = os.fstat(source_handle)
    if status.st_size > min(MAX_DIGESTED, _count_free_bytes_of_filesystem(folder) // 2):
        raise ActionRefusal("too_large", "")
    target = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)
    try:
        _copy_first_bytes_to_empty_file(source_handle, target, status.st_size)
        os.fchown(target, status.st_uid, status.st_gid)
        os.fchmod(target, stat.S_IMODE(status.st_mode))
        for key in os.listxattr(source_handle):
            os.setxattr(target, key, os.getxattr(source_handle, key))
        os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
        os.fsync(target)
        if compute_digest(target) != sha256:
            raise ActionRefusal("swapped", "")
    except BaseException:
        os.unlink(name, dir_fd=folder)
        raise
    finally:
        os.close(target)


def _count_free_bytes_of_filesystem(folder):
    """Return bytes that may be written on the file system of an open folder."""
    room = os.fstatvfs(folder)
    return room.f_bavail * room.f_frsize


def _copy_first_bytes_to_empty_file(source_handle, target, size):
    """Have the first ``size`` bytes in an empty file; what is empty takes no room there.

    Raises ActionRefusal when that takes too long.
    """
    at, ends = 0, time.monotonic() + COPY_SECONDS
    while at < size:
        piece = os.pread(source_handle, min(CHUNK, size - at), at)
        if not piece:
            break
        if time.monotonic() > ends:
            raise ActionRefusal("late", "")
        if piece.count(0) == len(piece):
            at += len(piece)
            continue
        while piece:
            count = os.pwrite(target, piece, at)
            piece, at = piece[count:], at + count
    os.ftruncate(target, at)


def move_file_into_own_folder(source_folder, file_name, record, folder, stored_name):
    """Have a file in a folder of ours, as ``stored_name``, and not in its place.

    Raises ActionRefusal when something else has come there meanwhile, OSError.
    """
    os.rename(file_name, stored_name, src_dir_fd=source_folder, dst_dir_fd=folder)
    if identify_file_by_device_and_inode(folder, stored_name) != record["file"]:
        move_file_back_unless_name_is_taken(folder, stored_name, source_folder, file_name)
        raise ActionRefusal("swapped", record["path"])


# --- in its own folder -------------------------------------------------------------------------------


def open_folder_deciding_where_path_leads(path, open_ones):
    """Return ``(open folder, name)`` of what decides where a path leads.

    The first link on the way that root did not make, else the file itself. Raises OSError.
    """
    names = safe_open.split_path(path)
    for count in range(1, len(names)):
        try:
            place, _ = safe_open.open_parent_folder_of_path("/" + "/".join(names[:count]), safe_open.ROOTS_LINKS)
        except safe_open.Unsafe:
            above = "/" + "/".join(names[: count - 1])
            place = safe_open.open_path(above, safe_open.DIRECTORY, safe_open.ROOTS_LINKS)
            return close_descriptor_when_stack_ends(open_ones, place), names[count - 1]
        os.close(place)
    try:
        place, last = safe_open.open_parent_folder_of_path(path, safe_open.ROOTS_LINKS)
    except safe_open.Unsafe:
        above = "/" + "/".join(names[:-1])
        place, last = safe_open.open_path(above, safe_open.DIRECTORY, safe_open.ROOTS_LINKS), names[-1]
    return close_descriptor_when_stack_ends(open_ones, place), last


# --- on its own file system --------------------------------------------------------------------------


def set_file_apart_on_its_own_filesystem(source_folder, file_name, record, stored_name, note_place, open_ones):
    """Have a file in a folder of root's alone on its own file system, as ``stored_name``; that open folder.

    ``note_place`` is called when the record tells where, before anything is made there. Whatever the file is like, it
    no longer has its name. Raises ActionRefusal when something else has come in its place meanwhile, OSError.
    """
    name = APART + record["aside"].rpartition("-")[2]
    for top in list_parent_folders_on_same_filesystem(source_folder, open_ones):
        record["apart"] = os.path.join(safe_open.get_real_path_of_descriptor(top), name)
        note_place()
        try:
            folder = make_private_folder_in_open_folder(top, name, open_ones)
            move_file_into_own_folder(source_folder, file_name, record, folder, stored_name)
        except BaseException as error:
            with contextlib.suppress(OSError):
                os.rmdir(name, dir_fd=top)
            if getattr(error, "errno", None) != errno.EXDEV:  # the same file system, mounted twice
                raise
        else:
            return folder
    raise ActionRefusal("unsafe", record["path"])


def list_parent_folders_on_same_filesystem(folder, open_ones):
    """Return the open folders on the way to an open one, itself too, that are on its file system, the topmost first.

    Whose folder that is has least to do with the file's.
    """
    folders, device = [folder], os.fstat(folder).st_dev
    while len(folders) < MAX_DEPTH:
        above = close_descriptor_when_stack_ends(open_ones, os.open("..", safe_open.FOLDER, dir_fd=folders[-1]))
        status = os.fstat(above)
        if status.st_dev != device or status.st_ino == os.fstat(folders[-1]).st_ino:
            break
        folders.append(above)
    return folders[::-1]


def make_private_folder_in_open_folder(parent_folder, name, open_ones):
    """Return a new folder for this account alone, in an open one.

    Raises ActionRefusal when what has the name is another, OSError.
    """
    os.mkdir(name, 0o700, dir_fd=parent_folder)
    folder = close_descriptor_when_stack_ends(open_ones, safe_open.open_folder_in_open_folder(parent_folder, name))
    _check_folder_is_private_to_this_account(folder, name)
    return folder


def open_folder_of_file_set_apart(record, open_ones):
    """Return the open folder in which a file stays on its own file system; None when there is none, or no longer.

    Raises ActionRefusal when what has the name is another.
    """
    if not record.get("apart"):
        return None
    try:
        folder = close_descriptor_when_stack_ends(open_ones, safe_open.open_path(record["apart"], safe_open.DIRECTORY))
    except OSError:  # it went with the memory that it was in, or somebody has moved a folder that it is in
        return None
    _check_folder_is_private_to_this_account(folder, record["apart"])
    return folder


def is_folder_of_file_set_apart(name, status):
    """Return whether a folder is one in which a contained file stays on its own file system.

    Nobody but root makes such.
    """
    return name.startswith(APART) and status.st_uid == 0 and not status.st_mode & 0o077


def _check_folder_is_private_to_this_account(folder, name):
    status = os.fstat(folder)
    if status.st_uid != os.geteuid() or status.st_mode & 0o077:
        raise ActionRefusal("unsafe", name)


def remove_file_set_apart_and_its_folder(record, folder, stored_name, open_ones):
    """Have neither the file nor its folder there."""
    os.unlink(stored_name, dir_fd=folder)
    place, last = open_parent_folder_without_links(record["apart"], open_ones)
    if os.path.samestat(os.lstat(last, dir_fd=place), os.fstat(folder)):
        os.rmdir(last, dir_fd=place)


def put_kept_file_back_if_name_is_free(folder, stored_name, target_folder, file_name, record, open_ones):
    """Have what is kept in its place again, in place of nothing; it stays kept, too. Raises ActionRefusal."""
    try:
        os.link(stored_name, file_name, src_dir_fd=folder, dst_dir_fd=target_folder, follow_symlinks=False)
    except FileExistsError:
        if not has_name_content_of_recorded_file(target_folder, file_name, record):
            raise ActionRefusal("name_taken", record["path"])
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        if record["sha256"] is None:
            raise ActionRefusal("too_large", record["path"])
        put_copy_of_file_back_atomically(
            close_descriptor_when_stack_ends(open_ones, safe_open.open_name_in_open_folder(folder, stored_name)),
            target_folder,
            file_name,
            record,
        )


def put_copy_of_file_back_atomically(source_handle, target_folder, file_name, record):
    """Have a copy of a file in its place, under its name only when it is whole."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(record["aside"], dir_fd=target_folder)
    copy_file(source_handle, target_folder, record["aside"], record["sha256"])
    try:
        os.link(record["aside"], file_name, src_dir_fd=target_folder, dst_dir_fd=target_folder, follow_symlinks=False)
    except FileExistsError:
        if not has_name_content_of_recorded_file(target_folder, file_name, record):
            raise ActionRefusal("name_taken", record["path"])
    finally:
        os.unlink(record["aside"], dir_fd=target_folder)


def has_name_content_of_recorded_file(folder, file_name, record):
    """Return whether what has the name holds what the file holds: it is back already, or still there.

    Numbers of files are given again.
    """
    if record["sha256"] is None:
        return identify_file_by_device_and_inode(folder, file_name) == record["file"]
    try:
        handle = safe_open.open_name_in_open_folder(folder, file_name)
    except OSError:
        return False
    try:
        return compute_digest(handle) == record["sha256"]
    finally:
        os.close(handle)
