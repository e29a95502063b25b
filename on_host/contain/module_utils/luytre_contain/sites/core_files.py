"""Put files of a release in their places, keep what was there, and put that back."""

import contextlib
import errno
import os
import stat

from ansible.module_utils.luytre_contain.sites.application_core import ASIDE, FOLDER, OBSTRUCTION, ODD, UNREAD
from ansible.module_utils.luytre_shared.files import file_replacement, immutable, safe_open
from ansible.module_utils.luytre_shared.incidents import safe_move
from ansible.module_utils.luytre_shared.incidents.action_runner import ActionRefusal

MODE = 0o666
"""Of a file that is put there, less what its folder does not allow."""


def put_release_file_in_place(core, store, stored_name, file, on_new_folder):
    """Have the release's file in its place, and what was there kept.

    Raises ActionRefusal when something else is there by now.
    """
    with contextlib.ExitStack() as open_ones:
        place, last = open_parent_folder_of_path(
            core.folder, file["path"], open_ones, on_new_folder if file["was"] is None else None
        )
        open_ones.enter_context(immutable.lift_immutable_flags_of_descriptors(place))
        immutable.clear_immutable_flags_of_file(place, last)
        if file["was"] in ASIDE and safe_move.identify_file_by_device_and_inode(store, stored_name) is None:
            move_original_aside(place, last, store, stored_name, file)
        if file["new"] == FOLDER:
            with contextlib.suppress(FileExistsError):  # it is gone on with
                make_folder_as_owner_would(place, last)
            return
        if file["was"] in (None, *ASIDE):
            put_missing_release_file(place, last, core.release.read_file(file["path"]), file)
            return
        handle = safe_move.close_descriptor_when_stack_ends(open_ones, safe_open.open_name_in_open_folder(place, last))
        there = safe_move.compute_digest(handle)
        if there == file["new"]:
            return
        if there != file["was"]:
            raise ActionRefusal("swapped", file["path"])
        if safe_move.identify_file_by_device_and_inode(store, stored_name) is None:
            keep_original_file(place, last, handle, store, stored_name, file)
        try:
            file_replacement.replace_file_if_still_the_same(
                place, last, handle, os.fstat(handle), core.release.read_file(file["path"])
            )
        except file_replacement.FileSwapped:
            raise ActionRefusal("swapped", file["path"])
        clear_setid_bits_of_file(place, last)


def clear_setid_bits_of_file(folder, name):
    """Have a file run as nobody else: that it did so was of what it held."""
    handle = safe_open.open_name_in_open_folder(folder, name)
    try:
        mode = os.fstat(handle).st_mode
        if mode & (stat.S_ISUID | stat.S_ISGID):
            os.fchmod(handle, mode & 0o777)
    finally:
        os.close(handle)


def keep_original_file(folder, name, handle, store, stored_name, file):
    """Have the very file under a name in our folder, too; from another file system a copy. Raises ActionRefusal."""
    try:
        os.link(name, stored_name, src_dir_fd=folder, dst_dir_fd=store, follow_symlinks=False)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        draft = stored_name + ".new"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(draft, dir_fd=store)
        safe_move.copy_file(handle, store, draft, file["was"])
        os.rename(draft, stored_name, src_dir_fd=store, dst_dir_fd=store)
        return
    if not os.path.samestat(os.lstat(stored_name, dir_fd=store), os.fstat(handle)):
        os.unlink(stored_name, dir_fd=store)
        raise ActionRefusal("swapped", file["path"])


def move_original_aside(folder, name, store, stored_name, file):
    """Have what cannot be replaced in our folder, as it is.

    Raises ActionRefusal when it cannot be moved there, or is something else by now.
    """
    try:
        os.rename(name, stored_name, src_dir_fd=folder, dst_dir_fd=store)
    except OSError as error:
        raise ActionRefusal("unsafe", "%s: %s" % (file["path"], error.strerror))
    mode = os.lstat(stored_name, dir_fd=store).st_mode
    if {
        ODD: stat.S_ISREG(mode),
        UNREAD: not stat.S_ISREG(mode),
        OBSTRUCTION: stat.S_ISDIR(mode),
    }[file["was"]]:
        safe_move.move_file_back_unless_name_is_taken(store, stored_name, folder, name)
        raise ActionRefusal("swapped", file["path"])


def put_missing_release_file(folder, name, content, file):
    """Have a file that was missing, its folder's owner's, in place of nothing. Raises ActionRefusal."""
    of, draft = os.fstat(folder), ".luytre-" + file["new"][:16]
    with contextlib.suppress(FileNotFoundError):
        os.unlink(draft, dir_fd=folder)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)
    try:
        with os.fdopen(os.dup(handle), "wb") as file_there:
            file_there.write(content)
        os.fchown(handle, of.st_uid, of.st_gid)
        os.fchmod(handle, of.st_mode & MODE)
        os.fsync(handle)
        os.link(draft, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    except FileExistsError:
        if digest_file_in_folder(folder, name) != file["new"]:
            raise ActionRefusal("name_taken", file["path"])
    finally:
        os.close(handle)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(draft, dir_fd=folder)


def digest_file_in_folder(folder, name):
    """Return sha256 of what has a name in an open folder, None where none is, or no file."""
    try:
        handle = safe_open.open_name_in_open_folder(folder, name)
    except OSError:
        return None
    try:
        return safe_move.compute_digest(handle)
    finally:
        os.close(handle)


def open_parent_folder_of_path(folder, path, open_ones, on_new_folder):
    """Return ``(open folder, name)`` of a path below an open folder.

    ``on_new_folder`` is told of each folder that has to be made. Raises ActionRefusal.
    """
    names = safe_open.split_path(path)
    here = folder
    for at, part in enumerate(names[:-1]):
        try:
            inner = safe_open.open_folder_in_open_folder(here, part)
        except FileNotFoundError:
            if on_new_folder is None:
                raise ActionRefusal("swapped", path)
            on_new_folder("/".join(names[: at + 1]))
            make_folder_as_owner_would(here, part)
            inner = safe_open.open_folder_in_open_folder(here, part)
        except safe_open.Unsafe as unsafe:
            raise ActionRefusal("unsafe", "%s: %s" % (path, unsafe.strerror))
        here = safe_move.close_descriptor_when_stack_ends(open_ones, inner)
    return here, names[-1]


def make_folder_as_owner_would(parent_folder, name):
    """Make a folder in an open one as that one's owner would.

    It is theirs from the first, and another that takes its name is given to nobody.
    """
    of, umask = os.fstat(parent_folder), os.umask(0)
    try:
        os.setegid(of.st_gid)
        os.seteuid(of.st_uid)
        os.mkdir(name, of.st_mode & 0o777, dir_fd=parent_folder)
    finally:
        os.seteuid(os.getuid())
        os.setegid(os.getgid())
        os.umask(umask)


def restore_original_files(folder, store, record):
    """Have the files as they were, but for those that somebody has changed since. The paths of these."""
    changed_paths = []
    for number, file in enumerate(record["files"]):
        if file["new"] == FOLDER:
            continue
        with contextlib.ExitStack() as open_ones:
            try:
                place, last = open_parent_folder_of_path(folder, file["path"], open_ones, None)
            except ActionRefusal:
                if file["was"] is not None:
                    changed_paths.append(file["path"])
                continue
            there = digest_file_in_folder(place, last)
            is_untouched = (
                file["was"] in ASIDE and safe_move.identify_file_by_device_and_inode(store, str(number)) is None
            )
            if is_untouched or (
                there == file["was"]
                and (there is not None or safe_move.identify_file_by_device_and_inode(place, last) is None)
            ):
                continue
            empty = file["was"] in ASIDE and safe_move.identify_file_by_device_and_inode(place, last) is None
            if not (empty or there == file["new"]) or not put_back_original_file(place, last, store, str(number), file):
                changed_paths.append(file["path"])
    for path in reversed(record["made"]):
        with contextlib.ExitStack() as open_ones, contextlib.suppress(OSError, ActionRefusal):
            place, last = open_parent_folder_of_path(folder, path, open_ones, None)
            os.rmdir(last, dir_fd=place)
    return [
        *changed_paths,
        *(
            file["path"]
            for number, file in enumerate(record["files"])
            if file["new"] == FOLDER and not restore_what_blocked_folder(folder, store, str(number), file)
        ),
    ]


def restore_what_blocked_folder(folder, store, stored_name, file):
    """Have what was in a folder's place there again. Whether it is, or was never taken away."""
    with contextlib.ExitStack() as open_ones, contextlib.suppress(OSError, ActionRefusal):
        if safe_move.identify_file_by_device_and_inode(store, stored_name) is None:
            return True
        place, last = open_parent_folder_of_path(folder, file["path"], open_ones, None)
        with contextlib.suppress(FileNotFoundError):
            os.rmdir(last, dir_fd=place)
        safe_move.move_file_back_unless_name_is_taken(store, stored_name, place, last)
    return safe_move.identify_file_by_device_and_inode(store, stored_name) is None


def put_back_original_file(folder, name, store, stored_name, file):
    """Have what is kept in the place of the release's file. Whether that is what was there."""
    with immutable.lift_immutable_flags_of_descriptors(folder):
        if file["was"] in (None, *ASIDE):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name, dir_fd=folder)
            if file["was"] in ASIDE:
                safe_move.move_file_back_unless_name_is_taken(store, stored_name, folder, name)
            return safe_move.identify_file_by_device_and_inode(store, stored_name) is None
        if digest_file_in_folder(store, stored_name) != file["was"]:
            return False
        try:
            os.rename(stored_name, name, src_dir_fd=store, dst_dir_fd=folder)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            draft = ".luytre-" + file["was"][:16]
            with contextlib.suppress(FileNotFoundError):
                os.unlink(draft, dir_fd=folder)
            with contextlib.ExitStack() as open_ones:
                safe_move.copy_file(
                    safe_move.close_descriptor_when_stack_ends(
                        open_ones, safe_open.open_name_in_open_folder(store, stored_name)
                    ),
                    folder,
                    draft,
                    file["was"],
                )
            os.rename(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
        return True
