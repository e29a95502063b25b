"""What every audit takes with it of earlier looks at sites and hunts on hosts, and of incidents."""

from __future__ import annotations

from auditor.history.hunts import Hunts
from auditor.history.incidents import Incidents
from auditor.history.looks import Looks
from auditor.models import Inventory


def carried(inventory: Inventory) -> Inventory:
    """The inventory with the last looks at its sites, the last hunts on its hosts, and what incidents contain there.

    Raises InputError for a history that cannot be read.
    """
    return Incidents().carried(Hunts().carried(Looks().carried(inventory)))
