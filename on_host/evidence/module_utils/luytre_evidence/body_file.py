"""Give every name on this host's own file systems with its times, as mactime reads it."""

import os
import stat

from ansible.module_utils.luytre_evidence import quiet_reading, text_escape
from ansible.module_utils.luytre_shared.files import safe_open

MOST_NAMES = 1_000_000
MOST_DEEP = 60
SHARED_DEEP = 3
NOT_WALKED = frozenset(
    "proc sysfs devtmpfs devpts cgroup cgroup2 securityfs debugfs tracefs bpf pstore efivarfs mqueue hugetlbfs "
    "configfs autofs binfmt_misc"
    " rpc_pipefs nsfs nfs nfs4 cifs smb3 9p ceph glusterfs sshfs".split()
)
"""Types of file systems. Whatever is mounted by FUSE is not walked, either."""


class BodyFileWalk:
    """Through folders by descriptors, no link followed, no network and none of the kernel's own file systems
    entered.
    """

    def __init__(self, sender):
        self._sender, self._left, self._skipped = sender, MOST_NAMES, _list_devices_of_skipped_filesystems()

    def iter_body_rows_below_folder(self, folder, path, depth):
        """Yield a row for each name below an open folder."""
        try:
            names = sorted(quiet_reading.list_folder_without_access_time(folder))
        except OSError as error:
            self._sender.send_note_of_item_not_sent(path, "unreadable: %s" % error.strerror)
            return
        for name in names:
            self._left -= 1
            if self._left <= 0:
                self._sender.send_note_of_item_not_sent(path, "too_many")
                return
            try:
                status = os.lstat(name, dir_fd=folder)
                target = os.readlink(name, dir_fd=folder) if stat.S_ISLNK(status.st_mode) else ""
            except OSError:
                continue
            where = "%s/%s" % (path, name)
            yield _format_mactime_body_row(where, status, target)
            if stat.S_ISDIR(status.st_mode) and status.st_dev not in self._skipped:
                yield from self._iter_entries_in_folder(folder, name, where, depth + 1)

    def _iter_entries_in_folder(self, folder, name, folder_path, depth):
        """Yield what lies in a folder.

        Near the top it takes half of the names that are left, so that none crowds out those after it.
        """
        reserve = self._left // 2 if depth <= SHARED_DEEP else 0
        self._left -= reserve
        yield from self._iter_body_rows_of_inner_folder(folder, name, folder_path, depth)
        self._left += reserve

    def _iter_body_rows_of_inner_folder(self, folder, name, folder_path, depth):
        if depth > MOST_DEEP:
            self._sender.send_note_of_item_not_sent(folder_path, "too_deep")
            return
        try:
            inner = safe_open.open_folder_in_open_folder(folder, name)
        except OSError as error:
            self._sender.send_note_of_item_not_sent(folder_path, "unreadable: %s" % error.strerror)
            return
        try:
            # A folder in which something was mounted has the number of what was mounted.
            if os.fstat(inner).st_dev not in self._skipped:
                yield from self.iter_body_rows_below_folder(inner, folder_path, depth)
        finally:
            os.close(inner)


def _format_mactime_body_row(path, status, target):
    """Return a line of a body file, version 3 of the Sleuth Kit's: the digest is left out."""
    label = text_escape.escape_for_mactime(path) + (" -> %s" % text_escape.escape_for_mactime(target) if target else "")
    times = [int(status.st_atime), int(status.st_mtime), int(status.st_ctime), 0]
    fields = [
        0,
        label,
        status.st_ino,
        stat.filemode(status.st_mode),
        status.st_uid,
        status.st_gid,
        status.st_size,
        *times,
    ]
    return "|".join(map(str, fields))


def _list_devices_of_skipped_filesystems():
    """Return numbers of the file systems that are no part of this host, or none that anybody keeps files on."""
    devices = set()
    for line in safe_open.read_text("/proc/self/mountinfo", 10_000_000).split("\n"):
        fields, _, more = line.partition(" - ")
        if more.split(" ")[0] in NOT_WALKED or more.startswith("fuse"):
            major, minor = map(int, fields.split(" ")[2].split(":"))
            devices.add(os.makedev(major, minor))
    return devices
