#!/usr/bin/python
"""Have logrotate keep web and system logs for long enough."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: logrotate_keep
short_description: Raises how long logrotate keeps web and system logs
description:
  - Goes through F(/etc/logrotate.conf) and F(/etc/logrotate.d) and raises C(rotate) and C(maxage) where a log of the
    web servers, of PHP or of the system is kept for less than O(days). Nothing is ever lowered.
  - Where size alone decides, C(size) becomes C(minsize), so that the period counts again.
  - Each changed file that C(logrotate --debug) accepts as it is must please it afterwards, or all are taken back. Where
    logrotate is not installed nothing judges them.
options:
  days:
    description: The least number of days.
    type: int
    required: true
author: Lũy Tre
"""

EXAMPLES = r"""
- name: Three months
  logrotate_keep:
    days: 92
"""

RETURN = r"""
files:
  description: The files that differ.
  returned: always
  type: list
  elements: str
"""

import os
import re

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.luytre.os import logrotate
from ansible.module_utils.luytre_change.transaction import ChangeRefusal, FileTransaction


def main():
    module = AnsibleModule(argument_spec={"days": {"type": "int", "required": True}}, supports_check_mode=True)
    change = FileTransaction("/etc")
    defaults = logrotate.read_logrotate_defaults()

    def make_edit(path):
        return lambda text: keep(text, path, module.params["days"], defaults)

    try:
        for path in logrotate.list_logrotate_files():
            if os.path.isfile(path):
                change.want_file_edited_by_function(os.path.realpath(path), make_edit(path))
        changed_paths = [path for path, _before, _after in change.path_changes_to_make]
        if changed_paths and not module.check_mode:
            change.commit_changes_or_revert_on_failure(trials(module, changed_paths))
    except ChangeRefusal as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=bool(changed_paths), files=changed_paths, diff=change.ansible_diff)


def trials(module, paths):
    """Return the commands by which logrotate judges files, of those that please it now.

    It also complains of a log that is not there.

    None where it is not installed: what it is to do then waits in the files.
    """
    if module.get_bin_path("logrotate") is None:
        return []
    commands = [["logrotate", "--debug", path] for path in paths]
    return [command for command in commands if module.run_command(command)[0] == 0]


def keep(text, file, days, defaults):
    """Return the file's text with every web and system log kept for at least ``days``; tightens only.

    A rotation that size alone decides, or may hasten, goes by its period.
    """
    lines = text.splitlines(keepends=True)
    extra = {}
    for block in logrotate.parse_logrotate_blocks(file, text, defaults):
        if block.kind not in logrotate.RETAINED_KINDS or block.days_kept_for_sure >= days:
            continue
        for key in ("size", "maxsize"):
            if key in block.lines:
                lines[block.lines[key]] = re.sub(r"\b(?:max)?size\b", "minsize", lines[block.lines[key]], count=1)
        period = logrotate.PERIODS[block.settings.get("period", "weekly")]
        rotations = int(-(-days // period))
        for key, value, present in (
            ("rotate", rotations, block.settings.get("rotate", 0)),
            ("maxage", days, block.settings.get("maxage", days)),
        ):
            if (present < 0 and key == "rotate") or present >= value:
                continue
            if key in block.lines:
                lines[block.lines[key]] = re.sub(r"-?\d+", str(value), lines[block.lines[key]], count=1)
            else:
                extra.setdefault(block.end, []).append("\t%s %d\n" % (key, value))
    return "".join("".join(extra.get(number, [])) + line for number, line in enumerate(lines))


if __name__ == "__main__":
    main()
