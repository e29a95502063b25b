#!/usr/bin/python
"""Have a daemon read its files, once it is certain that it would start with them."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: put_in_force
short_description: Reloads or restarts daemons that would start as they are
description:
  - Tests each daemon right before it is told to read its files, and leaves it alone when it would not start with
    them; its own line is the message.
  - A daemon that a socket of systemd's has started is restarted. The ports of one that root starts are kept from other
    accounts meanwhile.
  - A daemon that does not run is not started. One that stopped over it is a failure, with the line that it left.
options:
  units:
    description: The daemons' units, as in C(nginx.service).
    type: list
    elements: str
    required: true
  verb:
    description: What is done.
    type: str
    choices: [reload, restart]
    default: reload
author: Lũy Tre
"""

EXAMPLES = r"""
- name: Reload Apache
  put_in_force:
    units: [apache2.service]
"""

RETURN = r"""
units:
  description: What was told to read its files.
  returned: always
  type: list
  elements: str
"""

import re

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.luytre_change.start_test import find_reason_daemon_would_not_start
from ansible.module_utils.luytre_shared.os import ports
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader, UnreadableFact
from ansible.module_utils.luytre_shared.os.program import run_program_to_end

SECONDS = 60
VERBS = {"reload": "try-reload-or-restart", "restart": "try-restart"}
BY_SOCKET = {"ssh.service": "ssh.socket"}
"""Daemons that end when they read their files anew, if a socket of systemd's has started them: they have lost
it then.
"""


def is_active(unit):
    """Return whether a unit runs."""
    return run_program_to_end(["systemctl", "--quiet", "is-active", unit], SECONDS).returncode == 0


def get_error_message_of_failed_program(process):
    """Return what a program said that ended badly, or None."""
    code, _out, err = process
    return (err or "it ended with %d" % code) if code else None


def choose_verb_to_apply_changed_config(unit, verb):
    """Return what the daemon is told so that its files are in force."""
    return "restart" if unit in BY_SOCKET and is_active(BY_SOCKET[unit]) else verb


def read_last_journal_line_of_unit(unit):
    """Return the last line that the unit, or systemd of it, left in the journal."""
    argv = ["journalctl", "--unit", unit, "--no-pager", "--output=cat", "--lines=20", "--boot"]
    process = run_program_to_end(argv, SECONDS)
    lines = [line for line in process.stdout.decode("utf-8", "replace").splitlines() if line.strip()]
    wrong = [line for line in lines if re.search(r"(?i)emerg|error|fail|cannot|AH\d{5}", line)]
    return (wrong or lines or ["it left no word"])[-1][:300]


def main():
    module = AnsibleModule(
        argument_spec={
            "units": {"type": "list", "elements": "str", "required": True},
            "verb": {"type": "str", "choices": sorted(VERBS), "default": "reload"},
        },
        supports_check_mode=True,
    )
    verb, reloaded_units = module.params["verb"], []
    for unit in module.params["units"]:
        if module.check_mode or not is_active(unit):
            continue
        try:
            reason = find_reason_daemon_would_not_start(unit, AreaReader({}, SECONDS))
        except UnreadableFact as unreadable:
            why = "%s was left as it runs, for whether it would start again is not known: %s" % (unit, unreadable)
            module.fail_json(msg=why, units=reloaded_units)
        if reason:
            module.fail_json(
                msg="%s was left as it runs, for it would not start again: %s" % (unit, reason), units=reloaded_units
            )
        argv = ["systemctl", VERBS[choose_verb_to_apply_changed_config(unit, verb)], unit]
        error = ports.run_reload_with_ports_of_unit_reserved(
            unit, lambda argv=argv: get_error_message_of_failed_program(module.run_command(argv))
        )
        if error is not None or not is_active(unit):
            module.fail_json(
                msg="%s stopped: %s" % (unit, read_last_journal_line_of_unit(unit) or error), units=reloaded_units
            )
        reloaded_units.append(unit)
    module.exit_json(changed=bool(reloaded_units) or module.check_mode, units=reloaded_units)


if __name__ == "__main__":
    main()
