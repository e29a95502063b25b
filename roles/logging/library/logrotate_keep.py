#!/usr/bin/python
"""Have logrotate keep web and system logs for long enough."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: logrotate_keep
short_description: Raises how long logrotate keeps web and system logs
description:
  - Goes through F(/etc/logrotate.conf) and F(/etc/logrotate.d) and raises C(rotate) and C(maxage) where a log of the web
    servers, of PHP or of the system is kept for less than O(days). Nothing is ever lowered.
  - Where size alone decides, C(size) becomes C(minsize), so that the period counts again.
  - Each changed file is tried with C(logrotate --debug) before it takes the place of the old one.
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
import tempfile

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.luytre import _logrotate
from ansible.module_utils.luytre._reading import read_text


def main():
    module = AnsibleModule(argument_spec={"days": {"type": "int", "required": True}}, supports_check_mode=True)
    changed, diffs = [], []
    for path in _logrotate.files():
        before = read_text(path, 200_000)
        if before is None:
            continue
        after = _logrotate.keep(before, path, module.params["days"], _logrotate.defaults())
        if after == before:
            continue
        if not module.check_mode:
            replace(module, path, after)
        changed.append(path)
        diffs.append({"before_header": path, "after_header": path, "before": before, "after": after})
    module.exit_json(changed=bool(changed), files=changed, diff=diffs)


def replace(module, path, text):
    handle, draft = tempfile.mkstemp(dir=module.tmpdir)
    with os.fdopen(handle, "wb") as stream:
        stream.write(text.encode("utf-8"))
    os.chmod(draft, 0o644)
    code, _out, problem = module.run_command(["logrotate", "--debug", draft])
    if code != 0:
        module.fail_json(msg="%s: logrotate refuses the change: %s" % (path, problem.strip()[-300:]))
    module.atomic_move(draft, path, keep_dest_attrs=True)


if __name__ == "__main__":
    main()
