"""What dpkg knows: installed packages, and whether it is at work."""

import fcntl
import os
import re
import struct

from ansible.module_utils.luytre_shared.os.area_reader import read_text

STATUS = "/var/lib/dpkg/status"
STATUS_LIMIT = 40_000_000
_FIELDS = ("Package", "Status", "Version", "Architecture", "Source")
_FLOCK = struct.Struct("hhqqi4x")
"""The kernel's ``struct flock`` on 64-bit Linux: type, whence, start, length, process."""


def iter_installed_package_fields(text):
    """Yield what dpkg's status file says of every installed package: its fields by name, the wanted ones alone."""
    for paragraph in text.split("\n\n"):
        fields = {}
        for line in paragraph.splitlines():
            key, colon, value = line.partition(": ")
            if colon and key in _FIELDS:
                fields[key] = value
        want, _flag, state = ([*fields.get("Status", "").split(), "", "", ""])[:3]
        if state == "installed" and "Package" in fields and "Version" in fields:
            yield {**fields, "held": want == "hold"}


def list_installed_packages(text=None):
    """Return ``{name: (version, architecture, held)}`` of every installed package, from dpkg's status file."""
    text = text if text is not None else read_text(STATUS, STATUS_LIMIT) or ""
    return {
        each["Package"]: (each["Version"], each.get("Architecture", ""), each["held"])
        for each in iter_installed_package_fields(text)
    }


def find_unfinished_package_installations(text):
    """Name of packages whose installation was begun and not ended: nothing can be installed until that is mended."""
    marks = re.compile(
        r"^Package: (\S+)\nStatus: \S+ (?:reinstreq \S+|\S+ (?:half-installed|half-configured|unpacked))$", re.MULTILINE
    )
    return marks.findall(text)


def is_dpkg_locked(lock_file="/var/lib/dpkg/lock-frontend"):
    """Return whether some program holds dpkg's lock at this moment.

    Takes no lock itself; False where that cannot be told.
    """
    if struct.calcsize("P") != 8:
        return False
    try:
        handle = os.open(lock_file, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        lock_query = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        return _FLOCK.unpack(fcntl.fcntl(handle, fcntl.F_GETLK, lock_query))[0] != fcntl.F_UNLCK
    except OSError:
        return False
    finally:
        os.close(handle)
