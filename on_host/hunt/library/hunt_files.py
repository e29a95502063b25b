#!/usr/bin/python
"""List all files below the web roots of one host, in one round trip."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: hunt_files
short_description: Lists the files below a host's web roots
description:
  - Lists names, sizes, owners, times and SHA-256 of all regular files below the web roots, and where applications lie.
  - Changes nothing, follows no link below a root, opens nothing but regular files, and takes the processor only when
    nobody else wants it.
options:
  declared:
    description: What the inventory declares about the host and its sites (Lũy Tre's own host model).
    type: dict
    default: {}
  stamps:
    description: Stamps of files that are known already, eight bytes each, in base64. These are counted, not read.
    type: str
    default: ""
  md5:
    description: Whether MD5 is told of each file besides SHA-256.
    type: bool
    default: false
  seconds:
    description: Time budget in seconds.
    type: int
    default: 90
author: Lũy Tre
"""

EXAMPLES = r"""
- name: List the files
  hunt_files:
"""

RETURN = r"""
listing:
  description: JSON, packed and in base64; C(auditor.compromise.file_listing) takes it in.
  returned: always
  type: str
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.luytre.sites import websites
from ansible.module_utils.luytre_hunt import priority, stamps
from ansible.module_utils.luytre_hunt.walk import HuntWalk
from ansible.module_utils.luytre_hunt.wire_format import convert_path_to_text_byte_by_byte, pack_json_value_as_text
from ansible.module_utils.luytre_shared.os.time_budget import TimeBudget

CLOCK = 200
"""Seconds by the clock after which all ends, on a host that leaves us none of the processor's time."""


def main():
    module = AnsibleModule(
        argument_spec={
            "declared": {"type": "dict", "default": {}},
            "stamps": {"type": "str", "default": "", "no_log": False},
            "md5": {"type": "bool", "default": False},
            "seconds": {"type": "int", "default": 90},
        },
        supports_check_mode=True,
    )
    priority.lower_priority_behind_sites()
    try:
        known_stamps = {stamp: at for at, stamp in enumerate(stamps.unpack_stamps(module.params["stamps"]))}
    except ValueError as error:
        module.fail_json(msg="stamps: %s" % error)
    began = time.monotonic()
    effort = TimeBudget(module.params["seconds"], CLOCK)
    walk = HuntWalk(
        websites.list_web_roots_to_walk(module.params["declared"]), known_stamps, effort, md5=module.params["md5"]
    )
    walk.walk_all_web_roots()
    listing = {
        "roots": [convert_path_to_text_byte_by_byte(root) for root in walk.roots],
        "applications": walk.applications,
        "rows": walk.rows,
        "same": walk.same,
        "seen": walk.seen,
        "others": walk.others,
        "left": walk.left,
        "cut_short": walk.cut_short,
        "seconds": round(time.monotonic() - began, 3),
        "processor": round(time.process_time(), 3),
    }
    module.exit_json(changed=False, listing=pack_json_value_as_text(listing))


if __name__ == "__main__":
    main()
