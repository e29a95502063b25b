"""One audit: read the hosts, evaluate the controls, make the run.

What judges is imported when there is something to judge: the hosts are asked first.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import reduce
from typing import TYPE_CHECKING

from auditor import __version__
from auditor.fleet.collect import collect
from auditor.fleet.discover import LOCAL, add_discovered_sites_to_host
from auditor.models import ExcludedHost, Host, Inventory, PriorState, Run, clock

if TYPE_CHECKING:
    from auditor.audit.assessors.assessment import AuditInput, Purpose
    from auditor.audit.controls import Catalogue
    from auditor.facts import HostFacts
    from auditor.indicators.matches import IndicatorComparison


def audit_hosts(
    inventory: Inventory,
    prior_state: PriorState,
    catalogue: Catalogue | Callable[[], Catalogue],
    hosts: Sequence[Host],
    *,
    purpose: Purpose = "audit",
    watch: Callable[[str], None] | None = None,
    meanwhile: Callable[[], object] | None = None,
) -> tuple[Run, Mapping[str, HostFacts]]:
    """Read and judge ``hosts``; a host that cannot be read has all its controls not_evaluated, with the reason.

    Waivers and attestations count as on the day in Vietnam at the start. The catalogue may be given as what loads it:
    without such papers it is needed only when the hosts have been read. ``meanwhile`` is done while they are being
    read. Raises InputError for a paper on a control that does not exist.
    """
    started_at, began = clock.now(), time.monotonic()
    if inventory.waivers or inventory.attestations:
        from auditor.audit.inventory_fit import check_controls_of_papers

        check_controls_of_papers(inventory, _load_catalogue_if_callable(catalogue))

    def ahead() -> None:
        preload_judging_modules(_load_catalogue_if_callable(catalogue))
        if meanwhile is not None:
            meanwhile()

    comparison = build_comparison_with_indicators(inventory, clock.convert_moment_to_vietnam_day(started_at))
    area_requests = (comparison.fact_request,) if comparison else ()
    facts, outcomes = collect(inventory.path, hosts, watch, ahead, *area_requests)
    from auditor.audit.assessors.assessment import AuditInput

    run = judge_collected_facts(
        AuditInput(
            inventory,
            prior_state,
            _load_catalogue_if_callable(catalogue),
            hosts,
            facts,
            outcomes,
            started_at=started_at,
            purpose=purpose,
            comparison=comparison,
        )
    )
    return run.model_copy(update={"seconds": round(time.monotonic() - began, 3)}), facts


def build_comparison_with_indicators(inventory: Inventory, today: date) -> IndicatorComparison | None:
    """Return the comparison with the imported indicators that hold; None when none does."""
    from auditor.indicators import own_assets, store

    against = own_assets.build_index_without_own_assets(store.load_indicators(), inventory, today)
    if not against:
        return None
    from auditor.indicators.matches import IndicatorComparison

    return IndicatorComparison(against)


def load_catalogue() -> Catalogue:
    """Return all controls, read when the hosts have been asked."""
    from auditor.audit import controls

    return controls.load_catalogue()


def _load_catalogue_if_callable(catalogue: Catalogue | Callable[[], Catalogue]) -> Catalogue:
    return catalogue() if callable(catalogue) else catalogue


def preload_judging_modules(catalogue: Catalogue) -> None:
    """Have what judges, and what facts are made of, before the hosts answer."""
    from auditor import facts
    from auditor.audit import evaluate
    from auditor.audit.assessors import registry  # noqa: F401  loaded ahead

    evaluate.compile_control_expressions_ahead(catalogue)
    facts.load_fact_area_models()


def judge_collected_facts(audit_input: AuditInput) -> Run:
    """Return the run that an audit's facts, and what was known beforehand, make by all assessors."""
    from auditor.audit.assessors.assessment import Assessment
    from auditor.audit.assessors.registry import ASSESSORS

    inventory, facts, started_at = audit_input.inventory, audit_input.facts, audit_input.started_at
    if inventory == LOCAL:
        hosts = [
            add_discovered_sites_to_host(host, facts[host.name]) if host.name in facts else host
            for host in audit_input.hosts
        ]
        audit_input = replace(audit_input, hosts=hosts)
    with audit_input.resources:
        assessment = reduce(lambda so_far, assess: assess(audit_input, so_far), ASSESSORS, Assessment())
    return Run(
        id=f"{clock.format_compact_utc_moment(started_at)}-{secrets.token_hex(3)}",
        started=clock.format_iso_moment(started_at),
        seconds=round((clock.now() - started_at).total_seconds(), 3),
        version=__version__,
        inventory=inventory.path,
        purpose=audit_input.purpose,
        hosts=tuple(audit_input.hosts),
        findings=assessment.findings,
        organisation=inventory.organisation,
        left_out=_list_hosts_not_in_run(inventory, audit_input.hosts),
        **assessment.run_fields,
    )


def _list_hosts_not_in_run(inventory: Inventory, hosts: Sequence[Host]) -> tuple[ExcludedHost, ...]:
    read = {host.name for host in hosts}
    return tuple(
        ExcludedHost(host=host.name, sites=tuple(site.domain for site in host.sites))
        for host in inventory.hosts
        if host.name not in read
    )
