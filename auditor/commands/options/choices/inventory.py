"""List hosts, sites and offices."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from auditor.inventory import hosts, organisation


def iter_hosts_and_sites(inventory: Path) -> Iterator[tuple[str, str]]:
    """Yield the names that ``--limit`` takes."""
    for host in hosts.load_inventory(inventory).hosts:
        yield host.name, host.address
        yield from ((site.domain, host.name) for site in host.sites)


def iter_sites(inventory: Path) -> Iterator[tuple[str, str]]:
    """Return the domains of the inventory's sites."""
    return ((site.domain, site.host) for site in hosts.load_inventory(inventory).sites)


def iter_units(inventory: Path) -> Iterator[tuple[str, str]]:
    """Return the ids of the offices."""
    known_organisation = organisation.load_organisation(inventory)
    return ((unit.id, unit.name) for unit in (known_organisation.units if known_organisation is not None else ()))
