"""A file below folders that others write gets other content.

Whole or not at all, and only where it is still the file that was read.
"""

import contextlib
import errno
import os
import secrets
import stat


class FileSwapped(OSError):
    """Another file has its name by now, or it was written to."""

    def __init__(self, name):
        super().__init__(errno.EAGAIN, "changed while it was being edited", name)


def replace_file_if_still_the_same(folder, name, handle, expected_status, content, mtime=None):
    """Put ``content`` in the place of the open file ``name`` of ``folder``, if that is still the same file.

    The new file takes over owner, group, mode and extended attributes before it gets the name. With ``mtime``, in
    nanoseconds, it has that time, and was read when the other one was. Raises FileSwapped, OSError.
    """
    draft = ".luytre-%s" % secrets.token_hex(8)
    descriptor = os.open(
        draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder
    )
    try:
        try:
            view = memoryview(content)
            while view:
                view = view[os.write(descriptor, view) :]
            os.fchown(descriptor, expected_status.st_uid, expected_status.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(expected_status.st_mode))
            for attribute in os.listxattr(handle):
                os.setxattr(descriptor, attribute, os.getxattr(handle, attribute))
            if mtime is not None:
                os.utime(descriptor, ns=(expected_status.st_atime_ns, mtime))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        present = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if _get_identity_of_file_status(present) != _get_identity_of_file_status(expected_status):
            raise FileSwapped(name)
        os.rename(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(draft, dir_fd=folder)
        raise
    os.fsync(folder)


def _get_identity_of_file_status(status):
    return status.st_dev, status.st_ino, status.st_size, status.st_ctime_ns, status.st_nlink
