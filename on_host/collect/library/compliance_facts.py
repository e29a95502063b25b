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
from ansible.module_utils.luytre._area_reader import AreaReader, UnreadableFact
from ansible.module_utils.luytre._subprocess_pool import run_work_for_each_name_in_subprocess

if False:  # Ansible sends along what it finds imported; what is wanted is loaded by name
    from ansible.module_utils.luytre import (  # noqa: F401
        accounts,
        apache,
        backups,
        bans,
        changelogs,
        contacts,
        containments,
        cron,
        files,
        filesystem,
        firewall,
        in_use,
        integrity,
        kernel,
        logging,
        mariadb,
        nginx,
        packages,
        pages,
        pam,
        past_runs,
        php_fpm,
        services,
        ssh,
        sudo,
        survey,
        system,
        time,
        tls,
        updates,
        ways,
        wordpress,
    )

SLOW = ("files", "filesystem", "in_use", "php_fpm", "wordpress")
AREAS = (
    *SLOW,
    *("accounts", "apache", "backups", "bans", "containments", "cron", "firewall", "integrity", "kernel", "logging"),
    *(
        "mariadb",
        "nginx",
        "packages",
        "pam",
        "past_runs",
        "services",
        "ssh",
        "sudo",
        "system",
        "time",
        "tls",
        "updates",
        "ways",
    ),
)
WALKS = ("files", "filesystem", "in_use", "wordpress")
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
    return importlib.import_module("ansible.module_utils.luytre.%s" % name)


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
