"""Room kept aside on this machine's disks.

With it, what was begun is ended in order when a disk runs full meanwhile.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from auditor.errors import InputError

_FULL = (errno.ENOSPC, errno.EDQUOT)


class DiskReserve:
    """A file that takes up room until somebody needs it. As a context it is there within, unless it was given up."""

    def __init__(self, path: Path, size: int) -> None:
        self.path, self.size = path, size

    def __enter__(self) -> DiskReserve:
        """Raise InputError when there is not so much room."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            try:
                os.posix_fallocate(handle, 0, self.size)
            finally:
                os.close(handle)
        except OSError as error:
            self.free_reserved_room()
            raise InputError(
                "not enough space to end a run cleanly: {folder}: {error}",
                mend="free {n} MB there",
                folder=self.path.parent,
                error=error.strerror,
                n=self.size >> 20,
            ) from error
        return self

    def __exit__(self, *_: object) -> None:
        self.free_reserved_room()

    def free_reserved_room(self) -> bool:
        """Give the room to whoever needs it. Whether it was there."""
        with suppress(OSError):
            self.path.unlink()
            return True
        return False

    def with_room[Result](self, work: Callable[[], Result]) -> Result:
        """Return what ``work()`` returned; on a full disk it is done once more with the room given up."""
        try:
            return work()
        except OSError as error:
            if error.errno not in _FULL or not self.free_reserved_room():
                raise
        return work()
