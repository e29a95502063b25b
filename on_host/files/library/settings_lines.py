#!/usr/bin/python
"""Have lines in settings files that others write, too, in one trip to the host."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: settings_lines
short_description: Sets lines of settings files in one trip
description:
  - Does what C(lineinfile) does, for several lines and files at once, where that is a trip to the host for each.
  - The last line that matches is replaced; where none does, the line is added at the end.
  - For folders in which root alone can write. Owner and mode of a file that is there stay.
options:
  lines:
    description: The lines, in order.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: The file, absolute; a link is followed.
        type: path
        required: true
      regexp:
        description: A regular expression of Python's, searched for in each line.
        type: str
        required: true
      line:
        description: The line as it is to be.
        type: str
        required: true
  create:
    description: Whether a file that is not there is made. Its absence is a failure otherwise.
    type: bool
    default: false
author: Lũy Tre
"""

EXAMPLES = r"""
- name: Lock accounts after five wrong passwords
  settings_lines:
    lines:
      - {path: /etc/security/faillock.conf, regexp: '^\s*deny\s*(=|$)', line: deny = 5}
"""

RETURN = r"""
paths:
  description: The files that were changed.
  returned: always
  type: list
  elements: str
"""

import os
import re
import tempfile

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.luytre_change import kept_files
from ansible.module_utils.luytre_shared.files import safe_open

MAX_FILE = 8_000_000


def replace_last_matching_line_or_append(text, regexp, line):
    """Return the text with the line in the place of the last one that matches, or after all others."""
    lines = text.split("\n")
    end = [] if lines[-1] else [lines.pop()]
    numbers = [number for number, present_line in enumerate(lines) if re.search(regexp, present_line)]
    if numbers:
        lines[numbers[-1]] = line
    else:
        lines.append(line)
        end = [""]
    return "\n".join(lines + end)


def main():
    module = AnsibleModule(
        argument_spec={
            "lines": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "path": {"type": "path", "required": True},
                    "regexp": {"type": "str", "required": True},
                    "line": {"type": "str", "required": True},
                },
            },
            "create": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    before, after = {}, {}
    for request in module.params["lines"]:
        path = request["path"]
        outside = kept_files.explain_link_leading_out_of_etc(path)
        if outside:
            module.fail_json(msg="cannot set a line of %s: %s" % (path, outside))
        try:
            if path not in before:
                before[path] = safe_open.read_text(path, MAX_FILE)
        except (OSError, safe_open.Unsafe) as error:
            module.fail_json(msg="cannot read %s: %s" % (path, error))
        if before[path] is None and not module.params["create"]:
            module.fail_json(msg="cannot set a line of %s: it is not there" % path)
        after[path] = replace_last_matching_line_or_append(
            after.get(path, before[path] or ""), request["regexp"], request["line"]
        )
    changed_paths = [path for path in after if after[path] != before[path]]
    for path in changed_paths if not module.check_mode else ():
        handle, draft = tempfile.mkstemp(dir=module.tmpdir)
        module.add_cleanup_file(draft)
        with os.fdopen(handle, "wb") as file:
            file.write(after[path].encode("utf-8", "surrogateescape"))
        module.atomic_move(draft, os.path.realpath(path))
    module.exit_json(
        changed=bool(changed_paths),
        paths=changed_paths,
        diff=[
            {
                "before_header": path,
                "after_header": path,
                "before": (before[path] or "").encode("utf-8", "replace").decode("utf-8"),
                "after": after[path].encode("utf-8", "replace").decode("utf-8"),
            }
            for path in changed_paths
        ],
    )


if __name__ == "__main__":
    main()
