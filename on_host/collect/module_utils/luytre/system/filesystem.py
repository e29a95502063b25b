"""File systems and permissions outside the sites: mounts, space, account files, cron, what anybody may write."""

import collections
import contextlib
import glob
import grp
import os
import pwd
import re
import stat
import time

from ansible.module_utils.luytre.os import disk_mounts, setid_programs
from ansible.module_utils.luytre_shared.files import ownership
from ansible.module_utils.luytre_shared.os.area_reader import describe_file_mode, read_text
from ansible.module_utils.luytre_shared.os.file_writers import add_content_doubt
from ansible.module_utils.luytre_shared.parsers.json_safe import make_json_safe

ACCOUNT_FILES = ("passwd", "passwd-", "group", "group-", "shadow", "shadow-", "gshadow", "gshadow-", "security/opasswd")
SECRET_ACCOUNT_FILES = ("shadow", "shadow-", "gshadow", "gshadow-", "security/opasswd")
CRON_FOLDERS = ("cron.d", "cron.hourly", "cron.daily", "cron.weekly", "cron.monthly", "cron.yearly")
TMP = "/tmp"
TEMPORARY = (TMP, "/var/tmp")
SHARED_FOLDERS = (*TEMPORARY, "/dev/shm")
MAX_RUN = 20

TRUSTED_PATHS = (
    *("/etc/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd/system", "/etc/pam.d", "/etc/security"),
    *("/etc/logrotate.conf", "/etc/logrotate.d", "/etc/apt", "/etc/profile", "/etc/profile.d", "/etc/bash.bashrc"),
    *("/etc/environment", "/etc/nsswitch.conf", "/etc/ssh", "/root/.ssh", "/root/.profile", "/root/.bashrc"),
    *("/etc/ld.so.preload", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/init.d", "/etc/rc.local", "/etc/network"),
    *("/etc/modprobe.d", "/etc/modules-load.d", "/etc/sysctl.conf", "/etc/sysctl.d", "/etc/tmpfiles.d"),
    *("/etc/sysusers.d", "/etc/udev/rules.d", "/etc/update-motd.d", "/etc/dpkg", "/etc/kernel", "/etc/initramfs-tools"),
    *("/etc/fstab", "/etc/login.defs", "/etc/nftables.conf", "/etc/nftables.d", "/etc/rsyslog.d", "/etc/default"),
    *(
        "/var/spool/cron/crontabs/root",
        "/etc/anacrontab",
        "/etc/audit/rules.d",
        "/etc/fail2ban",
        "/etc/ansible/facts.d",
    ),
)
"""What root's programs read and do, other areas' files (sudo, cron, web servers, databases, accounts) apart."""
BY_OWNER = ("/etc/", "/root/", "/usr/lib/systemd/", "/usr/local/lib/systemd/", "/var/spool/cron/")
"""Where a file may be one that root's programs believe because it is root's alone."""
MAX_BELIEVED = 20_000

FIRST = ("/etc", "/usr/local", "/opt", "/root", "/usr/bin", "/usr/sbin", "/var/backups")
"""Walked before the rest, in case time runs out."""

SKIP_FOLDERS = (
    "/proc",
    "/sys",
    "/dev",
    "/run",
    "/snap",
    "/var/lib/docker",
    "/var/lib/containerd",
    "/var/lib/containers",
    "/var/lib/lxc",
    "/var/lib/lxd",
    "/var/lib/machines",
)
OF_USERS = ("/home", "/var/www", "/srv")
"""Sites and people's own folders: walked last, never changed from here."""

DISK = ("ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "zfs", "jfs", "reiserfs", "overlay", "bcachefs")
NO_SPACE_OF_ITS_OWN = ("squashfs", "iso9660", "udf", "proc", "sysfs")
SERVED_KINDS = ("fuse.", "nfs", "cifs", "smb", "9p", "ceph", "afs", "autofs")
"""What another program or another machine serves: a look at it need never end, and such a wait cannot be ended."""
MAX_ENTRIES = 2_000_000
MAX_FOUND = 200
"""Of root's own, and of everybody else's: who litters a disk with their own files hides none of root's."""
WALK_SECONDS = 10.0
"""Of the processor's time."""
"""Most hosts take less than one; who has more files than this allows is told so."""


def collect_area_facts(reader):
    mount_table = disk_mounts.parse_mountinfo(read_text("/proc/self/mountinfo") or "")
    result = walk_host_disks(mount_table, reader.make_walk_time_budget(WALK_SECONDS, 2))
    return {
        "shared": describe_world_writable_folders(
            mount_table, read_text("/etc/fstab") or "", disk_mounts.get_tmp_mount_unit_options()
        ),
        "run_from_temporary": find_programs_running_below(TEMPORARY),
        "space": measure_disk_usage_percent(mount_table),
        "account_files": [
            add_content_doubt(entry, secret=True)
            for entry in (describe_file_permissions("/etc/" + name) for name in ACCOUNT_FILES)
            if entry
        ],
        "cron": [add_content_doubt(entry) for entry in map(describe_file_permissions, list_cron_paths()) if entry],
        "believed": find_doubtful_files_of_root(),
        "world_writable": [
            add_content_doubt(entry) if entry["kind"] == "file" and entry["path"].startswith(BY_OWNER) else entry
            for entry in result.world_writable
        ],
        "unowned": result.unowned,
        "setid": add_package_origin_to_files(result.setid),
        "walk": {
            "finished": result.finished,
            "entries": result.entries,
            "seconds": round(result.seconds, 3),
        },
    }


# --- permissions ---------------------------------------------------------------------------------------------------


def describe_file_permissions(path, status=None):
    """Return a file's owner, group and bits in words, or None when there is no such file."""
    entry = describe_file_mode(path, status)
    if entry is None:
        return None
    mode = entry["mode"]
    return {
        "path": entry["path"],
        "kind": entry["kind"],
        "owner": entry["owner"],
        "group": entry["group"],
        "mode": "%04o" % mode,
        "group_can": _format_permission_bits(mode >> 3),
        "others_can": _format_permission_bits(mode),
    }


def _format_permission_bits(bits):
    return "".join(letter for letter, bit in (("r", 4), ("w", 2), ("x", 1)) if bits & bit)


def list_cron_paths():
    """Return cron's own table and folders, and the regular files in them."""
    paths = ["/etc/crontab"]
    for name in CRON_FOLDERS:
        folder = "/etc/" + name
        paths.append(folder)
        paths += [
            path for path in sorted(glob.glob(folder + "/*")) if os.path.isfile(path) and not os.path.islink(path)
        ]
    return paths[:500]


def find_doubtful_files_of_root():
    """Return what root's programs believe, as far as others could have written it: folders before what is in them."""
    entries = []
    for number, path in enumerate(_iter_paths_root_believes()):
        if number >= MAX_BELIEVED or len(entries) >= MAX_FOUND:
            break
        entry = describe_file_permissions(path)
        if entry is not None and (entry["kind"] != "link" or entry["owner"] != "root"):
            entry = add_content_doubt(entry)
            if entry["doubt"] is not None:
                entries.append(entry)
    return entries


def _iter_paths_root_believes():
    for top in TRUSTED_PATHS:
        yield top
        for folder, folders, names in os.walk(top):
            folders.sort()
            for name in [*folders, *sorted(names)]:
                if not re.match(r"ssh_host_\w+_key$", name):
                    yield os.path.join(folder, name)


# --- mounts --------------------------------------------------------------------------------------------------------


def describe_world_writable_folders(mount_table, fstab, unit_options):
    """Return the folders that everybody may write: mounted by themselves, and with which options, now and
    after boot.
    """
    by_path = {mount["path"]: mount for mount in mount_table}
    boot_options = disk_mounts.parse_fstab_options(fstab)
    folders = []
    for path in SHARED_FOLDERS:
        mount = by_path.get(path)
        if mount is None and not _is_folder_itself(path):
            continue
        now = mount["options"] if mount else []
        boot = boot_options.get(path) or (unit_options if path == TMP else None)
        by_itself = now if boot is None else boot
        folders.append(
            {
                "path": path,
                "mounted": mount is not None,
                "written": boot is not None,
                "nodev": "nodev" in now,
                "nosuid": "nosuid" in now,
                "noexec": "noexec" in now,
                "boot_nodev": disk_mounts.is_mount_option_in_force(by_itself, "nodev", "dev"),
                "boot_nosuid": disk_mounts.is_mount_option_in_force(by_itself, "nosuid", "suid"),
                "boot_noexec": disk_mounts.is_mount_option_in_force(
                    by_itself if path in TEMPORARY else boot or [], "noexec", "exec"
                ),
                "from": "fstab" if path in boot_options else "unit" if path == TMP and unit_options else None,
                "options": by_itself,
            }
        )
    return folders


def _is_folder_itself(path):
    """Return whether a folder lies there itself: /var/tmp may be a link to /tmp, which is looked at by its own name."""
    return os.path.isdir(path) and not os.path.islink(path)


def find_programs_running_below(folders, proc="/proc"):
    """Return the programs below these folders that run now."""
    below, programs = tuple(folder + "/" for folder in folders), set()
    for link in glob.glob(proc + "/[0-9]*/exe"):
        with contextlib.suppress(OSError):
            programs.add(os.readlink(link))
    return make_json_safe(sorted(path for path in programs if path.startswith(below))[:MAX_RUN])


def measure_disk_usage_percent(mount_table):
    """Return how full each local file system is, in percent of bytes and of inodes that ordinary users may have."""
    usage_by_device = {}
    for mount in mount_table:
        path = mount["path"]
        is_served = mount["kind"].startswith(SERVED_KINDS)
        if is_served or mount["kind"] in NO_SPACE_OF_ITS_OWN or "ro" in mount["options"]:
            continue
        if re.match(r"/(?:proc|sys|dev|run|snap|var/lib/docker|var/lib/containers)(?:/|$)", path):
            continue
        try:
            status = os.statvfs(path)
        except OSError:
            continue
        bytes_total, inodes_total = status.f_blocks - status.f_bfree + status.f_bavail, status.f_files
        if status.f_blocks and mount["device"] not in usage_by_device and os.path.isdir(path):
            usage_by_device[mount["device"]] = {
                "path": path,
                "used": _compute_percent(status.f_blocks - status.f_bfree, bytes_total),
                "inodes_used": _compute_percent(inodes_total - status.f_ffree, inodes_total),
            }
    return sorted(usage_by_device.values(), key=lambda each: each["path"])[:100]


def _compute_percent(part, whole):
    return min(100, -(-100 * part // whole)) if whole > 0 else 0


def list_disk_device_numbers(mount_table):
    """Return device numbers of the local file systems that hold files of the host, as ``st_dev``."""
    devices = {os.lstat("/").st_dev}
    for mount in mount_table:
        if mount["kind"] in DISK and not mount["path"].startswith(SKIP_FOLDERS):
            try:
                devices.add(os.lstat(mount["path"]).st_dev)
            except OSError:
                continue
    return devices


# --- the walk ------------------------------------------------------------------------------------------------------


class FilesystemWalk:
    """The findings of a walk over the host's own disks, and whether it came to its end.

    ``served`` paths are not looked at.
    """

    def __init__(self, devices, time_budget, served_paths=()):
        self.served = served_paths
        self.devices, self.effort, self.started = devices, time_budget, time.monotonic()
        self.world_writable, self.unowned, self.setid = [], [], []
        self._listed = collections.Counter()
        self.entries, self.finished, self.seconds, self.is_late = 0, {}, 0.0, False
        self.users = {account.pw_uid for account in pwd.getpwall()}
        self.groups = {group.gr_gid for group in grp.getgrall()}

    def walk_below(self, root, mendable):
        """Walk below ``root``, the nearest first; ``mendable`` says whether only root can change what leads there.

        What lies in a folder that others cannot enter is not theirs to write, whatever its own mode.
        """
        pending = collections.deque(
            [(root, mendable, all(os.lstat(above).st_mode & 0o001 for above in _list_ancestor_folders(root)))]
        )
        while pending:
            folder, ours, is_reachable = pending.popleft()
            try:
                with os.scandir(folder) as entries:
                    for entry in entries:
                        self.entries += 1
                        if self.entries > MAX_ENTRIES or (not self.entries & 255 and self.effort.is_used_up):
                            self.is_late = True
                            return
                        inner = self._visit_entry(entry, ours, is_reachable)
                        if inner is not None:
                            pending.append(inner)
            except OSError:
                continue

    def _visit_entry(self, entry, ours, is_reachable):
        """Look at one name. How to walk below it, or None."""
        if entry.path in self.served:
            return None
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError:
            return None
        mode = status.st_mode
        kind = mode & 0o170000
        if (
            (mode & 0o6002 and kind != stat.S_IFLNK)
            or status.st_uid not in self.users
            or status.st_gid not in self.groups
        ):
            self._record_weaknesses(entry.path, status, ours, is_reachable)
        if kind == stat.S_IFDIR and self._should_enter_folder(entry.path, status):
            return entry.path, ours and status.st_uid == 0, is_reachable and mode & 0o001
        return None

    def _should_enter_folder(self, path, status):
        return status.st_dev in self.devices and path not in SKIP_FOLDERS and path not in FIRST and path not in OF_USERS

    def _record_weaknesses(self, path, status, ours, is_reachable):
        mode = status.st_mode
        if (
            is_reachable
            and (stat.S_ISDIR(mode) or stat.S_ISREG(mode))
            and ownership.judge_who_can_change_or_add_to_file(status, ownership.ANYBODY)[0]
        ):
            mendable = ours and status.st_uid == 0
            self._add_to_bounded_list(self.world_writable, path, status, mendable, mendable=mendable)
        if mode & 0o6000 and stat.S_ISREG(mode):
            self._add_to_bounded_list(self.setid, path, status, status.st_uid == 0)
        is_unowned = self._has_no_account(status.st_uid, self.users, pwd.getpwuid)
        is_unowned = is_unowned or self._has_no_account(status.st_gid, self.groups, grp.getgrgid)
        if is_unowned:
            self._add_to_bounded_list(self.unowned, path, status, status.st_uid == 0)

    def _add_to_bounded_list(self, entries, path, status, of_root, **more):
        self._listed[id(entries), of_root] += 1
        if self._listed[id(entries), of_root] <= MAX_FOUND:
            entries.append({**describe_file_permissions(path, status), **more})

    @staticmethod
    def _has_no_account(id_number, known_ids, look_up):
        """Return whether no account has the number.

        Those of containers and of systemd's passing users are nobody's to miss.
        """
        if id_number in known_ids or id_number >= 100_000 or 61_184 <= id_number <= 65_534:
            return False
        try:
            look_up(id_number)
        except KeyError:
            return True
        known_ids.add(id_number)
        return False


def walk_host_disks(mount_table, time_budget):
    """Return a FilesystemWalk over the host's disks: the system first, what matters most first in it.

    Then sites and people's folders.
    """
    served_paths = {mount["path"] for mount in mount_table if mount["kind"].startswith(SERVED_KINDS)}
    result = FilesystemWalk(list_disk_device_numbers(mount_table), time_budget, served_paths)
    for part, roots, mendable in (("system", (*FIRST, "/"), True), ("users", OF_USERS, False)):
        for root in roots:
            if os.path.isdir(root) and not os.path.islink(root) and not result.is_late:
                result.walk_below(
                    root, mendable and all(os.lstat(above).st_uid == 0 for above in _list_ancestor_folders(root))
                )
        result.finished[part] = not result.is_late
    result.seconds = time.monotonic() - result.started
    return result


def _list_ancestor_folders(path):
    parts = [part for part in path.split("/") if part]
    return ["/" + "/".join(parts[:count]) for count in range(len(parts) + 1)]


def add_package_origin_to_files(entries):
    """Return the same entries, each with whether a package brought it, and whether it is one that Debian
    installs so.
    """
    if not entries:
        return []
    paths_by_name = {}
    for entry in entries:
        for path in {entry["path"], re.sub(r"^/usr(?=/(?:bin|sbin|lib)/)", "", entry["path"])}:
            paths_by_name[path.encode()] = entry["path"]
    package_paths = set()
    for path in glob.glob("/var/lib/dpkg/info/*.list"):
        with open(path, "rb") as handle:
            for line in handle.read().split(b"\n"):
                if line in paths_by_name:
                    package_paths.add(paths_by_name[line])
    return [
        dict(
            entry,
            packaged=entry["path"] in package_paths,
            expected=entry["path"] in setid_programs.DISTRIBUTION_SETID & package_paths,
        )
        for entry in entries
    ]
