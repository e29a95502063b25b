"""Which controls a run of plain Ansible puts in force: those that are asked for and that nobody has to accept first."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from ansible.errors import AnsibleFilterError

ALL_TAGS = ("all", "tagged")
OF_ANSIBLE = (*ALL_TAGS, "untagged", "always", "never")
"""Tags with a meaning of Ansible's own."""
OF_MOLECULE = ("molecule-notest", "notest", "molecule-idempotence-notest")
"""Tags that Molecule skips in every play."""

NO_WAY_BACK = {
    "vi": "chỉ “auditor harden” biết trước những tệp nào sẽ đổi để giữ đường lui",
    "en": "only 'auditor harden' knows beforehand which files would change, and so can keep a way back",
}
RESTARTS = {
    "vi": "khởi động lại dịch vụ, và Ansible thuần không biết khung giờ thay đổi",
    "en": "restarts a service, and plain Ansible knows no change windows",
}

OF_PEOPLE = {"closes_root", "drops_host_keys", "limits_su", "stops_temporary_programs"}
"""Effects of which the auditor asks first whether anybody minds."""
NOT_ASKED = {
    "vi": "có thể có người đang dùng, và chỉ “auditor harden” tìm xem là ai",
    "en": "somebody may use what it takes away, and only 'auditor harden' looks who does",
}


def fixes(roles):
    """Return control id to its automated fix, from the catalogue files below a folder of roles."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return {
        control["id"]: control["fix"]
        for file in sorted(Path(str(roles)).glob("*/controls.yml"))
        for control in yaml.load(file.read_text("utf-8"), Loader=loader)  # noqa: S506  both are safe loaders
        if control.get("fix")
    }


def area(control):
    """Return the area that a control is in."""
    return control.partition(".")[0]


def select_controls(known_controls, tags, skipped_tags):
    """Return the known controls that Ansible's ``--tags`` ask for and ``--skip-tags`` leave.

    They are named by id, by area, any mix.
    """

    def matches(control, names):
        return any(word in names for word in (control, area(control), *ALL_TAGS))

    return [control for control in known_controls if matches(control, tags) and not matches(control, skipped_tags)]


def find_unknown(known_controls, names):
    """Name that are neither a known control's id, nor an area's, nor a tag of Ansible's own."""
    right = {*known_controls, *map(area, known_controls), *OF_ANSIBLE, *OF_MOLECULE}
    return sorted({str(name) for name in names} - right)


def parse_acceptances(value):
    """Return what somebody accepts, controls and CONTROL:ACCOUNT: a list, or one text with commas or spaces between.

    Anything else is taken for a name that means nothing: who writes ``ssh.x: false`` accepts nothing.
    """
    if isinstance(value, str):
        return [name for name in re.split(r"[\s,]+", value) if name]
    if value is None or isinstance(value, (list, tuple)):
        return [str(name) for name in value or []]
    return [str(value)]


def objection(fix, is_accepted):
    """Return why a fix has to wait, in both languages; None when it need not."""
    if any(touch.startswith("found:") for touch in fix["touches"]):
        return NO_WAY_BACK
    if is_accepted:
        return None
    if fix.get("danger"):
        return fix["danger"]
    if fix.get("disruption") in ("restart", "reboot"):
        return RESTARTS
    return NOT_ASKED if OF_PEOPLE.intersection(fix.get("effects", ())) else None


def decide(roles, tags, skipped_tags, accept, domains):
    """Return ``apply``, ``held``, ``touches``, and ``find_unknown`` names.

    ``apply`` is control id to domains, ``held`` to why, by language.
    """
    fixes_by_control = fixes(roles)
    names = parse_acceptances(accept)
    objections = {
        control: objection(fixes_by_control[control], control in names)
        for control in select_controls(fixes_by_control, tags, skipped_tags)
    }
    apply = {control: list(domains) for control, why in objections.items() if why is None}
    return {
        "apply": apply,
        "held": {control: why for control, why in objections.items() if why is not None},
        "touches": sorted({touch for control in apply for touch in fixes_by_control[control]["touches"]}),
        "unknown": find_unknown(fixes_by_control, [*tags, *skipped_tags])
        + sorted(name for name in set(names) if name.partition(":")[0] not in fixes_by_control),
    }


def decide_or_fail(*arguments):
    """Return what ``decide`` finds. Raises AnsibleFilterError for names that mean nothing."""
    decision = decide(*arguments)
    if decision["unknown"]:
        raise AnsibleFilterError(
            "no control with an automated fix, and no area of them, is called %s (in --tags, --skip-tags or "
            "luytre_accept); "
            "nothing was changed. 'auditor controls list' names them all." % ", ".join(decision["unknown"])
        )
    return decision


def format_held(held_controls):
    """Return what is held, for people: how to accept it, then a line a control with its reason in both languages."""
    heading = "accept by name in luytre_accept (inventory or -e) / nêu tên trong luytre_accept để chấp nhận:"
    return [heading, *(f"{control}: {why['en']} / {why['vi']}" for control, why in sorted(held_controls.items()))]


class FilterModule:
    """Found by Ansible in any play that uses the role."""

    def filters(self):
        return {"consent": decide_or_fail, "consent_listed": format_held}
