"""What a hardening run puts in force on a host, as data for the roles."""

from __future__ import annotations

import re
from pathlib import Path

CONTROL_ID = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
FIXABLE = re.compile(r"(?ms)^- id: (\S+)$(?:(?!^- id: ).)*?^  fix:")


def fixable(roles):
    """Ids of the controls with an automated fix, from the catalogue files below a folder of roles."""
    files = sorted(Path(str(roles)).glob("*/controls.yml"))
    return [found for file in files for found in FIXABLE.findall(file.read_text("utf-8"))]


def asked(plan, tags, roles, domains):
    """Control id to domains: the plan when there is one, else the tags' controls, else every fixable one."""
    if plan is not None:
        return dict(plan)
    known = fixable(roles)
    return {control: list(domains) for control in known if "all" in tags or control in tags}


def enforced(earlier, now, domains, released=()):
    """What earlier runs put in force (the host's own word: bounded to known forms) together with this run's.

    Without what is ``released``.
    """
    both = {
        str(control): {domain for domain in names if domain in domains}
        for control, names in earlier.items()
        if CONTROL_ID.fullmatch(str(control))
    }
    for control, names in now.items():
        both.setdefault(control, set()).update(names)
    return {control: sorted(names) for control, names in sorted(both.items()) if control not in released}


def beside(earlier, released, domains):
    """What earlier runs put in force beside released controls, in the same rooms: files that they share are written anew."""
    areas = {control.partition(".")[0] for control in released}
    kept = enforced(earlier, {}, domains, released)
    return {control: names for control, names in kept.items() if control.partition(".")[0] in areas}


class FilterModule:
    """Found by Ansible in any play that uses the role."""

    def filters(self):
        return {"survey_asked": asked, "survey_beside": beside, "survey_enforced": enforced}
