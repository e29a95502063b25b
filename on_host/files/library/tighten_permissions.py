#!/usr/bin/python
"""Take away permissions that nobody needs, without following a link and without making another's file root's."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: tighten_permissions
short_description: Takes permissions on root's files away that nobody needs
description:
  - Only ever takes bits away (or adds the sticky bit).
  - Opens every part of a path without following links, and decides from what it has opened.
  - A file that others could have written (its owner, its mode or access list, or those of a folder on the way) is never
    given to root, for root's programs would then believe it. It is held, with a warning that says who could have
    written it. Where that was accepted, it is moved to F(/var/lib/luytre/aside), with its owner and mode, and a folder
    is closed.
options:
  parts:
    description: What to tighten.
    type: list
    elements: str
    choices: &parts
      - account_files
      - cron
      - host_keys
      - option_files
      - root_settings
      - sshd_config
      - sticky
      - sudoers
      - tls_keys
      - world_writable
    required: true
  aside:
    description:
      - The parts in which it was accepted that what others could have written is moved aside.
    type: list
    elements: str
    choices: *parts
    default: []
  run:
    description: The folder's name below F(/var/lib/luytre/aside); the date and time by default.
    type: str
    default: ""
author: Lũy Tre
"""

EXAMPLES = r"""
- name: Tighten the account files
  tighten_permissions:
    parts: [account_files]
"""

RETURN = r"""
changed_paths:
  description: Every path whose permissions changed, with its state before and after.
  returned: always
  type: dict
held:
  description: Every path that was left as it is, with who could have written it.
  returned: always
  type: dict
aside:
  description: Every path that was moved, with where it is now.
  returned: always
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.luytre_change import corrections
from ansible.module_utils.luytre_change.permissions import AsideFolder, CorrectionResult
from ansible.module_utils.luytre_shared.os.area_reader import UnreadableFact
from ansible.module_utils.luytre_shared.parsers.json_safe import make_json_safe

PARTS = sorted(set(corrections.PARTS) - set(corrections.OF_DAEMONS))


def main():
    module = AnsibleModule(
        argument_spec={
            "parts": {"type": "list", "elements": "str", "choices": PARTS, "required": True},
            "aside": {"type": "list", "elements": "str", "choices": PARTS, "default": []},
            "run": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    result = CorrectionResult()
    try:
        aside = AsideFolder(module.params["run"])
        for part in module.params["parts"]:
            accepted_aside = aside if part in module.params["aside"] else None
            result.add_results_of_other_corrections(
                corrections.apply_permission_corrections_of_part(part, module.check_mode, accepted_aside)
            )
    except (OSError, UnreadableFact, ValueError) as error:
        module.fail_json(msg=make_json_safe(str(error)), **result.build_ansible_module_answer())
    result.warn_of_paths_held_back(module.warn)
    module.exit_json(changed=bool(result), diff=result.build_ansible_diff(), **result.build_ansible_module_answer())


if __name__ == "__main__":
    main()
