#!/usr/bin/python
"""Tell what the nginx drop-in has to say on this host."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: nginx_plan
short_description: Tells what the controls in force ask of this host's nginx configuration
description:
  - Reads the configuration as the vendor wrote it and changes nothing.
options:
  enforce:
    description: Control id to the domains concerned.
    type: dict
    required: true
  sites:
    description: The sites declared on this host.
    type: list
    elements: dict
    default: []
  settings:
    description: Bounds and values that the controls use.
    type: dict
    default: {}
  tighten:
    description:
      - Whether C(nginx_config) first takes away what others than root can change.
    type: bool
    default: false
  aside:
    description: >-
      Whether it was accepted that files that others could have written are moved to F(/var/lib/luytre/aside).
    type: bool
    default: false
  run:
    description: The folder's name there; the date and time by default.
    type: str
    default: ""
author: Lũy Tre
"""

EXAMPLES = r"""
- name: Read what the vendor's configuration needs
  nginx_plan:
    enforce: {nginx.server_tokens: []}
  register: nginx_wanted
"""

RETURN = r"""
http:
  description: Which http-level settings the drop-in has to make because the vendor's do not.
  returned: always
  type: dict
listens:
  description: Addresses whose default server refuses strangers' names.
  returned: always
  type: list
  elements: dict
snippets:
  description: Domain to the controls that its snippet carries out.
  returned: always
  type: dict
php_never:
  description: A pattern of the URIs at which no PHP may run, as visitors or applications fill their folders.
  returned: always
  type: str
private:
  description: Domain to a pattern of the URIs that its application keeps to itself.
  returned: always
  type: dict
redirects:
  description: Domain to the host name that its plain-HTTP visitors are redirected to.
  returned: always
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.luytre.sites import filled_uris
from ansible.module_utils.luytre_nginx_host import ARGUMENTS, decision_for, predict_corrections


def main():
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    _config, decision = decision_for(module, None if module.check_mode else predict_corrections(module))
    for address in decision.held_back:
        module.warn("nginx.default_server: %s stays as it is: a declared site depends on it" % address)
    module.exit_json(
        changed=False,
        http=decision.http,
        listens=decision.listens,
        php_never=filled_uris.PHP_NEVER,
        private=decision.private,
        redirects=decision.redirects,
        snippets=decision.snippets,
    )


if __name__ == "__main__":
    main()
