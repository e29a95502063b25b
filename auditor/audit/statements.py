"""The office's statements on vulnerabilities that hold on a day, by host. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from auditor.audit.waivers import covered, validity
from auditor.models import Inventory, Statement
from auditor.vulnerabilities.stated import Stated


def in_force(inventory: Inventory, today: date) -> Mapping[str, Stated]:
    """By host what is stated of a vulnerability in a product; of several on one the one that holds longest."""
    found: dict[str, dict[tuple[str, str], Statement]] = {}
    for statement in sorted(inventory.statements, key=lambda one: one.expires):
        if validity(statement.granted, statement.expires, today) in ("active", "expiring"):
            for subject in covered(statement.scope, "host", inventory.organisation, inventory.hosts):
                found.setdefault(subject.id, {})[statement.vulnerability, statement.product] = statement
    return found


def expired(inventory: Inventory, today: date) -> Iterator[Statement]:
    """Those that hold no longer: what they answered is open again."""
    return (one for one in inventory.statements if validity(one.granted, one.expires, today) == "expired")
