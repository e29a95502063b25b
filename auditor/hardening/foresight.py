"""A plan that knows what only a visit can tell beforehand, so that nothing is changed only to be brought back."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from auditor.audit.controls import Catalogue
from auditor.audit.effects import Effect
from auditor.facts import HostFacts
from auditor.hardening import passages
from auditor.hardening import plan as planning
from auditor.hardening.held.dependents import CLOSING
from auditor.hardening.plan import Change, Plan
from auditor.inventory import reach as reaching
from auditor.inventory.reach import Reach
from auditor.models import Domain, Host, Run, Text


def plan(
    catalogue: Catalogue,
    run: Run,
    facts: Mapping[str, HostFacts],
    *,
    only_sites: frozenset[str] = frozenset(),
    accepted: frozenset[str] = frozenset(),
) -> Plan:
    """``auditor.hardening.plan.make``, after a visit to sites of which it depends on what they answer.

    A site whose visitors would be sent on to HTTPS is visited there; one whose lists of files would be closed is looked
    through for links to any. Where ports would close, the inventory's addresses are looked up; where nothing would go on through sshd any more, the inventory's own ways are asked for. Raises InputError for an unreadable file of authorities.
    """
    make = partial(planning.make, catalogue, run, facts, only_sites=only_sites, accepted=accepted)
    made = make()
    secured, listing = (_due(catalogue, made, one) for one in (Effect.REQUIRES_HTTPS, Effect.STOPS_LISTINGS))
    meant = catalogue.effects(change.control for host in made.hosts for change in host.changes)
    tunnels, closing = Effect.STOPS_TUNNELS in meant, not CLOSING.isdisjoint(meant)
    if not (secured or listing or tunnels or closing):
        return made
    reach = reaching.reach(Path(run.inventory))
    faults, listed = _visited(run, reach, secured, listing) if secured or listing else ({}, {})
    behind = passages.told(passages.through(reach)) if tunnels else {}
    addresses = passages.addresses(reach) if closing else {}
    if not (faults or listed or behind or addresses):
        return made
    return make(https=faults, listed=listed, behind=behind, addresses=addresses)


def _visited(
    run: Run, reach: Mapping[str, Reach], secured: set[Domain], listing: set[Domain]
) -> tuple[Mapping[Domain, Text], Mapping[Domain, Text]]:
    """What is wrong with the HTTPS of sites, and which lists of files their pages lead to."""
    from auditor.hardening.serving import listings, smoke

    ca_files = {name: one.ca_file for name, one in reach.items()}
    faults = smoke.https_faults(smoke.visit(_hosts(run, secured), ca_files)) if secured else {}
    return faults, listings.linked(_hosts(run, listing), ca_files) if listing else {}


def _has(catalogue: Catalogue, change: Change, effect: Effect) -> bool:
    return effect in catalogue.effects([change.control])


def _due(catalogue: Catalogue, made: Plan, effect: Effect) -> set[Domain]:
    """The sites on which a change that would be made has the effect."""
    changes = (change for host in made.hosts for change in host.due)
    return {domain for change in changes if _has(catalogue, change, effect) for domain in change.sites}


def _hosts(run: Run, domains: set[Domain]) -> list[Host]:
    """The run's hosts with these sites alone, and none without any."""
    return [
        host.model_copy(update={"sites": sites})
        for host in run.hosts
        if (sites := tuple(site for site in host.sites if site.domain in domains))
    ]
