#!/usr/bin/python
"""Read the state in force of one host, in one round trip."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: compliance_facts
short_description: Reads the state in force of a web server host
description:
  - Reads what the host's daemons, kernel and files really do, area by area, and returns it as one JSON text.
  - Changes nothing. Each area has its own time budget and fails alone.
  - Secrets stay on the host; password hashes become their scheme, keys their fingerprint.
options:
  areas:
    description: The areas to read. Empty means all that an audit needs.
    type: list
    elements: str
    default: []
  declared:
    description: What the inventory declares about the host and its sites (Lũy Tre's own host model).
    type: dict
    default: {}
  area_seconds:
    description: Time budget of each area in seconds. What walks through folders has twice that.
    type: int
    default: 20
  whole:
    description: Fail when one of the areas could not be read, with why. What changes a host has to know it.
    type: bool
    default: false
author: Lũy Tre
"""

EXAMPLES = r"""
- name: Read the host
  compliance_facts:
  register: answer
"""

RETURN = r"""
document:
  description: JSON text C({schema, collected_at, areas}); each area is C({seconds, error, data}).
  returned: always
  type: str
"""

import importlib
import json
import time
from contextlib import suppress

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader, UnreadableFact
from ansible.module_utils.luytre_shared.os.subprocess_pool import run_work_for_each_name_in_subprocess

if False:  # Ansible sends along what it finds imported; what is wanted is loaded by name
    from ansible.module_utils.luytre.access import accounts, bans, pam, ssh, sudo, ways  # noqa: F401
    from ansible.module_utils.luytre.on_demand import changelogs, contacts, pages, survey  # noqa: F401
    from ansible.module_utils.luytre.system import (  # noqa: F401
        backups,
        containments,
        cron,
        filesystem,
        firewall,
        integrity,
        kernel,
        logging,
        packages,
        past_runs,
        services,
        system,
        time,
        updates,
    )
    from ansible.module_utils.luytre.web import apache, applications, files, in_use, mariadb, nginx, php_fpm, tls  # noqa: F401

SLOW = ("applications", "files", "filesystem", "in_use", "php_fpm")
FOLDERS = {
    "access": ("accounts", "bans", "pam", "ssh", "sudo", "ways"),
    "system": (
        *("backups", "containments", "cron", "filesystem", "firewall", "integrity", "kernel", "logging", "packages"),
        *("past_runs", "services", "system", "time", "updates"),
    ),
    "web": ("apache", "applications", "files", "in_use", "mariadb", "nginx", "php_fpm", "tls"),
}
"""Areas by the folder that their code is in."""
AREAS = (*SLOW, *sorted(name for names in FOLDERS.values() for name in names if name not in SLOW))
WALKS = ("applications", "files", "filesystem", "in_use")
PATIENCE = 2
"""Areas that walk: what they may do is bounded by the processor's time, so that they wait longer on a host that is
busy.
"""
FOR_ROLES, FOR_REVIEWS = ("survey",), ("pages",)
WHERE_TOLD = {"indicators": "contacts", "vulnerabilities": "changelogs"}
"""Areas that are read where what they look for is told."""
AT_ONCE = 4


def load_area_module(name):
    """Return an area's code."""
    folder = next((folder for folder, names in FOLDERS.items() if name in names), "on_demand")
    return importlib.import_module("ansible.module_utils.luytre.%s.%s" % (folder, name))


def preload_area_modules(names):
    """Load the code of areas once, where each area's process would load what it shares with the others.

    A third of all time.
    """
    for name in names:
        with suppress(Exception, SystemExit):  # the area's own process meets it again, and tells
            load_area_module(name)


def read_area_facts(name, declarations, seconds):
    """Return ``{seconds, error, data}`` of one area; an error in it stays in it."""
    started_at = time.monotonic()
    try:
        area = load_area_module(name)
        data, error = area.collect_area_facts(AreaReader(declarations, seconds)), None
    except UnreadableFact as unreadable:
        data, error = None, str(unreadable)
    except Exception as surprise:
        data, error = None, "%s: %s" % (type(surprise).__name__, surprise)
    return {"seconds": round(time.monotonic() - started_at, 3), "error": error, "data": data}


def main():
    module = AnsibleModule(
        argument_spec={
            "areas": {"type": "list", "elements": "str", "default": []},
            "declared": {"type": "dict", "default": {}},
            "area_seconds": {"type": "int", "default": 20},
            "whole": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    besides = (area for key, area in WHERE_TOLD.items() if module.params["declared"].get(key))
    area_names = module.params["areas"] or (*AREAS, *besides)
    unknown = [name for name in area_names if name not in (*AREAS, *FOR_ROLES, *FOR_REVIEWS, *WHERE_TOLD.values())]
    if unknown:
        module.fail_json(msg="no such area: %s; there are %s" % (", ".join(unknown), ", ".join(AREAS)))
    declarations, seconds = module.params["declared"], module.params["area_seconds"]
    slow_first = sorted(area_names, key=lambda name: name not in SLOW)
    preload_area_modules(slow_first)
    times = {name: seconds * PATIENCE if name in WALKS else seconds for name in area_names}
    answers = run_work_for_each_name_in_subprocess(
        slow_first, lambda name: read_area_facts(name, declarations, times[name]), times, AT_ONCE
    )
    unread = ["%s: %s" % (name, answers[name]["error"]) for name in area_names if answers[name]["error"] is not None]
    if module.params["whole"] and unread:
        module.fail_json(msg="could not read %s" % "; ".join(unread))
    document = {"schema": 1, "collected_at": int(time.time()), "areas": answers}
    module.exit_json(changed=False, document=json.dumps(document, ensure_ascii=False, separators=(",", ":")))


if __name__ == "__main__":
    main()
