"""Change owner, group, mode and one-line PHP settings of files below a web root."""

import os
import stat

from ansible.module_utils.luytre.sites import webroot
from ansible.module_utils.luytre_change import attributes
from ansible.module_utils.luytre_change.web_root_paths import PathRefusal, open_regular_file_or_folder_in_folder
from ansible.module_utils.luytre_shared.applications import php_constants
from ansible.module_utils.luytre_shared.files import file_replacement
from ansible.module_utils.luytre_shared.files.names import group_name, user_name
from ansible.module_utils.luytre_shared.parsers import php_source

MAX_EDIT = 200_000


class AttributeChange:
    """The wanted attributes of a file: owner and group ids (None: as they are) and a function from mode to mode."""

    def __init__(self, uid=None, gid=None, mode=lambda present: present):
        self.uid, self.gid, self.mode = uid, gid, mode


def put_owner_group_and_mode_if_different(handle, change, check):
    """Return ``(before, after)`` of an open file when owner, group or mode differ from what is wanted, else None."""
    status = os.fstat(handle)
    present = stat.S_IMODE(status.st_mode)
    uid = status.st_uid if change.uid is None else change.uid
    gid = status.st_gid if change.gid is None else change.gid
    mode = attributes.drop_setid_bits_if_owner_changes(status, uid, gid, change.mode(present))
    if (uid, gid, mode) == (status.st_uid, status.st_gid, present):
        return None
    if not check:
        attributes.put_attributes_without_widening_access(handle, status, uid, gid, mode)
    return _describe_attributes(status.st_uid, status.st_gid, present), _describe_attributes(uid, gid, mode)


def _describe_attributes(uid, gid, mode):
    return {"owner": user_name(uid), "group": group_name(gid), "mode": "%04o" % mode}


def define_php_constant_in_file(folder_handle, name, definition, check):
    """Define a PHP constant in a file of an open folder; ``(before, after)`` as statements, or None when it is so."""
    constant, beside = definition["name"], definition.get("only_beside")
    if beside and not _is_owned_by_web(folder_handle, beside):
        return None

    def edit(source):
        is_kept = definition.get("keep") and php_source.is_constant_defined(source, constant)
        return source if is_kept else php_constants.define_constant_in_php_source(source, constant, definition["value"])

    return rewrite_file_by_edit_function(
        folder_handle, name, edit, lambda text: {constant: php_constants.describe_definitions(text, constant)}, check
    )


def change_php_setting_in_file(folder_handle, name, assignment, check):
    """Change a setting in a PHP file of an open folder; as ``define_php_constant_in_file``."""
    place = assignment["form"], assignment["name"]
    return rewrite_file_by_edit_function(
        *(
            folder_handle,
            name,
            lambda source: php_constants.change_assigned_setting_in_php_source(source, *place, assignment["value"]),
        ),
        *(lambda text: {assignment["name"]: php_constants.describe_assignments(text, *place)}, check),
    )


def rewrite_file_by_edit_function(folder_handle, name, edit_content, describe, check):
    """Edit a file of an open folder by ``edit_content``, which makes bytes of bytes.

    Return ``(before, after)`` as ``describe`` has them, or None. Raises PathRefusal.
    """
    handle = open_regular_file_or_folder_in_folder(folder_handle, name, "file")
    try:
        status = os.fstat(handle)
        source = _read_all(handle)
        try:
            new_source = edit_content(source)
        except ValueError as error:
            raise PathRefusal(str(error))
        if new_source == source:
            return None
        if not check:
            try:
                file_replacement.replace_file_if_still_the_same(folder_handle, name, handle, status, new_source)
            except file_replacement.FileSwapped as swap_error:
                raise PathRefusal(swap_error.strerror)
        return describe(source), describe(new_source)
    finally:
        os.close(handle)


def _is_owned_by_web(folder_handle, name):
    """Return whether a file of an open folder belongs to an account that web requests run as."""
    try:
        status = os.stat(name, dir_fd=folder_handle, follow_symlinks=False)
    except OSError:
        return False
    return webroot.find_web_server_accounts().is_owner_of_file(status)


def _read_all(handle):
    """Return the bytes of an open file, which may be growing while they are read.

    Raises PathRefusal for more than MAX_EDIT.
    """
    content = b""
    while len(content) <= MAX_EDIT:
        part = os.read(handle, 65_536)
        if not part:
            return content
        content += part
    raise PathRefusal("too large to edit")
