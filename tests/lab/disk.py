"""A lab host's whole disk, to compare with later: bytes, mode, owner, time, attributes of every path."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from auditor import lab

Disk = Mapping[str, Any]

OWN_LIVES = (
    *("/var/log", "/var/lib/mysql", "/var/lib/php/sessions", "/var/backups/web", "/var/lib/systemd/timers"),
    *("/var/tmp", "/var/lib/systemd/linger", "/var/lib/luytre", "/var/lib/systemd/random-seed"),  # noqa: S108
)
"""What changes on a host by itself, or holds the way back."""

_SCRIPT = r"""
import base64, hashlib, json, os, stat, sys
OUT = ("/proc", "/sys", "/dev", "/run", "/tmp", *json.loads(sys.argv[1]))
found = {}
def one(path):
    status = os.lstat(path)
    entry = [oct(status.st_mode), status.st_uid, status.st_gid, status.st_mtime_ns]
    if stat.S_ISREG(status.st_mode):
        with open(path, "rb") as handle:
            entry.append(hashlib.sha256(handle.read()).hexdigest()[:16])
    if stat.S_ISLNK(status.st_mode):
        entry.append(os.readlink(path))
    names = sorted(os.listxattr(path, follow_symlinks=False))
    entry.append([[name, base64.b64encode(os.getxattr(path, name, follow_symlinks=False)).decode()] for name in names])
    found[path] = entry
for folder, inner, names in os.walk("/"):
    inner[:] = [one for one in inner if os.path.join(folder, one) not in OUT]
    for path in (os.path.join(folder, name) for name in inner + names):
        if path not in OUT:
            one(path)
json.dump(found, sys.stdout)
"""


def disk(host: str) -> Disk:
    """The disk now, without what lives its own life."""
    done = lab.run(host, ["python3", "-", json.dumps(OWN_LIVES)], given=_SCRIPT.encode())
    assert done.returncode == 0, done.stderr
    found: Disk = json.loads(done.stdout)
    return found


def differences(before: Disk, after: Disk) -> dict[str, Any]:
    """Paths that are not the same, with both sides."""
    return {
        path: (before.get(path), after.get(path))
        for path in sorted({*before, *after})
        if before.get(path) != after.get(path)
    }
