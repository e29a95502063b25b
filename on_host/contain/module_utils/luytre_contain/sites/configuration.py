"""Configuration files of applications: read whole, and replaced whole where they still hold what was read."""

import contextlib
import os

from ansible.module_utils.luytre_shared.files import immutable, safe_open
from ansible.module_utils.luytre_shared.incidents.action_runner import ActionRefusal

MAX_BYTES = 200_000
ARMED_FILE = "/var/lib/luytre/guard/armed.json"
"""There while a hardening of the host is open, which may yet go back to how all was before it."""


def read_config_bytes_or_refuse(path):
    """Return the bytes of a configuration file. Raises ActionRefusal."""
    with _open_config_file_and_folder(path) as (_folder, _name, handle):
        return _read_open_config_bytes(handle, path)


def replace_config_content_if_as_expected(path, old_content, new_content):
    """Have the file hold ``new_content``, where it holds that or ``old_content``; owner, mode and attributes stay.

    Raises ActionRefusal.
    """
    with _open_config_file_and_folder(path) as (folder, name, handle):
        status = os.fstat(handle)
        present = _read_open_config_bytes(handle, path)
        if present == new_content:
            return
        if present != old_content:
            raise ActionRefusal("changed_since", path)
        try:
            immutable.replace_file_keeping_its_flags(folder, name, handle, status, new_content)
        except OSError as error:
            raise ActionRefusal("config_stays", "%s: %s" % (path, error.strerror))


def check_no_pending_revert_of_host():
    """Raise ActionRefusal while the host may go back to what configurations and accounts held before.

    Without asking, and to one of them alone.
    """
    if os.path.lexists(ARMED_FILE):
        raise ActionRefusal("hardening_open", "")


def is_file_roots_or_same_owners(path, other_path):
    """Return whether a file is root's or of the owner of another one.

    Whoever else put it there is told nothing by what is written to it. Raises ActionRefusal.
    """
    with (
        _open_config_file_and_folder(path) as (_, _, handle),
        _open_config_file_and_folder(other_path) as (_, _, own_handle),
    ):
        return os.fstat(handle).st_uid in (0, os.fstat(own_handle).st_uid)


@contextlib.contextmanager
def _open_config_file_and_folder(path):
    with contextlib.ExitStack() as open_ones:
        try:
            folder, name = safe_open.open_parent_folder_of_path(path, safe_open.ROOTS_LINKS)
            open_ones.callback(os.close, folder)
            handle = safe_open.open_name_in_open_folder(folder, name)
            open_ones.callback(os.close, handle)
        except OSError as error:
            raise ActionRefusal("unread_config", "%s: %s" % (path, error.strerror))
        yield folder, name, handle


def _read_open_config_bytes(handle, path):
    try:
        return safe_open.read_whole(handle, MAX_BYTES, path)
    except OSError as error:
        raise ActionRefusal("unread_config", "%s: %s" % (path, error.strerror))
