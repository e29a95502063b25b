#!/usr/bin/python
"""Have settings files of root's exactly as given, in one trip to the host."""

from __future__ import absolute_import, division, print_function

from ansible.module_utils.luytre_shared.files import safe_open

__metaclass__ = type

DOCUMENTATION = r"""
module: settings_file
short_description: Writes whole settings files in one trip
description:
  - Does what C(copy) and C(template) do for a small file, but sends the text along with the module, so that it is one
    trip to the host and not five.
  - For folders in which root alone can write; C(webroot_file) is for all others.
  - A link in the file's place is replaced, never followed. So is a file that others could have written or still hold
    open, even one with the same text.
  - A folder that others can write is refused.
options:
  content:
    description: The whole text.
    type: str
  dest:
    description: The file, absolute. Its folder must be there, but for C(folder_mode).
    type: path
  files:
    description: Several files instead of one; all else is as for one.
    type: list
    elements: dict
    suboptions:
      content:
        description: The whole text.
        type: str
        required: true
      dest:
        description: The file.
        type: path
        required: true
  owner:
    description: Owner by name.
    type: str
    default: root
  group:
    description: Group by name.
    type: str
    default: root
  mode:
    description: Permission bits, octal.
    type: raw
    default: "0644"
  folder_mode:
    description: Permission bits, octal, of the folder, which is made where it is missing, with those above it.
    type: str
  validate:
    description:
      - A command that must succeed before the file takes its place; C(%s) is the new text's file.
      - In check mode it runs, too, if it is there.
    type: str
author: Lũy Tre
"""

EXAMPLES = r"""
- name: Keep a log of what sudo runs
  settings_file:
    content: "{{ lookup('ansible.builtin.template', 'zz-luytre.j2') }}"
    dest: /etc/sudoers.d/zz-luytre
    mode: "0440"
    validate: /usr/sbin/visudo -cf %s
"""

RETURN = r"""
diff:
  description: A difference for each file whose text changes.
  returned: always
  type: list
  elements: dict
"""

import os
import shlex
import shutil
import tempfile

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.luytre_change import kept_files
from ansible.module_utils.luytre_shared.os.file_writers import describe_file_writer, open_path_target

MAX_FILE = 8_000_000
FILE = {"content": {"type": "str", "required": True}, "dest": {"type": "path", "required": True}}


def read_regular_file_or_none(path):
    """Return the bytes of a regular file, or None when there is none. Raises OSError."""
    try:
        handle = safe_open.open_below(os.path.dirname(path), os.path.basename(path))
    except (FileNotFoundError, safe_open.Unsafe):
        return None
    try:
        return safe_open.read_whole(handle, MAX_FILE, path)
    finally:
        os.close(handle)


def is_file_writable_by_others_than_root(path):
    """Return whether others could have written the file that is there.

    Raises PermissionError where they can write its folder.
    """
    with open_path_target(os.path.dirname(path)) as folder:
        author = folder and (folder.on_the_way or folder.own)
        if author:
            raise PermissionError(describe_file_writer(author))
    with open_path_target(path) as target:
        return target is not None and target.own is not None


def is_command_missing_only_in_check_mode(command):
    """Return whether a check run knows the command only from a package that it would have installed."""
    return shutil.which(shlex.split(command)[0]) is None


def write_validated_draft_file(module, content):
    """Return a new file with the text, checked by the ``validate`` command."""
    handle, path = tempfile.mkstemp(dir=module.tmpdir)
    module.add_cleanup_file(path)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    check = module.params["validate"]
    if check and not (module.check_mode and is_command_missing_only_in_check_mode(check)):
        code, out, err = module.run_command(check.replace("%s", path))
        if code != 0:
            module.fail_json(msg="failed to validate: %s" % (err or out).strip(), exit_status=code)
    return path


def find_missing_folders(folder):
    """Return what is not there of a folder and those above it, the uppermost first."""
    folders = []
    while not os.path.isdir(folder):
        folders.insert(0, folder)
        folder = os.path.dirname(folder)
    return folders


def put_settings_file_and_return_diff(module, dest, content):
    """Have the file so. Its difference, empty where that is in its modes alone; None where it was so."""
    attributes = module.load_file_common_arguments(module.params, path=dest)
    folder = os.path.dirname(dest)
    outside = kept_files.explain_link_leading_out_of_etc(folder)
    if outside:
        module.fail_json(msg="cannot write %s: %s" % (dest, outside))
    make = find_missing_folders(folder) if module.params["folder_mode"] is not None else []
    try:
        theirs = is_file_writable_by_others_than_root(dest)
    except OSError as error:
        module.fail_json(msg="cannot write %s: %s" % (dest, error))
    before = read_regular_file_or_none(dest)
    if before == content.encode("utf-8") and not theirs:
        return {} if module.set_fs_attributes_if_different(attributes, False) else None
    if not module.check_mode and not make and not os.path.isdir(folder):
        module.fail_json(msg="cannot write %s: its folder is not there" % dest)
    try:
        if make and not module.check_mode:
            for new_folder in make:
                os.mkdir(new_folder)
                os.chmod(new_folder, int(module.params["folder_mode"], 8))
        new = write_validated_draft_file(module, content.encode("utf-8"))
        if not module.check_mode:
            module.atomic_move(new, dest, keep_dest_attrs=before is not None and not theirs)
            module.set_fs_attributes_if_different(attributes, True)
    except OSError as error:
        module.fail_json(msg="cannot write %s: %s" % (dest, error))
    return {
        "before_header": dest,
        "after_header": dest,
        "before": (before or b"").decode("utf-8", "replace"),
        "after": content,
    }


def main():
    module = AnsibleModule(
        argument_spec={
            "content": {"type": "str"},
            "dest": {"type": "path"},
            "files": {"type": "list", "elements": "dict", "options": FILE},
            "owner": {"type": "str", "default": "root"},
            "group": {"type": "str", "default": "root"},
            "mode": {"type": "raw", "default": "0644"},
            "folder_mode": {"type": "str"},
            "validate": {"type": "str"},
        },
        add_file_common_args=True,
        mutually_exclusive=[("files", "dest"), ("files", "content")],
        required_one_of=[("files", "dest")],
        required_together=[("dest", "content")],
        supports_check_mode=True,
    )
    files = [module.params] if module.params["files"] is None else module.params["files"]
    differences = [put_settings_file_and_return_diff(module, file["dest"], file["content"]) for file in files]
    module.exit_json(
        changed=any(difference is not None for difference in differences),
        diff=[difference for difference in differences if difference],
    )


if __name__ == "__main__":
    main()
