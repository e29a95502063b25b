"""Locks between processes of ours on this machine."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def hold_lock(path: Path, *, wait: bool) -> Iterator[int]:
    """Hold the lock of a file, made when need be and for its owner only; within, its descriptor.

    It ends with this process, however that ends. Raises BlockingIOError when another process holds it and this one
    does not ``wait``, else OSError when the file cannot be opened; a link is not followed.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield handle
    finally:
        os.close(handle)
