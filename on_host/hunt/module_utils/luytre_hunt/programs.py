"""The system's programs: those that differ from their package, those that lend their owner's rights, and those in
temporary folders.
"""

import collections
import errno
import os
import re
import stat

from ansible.module_utils.luytre_hunt.package_index import CHANGED, FOREIGN, OURS, compute_md5
from ansible.module_utils.luytre_shared.files import safe_open
from ansible.module_utils.luytre_shared.files.names import user_name
from ansible.module_utils.luytre_shared.incidents import safe_move

MATTERS = re.compile(
    r"^/usr/(?:s?bin|games|libexec)/|^/usr/lib/(?:systemd|openssh|sudo|apache2|nginx|php|polkit-1|dbus-1\.0|apt"
    r"|postfix)/"
    r"|^/usr/lib/[^/]+/(?:security/|sudo/|lib[^/]+\.so[\d.]*$|ld-[^/]+$)|^/usr/lib/(?:lib[^/]+\.so|ld-)"
)
TEMPORARY = ("/tmp", "/var/tmp", "/dev/shm", "/run/lock", "/dev/mqueue")
LEFT_OUT = frozenset(
    ("/proc", "/sys", "/run", "/dev", "/var/lib/docker", "/var/lib/containers", "/var/lib/lxc", "/snap")
)
SHELLS = (
    "/usr/bin/bash",
    "/usr/bin/dash",
    "/usr/bin/zsh",
    "/usr/bin/busybox",
    "/usr/bin/python3",
    "/usr/bin/env",
    "/usr/bin/find",
)
MAX_NAMES = 1_500_000
MAX_DEPTH = 60
OF_TEMPORARY = 20_000
AFTERWARD = 300
"""Seconds by which a file is younger than the list of its package: unpacking takes that long at most."""
FOR_LATER = 8
"""Seconds that are left to what comes after."""
_CAPABILITY = "security.capability"
_AS_GOOD_AS_ROOT = sum(1 << number for number in (0, 1, 2, 3, 6, 7, 16, 17, 19, 21))
"""chown, dac_override, dac_read_search, fowner, setgid, setuid, sys_module, sys_rawio, sys_ptrace, sys_admin."""


def add_rows_of_privileged_and_tmp_programs(places):
    """Add the rows of programs that differ from their package, lend rights, or lie in temporary folders."""
    for path in sorted(filter(MATTERS.match, places.packaged.sums)):
        if places.reading.get_seconds_left() < 2 * FOR_LATER:
            places.mark_part_as_cut_short("program")
            break
        places.seen += 1
        if os.path.exists(path) and places.packaged.get_package_origin_of_file(path) == CHANGED:
            places.add_row_in_slot("program", path, "root", CHANGED)
    _add_rows_of_changed_code(places)
    _add_rows_of_setuid_programs(places)
    for folder in TEMPORARY:
        _add_rows_of_programs_in_shared_folder(places, folder)


def _add_rows_of_changed_code(places):
    """Add what interpreters load and is not as in its package, of what was written after its package came."""
    came = {}
    for path, listed in sorted(places.packaged.code.items()):
        if places.reading.get_seconds_left() < 2 * FOR_LATER:
            places.mark_part_as_cut_short("program")
            return
        places.seen += 1
        try:
            if listed not in came:
                came[listed] = os.stat(listed).st_ctime
            is_later = os.lstat(path).st_ctime > came[listed] + AFTERWARD
        except OSError:
            continue
        if is_later and places.packaged.get_package_origin_of_file(path) == CHANGED:
            places.add_row_in_slot("program", path, "root", CHANGED)


def _add_rows_of_setuid_programs(places):
    """Add setuid and setgid files, and such with capabilities, that are of no package or not as in it."""
    queue, names = collections.deque(["/"]), 0
    shells, lend = None, {}
    while queue:
        if places.reading.get_seconds_left() < FOR_LATER or names > MAX_NAMES:
            places.mark_part_as_cut_short("setuid")
            return
        here = queue.popleft()
        try:
            entries = list(os.scandir(here))
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                places.mark_part_as_cut_short("setuid")
            continue
        for entry in entries:
            names += 1
            try:
                if entry.is_dir(follow_symlinks=False):
                    if here.count("/") >= MAX_DEPTH:
                        places.mark_part_as_cut_short("setuid")
                    elif entry.path not in LEFT_OUT:
                        queue.append(entry.path)
                    continue
                if not entry.is_file(follow_symlinks=False):
                    continue
                status = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            marks = _list_setuid_marks_of_file(entry.path, status)
            if not marks or not lend.setdefault(status.st_dev, _can_filesystem_run_setuid_programs(here)):
                continue
            places.seen += 1
            origin = places.packaged.get_package_origin_of_file(entry.path)
            if origin in (FOREIGN, CHANGED):
                shells = _compute_digests_of_shells() if shells is None else shells
                if compute_md5(entry.path) in shells:
                    marks.append("shell")
                if _is_package_file_below_another_root(places, entry.path):
                    marks.append("other_system")
                places.add_row_in_slot(
                    "setuid", entry.path, user_name(status.st_uid), origin, oct(status.st_mode & 0o7777), marks
                )
            elif "capabilities" in marks:
                places.add_row_in_slot("setuid", entry.path, user_name(status.st_uid), OURS, "", marks)


def _compute_digests_of_shells():
    return {compute_md5(path) for path in SHELLS if os.path.exists(path)} - {None}


def _is_package_file_below_another_root(places, path):
    """Return whether a package here has a file of that name below another root: a container's, or one for building."""
    at = path.find("/", 1)
    while at != -1:
        if places.packaged.is_path_of_any_package(path[at:]):
            return True
        at = path.find("/", at + 1)
    return False


def _can_filesystem_run_setuid_programs(folder):
    """Return whether programs of a file system lend their owner's rights."""
    try:
        return not os.statvfs(folder).f_flag & os.ST_NOSUID
    except OSError:
        return True


def _list_setuid_marks_of_file(path, status):
    marks = []
    if status.st_mode & stat.S_ISUID:
        marks.append("setuid")
    if status.st_mode & stat.S_ISGID and status.st_mode & 0o010:
        marks.append("setgid")
    if status.st_mode & 0o111 and not marks:
        try:
            value = os.getxattr(path, _CAPABILITY, follow_symlinks=False)
        except OSError:
            return marks
        if len(value) >= 8 and int.from_bytes(value[4:8], "little") & _AS_GOOD_AS_ROOT:
            marks.append("capabilities")
    return marks


def _add_rows_of_programs_in_shared_folder(places, folder):
    """Add programs of the machine's and scripts that may be run, in folders where everybody writes."""
    queue, count = collections.deque([""]), 0
    while queue:
        relative = queue.popleft()
        try:
            handle = (
                safe_open.open_below(folder, relative, safe_open.DIRECTORY)
                if relative
                else safe_open.open_path(folder, safe_open.DIRECTORY)
            )
        except OSError:
            continue
        try:
            with os.scandir(handle) as entries:
                for entry in entries:
                    count += 1
                    if count > OF_TEMPORARY:
                        places.mark_part_as_cut_short("temporary")
                        return
                    path = os.path.join(relative, entry.name)
                    if entry.is_dir(follow_symlinks=False):
                        if safe_move.is_folder_of_file_set_apart(entry.name, entry.stat(follow_symlinks=False)):
                            continue
                        if path.count("/") < 8:
                            queue.append(path)
                        else:
                            places.mark_part_as_cut_short("temporary")
                    elif entry.is_file(follow_symlinks=False):
                        _add_row_of_program_in_shared_folder(places, folder, path, handle, entry)
        except OSError:
            continue
        finally:
            os.close(handle)


def _add_row_of_program_in_shared_folder(places, folder, path, handle, entry):
    try:
        status = entry.stat(follow_symlinks=False)
        descriptor = safe_open.open_name_in_open_folder(handle, entry.name)
    except OSError:
        return
    try:
        head = safe_open.read_start(descriptor, 4)
    except OSError:
        return
    finally:
        os.close(descriptor)
    if head.startswith(b"\x7fELF") or (head.startswith(b"#!") and status.st_mode & 0o111):
        marks = ["elf" if head.startswith(b"\x7fELF") else "script"]
        if status.st_mode & 0o111:
            marks.append("executable")
        if any(part.startswith(".") for part in path.split("/")):
            marks.append("hidden")
        places.add_row_in_slot("temporary", os.path.join(folder, path), user_name(status.st_uid), FOREIGN, "", marks)
