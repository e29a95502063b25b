"""A lab host's whole disk, to compare with later: bytes, mode, owner, time, attributes of every path.

A host is an overlay on its image: only what lies in the layer above is looked at, on the host as it sees itself. All
else is the image's, which is looked at once.
"""

from __future__ import annotations

import bisect
import functools
import json
import os
import re
import stat
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from auditor import lab
from tests.lab.tree import entry, tree

Disk = Mapping[str, Any]

OWN_LIVES = (
    *("/var/log", "/var/lib/mysql", "/var/lib/php/sessions", "/var/backups/web", "/var/lib/systemd/timers"),
    *("/var/tmp", "/var/lib/systemd/linger", "/var/lib/luytre", "/var/lib/systemd/random-seed"),  # noqa: S108  a host's, not ours
)
"""What changes on a host by itself, or holds the way back."""
OUT = frozenset(("/proc", "/sys", "/dev", "/run", "/tmp", *OWN_LIVES))  # noqa: S108  a host's, not ours
_CHECKOUT = Path(__file__).parents[2]
_NOT_THE_IMAGES = {"trusted.overlay.opaque", "trusted.overlay.redirect"}
"""Attributes in the layer above of a folder that holds nothing, or something else, of what the image has there."""


def disk(host: str) -> Disk:
    """Return the disk now, without what lives its own life."""
    process = lab.get_init_process_folder_of_machine(host)
    image, mounts = _mounts((process / "mountinfo").read_text("utf-8"))
    return _Looked(_image(image), f"{process}/root", str(lab.get_folder_of_changes_on_machine(host)), mounts).found


WRITTEN_ON = ("/var/lib/fail2ban/fail2ban.sqlite3",)
"""What a daemon goes on writing that was there before and after: that it is there, its mode and owners count."""


def differences(before: Disk, after: Disk) -> dict[str, Any]:
    """Paths that are not the same, with both sides."""
    return {
        path: (was, now)
        for path in sorted({*before, *after})
        if (was := before.get(path)) != (now := after.get(path))
        and not (path in WRITTEN_ON and was and now and was[:3] == now[:3])
    }


def _mounts(mountinfo: str) -> tuple[str, frozenset[str]]:
    """Return the layers of the image that a host runs on, as overlayfs wants them, and what else is mounted that is
    looked at.
    """
    image, points = "", set()
    for line in mountinfo.splitlines():
        *_, point, _options = line.partition(" - ")[0].split(" ")[:6]
        point = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), point)
        if point == "/":
            image = re.search(r"[ ,]lowerdir=([^ ,]+)", line)[1]  # type: ignore[index]  # every lab host is an overlay
        elif not any(point == out or point.startswith(f"{out}/") for out in OUT):
            points.add(point)
    return image, frozenset(points)


@functools.cache
def _image(layers: str) -> Disk:
    with tempfile.TemporaryDirectory() as place:
        script = 'mount -t overlay overlay -o "ro,lowerdir=$1" "$2"; root=$2 python=$3; shift 3; exec "$python" -m tests.lab.tree "$root" "$@"'
        done = subprocess.run(
            ["unshare", "--mount", "--propagation", "private", "sh", "-euc", script, "sh", layers, place, sys.executable, *OUT],
            cwd=_CHECKOUT, stdout=subprocess.PIPE, check=True,
        )  # fmt: skip
    found: Disk = json.loads(done.stdout)
    return dict(sorted(found.items()))


class _Looked:
    """A host's files: those of its image, and over them what its layer above holds or is mounted."""

    def __init__(self, image: Disk, root: str, upper: str, mounts: frozenset[str]) -> None:
        self.found = dict(image)
        self._paths = list(image)
        self._root, self._upper, self._mounts = root, upper, mounts
        self._layer("")
        for point in sorted(mounts):
            if os.path.lexists(root + point):
                self.found[point] = entry(root, point)
                self._anew(point)

    def _layer(self, folder: str) -> None:
        for name in os.listdir(self._upper + folder):  # noqa: PTH208  thousands of them
            path = f"{folder}/{name}"
            if path not in OUT and path not in self._mounts:
                self._path(path)

    def _path(self, path: str) -> None:
        if not os.path.lexists(self._root + path):
            self._without(path)
            self.found.pop(path, None)
            return
        self.found[path] = entry(self._root, path)
        if not stat.S_ISDIR(os.lstat(self._root + path).st_mode):
            self._without(path)
        elif _NOT_THE_IMAGES.isdisjoint(os.listxattr(self._upper + path)):
            self._layer(path)
        else:
            self._anew(path)

    def _anew(self, folder: str) -> None:
        self._without(folder)
        self.found.update(tree(self._root, OUT, folder))

    def _without(self, folder: str) -> None:
        """Forget what the image has below a path."""
        first, end = (bisect.bisect_left(self._paths, folder + mark) for mark in ("/", "0"))
        for path in self._paths[first:end]:
            self.found.pop(path, None)
