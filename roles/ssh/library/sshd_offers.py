#!/usr/bin/python
"""Ask sshd what it would offer to whom with a settings file that is not in place yet."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: sshd_offers
short_description: Asks sshd what it would offer with new settings
description:
  - Has C(sshd -T) read the host's own configuration with the new settings before it, and say for each connection what
    decides who gets in. Changes nothing.
options:
  content:
    description: The whole text of the new settings file, which sshd is to read first.
    type: str
    required: true
  questions:
    description: The connections, each with C(account), C(source) and C(port).
    type: list
    elements: dict
    required: true
  seconds:
    description: Time for all questions together.
    type: int
    default: 20
author: Lũy Tre
"""

EXAMPLES = r"""
- name: Ask sshd whom it would let in with the new settings
  sshd_offers:
    content: "PasswordAuthentication no"
    questions: [{account: root, source: 192.0.2.1, port: 22}]
"""

RETURN = r"""
offers:
  description: What sshd says, each with C(account), C(source), C(port) and C(settings).
  returned: always
  type: list
"""

import os
import tempfile

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.luytre.logins import sshd
from ansible.module_utils.luytre.os.ssh_session import get_current_ssh_session
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader, UnreadableFact


def main():
    module = AnsibleModule(
        argument_spec={
            "content": {"type": "str", "required": True},
            "questions": {"type": "list", "elements": "dict", "required": True},
            "seconds": {"type": "int", "default": 20},
        },
        supports_check_mode=True,
    )
    handle, path = tempfile.mkstemp(dir=module.tmpdir)
    module.add_cleanup_file(path)
    with os.fdopen(handle, "wb") as file:
        file.write(module.params["content"].encode())
    questions = [
        {key: question[key] for key in ("account", "source", "port")} for question in module.params["questions"]
    ]
    here = get_current_ssh_session()
    try:
        offers, _ = sshd.list_sshd_offers_by_connection(
            AreaReader({}, module.params["seconds"]), questions, here["local"] if here else None, settings_file=path
        )
    except UnreadableFact as error:
        module.fail_json(msg="sshd does not say whom it would let in with the new settings: %s" % error)
    module.exit_json(changed=False, offers=offers)


if __name__ == "__main__":
    main()
