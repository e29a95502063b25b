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
      - apache
      - cron
      - host_keys
      - nginx
      - option_files
      - root_settings
      - sticky
      - sudoers
      - tls_keys
      - world_writable
    required: true
  aside:
    description:
      - The parts in which it was accepted that what others could have written is moved aside.
      - Where a daemon's own test refuses what is left, or would itself believe what others can change, all is moved back
        and the task fails.
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

import re
import time

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.luytre._reading import NotRun, Reading, Unreadable, read_text
from ansible.module_utils.luytre_change import corrections
from ansible.module_utils.luytre_change.tightening import Aside, correct
from ansible.module_utils.luytre_shared.sayable import sayable

SECONDS = 20
LINKED = {"apache": "/etc/apache2", "nginx": "/etc/nginx", "root_settings": "/etc/systemd"}
"""Where links lead to files beside them, and a link that leads nowhere is a mistake."""
MAX_WARNINGS = 20


def main():
    module = AnsibleModule(
        argument_spec={
            "parts": {"type": "list", "elements": "str", "choices": sorted(corrections.PARTS), "required": True},
            "aside": {"type": "list", "elements": "str", "choices": sorted(corrections.PARTS), "default": []},
            "run": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    run = module.params["run"] or time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    if not re.match(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z", run):
        module.fail_json(msg="%r is no name for a folder" % run)
    aside = Aside(run)
    answer = {"changed_paths": {}, "held": {}, "aside": {}}
    try:
        for part in module.params["parts"]:
            tighten(part, aside if part in module.params["aside"] else None, module.check_mode, answer)
        if answer["aside"] and not module.check_mode:
            said = next((said for said in map(refusal, module.params["aside"]) if said), None)
            if said:
                aside.back()
                module.fail_json(msg="nothing was moved aside: %s" % said)
    except (OSError, Unreadable) as refused:
        module.fail_json(**sayable({"msg": str(refused), **answer}))
    answer = sayable(answer)
    for path in sorted(answer["held"])[:MAX_WARNINGS]:
        module.warn("%s is held, not made root's: %s" % (path, answer["held"][path]))
    module.exit_json(changed=bool(answer["changed_paths"] or answer["aside"]), diff=diff(answer), **answer)


def tighten(part, aside, check, answer):
    """Correct a part, and add what came of it to the answer."""
    done = correct(corrections.of(part), check, aside)
    if aside is not None and part in LINKED:
        done.aside.update(aside.links_to(done.aside, LINKED[part], check))
    answer["changed_paths"].update({path: {"before": was, "after": now} for path, (was, now) in done.changed.items()})
    answer["held"].update(done.held)
    answer["aside"].update(done.aside)


def refusal(part):
    """What the daemon's own test says against the configuration that is left, or None. Raises Unreadable."""
    if part not in TESTS:
        return None
    argv, believed = TESTS[part]
    reading = Reading({}, SECONDS)
    if reading.installed(argv[0]) is None:
        return None
    try:
        read, written = believed()
        reading.run(argv, at_stake=read, writes=written)
    except (NotRun, Unreadable) as refused:
        return str(refused)
    return None


def of_nginx():
    """What nginx's test believes and writes."""
    from ansible.module_utils.luytre import _nginx_conf, _nginx_stake

    try:
        config = _nginx_conf.load("/etc/nginx/nginx.conf", read_text)
    except _nginx_conf.BadConfig as error:
        raise Unreadable("it is not known what nginx would read: %s" % error)
    return _nginx_stake.at_stake(config)


def of_apache():
    """What Apache's test believes; it writes nothing."""
    from ansible.module_utils.luytre import _apache_config, apache

    return apache.at_stake(_apache_config.in_force()), ()


TESTS = {"nginx": (["nginx", "-t", "-q"], of_nginx), "apache": (["apache2ctl", "configtest"], of_apache)}


def diff(answer):
    """What changed, in the form of Ansible's ``--diff``."""
    changed, aside = answer["changed_paths"], answer["aside"]
    before = ["%s %s\n" % (path, changed[path]["before"]) for path in changed]
    after = ["%s %s\n" % (path, changed[path]["after"]) for path in changed]
    return {
        "before": "".join(before + ["%s\n" % path for path in aside]),
        "after": "".join(after + ["%s moved to %s\n" % pair for pair in aside.items()]),
    }


if __name__ == "__main__":
    main()
