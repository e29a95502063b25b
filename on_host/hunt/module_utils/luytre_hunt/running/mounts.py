"""What the kernel was told to run or to show in another's place: mounts over programs and processes, its helpers."""

import glob
import os
import re

from ansible.module_utils.luytre_hunt.places import FOREIGN, GONE, OURS, Thing
from ansible.module_utils.luytre_shared.os.area_reader import UnreadableFact, read_text
from ansible.module_utils.luytre_shared.os.process_table import MAX_TABLE

HELPERS = ("/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/sys/kernel/uevent_helper")
"""Where the kernel has the programs that it starts itself."""
FORMATS = "/proc/sys/fs/binfmt_misc/*"
_COVERED = re.compile(
    r"^/(?:usr/)?(?:s?bin|lib|lib64|libexec)/.|^/etc/(?:passwd|shadow|group|sudoers|ssh|pam\.d|cron|systemd"
    r"|ld\.so|profile)"
    r"|^/(?:root|home/[^/]+)/\.|^/var/(?:spool/cron|log/.)"
)
_OF_PROCESS = re.compile(r"^%s/(\d{1,9})(?:/.*)?$")
_OCTAL = re.compile(r"\\([0-7]{3})")
_FILES_OF_HOST = ("tmpfs", "proc", "sysfs", "devtmpfs", "overlay", "squashfs", "fuse.lxcfs", "nsfs")
MAX_MOUNTS = 4_000


def add_rows_of_covered_files_and_helpers(places, proc="/proc"):
    """Add the rows of what is mounted over processes and single files, and of programs that the kernel starts."""
    covered = set()
    for root, point, kind in _list_mounts(proc)[:MAX_MOUNTS]:
        match = re.match(_OF_PROCESS.pattern % re.escape(proc), point)
        if match is not None:
            covered.add(match.group(1))
        elif kind not in _FILES_OF_HOST and _COVERED.match(point) and root != "/" and os.path.isfile(point):
            places.add_thing(Thing("hook", point, "root", OURS, "%s \u2192 %s" % (root, point), ["covered"], [root]))
    for pid in sorted(covered)[:50]:
        places.add_row_in_slot("process", "%s/%s" % (proc, pid), "", GONE, "a mount lies over it", ["hidden"])
    _add_rows_of_helpers(places)


def _list_mounts(proc):
    """Return ``(folder of the file system, mount point, kind)`` of what is mounted, in order."""
    mounts = []
    for line in _read_or_empty("%s/self/mountinfo" % proc).split("\n"):
        before, _, after = line.partition(" - ")
        fields = [_OCTAL.sub(lambda found: chr(int(found.group(1), 8)), word) for word in before.split(" ")]
        if len(fields) > 4 and after:
            mounts.append((fields[3], fields[4], after.split(" ")[0]))
    return mounts


def _add_rows_of_helpers(places):
    for path in (*HELPERS, *sorted(glob.glob(FORMATS))[:100]):
        text = _read_or_empty(path)
        programs = re.findall(r"(?m)^(?:\||interpreter )?\s*(/[^\s%]{1,300})", text)
        places.seen += 1
        foreign = [one for one in programs if places.packaged.get_package_origin_of_file(one) == FOREIGN]
        if foreign:
            places.add_thing(Thing("hook", path, "root", FOREIGN, text.strip()[:500], (), foreign))


def _read_or_empty(path):
    try:
        return read_text(path, MAX_TABLE) or ""
    except (OSError, UnreadableFact):
        return ""
