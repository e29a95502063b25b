"""What every audit takes with it of earlier looks at sites and hunts on hosts, and of incidents."""

from __future__ import annotations

from auditor.history.hunts import HuntHistory
from auditor.history.incidents import IncidentStore
from auditor.history.scans import ScanHistory
from auditor.models import Inventory


def attach_last_scans_and_containments(inventory: Inventory) -> Inventory:
    """Return the inventory with the last looks at its sites, the last hunts on its hosts, and active containments.

    Raises InputError for a history that cannot be read.
    """
    return IncidentStore().attach_to(
        HuntHistory().attach_latest_hunts_to(ScanHistory().attach_latest_looks_and_acceptances_to(inventory))
    )
