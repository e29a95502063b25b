#!/usr/bin/python
"""Write PHP-FPM's configuration as one change that PHP-FPM itself has tested."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: php_fpm_config
short_description: Writes files below /etc/php as one change that PHP-FPM has tested
description:
  - Writes all files, lets every version concerned test its configuration, and takes all back when one refuses.
options:
  files:
    description: Path below C(/etc/php) to text. An empty text removes the file.
    type: dict
    required: true
  versions:
    description: The PHP versions whose configuration is tested, as in C(8.4).
    type: list
    elements: str
    required: true
author: Lũy Tre
"""

EXAMPLES = r"""
- name: Hide the version
  php_fpm_config:
    files: {/etc/php/8.4/fpm/conf.d/99-luytre.ini: "expose_php = Off\n"}
    versions: ["8.4"]
"""

RETURN = r""" # """

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.luytre._transaction import Refused, Transaction


def main():
    module = AnsibleModule(
        argument_spec={
            "files": {"type": "dict", "required": True},
            "versions": {"type": "list", "elements": "str", "required": True},
        },
        supports_check_mode=True,
    )
    change = Transaction("/etc/php")
    try:
        for path, text in sorted(module.params["files"].items()):
            if text:
                change.file(path, text)
            else:
                change.absent(path)
        if change.changed and not module.check_mode:
            change.commit([["php-fpm" + version, "-t"] for version in module.params["versions"]])
    except Refused as refused:
        module.fail_json(msg=str(refused))
    module.exit_json(changed=change.changed, diff=change.diff)


if __name__ == "__main__":
    main()
