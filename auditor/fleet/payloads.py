"""Where modules are kept as they are sent to hosts: a folder for each state of what they are made from.

``$XDG_CACHE_HOME/luytre/payloads``, else ``~/.cache/luytre/payloads``. What lies there runs here and, as root, on hosts, so that it is
used only where nobody else could have put it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import sys
from pathlib import Path

from ansible.release import __version__

from auditor.system import resources

_KEPT = 4
"""States whose modules are kept; those of earlier versions go."""


def folder() -> Path | None:
    """The folder for the modules as they are now, made when it is not there. None where there can be none of ours alone."""
    top = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "luytre/payloads"
    path = top / _state()
    try:
        if not path.is_dir():
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            _sweep(top)
        return path if all(_is_ours(one) for one in (path, *path.parents)) else None
    except (OSError, RuntimeError):
        return None


def _state() -> str:
    digest = hashlib.sha256(f"{__version__} {sys.version}".encode())
    for place in resources.role_folders():
        for path in sorted((*place.rglob("library/**/*.py"), *place.rglob("module_utils/**/*.py"))):
            content = path.read_bytes()
            digest.update(f"\0{path.relative_to(place)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:32]


def _is_ours(path: Path) -> bool:
    """Whether nobody but root and us can put something else in its place, or into it."""
    status = path.lstat()
    others = stat.S_IWGRP | stat.S_IWOTH
    return (
        stat.S_ISDIR(status.st_mode)
        and status.st_uid in (0, os.geteuid())
        and (not status.st_mode & others or bool(status.st_mode & stat.S_ISVTX))
    )


def _sweep(top: Path) -> None:
    newest_first = sorted(top.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in newest_first[_KEPT:]:
        shutil.rmtree(path, ignore_errors=True)
