"""Take permissions away that nobody needs, and never make another's file root's: it stays, or is moved aside."""

import contextlib
import errno
import grp
import os
import re
import shutil
import stat
import time

from ansible.module_utils.luytre_change import attributes
from ansible.module_utils.luytre_shared.files import safe_open
from ansible.module_utils.luytre_shared.files.names import group_name, user_name
from ansible.module_utils.luytre_shared.files.ownership import FileOwnership, find_untrusted_changer_of_file
from ansible.module_utils.luytre_shared.os.file_writers import (
    describe_file_writer,
    needs_manual_fix_by_person,
    open_path_target,
)
from ansible.module_utils.luytre_shared.parsers.json_safe import make_json_safe

ASIDE = "/var/lib/luytre/aside"
MAX_WARNINGS = 20


class Correction:
    """The wanted mode of a file: the bits of ``mask`` at most, those of ``add``, and one of ``groups``.

    ``by_owner``: root's programs believe it because of whose it is. Of any other, root's own, only the mode is loose.
    ``secret``: a key or password hashes, which is never moved aside.
    """

    def __init__(self, path, mask, groups=(), add=0, by_owner=True, secret=False):
        self.path, self.mask, self.groups, self.add = path, mask, groups, add
        self.by_owner, self.secret = by_owner, secret


class CorrectionResult:
    """The results of corrections.

    ``changed``: path to ``(before, after)`` in words. ``held``: path to who could have written it. ``aside``: path to
    where it is now. ``after``: path to the Owned that a changed one is.
    """

    def __init__(self):
        self.changed, self.held, self.aside, self.after = {}, {}, {}, {}
        self._before, self._asides = [], []

    def __bool__(self):
        """Return whether anything changed."""
        return bool(self.changed or self.aside)

    def add_results_of_other_corrections(self, other):
        """Take over what came of other corrections."""
        for mine, theirs in ((self.changed, other.changed), (self.held, other.held), (self.aside, other.aside)):
            mine.update(theirs)
        self.after.update(other.after)
        self._before += other._before
        self._asides += other._asides

    def undo_changes_and_moves(self):
        """Give back what was changed or moved, the last first. Raises OSError."""
        for aside in self._asides:
            aside.move_everything_back()
        while self._before:
            path, status = self._before.pop()
            with open_path_target(path) as target:
                if target is not None and _get_ownership(target.status) == _get_ownership(self.after[path]):
                    mode = stat.S_IMODE(status.st_mode)
                    attributes.put_attributes_without_widening_access(
                        target.handle, target.status, status.st_uid, status.st_gid, mode
                    )

    def build_ansible_module_answer(self):
        """Return it as a module answers it."""
        changes = {path: {"before": was, "after": now} for path, (was, now) in self.changed.items()}
        return make_json_safe({"changed_paths": changes, "held": self.held, "aside": self.aside})

    def build_ansible_diff(self):
        """Return what changed, in the form of Ansible's ``--diff``."""
        answer = self.build_ansible_module_answer()
        changes, aside = answer["changed_paths"], answer["aside"]
        before = ["%s %s\n" % (path, changes[path]["before"]) for path in changes]
        after = ["%s %s\n" % (path, changes[path]["after"]) for path in changes]
        return {
            "before": "".join(before + ["%s\n" % path for path in aside]),
            "after": "".join(after + ["%s moved to %s\n" % pair for pair in aside.items()]),
        }

    def warn_of_paths_held_back(self, warn):
        """Name what is held."""
        held_paths = self.build_ansible_module_answer()["held"]
        for path in sorted(held_paths)[:MAX_WARNINGS]:
            warn("%s is held, not made root's: %s" % (path, held_paths[path]))


def apply_permission_corrections(permission_corrections, check, aside=None, link_folder=None):
    """Make corrections, folders before what is in them: all, or none when one raises OSError.

    What others could have written is held; with an ``aside`` (Aside) it was accepted that such files are moved there
    and such folders closed. Links below ``link_folder`` that lead to what was moved go along.
    """
    result = CorrectionResult()
    if aside is not None:
        result._asides.append(aside)
    try:
        for correction in permission_corrections:
            with open_path_target(correction.path) as target:
                if target is not None:
                    _apply_correction_or_hold_or_move(correction, target, check, aside, result)
        if aside is not None and link_folder is not None:
            result.aside.update(aside.move_links_to_moved_files_aside(result.aside, link_folder, check))
    except OSError:
        result.undo_changes_and_moves()
        raise
    return result


def _apply_correction_or_hold_or_move(correction, target, check, aside, result):
    way, own = target.on_the_way, target.own
    if way and check and way[0] in result.changed:
        way = None
    if way or (own and (correction.by_owner or target.status.st_uid != 0)):
        movable = not needs_manual_fix_by_person(correction.path) and (target.is_folder or not correction.secret)
        if way or aside is None or not movable:
            result.held[correction.path] = describe_file_writer(way or own)
            return
        if not target.is_folder:
            result.aside[correction.path] = aside.move_file_aside(target, check)
            return
    if target.handle is not None:
        _tighten_owner_group_and_mode(correction, target, check, result)


def _tighten_owner_group_and_mode(correction, target, check, result):
    status = target.status
    present, group = stat.S_IMODE(status.st_mode), status.st_gid
    if correction.groups and group not in [_get_gid(name) for name in correction.groups]:
        group = _get_gid(correction.groups[-1])
    mode = attributes.drop_setid_bits_if_owner_changes(status, 0, group, present & correction.mask | correction.add)
    if (present, status.st_uid, status.st_gid) == (mode, 0, group):
        return
    if not check:
        with _name_path_in_errors(correction.path):
            attributes.put_attributes_without_widening_access(target.handle, status, 0, group, mode)
        result._before.append((correction.path, status))
    result.changed[correction.path] = (
        _format_owner_group_and_mode(status.st_uid, status.st_gid, present),
        _format_owner_group_and_mode(0, group, mode),
    )
    result.after[correction.path] = FileOwnership(0, group, stat.S_IFMT(status.st_mode) | mode)


@contextlib.contextmanager
def _name_path_in_errors(path):
    """Raise with the path what the system refuses to do by a descriptor."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, path)


def _is_within(path, top):
    return (path + "/").startswith(top + "/")


def _get_ownership(status):
    return status.st_uid, status.st_gid, status.st_mode


class AsideFolder:
    """The folder where a run puts what others could have written.

    It is root's alone, with each file below its old path, as it was. ``run`` is its folder's name, by default the date
    and time. Raises ValueError when it is none.
    """

    def __init__(self, run="", home=ASIDE):
        run = run or time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        if not re.match(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z", run):
            raise ValueError("%r is no name for a folder" % run)
        self.home = os.path.join(home, run)
        self._moved = []

    def move_file_aside(self, target, check):
        """Move a file or link there; where it is now. Raises OSError."""
        where = self.home + target.path
        if check:
            return where
        into = _make_root_folder(os.path.dirname(where))
        name, number = os.path.basename(where), 1
        while _is_name_in_folder(into, name):
            number += 1
            name = "%s.%d" % (os.path.basename(where), number)
        _move_file_to_other_folder(target.folder, target.name, into, name)
        self._moved.append((os.dup(target.folder), target.name, into, name))
        return os.path.join(os.path.dirname(where), name)

    def move_everything_back(self):
        """Put everything that was moved back into its place, and leave no empty folder. Raises OSError."""
        emptied_folders = set()
        while self._moved:
            folder, old, into, name = self._moved.pop()
            _move_file_to_other_folder(into, name, folder, old)
            emptied_folders.add(os.readlink("/proc/self/fd/%d" % into))
        for path in sorted(emptied_folders, reverse=True):
            with contextlib.suppress(OSError):
                while _is_within(path, os.path.dirname(self.home)):
                    os.rmdir(path)
                    path = os.path.dirname(path)

    def move_links_to_moved_files_aside(self, moved_paths, folder, check):
        """Move the links below ``folder`` that lead to what was ``moved_paths`` (old paths) along; old path to new."""
        new_paths = {}
        for top, _folders, names in os.walk(folder) if moved_paths else ():
            for path in sorted(os.path.join(top, name) for name in names):
                if os.path.islink(path) and safe_open.resolve_real_path(path) in moved_paths:
                    with open_path_target(path) as link:
                        if link is not None and link.handle is None:
                            new_paths[path] = self.move_file_aside(link, check)
        return new_paths


def _make_root_folder(path):
    """Return a descriptor of a folder of root's alone, made with all above it that is missing."""
    folder = os.open("/", safe_open.FOLDER)
    for part in [part for part in path.split("/") if part]:
        with contextlib.suppress(FileExistsError):
            os.mkdir(part, 0o700, dir_fd=folder)
        inner = safe_open.open_folder_in_open_folder(folder, part)
        os.close(folder)
        folder = inner
        if find_untrusted_changer_of_file(os.fstat(folder)):
            os.close(folder)
            raise PermissionError(errno.EPERM, "not root's folder alone", path)
    return folder


def _is_name_in_folder(folder, name):
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _move_file_to_other_folder(source_folder, name, target_folder, new_name):
    try:
        os.rename(name, new_name, src_dir_fd=source_folder, dst_dir_fd=target_folder)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy_file_with_attributes_to_folder(source_folder, name, target_folder, new_name)
        os.unlink(name, dir_fd=source_folder)


def _copy_file_with_attributes_to_folder(source_folder, name, target_folder, new_name):
    """Copy the same file, or link, to another file system: content, owner, mode, time and attributes."""
    status = os.stat(name, dir_fd=source_folder, follow_symlinks=False)
    if stat.S_ISLNK(status.st_mode):
        os.symlink(os.readlink(name, dir_fd=source_folder), new_name, dir_fd=target_folder)
        os.chown(new_name, status.st_uid, status.st_gid, dir_fd=target_folder, follow_symlinks=False)
        return
    read = safe_open.open_name_in_open_folder(source_folder, name)
    try:
        status = os.fstat(read)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(new_name, flags, 0o600, dir_fd=target_folder)
        try:
            with open(read, "rb", closefd=False) as old, open(descriptor, "wb", closefd=False) as copy:
                shutil.copyfileobj(old, copy)
            os.fchown(descriptor, status.st_uid, status.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
            for attribute in os.listxattr(read):
                os.setxattr(descriptor, attribute, os.getxattr(read, attribute))
            os.utime(descriptor, ns=(status.st_atime_ns, status.st_mtime_ns))
            os.fsync(descriptor)
        except BaseException:
            os.unlink(new_name, dir_fd=target_folder)
            raise
        finally:
            os.close(descriptor)
    finally:
        os.close(read)


def _get_gid(name):
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return 0


def _format_owner_group_and_mode(uid, gid, mode):
    return "%s:%s %04o" % (user_name(uid), group_name(gid), mode)
