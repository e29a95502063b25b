"""What of an inventory no indicator is held against: its hosts' addresses and its sites' names. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from auditor.indicators.index import IndicatorIndex, build_index_of_valid_foreign_indicators
from auditor.indicators.indicator import Indicator
from auditor.models import Inventory


def list_own_site_names_and_host_addresses(inventory: Inventory) -> tuple[Sequence[str], Sequence[str]]:
    """Return the names of its sites, and the addresses of its hosts."""
    sites = [site for host in inventory.hosts for site in host.sites]
    names = sorted({name for site in sites for name in (site.domain, *site.aliases)})
    return names, sorted({host.address for host in inventory.hosts})


def build_index_without_own_assets(
    indicators: Iterable[Indicator], inventory: Inventory, today: date
) -> IndicatorIndex:
    """Return the indicators that hold on a day and are of nobody in the inventory."""
    return build_index_of_valid_foreign_indicators(
        indicators, today, *list_own_site_names_and_host_addresses(inventory)
    )
