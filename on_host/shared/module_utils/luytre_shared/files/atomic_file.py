"""Write a file of ours whole or not at all: a reader sees the old one or the new one, also after a power cut."""

import contextlib
import os


def write_file_atomically(path, content, mode=0o600):
    """Write a file in a folder of root's alone; nothing of it is left where that fails."""
    draft = path + ".new"
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.rename(draft, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(draft)
        raise
    sync_folder(os.path.dirname(path))


def sync_folder(path):
    """Have a folder's names on the disk."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
