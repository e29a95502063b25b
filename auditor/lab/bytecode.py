"""What machines' Pythons compiled from archives, from one boot to the next.

A reset would have all of it compiled again.

``scripts/kept_bytecode.py`` keeps it on a machine, in a file for each source, named by that source's hash.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

_FOLDER = "luytre-lab-bytecode"
_NAME = re.compile(r"cpython-3\d+-[0-9a-f]{32}")
_LARGEST = 4 << 20
"""Bytes of one file; the largest that a module of ours comes to is a tenth of that."""


def save_bytecode_compiled_on_machine(init: Path, store: Path) -> None:
    """Add what a machine compiled since it booted; ``init`` is its first process in /proc."""
    store.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(OSError), _open_bytecode_folder_of_machine(init) as folder:
        for name in {*os.listdir(folder)}.difference(os.listdir(store)):  # noqa: PTH208  of a descriptor
            with contextlib.suppress(OSError):
                content = _read_file_within_limit(name, folder) if _NAME.fullmatch(name) else b""
                if content:
                    _write_file_to_store(store, name, content)


def restore_bytecode_on_booted_machine(init: Path, store: Path) -> None:
    """Give a machine that has just booted what earlier ones compiled."""
    with contextlib.suppress(OSError), _open_bytecode_folder_of_machine(init) as folder:
        for file in store.glob("[!.]*"):
            with contextlib.suppress(FileExistsError):
                there = os.open(file.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=folder)
                with os.fdopen(there, "wb") as copy:
                    copy.write(file.read_bytes())


@contextlib.contextmanager
def _open_bytecode_folder_of_machine(init: Path) -> Iterator[int]:
    """Open the folder there, with no link on the way to it: its root is not ours to follow."""
    with contextlib.ExitStack() as stack:
        folder = os.open(init / "root", os.O_RDONLY | os.O_DIRECTORY)
        stack.callback(os.close, folder)
        for name in ("run", _FOLDER):
            if name == _FOLDER:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(name, 0o700, dir_fd=folder)
            folder = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            stack.callback(os.close, folder)
        yield folder


def _read_file_within_limit(name: str, folder: int) -> bytes:
    with os.fdopen(os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder), "rb") as file:
        content = file.read(_LARGEST + 1)
    return content if len(content) <= _LARGEST else b""


def _write_file_to_store(store: Path, name: str, content: bytes) -> None:
    descriptor, draft = tempfile.mkstemp(dir=store, prefix=".")
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    Path(draft).rename(store / name)
