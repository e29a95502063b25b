"""Files and folders put in place whole, for their owner only: they list every weakness.

What is there already keeps its mode, so that whoever opened it to a web server need not do so after every run.
"""

from __future__ import annotations

import ctypes
import errno
import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from auditor.errors import InputError

MARK = '<meta name="generator" content="luytre">'
"""What tells our report from a folder of somebody else's that happens to be called the same."""
HEAD = 2000
"""Within so many bytes it stands."""

_MEND = "fix that, or choose another folder with --output"
_MEND_OUTPUT = "free some space, or choose another --output"
_MEND_PRIVATE = "check the folder and its free space"
_OWNER = 0o700
_TOKEN = 6
"""Bytes by which drafts of one file differ."""
_ABANDONED_SECONDS = 86_400
"""Seconds since which nobody has written to a draft whose writer is no more."""
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


def check_and_make_output_folder(output: Path) -> None:
    """Make the folder ``output``, and check that a report in it is ours, before any time is spent on an audit.

    Raises InputError when it cannot be used.
    """
    try:
        output.mkdir(parents=True, exist_ok=True, mode=_OWNER)
    except OSError as error:
        raise InputError(
            "cannot make the folder {folder}: {why}", mend=_MEND, folder=output, why=error.strerror
        ) from error
    report = output / "report"
    if not os.access(output, os.W_OK | os.X_OK):
        raise InputError("cannot write to {folder}", mend=_MEND, folder=output)
    if (
        report.is_symlink()
        or (report.exists() and not report.is_dir())
        or (report.is_dir() and not _is_our_report_or_empty(report))
    ):
        raise InputError("{folder} already exists and is not a Lũy Tre report", mend=_MEND, folder=report)


def _is_our_report_or_empty(report: Path) -> bool:
    index = report / "index.html"
    if index.is_file():
        return MARK in index.read_bytes()[:HEAD].decode("utf-8", "replace")
    return not any(report.iterdir())


def write_file_atomically(path: Path, parts: Iterable[bytes], mode: int | None = None) -> None:
    """Write a file whole or not at all, whatever ends this process or the machine meanwhile; for its owner only.

    Once this returns the file is on the disk. ``parts`` may be larger than memory together. With ``mode`` (None: that
    of the file that is there, else for its owner only) it is as open as that, but not before it is whole. What a killed
    writer of the same file left is cleared away a day later. Raises OSError.
    """
    with _write_draft_of_file(path, parts, mode) as draft:
        draft.replace(path)
        _sync_names_in_folder_to_disk(path.parent)


@contextmanager
def _write_draft_of_file(path: Path, parts: Iterable[bytes], mode: int | None) -> Iterator[Path]:
    """Write what is to be a file beside it, on the disk and as open as it will be; it is gone in the end."""
    _remove_drafts_of_killed_writers(path)
    draft = _make_draft_path(path)
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as stream:
            stream.writelines(parts)
            stream.flush()
            os.fchmod(stream.fileno(), get_mode_of_own_file(path, 0o600) if mode is None else mode)
            os.fsync(stream.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def write_files_together(folder: Path, contents: Mapping[str, bytes], private_names: Collection[str]) -> None:
    """Write files that belong together: none is put in place before all are on the disk. Raises InputError.

    Those of ``private_names`` are for their owner only, the others as open as what is there.
    """
    with ExitStack() as drafts:
        drafts_by_path: dict[Path, Path] = {}
        for name, content in contents.items():
            path, mode = folder / name, 0o600 if name in private_names else None
            with _convert_write_errors(path, mend=_MEND_OUTPUT if mode is None else _MEND_PRIVATE):
                if path.is_dir():
                    raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
                drafts_by_path[path] = drafts.enter_context(_write_draft_of_file(path, [content], mode))
        for path, draft in drafts_by_path.items():
            with _convert_write_errors(path, mend=_MEND_OUTPUT):
                draft.replace(path)
        with _convert_write_errors(folder, mend=_MEND_OUTPUT):
            _sync_names_in_folder_to_disk(folder)


def write_file(path: Path, content: bytes) -> Path:
    """Write a file whole, as open as the one that is there. Raises InputError."""
    with _convert_write_errors(path, mend=_MEND_OUTPUT):
        write_file_atomically(path, [content])
    return path


def write_output(path: Path, content: bytes) -> Path:
    """Write what a person asks for by ``--output`` as ``write_file`` does, and make its folder. Raises InputError."""
    with _convert_write_errors(path, mend=_MEND_OUTPUT):
        path.parent.mkdir(parents=True, exist_ok=True)
    return write_file(path, content)


def write_private(path: Path, parts: Iterable[bytes]) -> Path:
    """Write a file whole, part by part, for its owner only whoever could read the one before. Raises InputError."""
    with _convert_write_errors(path, mend=_MEND_PRIVATE):
        write_file_atomically(path, parts, 0o600)
    return path


def get_mode_of_own_file(path: Path, default_mode: int) -> int:
    """Return the permissions of what is there, if it is ours: what others laid there opens nothing to them."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return default_mode
    return stat.S_IMODE(status.st_mode) if status.st_uid == os.geteuid() and not path.is_symlink() else default_mode


@contextmanager
def _convert_write_errors(path: Path, *, mend: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError("cannot write {path}: {why}", path=path, why=error.strerror, mend=mend) from error


def _make_draft_path(path: Path) -> Path:
    if not path.name:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    return path.with_name(f".{path.name}.{secrets.token_hex(_TOKEN)}")


def _remove_drafts_of_killed_writers(path: Path) -> None:
    """Take away what writers of ``path`` left that were killed: they hold what it holds."""
    draft = re.compile(rf"\.{re.escape(path.name)}\.[0-9a-f]{{{2 * _TOKEN}}}")
    for leftover in path.parent.iterdir():
        if draft.fullmatch(leftover.name):
            with suppress(FileNotFoundError):  # its writer was alive, and has ended since
                if time.time() - leftover.lstat().st_mtime > _ABANDONED_SECONDS:
                    shutil.rmtree(leftover) if leftover.is_dir() and not leftover.is_symlink() else leftover.unlink()


def _sync_names_in_folder_to_disk(folder: Path) -> None:
    """Have the names in a folder on the disk, where its file system keeps them apart from the files."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(handle)


def write_folder(path: Path, files: Iterable[tuple[str, str]]) -> Path:
    """Write a folder of text files whole, in place of the one that is there.

    It is as open as that one, else for its owner only.
    """
    draft = _make_draft_path(path)
    try:
        with _convert_write_errors(path, mend=_MEND_OUTPUT):
            _remove_drafts_of_killed_writers(path)
            draft.mkdir(mode=_OWNER)
            for name, text in files:
                target = draft / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
            _set_mode_of_folder_and_files(draft, get_mode_of_own_file(path, _OWNER))
            _move_into_place_swapping_old(draft, path)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return path


def _set_mode_of_folder_and_files(folder: Path, mode: int) -> None:
    """Give a folder and all below it this mode; its files may not be executed."""
    for place, _folders, names in folder.walk(top_down=False):
        for name in names:
            (place / name).chmod(mode & 0o666)
        place.chmod(mode)


def _move_into_place_swapping_old(new: Path, path: Path) -> None:
    """Give ``new`` the name ``path``; what had it is left under the name of ``new``."""
    if not path.exists():
        new.rename(path)
    elif not _swap_names_in_one_step(new, path):
        aside = _make_draft_path(path)
        path.rename(aside)
        new.rename(path)
        aside.rename(new)


def _swap_names_in_one_step(path: Path, other: Path) -> bool:
    """Swap two names in one step. False where the file system or the C library cannot."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    if renameat2(_AT_FDCWD, os.fsencode(path), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
        return False
    raise OSError(code, os.strerror(code), str(other))


def find_line_of_text(file: Path, text: str) -> int:
    """Return the first line (from 1) of a file of ours that holds a text; 1 where none does."""
    lines = enumerate(file.read_text("utf-8").splitlines(), 1)
    return next((number for number, line in lines if text in line), 1)
