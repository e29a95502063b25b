"""What takes long to make of our own sources, kept from run to run: a folder for each state of what it is made from.

Below ``$XDG_CACHE_HOME/luytre``, else ``~/.cache/luytre``. What lies there runs here and, as root, on hosts, so that it
is used only where nobody else could have put it.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import stat
from contextlib import suppress
from pathlib import Path

_DIGEST = hashlib.sha256().digest_size
_MAX_STATES = 4
"""States that are kept of a kind; those of earlier versions go."""


def get_cache_folder_of_state(cache_kind: str, state: str) -> Path | None:
    """Return the folder for that state, made when it is not there. None where there can be none of ours alone.

    Nothing is made or removed in a folder of which not every one above is known to be ours.
    """
    top = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "luytre" / cache_kind
    path = top / state
    if not path.is_absolute():
        return None
    is_new = False
    try:
        for ancestor in (*reversed(path.parents), path):
            if is_new := not os.path.lexists(ancestor):
                ancestor.mkdir(mode=0o700, exist_ok=True)
            if not _is_folder_writable_by_us_alone(ancestor, allow_shared=ancestor not in (top, path)):
                return None
        if is_new:
            _remove_oldest_cached_states(top)
    except (OSError, RuntimeError):
        return None
    return path


def put_file_in_cache(folder: Path, name: str, content: bytes) -> None:
    """Keep this below that name, whole at once. What cannot be kept, the next run makes again."""
    draft = folder / f".{secrets.token_hex(8)}"
    with suppress(OSError):
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as file:
                file.write(hashlib.sha256(content).digest() + content)
                file.flush()
                os.fsync(file.fileno())
            draft.rename(folder / name)
        finally:
            draft.unlink(missing_ok=True)


def get_file_from_cache(folder: Path, name: str) -> bytes | None:
    """Return what is kept below that name, as it was put there.

    None when there is nothing, or something else by now.
    """
    try:
        whole = (folder / name).read_bytes()
    except OSError:
        return None
    digest, content = whole[:_DIGEST], whole[_DIGEST:]
    return content if hashlib.sha256(content).digest() == digest else None


def _is_folder_writable_by_us_alone(path: Path, *, allow_shared: bool = False) -> bool:
    """Return whether nobody but root and us can put something else in its place, or into it.

    ``allow_shared``: a folder in which everybody may make things, and remove no others', is one too.
    """
    status = path.lstat()
    others = stat.S_IWGRP | stat.S_IWOTH
    return (
        stat.S_ISDIR(status.st_mode)
        and status.st_uid in (0, os.geteuid())
        and (not status.st_mode & others or (allow_shared and bool(status.st_mode & stat.S_ISVTX)))
    )


def _remove_oldest_cached_states(top: Path) -> None:
    newest_first = sorted(top.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in newest_first[_MAX_STATES:]:
        shutil.rmtree(path, ignore_errors=True)
