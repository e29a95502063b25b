"""What takes long to make of our own sources, kept from run to run: a folder for each state of what it is made from.

Below ``$XDG_CACHE_HOME/luytre``, else ``~/.cache/luytre``. What lies there runs here and, as root, on hosts, so that it is
used only where nobody else could have put it.
"""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from contextlib import suppress
from pathlib import Path

_KEPT = 4
"""States that are kept of a kind; those of earlier versions go."""


def folder(kind: str, state: str) -> Path | None:
    """The folder for that state, made when it is not there. None where there can be none of ours alone."""
    try:
        top = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "luytre" / kind
        path = top / state
        if not path.is_dir():
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            _sweep(top)
        return path if all(_is_ours(one) for one in (path, *path.parents)) else None
    except (OSError, RuntimeError):
        return None


def put(place: Path, name: str, content: bytes) -> None:
    """Keep this below that name, whole at once. What cannot be kept, the next run makes again."""
    draft = place / f".{secrets.token_hex(8)}"
    with suppress(OSError):
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as file:
                file.write(content)
            draft.rename(place / name)
        finally:
            draft.unlink(missing_ok=True)


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
