"""What every audit takes with it of earlier looks at sites and hunts on hosts."""

from __future__ import annotations

from auditor.history.hunts import Hunts
from auditor.history.looks import Looks
from auditor.models import Inventory


def carried(inventory: Inventory) -> Inventory:
    """The inventory with the last looks at its sites and the last hunts on its hosts.

    Raises InputError for a history that cannot be read.
    """
    return Hunts().carried(Looks().carried(inventory))
