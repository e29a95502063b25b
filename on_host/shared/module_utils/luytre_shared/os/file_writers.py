"""Who but root could have written a file that root's programs believe because of whose it is.

sudo, cron, MariaDB's programs and many others pass over a file that is not root's alone. To give such a file to root
would put another's words into root's mouth, so who could have written it is judged first, by descriptors, no link
followed: its owner, its mode, its access list, and those of every folder on the way.
"""

import contextlib
import os
import re
import stat

from ansible.module_utils.luytre_shared.files import safe_open
from ansible.module_utils.luytre_shared.files.names import group_name, user_name
from ansible.module_utils.luytre_shared.files.ownership import (
    STRICT_ROOT,
    describe_changer,
    escape_text,
    find_untrusted_changer_of_file,
    judge_who_can_change_or_add_to_file,
    read_access_list,
)
from ansible.module_utils.luytre_shared.os.area_reader import describe_file_mode

MAX_LINES = 6
MAX_LINE = 160
MAX_READ = 4096

_INDISPENSABLE = re.compile(
    r"/etc/(?:(?:passwd|group|shadow|gshadow)-?|security/opasswd|sudoers|pam\.d/.+|nsswitch\.conf|profile|environment"
    r"|ssh/(?:sshd_config|ssh_host_\w+_key)|mysql/(?:mariadb|my)\.cnf|nginx/nginx\.conf|apache2/apache2\.conf)"
)
"""Without these the host, or a daemon by which people reach it, does not start."""
PASSED_OVER = ("/etc/sudoers.d", "/root/.ssh")
"""Folders that sudo and sshd pass over with all that is in them, as long as others can write there.

To close one puts in force whatever others moved into it, also files that are root's and hold others' words, such as
logs."""


class PathTarget:
    """The target of a path, held by descriptors.

    These are the ``folder`` with the ``name`` in it, a ``handle`` but for links and the like, its ``status``, and who
    but root could write it, each as ``(place, (kind, number))`` or None.
    """

    def __init__(self, path, folder, name, on_the_way):
        self.path, self.folder, self.name, self.on_the_way = path, folder, name, on_the_way
        self.status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        self.handle = None
        if stat.S_ISREG(self.status.st_mode) or stat.S_ISDIR(self.status.st_mode):
            self.handle = safe_open.open_name_in_open_folder(
                folder, name, safe_open.DIRECTORY if self.is_folder else safe_open.REGULAR
            )
            self.status = os.fstat(self.handle)
        self.own = _find_writer(path, self.status, self.handle)

    @property
    def is_folder(self):
        return stat.S_ISDIR(self.status.st_mode)

    def read_printable_beginning(self):
        """Return the first lines of a file, or where a link leads: bounded, and of nothing but what can be shown."""
        if stat.S_ISLNK(self.status.st_mode):
            return ["-> " + escape_text(os.readlink(self.name, dir_fd=self.folder))]
        if self.handle is None or self.is_folder:
            return []
        lines = os.pread(self.handle, MAX_READ, 0).decode("utf-8", "replace").splitlines()
        return [escape_text(line[:MAX_LINE]) for line in lines[:MAX_LINES]]


@contextlib.contextmanager
def open_path_target(path):
    """Open a PathTarget, or None when there is no such thing or a link stands on the way to it. Raises OSError."""
    folder, walked_path, on_the_way, target = os.open("/", safe_open.FOLDER), "", None, None
    try:
        *above, name = [part for part in path.split("/") if part] or ["."]
        try:
            for part in above:
                inner = safe_open.open_folder_in_open_folder(folder, part)
                os.close(folder)
                folder = inner
                walked_path += "/" + part
                on_the_way = on_the_way or _find_writer(walked_path, os.fstat(folder), folder)
            target = PathTarget(path, folder, name, on_the_way)
        except (FileNotFoundError, safe_open.Unsafe):
            target = None
        yield target
    finally:
        if target is not None and target.handle is not None:
            os.close(target.handle)
        os.close(folder)


def _find_writer(path, status, handle):
    writer, maker = judge_who_can_change_or_add_to_file(
        status, access_list=lambda: None if handle is None else read_access_list(handle)
    )
    writer = writer or (maker if path in PASSED_OVER else None)
    return (path, writer) if writer else None


def describe_file_writer(path_and_writer):
    """Return ``FILE can be changed by WHOM`` of a ``(place, (kind, number))``."""
    return describe_changer(*path_and_writer)


def needs_manual_fix_by_person(path):
    """Return whether a person has to put it right: a file is never moved aside, a folder never closed."""
    return path in PASSED_OVER or _INDISPENSABLE.fullmatch(path) is not None


def describe_content_doubt(path, secret=False):
    """Return what makes a file's content doubtful, as facts: ``{place, kind, name, movable, beginning}``.

    None for root's own.

    ``secret``: a key or password hashes, which is neither shown nor moved.
    """
    try:
        with open_path_target(path) as target:
            author = target and (target.on_the_way or target.own)
            if not author:
                return None
            place, (kind, number) = author
            name = {"user": user_name, "group": group_name}.get(kind, lambda _number: "")(number)
            movable = not secret and not target.on_the_way and not needs_manual_fix_by_person(path)
            return {
                "place": escape_text(place),
                "kind": kind,
                "name": escape_text(name),
                "movable": movable,
                "beginning": [] if secret else target.read_printable_beginning(),
            }
    except OSError:
        return {"place": escape_text(path), "kind": "unknown", "name": "", "movable": False, "beginning": []}


def add_content_doubt(file_facts, secret=False):
    """Return a file's facts, with what makes its content doubtful."""
    return {**file_facts, "doubt": describe_content_doubt(file_facts["path"], secret)}


def describe_file_if_changeable_by_others(path, strictness=STRICT_ROOT, secret=False):
    """Return a file's facts with its doubt, when there is one or others have a right that counts by ``strictness``.

    Else None.
    """
    try:
        status = os.lstat(path)
    except OSError:
        return None
    facts = add_content_doubt(describe_file_mode(path, status), secret)
    return facts if facts["doubt"] is not None or find_untrusted_changer_of_file(status, strictness) else None
