"""Where an inventory's authorizations stand: the office's leave to ask its sites for addresses that nobody names.

Pure.
"""

from __future__ import annotations

from datetime import date

from auditor.audit.waivers import determine_paper_validity_on_day, list_hosts_or_sites_in_scope
from auditor.models import AuthorizationUse, Inventory


def list_authorization_uses_on_day(inventory: Inventory, today: date) -> tuple[AuthorizationUse, ...]:
    """Return every authorization on a day, in the file's order, with the declared sites that its scope takes in."""
    return tuple(
        AuthorizationUse(
            authorization=authorization,
            validity=determine_paper_validity_on_day(authorization.dated, authorization.expires, today),
            days_left=(authorization.expires - today).days,
            sites=tuple(
                subject.id
                for subject in list_hosts_or_sites_in_scope(
                    authorization.scope, "site", inventory.organisation, inventory.hosts
                )
            ),
        )
        for authorization in inventory.authorizations
    )
