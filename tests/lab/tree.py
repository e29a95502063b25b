"""What is below a folder, path by path: mode, owner, time, content, attributes.

As a program it prints that of the folder that its first argument names, without the paths in the others.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import stat
import sys
from collections.abc import Collection
from typing import Any


def entry(root: str, path: str) -> list[Any]:
    """Return one path, taken from a root.

    Its mode, owner, group, time, then a file's digest or a link's target, then attributes.
    """
    place = root + path
    status = os.lstat(place)
    told: list[Any] = [oct(status.st_mode), status.st_uid, status.st_gid, status.st_mtime_ns]
    if stat.S_ISREG(status.st_mode):
        with open(place, "rb") as handle:  # noqa: PTH123  thousands of them
            told.append(hashlib.file_digest(handle, "sha256").hexdigest()[:16])
    if stat.S_ISLNK(status.st_mode):
        told.append(os.readlink(place))  # noqa: PTH115
    names = sorted(os.listxattr(place, follow_symlinks=False))
    told.append([[name, base64.b64encode(os.getxattr(place, name, follow_symlinks=False)).decode()] for name in names])
    return told


def tree(root: str, out: Collection[str], below: str = "/") -> dict[str, list[Any]]:
    """Everything below a folder of a root, by its path from the root; what is ``out`` is not entered."""
    found = {}
    for folder, inner, names in os.walk(root + below):
        here = folder[len(root) :].rstrip("/")
        inner[:] = [name for name in inner if f"{here}/{name}" not in out]
        for path in (f"{here}/{name}" for name in inner + names):
            if path not in out:
                found[path] = entry(root, path)
    return found


if __name__ == "__main__":
    json.dump(tree(sys.argv[1], frozenset(sys.argv[2:])), sys.stdout)
