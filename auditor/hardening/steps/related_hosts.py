"""Hosts that are looked at for others' sake: they need a host that is hardened, or are reached through it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from auditor.audit.effects import Effect
from auditor.facts import HostFacts
from auditor.hardening import jump_hosts
from auditor.hardening.health.snapshot import Regression
from auditor.hardening.safety import dependents
from auditor.inventory import reach as reaching
from auditor.models import Host, Inventory, Text
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import make_text

Around = Mapping[str, tuple[Host, ...]]
"""By host, those of the inventory that it is not to be lost to."""
MAX_AROUND = 20
AREAS = frozenset({"firewall", "mariadb", "php_fpm", "services", "ssh"})
"""Whose controls decide what other machines reach."""


def find_hosts_that_depend_on_each_host(
    inventory: Inventory, names: Collection[str], facts: Mapping[str, HostFacts], effects: Collection[Effect]
) -> Around:
    """Return the hosts around each of these, where controls with these effects are to be put in force."""
    reach = reaching.load_reach(Path(inventory.path))
    through = jump_hosts.find_hosts_reached_through_each_host(reach) if Effect.STOPS_TUNNELS in effects else {}
    needs = dependents.find_ports_other_hosts_depend_on(facts, jump_hosts.map_addresses_to_inventory_names(reach))
    by_name = {host.name: host for host in inventory.hosts}
    surroundings = {}
    for name in names:
        others = dict.fromkeys(
            (*(need.host for need in needs.get(name, ())), *(passage.to for passage in through.get(name, ())))
        )
        surroundings[name] = tuple(by_name[other] for other in others if other in by_name and other != name)[
            :MAX_AROUND
        ]
    return {name: hosts for name, hosts in surroundings.items() if hosts}


def add_related_hosts(related_hosts_by_name: Around, hosts: Sequence[Host]) -> tuple[Host, ...]:
    """Return the hosts, and after them those around them, each once."""
    others = (other for host in hosts for other in related_hosts_by_name.get(host.name, ()))
    return tuple({host.name: host for host in (*hosts, *others)}.values())


def add_related_regressions(
    related_hosts_by_name: Around, hosts: Iterable[Host], regressions: Mapping[str, tuple[Regression, ...]]
) -> dict[str, tuple[Regression, ...]]:
    """Return what each of the hosts no longer does as before, and what those around it no longer do."""
    all_regressions = {
        host.name: (
            *regressions.get(host.name, ()),
            *_list_related_regressions(related_hosts_by_name.get(host.name, ()), regressions),
        )
        for host in hosts
    }
    return {name: failures for name, failures in all_regressions.items() if failures}


def _list_related_regressions(
    others: Iterable[Host], regressions: Mapping[str, tuple[Regression, ...]]
) -> tuple[Regression, ...]:
    return tuple(
        Regression(_prefix_text_with_host_name(other.name, regression.what), AREAS)
        for other in others
        for regression in regressions.get(other.name, ())
    )


def _prefix_text_with_host_name(name: str, what: Text) -> Text:
    host_name = escape_text_to_one_line(name, 60)
    return make_text("on {host_name}: {what}", host_name=host_name, what=what)
