"""What dpkg knows: installed packages, and its order of versions."""

import fcntl
import os
import re
import struct

from ansible.module_utils.luytre._reading import read_text

STATUS = "/var/lib/dpkg/status"
STATUS_LIMIT = 40_000_000
_FLOCK = struct.Struct("hhqqi4x")
"""The kernel's ``struct flock`` on 64-bit Linux: type, whence, start, length, process."""
_PART = re.compile(r"(\D*)(\d*)")
_RANK = {"~": -1, "": 0}


def version_key(version):
    """A key that sorts as ``dpkg --compare-versions`` does."""
    epoch, colon, rest = version.partition(":")
    if not colon:
        epoch, rest = "0", version
    upstream, dash, revision = rest.rpartition("-")
    if not dash:
        upstream, revision = rest, "0"
    return int(epoch) if epoch.isdigit() else 0, _part_key(upstream), _part_key(revision)


def _part_key(text):
    """Alternating non-digits and numbers; ``~`` before the end, the end before letters, letters before the rest."""
    key = []
    for letters, digits in _PART.findall(text):
        key.append((*tuple(_rank(char) for char in letters), 0))
        key.append(int(digits or "0"))
    return tuple(key)


def _rank(char):
    if char == "~":
        return -1
    return ord(char) if char.isalpha() else ord(char) + 256


def installed(text=None):
    """``{name: (version, architecture, held)}`` of every installed package, from dpkg's status file."""
    text = text if text is not None else read_text(STATUS, STATUS_LIMIT) or ""
    found = {}
    for paragraph in text.split("\n\n"):
        fields = {}
        for line in paragraph.splitlines():
            key, colon, value = line.partition(": ")
            if colon and key in ("Package", "Status", "Version", "Architecture"):
                fields[key] = value
        want, _flag, state = ([*fields.get("Status", "").split(), "", "", ""])[:3]
        if state == "installed" and "Package" in fields and "Version" in fields:
            found[fields["Package"]] = (fields["Version"], fields.get("Architecture", ""), want == "hold")
    return found


def unfinished(text):
    """Names of packages whose installation was begun and not ended: nothing can be installed until that is mended."""
    marks = re.compile(
        r"^Package: (\S+)\nStatus: \S+ (?:reinstreq \S+|\S+ (?:half-installed|half-configured|unpacked))$", re.MULTILINE
    )
    return marks.findall(text)


def is_busy(path="/var/lib/dpkg/lock-frontend"):
    """Whether some program holds dpkg's lock at this moment. Takes no lock itself; False where that cannot be told."""
    if struct.calcsize("P") != 8:
        return False
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        asked = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        return _FLOCK.unpack(fcntl.fcntl(handle, fcntl.F_GETLK, asked))[0] != fcntl.F_UNLCK
    except OSError:
        return False
    finally:
        os.close(handle)
