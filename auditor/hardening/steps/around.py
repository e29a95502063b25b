"""Hosts that are looked at for others' sake: they need a host that is hardened, or are reached through it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from auditor.audit.effects import Effect
from auditor.facts import HostFacts
from auditor.hardening import passages
from auditor.hardening.held import dependents
from auditor.hardening.serving.look import Failed
from auditor.inventory import reach as reaching
from auditor.models import Host, Inventory, Text
from auditor.text.visible import one_line

Around = Mapping[str, tuple[Host, ...]]
"""By host, those of the inventory that it is not to be lost to."""
MAX_AROUND = 20
AREAS = frozenset({"firewall", "mariadb", "php_fpm", "services", "ssh"})
"""Whose controls decide what other machines reach."""


def of(
    inventory: Inventory, names: Collection[str], facts: Mapping[str, HostFacts], effects: Collection[Effect]
) -> Around:
    """Return the hosts around each of these, where controls with these effects are to be put in force."""
    reach = reaching.reach(Path(inventory.path))
    through = passages.through(reach) if Effect.STOPS_TUNNELS in effects else {}
    needs = dependents.needs(facts, passages.addresses(reach))
    by_name = {host.name: host for host in inventory.hosts}
    found = {}
    for name in names:
        others = dict.fromkeys(
            (*(need.host for need in needs.get(name, ())), *(passage.to for passage in through.get(name, ())))
        )
        found[name] = tuple(by_name[other] for other in others if other in by_name and other != name)[:MAX_AROUND]
    return {name: hosts for name, hosts in found.items() if hosts}


def with_others(around: Around, hosts: Sequence[Host]) -> tuple[Host, ...]:
    """Return the hosts, and after them those around them, each once."""
    others = (other for host in hosts for other in around.get(host.name, ()))
    return tuple({host.name: host for host in (*hosts, *others)}.values())


def charged(
    around: Around, hosts: Iterable[Host], failed: Mapping[str, tuple[Failed, ...]]
) -> dict[str, tuple[Failed, ...]]:
    """Return what each of the hosts no longer does as before, and what those around it no longer do."""
    found = {host.name: (*failed.get(host.name, ()), *_of_others(around.get(host.name, ()), failed)) for host in hosts}
    return {name: failures for name, failures in found.items() if failures}


def _of_others(others: Iterable[Host], failed: Mapping[str, tuple[Failed, ...]]) -> tuple[Failed, ...]:
    return tuple(Failed(_told(other.name, one.what), AREAS) for other in others for one in failed.get(other.name, ()))


def _told(name: str, what: Text) -> Text:
    shown = one_line(name, 60)
    return Text(vi=f"trên {shown}: {what.vi}", en=f"on {shown}: {what.en}")
