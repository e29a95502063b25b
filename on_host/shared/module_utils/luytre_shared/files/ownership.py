"""Who could change a file: the one answer, for whoever collects, corrects or keeps a way back.

``judge_who_can_change_or_add_to_file`` tells it of one thing by owner, mode and access list; ``PathTrust`` of what a
path leads to: the file, every folder on the way, every link and where it points. What only root can change stays so
while it is judged: there is no race. How much counts is a named strictness: ``ROOT`` ``STRICT_ROOT`` ``PASSWORD``
``ANYBODY``, ``make_strictness_of_private_keys`` and ``make_strictness_of_files_of_account``.
"""

import collections
import errno
import os
import re
import stat
import struct

from ansible.module_utils.luytre_shared.files.names import group_name, user_name

MAX_LINKS = 40
MAX_STEPS = 400
MAX_SHOWN = 180
_ACL = "system.posix_acl_access"
_ACL_ENTRY = struct.Struct("<HHI")
_ACL_KINDS = {0x02: "user", 0x04: "group", 0x08: "group"}
_GROUP_OF_FILE = 0x04
READ, WRITE = 4, 2
_NOWHERE = {"relative": "is no absolute path", "endless": "leads nowhere certain"}


class Strictness(
    collections.namedtuple(
        "Strictness",
        ("owners", "group", "everybody", "groups", "readers", "sticky", "lists"),
        defaults=((0,), 0o020, 0o002, (), (), False, False),
    )
):
    """Whose rights count.

    Anybody but ``owners`` (None: nobody) counts as an owner. Of the mode those bits of ``group`` and ``everybody``
    count, but for a right to write of one of ``groups`` and a right to read of one of ``readers``. ``sticky``: whoever
    may write a sticky folder only adds to it. ``lists``: an access list tells who writes; without, its mask counts as
    the group's.
    """

    __slots__ = ()


def make_strictness_for_trusted_accounts(uids=(0,), gids=(0,)):
    """Return what programs of root's, or of some accounts, may believe: the group root is root."""
    return Strictness(uids, groups=gids, sticky=True, lists=True)


def make_strictness_of_files_of_account(uid, gid=None):
    """Return what is an account's own, as sshd has it (StrictModes).

    Root's or its, and of groups only ``gid`` writes, which it shares with nobody."""
    return Strictness((0, uid), groups=() if gid is None else (gid,))


def make_strictness_of_private_keys(readers=(0,)):
    """Return a private key: root's to write, and for some groups at most to read."""
    return Strictness(group=0o070, everybody=0o007, readers=readers)


ROOT = make_strictness_for_trusted_accounts()
STRICT_ROOT = Strictness()
"""Root's own, and no right to write for anybody else, not even for the group root: what there is no need for."""
PASSWORD = Strictness(everybody=0o006)
"""``STRICT_ROOT``, and not for everybody to read."""
PRIVATE = make_strictness_of_private_keys(())
"""Root's, and for nobody else to write, read or enter."""
ANYBODY = Strictness(owners=None, group=0, sticky=True)
"""Whoever has an account, whosever it is."""


class FileOwnership:
    """The properties of a file that ``judge_who_can_change_or_add_to_file`` needs.

    It takes the place of an ``os.stat_result``. ``mode`` has the kind in it.
    """

    __slots__ = ("st_gid", "st_mode", "st_uid")

    def __init__(self, uid, gid, mode):
        self.st_uid, self.st_gid, self.st_mode = uid, gid, mode


def judge_who_can_change_or_add_to_file(file_status, strictness=ROOT, access_list=lambda: None):
    """Return ``(changer, maker)`` of one thing.

    The former can change it; the latter can make new things in it but change no others'.

    Each is None or ``(kind, number)`` with kind ``user``, ``group`` or ``everybody``. ``access_list()`` gives those who
    may write by an access list, None where there is none; it is asked only where the mode lets such a list count. A
    link and a character device are judged by their owner alone.
    """
    if strictness.owners is not None and file_status.st_uid not in strictness.owners:
        return ("user", file_status.st_uid), None
    if stat.S_ISLNK(file_status.st_mode) or stat.S_ISCHR(file_status.st_mode):
        return None, None
    writer = _find_untrusted_writer_of_file(file_status, strictness, access_list)
    if strictness.sticky and stat.S_ISDIR(file_status.st_mode) and file_status.st_mode & stat.S_ISVTX:
        return None, writer
    return writer, None


def find_untrusted_changer_of_file(file_status, strictness=ROOT, access_list=lambda: None):
    """Return who can change a thing or make new things in it; None when nobody can whose right counts."""
    who, maker = judge_who_can_change_or_add_to_file(file_status, strictness, access_list)
    return who or maker


def _find_untrusted_writer_of_file(file_status, strictness, access_list):
    if file_status.st_mode & strictness.everybody:
        return "everybody", None
    rights = file_status.st_mode & strictness.group
    if rights and file_status.st_gid in strictness.readers:
        rights &= ~0o040
    if not rights:
        return None
    writers = access_list() if strictness.lists else None
    if writers is None:
        writers = [("group", None)]
    numbered_writers = [(kind, file_status.st_gid if number is None else number) for kind, number in writers]
    harmless = {"user": strictness.owners or (), "group": strictness.groups}
    return next(((kind, number) for kind, number in numbered_writers if number not in harmless[kind]), None)


def has_right(file_status, uid, gids, right):
    """Return whether an account of these groups has a right (READ or WRITE) by the mode; root is not asked for."""
    if uid == file_status.st_uid:
        return bool(file_status.st_mode & right << 6)
    return bool(file_status.st_mode & (right << 3 if file_status.st_gid in gids else right))


def is_account_named_in_access_list(access_list, uid, gids):
    """Return whether an access list, as ``read_access_list`` gives it, names an account of these groups."""
    return any(
        (kind == "user" and number == uid) or (kind == "group" and number in gids) for kind, number in access_list
    )


def can_write(file_status, uid, gids):
    """Return whether an account of these groups has the right to write a thing, or can give it to itself: an
    owner can.
    """
    return uid == file_status.st_uid or has_right(file_status, uid, gids, WRITE)


# --- what a path leads to -----------------------------------------------------------------------------------


class PathTrust:
    """Judges paths and remembers what it looked at, so one is made for each reading.

    ``uids`` are trusted: root's; and ``gids``.

    A file system that somebody's own program serves (``served_mounts``: where it is mounted, to whose it is) is
    theirs, whatever it says of the files in it, and is not looked at: it need never answer.
    """

    def __init__(
        self, uids=(0,), lstat=os.lstat, readlink=os.readlink, access_list=None, served_mounts=None, gids=(0,)
    ):
        self._uids, self._lstat, self._readlink, self._strictness = (
            uids,
            lstat,
            readlink,
            make_strictness_for_trusted_accounts(uids, gids),
        )
        self._served = served_mounts
        self._access_list = access_list or read_access_list
        self._seen = {}

    def describe_first_changer_on_path(self, path):
        """Return ``FILE can be changed by WHOM`` of the first thing on the way that another can change.

        None when only root can.

        A file that is not there is loose where others could make it, and what cannot be judged is loose. A character
        device and a link are judged by their owner alone.
        """
        return _describe_first_changer(next(self._iter_changers_on_path(path, is_target_included=True), None))

    def describe_who_can_replace_path(self, path):
        """Return ``FOLDER can be changed by WHOM`` when another can put something else in a path's place.

        None when only root can.

        Like ``describe_first_changer_on_path``, but what the path leads to in the end may be another's: a log, which is
        only written to. Ubuntu lets the group of the system's own log daemon make files in /var/log, which counts for
        nothing here.
        """
        return _describe_first_changer(next(self._iter_changers_on_path(path, is_target_included=False), None))

    def find_last_changer_on_path(self, path):
        """Return ``(place, (kind, number))`` of the last thing on the way that another can change.

        None when only root can.
        """
        return next(iter([*self._iter_changers_on_path(path, is_target_included=True)][-1:]), None)

    def _iter_changers_on_path(self, path, is_target_included):
        """Yield each ``(place, (kind, number))`` on the way that another can change, in order."""
        if not path.startswith("/"):
            yield path, ("relative", None)
            return
        here, todo, links = "/", _split_path_in_reverse(path), 0
        for _ in range(MAX_STEPS):
            status, changer, _maker = self._read_status_and_changers_of_path(here)
            if status is None and changer is None:
                yield from self._iter_makers_of_missing_path(here)
                return
            is_link = _is_link(status)
            if not is_target_included and changer and is_syslog_group_of_var_log(here, changer):
                changer = None
            if changer and (is_target_included or todo or is_link or changer[0] == "unknown"):
                yield here, changer
            if status is None:
                return
            if is_link:
                links += 1
                try:
                    target = self._readlink(here)
                except OSError:
                    break
                todo += _split_path_in_reverse(target)
                here = "/" if target.startswith("/") else os.path.dirname(here)
            if not todo:
                return
            if links > MAX_LINKS:
                break
            part = todo.pop()
            here = os.path.dirname(here) if part == ".." else os.path.join(here, part)
        yield path, ("endless", None)

    def _iter_makers_of_missing_path(self, path):
        """Yield the folder of what is not there, with who can make it."""
        folder = os.path.dirname(path)
        maker = self._read_status_and_changers_of_path(folder)[2]
        if maker:
            yield folder, maker

    def describe_first_changer_on_paths(self, paths):
        """Return what ``describe_first_changer_on_path`` says of the first loose one of several paths, or None."""
        return next((sentence for sentence in map(self.describe_first_changer_on_path, paths) if sentence), None)

    def _read_status_and_changers_of_path(self, path):
        """Return ``(status, who can change it, who can make new things in it)``; all None for what is not there."""
        if self._served is None:
            self._served = read_uids_of_user_served_mounts()
        if self._served.get(path, 0) not in self._uids:
            return None, ("user", self._served[path]), None
        if path not in self._seen:
            try:
                status = self._lstat(path)
                self._seen[path] = (
                    status,
                    *judge_who_can_change_or_add_to_file(status, self._strictness, lambda: self._access_list(path)),
                )
            except OSError as error:
                absent = error.errno in (errno.ENOENT, errno.ENOTDIR)
                self._seen[path] = (None, None if absent else ("unknown", error.errno), None)
        return self._seen[path]


def parse_uids_of_user_served_mounts(mountinfo_text):
    """Return users by the mount points that their programs serve, of the text of ``/proc/self/mountinfo``.

    Root's own are left out.
    """
    uids_by_mount = {}
    for line in mountinfo_text.splitlines():
        if "user_id=" not in line:
            continue
        head, _, right = line.partition(" - ")
        user = re.search(r"^fuse\S* .*\buser_id=(\d{1,10})\b", right)
        if user and int(user.group(1)) != 0:
            path = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal.group(1), 8)), head.split(" ")[4])
            uids_by_mount[path] = int(user.group(1))
    return uids_by_mount


def read_uids_of_user_served_mounts():
    """Return what users' own programs serve on this host, as ``parse_uids_of_user_served_mounts`` tells it."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as handle:
        return parse_uids_of_user_served_mounts(handle.read())


def is_syslog_group_of_var_log(path, changer):
    """Return whether one who can change a path is the system's log daemon in the folder that Ubuntu shares with it."""
    kind, number = changer
    return path == "/var/log" and kind == "group" and group_name(number) == "syslog"


def _is_link(status):
    return status is not None and stat.S_ISLNK(status.st_mode)


def _split_path_in_reverse(path):
    return [part for part in path.split("/")[::-1] if part not in ("", ".")]


def read_access_list(path, right=WRITE):
    """Return ``(kind, number)`` of those whom a file's POSIX access list gives a right, its mask aside.

    Number None for its group.

    None without a list.

    ``path`` may be a descriptor; a link is not followed.
    """
    try:
        raw = os.getxattr(path, _ACL, follow_symlinks=isinstance(path, int))
    except OSError as error:
        if error.errno in (errno.ENODATA, errno.EOPNOTSUPP):
            return None
        raise
    entries = _ACL_ENTRY.iter_unpack(raw[4 : 4 + (len(raw) - 4) // _ACL_ENTRY.size * _ACL_ENTRY.size])
    return [
        (_ACL_KINDS[tag], None if tag == _GROUP_OF_FILE else number)
        for tag, permissions, number in entries
        if tag in _ACL_KINDS and permissions & right
    ]


# --- in words -----------------------------------------------------------------------------------------------


def _describe_first_changer(first):
    return None if first is None else describe_changer(*first)


def describe_changer(path, changer):
    """Return ``FILE can be changed by WHOM``, in words that are safe to show."""
    kind, number = changer
    if kind in _NOWHERE:
        return "%s %s" % (escape_text(path), _NOWHERE[kind])
    if kind == "unknown":
        return "%s cannot be looked at: %s" % (escape_text(path), os.strerror(number or 0))
    if kind == "everybody":
        return "%s can be changed by everybody" % escape_text(path)
    name = user_name(number) if kind == "user" else group_name(number)
    return "%s can be changed by %s %s" % (escape_text(path), kind, escape_text(name))


def escape_text(text):
    """Return a host's text on one line, without anything that is not printed, at most ``MAX_SHOWN`` characters."""
    plain = text.encode("utf-8", "backslashreplace").decode("utf-8")[: MAX_SHOWN + 1]
    inert = "".join(char if char.isprintable() else "\\u%04x" % ord(char) for char in plain)
    return inert if len(inert) <= MAX_SHOWN else inert[: MAX_SHOWN - 1] + "…"
