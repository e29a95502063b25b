"""A plan that knows what only a visit can tell beforehand, so that nothing is changed only to be brought back."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from auditor.audit.controls import Catalogue
from auditor.audit.effects import Effect
from auditor.facts import HostFacts
from auditor.hardening import jump_hosts
from auditor.hardening import plan as planning
from auditor.hardening.health import listings, smoke
from auditor.hardening.plan import ControlChange, HardeningPlan
from auditor.hardening.safety.dependents import PORT_CLOSING_EFFECTS
from auditor.inventory import reach as reaching
from auditor.inventory.reach import Reach
from auditor.models import Domain, Host, Run, Text


def make_plan_after_site_visits(
    catalogue: Catalogue,
    run: Run,
    facts: Mapping[str, HostFacts],
    *,
    only_sites: frozenset[str] = frozenset(),
    accepted_controls: frozenset[str] = frozenset(),
) -> HardeningPlan:
    """Return the plan of ``make_hardening_plan``, after visits to the sites whose answers it depends on.

    A site whose visitors would be sent on to HTTPS is visited there; one whose lists of files would be closed is looked
    through for links to any. Where ports would close, the inventory's addresses are looked up; where nothing would go
    on through sshd any more, the inventory's own ways are asked for. Raises InputError for an unreadable file of
    authorities.
    """
    make = partial(
        planning.make_hardening_plan, catalogue, run, facts, only_sites=only_sites, accepted_controls=accepted_controls
    )
    draft = make()
    https_domains, listing_domains = (
        _list_sites_of_changes_with_effect(catalogue, draft, effect)
        for effect in (Effect.REQUIRES_HTTPS, Effect.STOPS_LISTINGS)
    )
    effects = catalogue.collect_effects_of_fixes(change.control for host in draft.hosts for change in host.changes)
    tunnels, closes_ports = Effect.STOPS_TUNNELS in effects, not PORT_CLOSING_EFFECTS.isdisjoint(effects)
    if not (https_domains or listing_domains or tunnels or closes_ports):
        return draft
    reach = reaching.load_reach(Path(run.inventory))
    faults, linked_listings = (
        _find_https_faults_and_folder_listings(run, reach, https_domains, listing_domains)
        if https_domains or listing_domains
        else ({}, {})
    )
    behind = (
        jump_hosts.describe_hosts_reached_through_each_host(jump_hosts.find_hosts_reached_through_each_host(reach))
        if tunnels
        else {}
    )
    addresses = jump_hosts.map_addresses_to_inventory_names(reach) if closes_ports else {}
    if not (faults or linked_listings or behind or addresses):
        return draft
    return make(outside=planning.OutsideFacts(faults, linked_listings, behind, addresses))


def _find_https_faults_and_folder_listings(
    run: Run, reach: Mapping[str, Reach], https_domains: set[Domain], listing_domains: set[Domain]
) -> tuple[Mapping[Domain, Text], Mapping[Domain, Text]]:
    """Return what is wrong with the HTTPS of sites, and which lists of files their pages lead to."""
    ca_files = {name: host_reach.ca_file for name, host_reach in reach.items()}
    faults = (
        smoke.find_reasons_against_https_by_domain(
            smoke.visit_smoke_urls_of_sites(_select_hosts_with_sites_of_domains(run, https_domains), ca_files)
        )
        if https_domains
        else {}
    )
    return faults, listings.find_folder_listings_of_sites(
        _select_hosts_with_sites_of_domains(run, listing_domains), ca_files
    ) if listing_domains else {}


def _has_effect(catalogue: Catalogue, change: ControlChange, effect: Effect) -> bool:
    return effect in catalogue.collect_effects_of_fixes([change.control])


def _list_sites_of_changes_with_effect(catalogue: Catalogue, draft: HardeningPlan, effect: Effect) -> set[Domain]:
    """Return the sites on which a change that would be made has the effect."""
    changes = (change for host in draft.hosts for change in host.changes_to_be_made)
    return {domain for change in changes if _has_effect(catalogue, change, effect) for domain in change.sites}


def _select_hosts_with_sites_of_domains(run: Run, domains: set[Domain]) -> list[Host]:
    """Return the run's hosts with these sites alone, and none without any."""
    return [
        host.model_copy(update={"sites": sites})
        for host in run.hosts
        if (sites := tuple(site for site in host.sites if site.domain in domains))
    ]
