"""What of an inventory no indicator is held against: its hosts' addresses and its sites' names. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from auditor.indicators.indicator import Indicator
from auditor.indicators.matching import Against
from auditor.indicators.matching import against as holding
from auditor.models import Inventory


def names_and_addresses(inventory: Inventory) -> tuple[Sequence[str], Sequence[str]]:
    """The names of its sites, and the addresses of its hosts."""
    sites = [site for host in inventory.hosts for site in host.sites]
    names = sorted({name for site in sites for name in (site.domain, *site.aliases)})
    return names, sorted({host.address for host in inventory.hosts})


def against(indicators: Iterable[Indicator], inventory: Inventory, today: date) -> Against:
    """The indicators that hold on a day and are of nobody in the inventory."""
    return holding(indicators, today, *names_and_addresses(inventory))
