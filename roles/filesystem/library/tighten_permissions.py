#!/usr/bin/python
"""Take away permissions that nobody needs, without ever following a link."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: tighten_permissions
short_description: Takes permissions on system files away that nobody needs
description:
  - Only ever takes bits away (or adds the sticky bit) and gives files to root.
  - Opens every part of a path without following links; a folder on the way that is not root's stops it.
options:
  parts:
    description: What to tighten.
    type: list
    elements: str
    choices: [account_files, cron, sticky, world_writable]
    required: true
author: Lũy Tre
"""

EXAMPLES = r"""
- name: Tighten the account files
  tighten_permissions:
    parts: [account_files]
"""

RETURN = r"""
changed_paths:
  description: Every path changed, with its state before and after.
  returned: always
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.luytre import filesystem
from ansible.module_utils.luytre._reading import Unreadable


def main():
    parts = ["account_files", "cron", "sticky", "world_writable"]
    module = AnsibleModule(
        argument_spec={"parts": {"type": "list", "elements": "str", "choices": parts, "required": True}},
        supports_check_mode=True,
    )
    changed = {}
    try:
        for wanted in filesystem.corrections(module.params["parts"]):
            result = filesystem.tighten(wanted, module.check_mode)
            if result:
                changed[wanted.path] = {"before": result[0], "after": result[1]}
    except Unreadable as refused:
        module.fail_json(msg=str(refused), changed_paths=changed)
    lines = {side: "".join("%s %s\n" % (path, changed[path][side]) for path in changed) for side in ("before", "after")}
    module.exit_json(changed=bool(changed), changed_paths=changed, diff=lines)


if __name__ == "__main__":
    main()
