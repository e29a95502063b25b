#!/usr/bin/python
"""Tell which daemons would start as confined as their drop-ins are to make them."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: confined_start
short_description: Tries daemons' own tests below the settings of drop-ins that are still to be written
description:
  - Has systemd run each daemon's own test with the settings of its drop-in, without touching the daemon that runs.
  - One that would not start so is among C(refused), in its own words, and not among C(units). Changes nothing.
options:
  drop_ins:
    description: The drop-ins.
    type: list
    elements: dict
    required: true
    suboptions:
      unit:
        description: The daemon's unit, as in C(nginx.service).
        type: str
        required: true
      dest:
        description: Where the drop-in is to lie.
        type: path
        required: true
      content:
        description: Its whole text, a section C([Service]).
        type: str
        required: true
  admins:
    description: The declared administrators. Those whom sudo makes root count as root where a web server's test is run.
    type: list
    elements: str
    default: []
author: Lũy Tre
"""

EXAMPLES = r"""
- name: Try it
  confined_start:
    drop_ins:
      - unit: nginx.service
        dest: /etc/systemd/system/nginx.service.d/zz-luytre.conf
        content: "[Service]\nPrivateTmp=yes\n"
"""

RETURN = r"""
units:
  description: The daemons that would start so.
  returned: always
  type: list
  elements: str
files:
  description: Their drop-ins, as C(dest) and C(content).
  returned: always
  type: list
  elements: dict
refused:
  description: The other drop-ins, as C(path) and C(reason).
  returned: always
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.luytre_change.start_test import find_reason_daemon_would_not_start
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader, UnreadableFact

SECONDS = 60
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"
DROP_IN = {
    "unit": {"type": "str", "required": True},
    "dest": {"type": "path", "required": True},
    "content": {"type": "str", "required": True},
}


class ConfinedReading(AreaReader):
    """A reading whose programs run below settings of systemd's."""

    def __init__(self, settings, admins):
        super().__init__({"admins": admins}, SECONDS)
        self._settings = settings

    def run(self, argv, at_stake=(), **options):
        """Run as every reading does; who could change the program itself is asked as well."""
        program = argv[0] if argv[0].startswith("/") else self.find_program(argv[0])
        if program is None:
            raise UnreadableFact("%s is not installed" % argv[0])
        command = ["systemd-run", "--quiet", "--collect", "--wait", "--pipe", "--service-type=exec"]
        command += ["--setenv=LC_ALL=C.UTF-8", "--setenv=PATH=" + PATH]
        command += ["--property=" + setting for setting in self._settings]
        return super().run([*command, "--", program, *argv[1:]], at_stake=[program, *at_stake], **options)


def settings_of(content):
    """Return the settings of a drop-in, in order."""
    lines = (line.strip() for line in content.splitlines())
    return [line for line in lines if line and not line.startswith(("#", ";", "["))]


def objection(unit, content, admins):
    """Return why the unit's daemon would not start with the drop-in, or None."""
    reading = ConfinedReading(settings_of(content), admins)
    try:
        reading.run(["true"])
        return find_reason_daemon_would_not_start(unit, reading)
    except UnreadableFact as unreadable:
        return str(unreadable)


def main():
    module = AnsibleModule(
        argument_spec={
            "drop_ins": {"type": "list", "elements": "dict", "required": True, "options": DROP_IN},
            "admins": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    units, files, refusals = [], [], []
    for drop_in in module.params["drop_ins"]:
        reason = None if module.check_mode else objection(drop_in["unit"], drop_in["content"], module.params["admins"])
        if reason is None:
            units.append(drop_in["unit"])
            files.append({"dest": drop_in["dest"], "content": drop_in["content"]})
        else:
            refusals.append(
                {"path": drop_in["dest"], "reason": "%s would not start so: %s" % (drop_in["unit"], reason[:300])}
            )
    module.exit_json(changed=False, units=units, files=files, refused=refusals)


if __name__ == "__main__":
    main()
