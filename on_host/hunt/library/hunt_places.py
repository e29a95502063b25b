#!/usr/bin/python
"""List what starts by itself, lets somebody in, is loaded or runs outside the web roots of one host, in one
round trip.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: hunt_places
short_description: Lists the places where intruders leave something outside the web roots
description:
  - Lists jobs, units, hooks, keys, accounts, modules, processes and programs of one host that no package of Debian's
    explains.
  - Changes nothing, and takes the processor only when nobody else wants it.
options:
  declared:
    description: What the inventory declares about the host and its sites (Lũy Tre's own host model).
    type: dict
    default: {}
  sound:
    description: >-
      Stamps of files that were as their packages made them, eight bytes each, in base64. What still has its stamp is
      not read.
    type: str
    default: ""
  seconds:
    description: Time budget in seconds.
    type: int
    default: 60
author: Lũy Tre
"""

EXAMPLES = r"""
- name: List the places
  hunt_places:
"""

RETURN = r"""
places:
  description: JSON, packed and in base64; C(auditor.compromise.autoruns) takes it in.
  returned: always
  type: str
"""

import os
import time

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.luytre_hunt import (
    access,
    autostart,
    injection,
    logs,
    modules,
    priority,
    processes,
    programs,
    site_databases,
    stamps,
)
from ansible.module_utils.luytre_hunt.package_index import PackageIndex
from ansible.module_utils.luytre_hunt.places import PlaceRows
from ansible.module_utils.luytre_hunt.running import mounts
from ansible.module_utils.luytre_hunt.starts import loaders, package_scripts, repositories, started_programs
from ansible.module_utils.luytre_hunt.wire_format import pack_json_value_as_text
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader

PARTS = (
    ("process", processes.add_rows_of_suspicious_processes),
    ("start", autostart.add_rows_of_programs_started_automatically),
    ("hook", package_scripts.add_rows_of_changed_package_scripts),
    ("hook", mounts.add_rows_of_covered_files_and_helpers),
    ("hook", repositories.add_rows_of_git_hooks_and_settings),
    ("library", loaders.add_rows_of_foreign_libraries),
    ("key", access.add_rows_of_access_to_accounts),
    ("php", injection.add_rows_of_injected_code_and_modules),
    ("started", started_programs.add_rows_of_what_starts_in_turn),
    ("snippet", site_databases.add_rows_of_accounts_and_code_in_cms),
    ("log", logs.add_rows_of_suspicious_logs),
    ("program", programs.add_rows_of_privileged_and_tmp_programs),
    ("kernel_module", modules.add_rows_of_kernel_modules),
)


def gather_rows_of_all_persistence_places(declared_data, seconds, sound=()):
    """Return all rows; a part that fails is named and ends no other.

    ``sound``: stamps of files that were as their packages made them.

    As daemons stand: a link over /proc/self/cwd hides nothing that they find.
    """
    os.chdir("/")
    places = PlaceRows(AreaReader(declared_data, seconds), PackageIndex(sound=sound))
    for name, gather in PARTS:
        try:
            gather(places)
        except Exception:
            places.mark_part_as_cut_short(name)
    return places


def main():
    module = AnsibleModule(
        argument_spec={
            "declared": {"type": "dict", "default": {}},
            "sound": {"type": "str", "default": "", "no_log": False},
            "seconds": {"type": "int", "default": 60},
        },
        supports_check_mode=True,
    )
    priority.lower_priority_behind_sites()
    try:
        sound = stamps.unpack_stamps(module.params["sound"])
    except ValueError as error:
        module.fail_json(msg="sound: %s" % error)
    began = time.monotonic()
    places = gather_rows_of_all_persistence_places(module.params["declared"], module.params["seconds"], sound)
    document = {
        "rows": places.rows,
        "sound": stamps.pack_stamps(places.packaged.sound),
        "seen": places.seen,
        "cut_short": places.cut_short,
        "seconds": round(time.monotonic() - began, 3),
        "processor": round(time.process_time(), 3),
    }
    module.exit_json(changed=False, places=pack_json_value_as_text(document))


if __name__ == "__main__":
    main()
