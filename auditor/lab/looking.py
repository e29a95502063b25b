"""What drills are seen by that an audit alone does not see: the lab's hosts are hunted on, and that is judged as an audit judges it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from auditor.audit import hunts
from auditor.audit.controls import Catalogue
from auditor.compromise.fleet import Hunting
from auditor.history.hunts import Hunts
from auditor.models import Finding, Host, Inventory, clock


@dataclass(frozen=True)
class Looking:
    """Looks of one drilling, kept in a history of their own."""

    inventory: Inventory
    catalogue: Catalogue
    history: Path

    def hunted(self, hosts: Sequence[Host]) -> tuple[Finding, ...]:
        """The findings of a hunt on these hosts; a host that gave no answer has none."""
        hunting = Hunting(inventory=self.inventory.path, shelf=Hunts(self.history), manifests=())
        found, _facts, _outcomes = hunting.all(hosts)
        return hunts.judge(self.catalogue, hosts, found, (), clock.now()).findings
