#!/usr/bin/python
"""Make a record of programs and settings, where there is none."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: integrity_record
short_description: Records how programs and settings are
description:
  - Writes down permission bits, owner, size and SHA-256 of every file in O(folders), where root alone can read and
    write it.
  - A record that is there stays as it is; one that others could have written is replaced.
options:
  folders:
    description: The folders, absolute.
    type: list
    elements: path
    required: true
author: Lũy Tre
"""

EXAMPLES = r"""
- name: Record settings
  integrity_record:
    folders: [/etc]
"""

RETURN = r"""
digest:
  description: SHA-256 of the record; none in a check run that would make one.
  returned: always
  type: str
"""

import hashlib
import os
import tempfile
import time

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.luytre.os import integrity_record
from ansible.module_utils.luytre_shared.files import ownership
from ansible.module_utils.luytre_shared.os.area_reader import UnreadableFact


def select_top_folders(folders):
    """Return those folders that there are, where they really lie, without those below another."""
    there = sorted({os.path.realpath(folder) for folder in folders if os.path.isdir(folder)})
    return [
        folder
        for folder in there
        if not any(folder.startswith(other.rstrip("/") + "/") for other in there if other != folder)
    ]


def write(module, text):
    """Put the record in its place, whole or not at all."""
    os.makedirs(integrity_record.HOME, mode=0o700, exist_ok=True)
    loose = ownership.PathTrust().describe_first_changer_on_path(integrity_record.HOME)
    if loose:
        module.fail_json(msg="cannot keep a record: %s" % loose)
    handle, draft = tempfile.mkstemp(dir=integrity_record.HOME)
    with os.fdopen(handle, "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.rename(draft, integrity_record.FILE)


def main():
    module = AnsibleModule(
        argument_spec={"folders": {"type": "list", "elements": "path", "required": True}}, supports_check_mode=True
    )
    record = integrity_record.load_integrity_record()
    if record:
        module.exit_json(changed=False, digest=record[1])
    if module.check_mode:
        module.exit_json(changed=True, digest=None)
    created_at, folders = int(time.time()), select_top_folders(module.params["folders"])
    try:
        text = integrity_record.pack_integrity_record(
            folders, integrity_record.take_folder_snapshot(folders), created_at
        )
        write(module, text)
    except (OSError, UnreadableFact) as error:
        module.fail_json(msg="cannot make a record: %s" % error)
    module.exit_json(changed=True, digest=hashlib.sha256(text).hexdigest())


if __name__ == "__main__":
    main()
