"""Where an inventory's authorizations stand: the office's leave to ask its sites for addresses that nobody names. Pure."""

from __future__ import annotations

from datetime import date

from auditor.audit.waivers import covered, validity
from auditor.models import AuthorizationUse, Inventory


def uses(inventory: Inventory, today: date) -> tuple[AuthorizationUse, ...]:
    """Every authorization on a day, in the file's order, with the declared sites that its scope takes in."""
    return tuple(
        AuthorizationUse(
            authorization=one,
            validity=validity(one.dated, one.expires, today),
            days_left=(one.expires - today).days,
            sites=tuple(subject.id for subject in covered(one.scope, "site", inventory.organisation, inventory.hosts)),
        )
        for one in inventory.authorizations
    )
