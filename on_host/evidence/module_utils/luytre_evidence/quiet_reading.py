"""Read files and folders of this host without leaving a time of access on them."""

import os

from ansible.module_utils.luytre_shared.files import safe_open


def list_folder_without_access_time(folder):
    """Return the names in an open folder, which gets no new time of access by that."""
    again = reopen_without_changing_access_time(folder, safe_open.FOLDER & ~os.O_NOFOLLOW)
    try:
        return os.listdir(again)
    finally:
        os.close(again)


def reopen_without_changing_access_time(descriptor, flags):
    """Return another descriptor of what is held, by which reading leaves no time of access.

    Root alone may have such of any file.
    """
    try:
        return safe_open.reopen(descriptor, flags | os.O_NOATIME | os.O_CLOEXEC)
    except PermissionError:
        return safe_open.reopen(descriptor, flags | os.O_CLOEXEC)
