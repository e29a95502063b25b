"""What drills are seen by that an audit alone does not see.

The lab's hosts are hunted on, its sites reviewed, and that is judged as an audit judges it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from auditor.audit.assessors import hunts, scans
from auditor.audit.controls import Catalogue
from auditor.compromise.fleet import HuntRun
from auditor.content.bot_protection import VisitRoutes
from auditor.content.crawler.session import RequestPacer
from auditor.content.fleet import ScanRun
from auditor.content.review import ScanBudget
from auditor.history.hunts import HuntHistory
from auditor.history.scans import ScanHistory
from auditor.models import Finding, Host, Inventory, clock

_BUDGET = ScanBudget(pages=15, seconds=120)
"""Of one site: its home page, its sections, and what its sitemap names first."""


@dataclass(frozen=True)
class DrillScanner:
    """Looks of one drilling, kept in a history of their own."""

    inventory: Inventory
    catalogue: Catalogue
    history: Path

    def find_findings_by_hunt_on_hosts(self, hosts: Sequence[Host]) -> tuple[Finding, ...]:
        """Return the findings of a hunt on these hosts; a host that gave no answer has none."""
        hunt_run = HuntRun(inventory=self.inventory.path, shelf=HuntHistory(self.history), manifests=())
        results, _facts, _outcomes = hunt_run.hunt_hosts(hosts)
        return hunts.judge_hosts_by_last_hunts(self.catalogue, hosts, results, (), clock.now()).findings

    def find_findings_by_review_of_sites(self, hosts: Sequence[Host], sites: frozenset[str]) -> tuple[Finding, ...]:
        """Return the findings of a review of these sites alone, by domain.

        Each knows nothing of those before, which would go on where they stopped. Nothing on the lab's hosts bans a
        search engine: none is asked.
        """
        with TemporaryDirectory(dir=self.history.parent) as folder:
            scan_run = ScanRun(
                inventory=self.inventory.path,
                shelf=ScanHistory(Path(folder) / "history.sqlite"),
                last={},
                own=frozenset(name for site in self.inventory.sites for name in (site.domain, *site.aliases)),
                ways={host.name: VisitRoutes(engine=True) for host in hosts},
                budget=_BUDGET,
                pace=partial(RequestPacer, between=0.0),
            )
            results = scan_run.scan_sites(hosts, sites, lambda _site: None)
        return scans.judge_sites_by_last_scans(self.catalogue, hosts, results, (), clock.now()).findings
