#!/usr/bin/python
"""Have a settings file of root's exactly as given, in one trip to the host."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: settings_file
short_description: Writes a whole settings file in one trip
description:
  - Does what C(copy) and C(template) do for a small file, but sends the text along with the module, so that it is one
    trip to the host and not five.
  - For folders in which root alone can write; C(webroot_file) is for all others.
  - A link in the file's place is replaced, never followed.
options:
  content:
    description: The whole text.
    type: str
    required: true
  dest:
    description: The file, absolute. Its folder must be there.
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
  validate:
    description: A command that must succeed before the file takes its place; C(%s) is the new text's file.
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
dest:
  description: The file.
  returned: always
  type: str
"""

import os
import stat
import tempfile

from ansible.module_utils.basic import AnsibleModule


def read(path):
    """The bytes of a regular file, or None when there is none."""
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return None
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def written(module, content):
    """A new file with the text, checked by the ``validate`` command."""
    handle, path = tempfile.mkstemp(dir=module.tmpdir)
    module.add_cleanup_file(path)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    check = module.params["validate"]
    if check:
        code, out, err = module.run_command(check.replace("%s", path))
        if code != 0:
            module.fail_json(msg="failed to validate: %s" % (err or out).strip(), exit_status=code)
    return path


def main():
    module = AnsibleModule(
        argument_spec={
            "content": {"type": "str", "required": True},
            "dest": {"type": "path", "required": True},
            "owner": {"type": "str", "default": "root"},
            "group": {"type": "str", "default": "root"},
            "mode": {"type": "raw", "default": "0644"},
            "validate": {"type": "str"},
        },
        add_file_common_args=True,
        supports_check_mode=True,
    )
    dest, content = module.params["dest"], module.params["content"].encode("utf-8")
    attributes = module.load_file_common_arguments(module.params)
    before = read(dest)
    if before == content:
        module.exit_json(changed=module.set_fs_attributes_if_different(attributes, False), dest=dest)
    diff = {
        "before_header": dest,
        "after_header": dest,
        "before": (before or b"").decode("utf-8", "replace"),
        "after": module.params["content"],
    }
    if not module.check_mode and not os.path.isdir(os.path.dirname(dest)):
        module.fail_json(msg="cannot write %s: its folder is not there" % dest)
    try:
        new = written(module, content)
        if not module.check_mode:
            module.atomic_move(new, dest, keep_dest_attrs=before is not None)
            module.set_fs_attributes_if_different(attributes, True)
    except OSError as error:
        module.fail_json(msg="cannot write %s: %s" % (dest, error))
    module.exit_json(changed=True, dest=dest, diff=diff)


if __name__ == "__main__":
    main()
