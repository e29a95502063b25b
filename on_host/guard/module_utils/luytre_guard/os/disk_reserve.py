"""Room that a way back gives itself on a disk that has run full meanwhile: preallocated, root's alone.

It lies there in pieces, each a file. Only when something does not fit is one given up, and the work done at once:
whoever fills the disk finds the room gone, and a piece frees an inode, too.
"""

import errno
import os

PIECE = 1024 * 1024
LEAST = 8
FULL = (errno.ENOSPC, errno.EDQUOT)


def reserve_disk_space_in_folder(folder, size):
    """Lay pieces for ``size`` bytes, and some more, into a new folder."""
    os.mkdir(folder, 0o700)
    for number in range(LEAST + -(-size // PIECE)):
        handle = os.open(
            os.path.join(folder, "%05d" % number), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600
        )
        try:
            os.posix_fallocate(handle, 0, PIECE)
        finally:
            os.close(handle)


def run_and_free_reserve_when_disk_is_full(folder, work):
    """Return what ``work()`` returned. As long as the disk is full, a piece makes room and the work is done again."""
    while True:
        try:
            return work()
        except OSError as error:
            if error.errno not in FULL or not _delete_one_piece_of_reserve(folder):
                raise


def _delete_one_piece_of_reserve(folder):
    """Give up one piece. Whether there was one."""
    try:
        names = sorted(os.listdir(folder))
        if names:
            os.unlink(os.path.join(folder, names[-1]))
        return bool(names)
    except (FileNotFoundError, NotADirectoryError):
        return False
