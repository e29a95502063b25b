"""A plan that knows what only a visit can tell beforehand, so that nothing is changed only to be brought back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from auditor.audit.controls import Catalogue
from auditor.audit.effects import Effect
from auditor.facts import HostFacts
from auditor.hardening import plan as planning
from auditor.hardening.plan import Plan
from auditor.hardening.serving import smoke
from auditor.inventory import reach as reaching
from auditor.models import Domain, Run, Text


def plan(
    catalogue: Catalogue,
    run: Run,
    facts: Mapping[str, HostFacts],
    *,
    only_sites: frozenset[str] = frozenset(),
    accepted: frozenset[str] = frozenset(),
) -> Plan:
    """``auditor.hardening.plan.make``; a site whose visitors would be sent on to HTTPS is visited there first.

    Raises InputError for an unreadable file of authorities.
    """
    made = planning.make(catalogue, run, facts, only_sites=only_sites, accepted=accepted)
    faults = _https_faults(catalogue, run, made)
    if not faults:
        return made
    return planning.make(catalogue, run, facts, only_sites=only_sites, accepted=accepted, https=faults)


def _https_faults(catalogue: Catalogue, run: Run, made: Plan) -> dict[Domain, Text]:
    wanted = {
        domain
        for host in made.hosts
        for change in host.due
        if Effect.REQUIRES_HTTPS in catalogue.effects([change.control])
        for domain in change.sites
    }
    if not wanted:
        return {}
    reach = reaching.reach(Path(run.inventory))
    hosts = [
        host.model_copy(update={"sites": sites})
        for host in run.hosts
        if (sites := tuple(site for site in host.sites if site.domain in wanted))
    ]
    return smoke.https_faults(smoke.visit(hosts, {name: one.ca_file for name, one in reach.items()}))
