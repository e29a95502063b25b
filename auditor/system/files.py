"""Files and folders put in place whole, for their owner only: they list every weakness.

What is there already keeps its mode, so that whoever opened it to a web server need not do so after every run.
"""

from __future__ import annotations

import ctypes
import errno
import os
import secrets
import shutil
import stat
from collections.abc import Iterable
from pathlib import Path

from auditor.errors import InputError

MARK = '<meta name="generator" content="luytre">'
"""What tells our report from a folder of somebody else's that happens to be called the same."""
HEAD = 2000
"""Within so many bytes it stands."""

_MEND = "mend that, or give another folder with --output"
_OWNER = 0o700
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


def check(output: Path) -> None:
    """Make ``output``. Raises InputError when it cannot be used, before any time is spent on an audit."""
    try:
        output.mkdir(parents=True, exist_ok=True, mode=_OWNER)
    except OSError as error:
        raise InputError(f"cannot make the folder {output}: {error.strerror}", mend=_MEND) from error
    report = output / "report"
    if not os.access(output, os.W_OK | os.X_OK):
        raise InputError(f"cannot write to {output}", mend=_MEND)
    if report.is_symlink() or (report.exists() and not report.is_dir()) or (report.is_dir() and not _ours(report)):
        raise InputError(f"{report} is there already and is no report of ours", mend=_MEND)


def _ours(report: Path) -> bool:
    index = report / "index.html"
    if index.is_file():
        return MARK in index.read_bytes()[:HEAD].decode("utf-8", "replace")
    return not any(report.iterdir())


def file(path: Path, content: bytes) -> Path:
    """Write a file whole, with the mode of the one that is there, else for its owner only."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(content)
        if path.is_file():
            temporary.chmod(stat.S_IMODE(path.stat().st_mode))
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise InputError(
            f"cannot write {path}: {error.strerror}", mend="free some space, or give another --output"
        ) from error
    return path


def private(path: Path, parts: Iterable[bytes]) -> Path:
    """Write a file whole, for its owner only, part by part: it may be larger than memory."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.writelines(parts)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        raise InputError(
            "cannot write {path}: {why}", path=path, why=error.strerror, mend="check the folder and its free space"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
    return path


def folder(path: Path, files: Iterable[tuple[str, str]]) -> Path:
    """Write a folder of text files whole, in place of the one that is there and as open as that, else for its owner only."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        mode = stat.S_IMODE(path.stat().st_mode) if path.is_dir() else _OWNER
        temporary.mkdir(mode=_OWNER)
        for name, text in files:
            target = temporary / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        _give(temporary, mode)
        _put(temporary, path)
    except OSError as error:
        raise InputError(
            f"cannot write {path}: {error.strerror}", mend="free some space, or give another --output"
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return path


def _give(folder: Path, mode: int) -> None:
    """Give a folder and all below it this mode; its files may not be executed."""
    for place, _folders, names in folder.walk(top_down=False):
        for name in names:
            (place / name).chmod(mode & 0o666)
        place.chmod(mode)


def _put(new: Path, path: Path) -> None:
    """Give ``new`` the name ``path``; what had it is left under the name of ``new``."""
    if not path.exists():
        new.rename(path)
    elif not _exchange(new, path):
        aside = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
        path.rename(aside)
        new.rename(path)
        aside.rename(new)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two names in one step. False where the file system or the C library cannot."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    if renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
        return False
    raise OSError(code, os.strerror(code), str(other))
