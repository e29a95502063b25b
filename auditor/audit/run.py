"""One audit: read the hosts, evaluate the controls, make the run.

What judges is imported when there is something to judge: the hosts are asked first.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal

from auditor import __version__
from auditor.fleet.collect import collect
from auditor.fleet.discover import LOCAL, add_discovered_sites_to_host
from auditor.models import ExcludedHost, Host, HostOutcome, Inventory, PriorState, Run, Text, clock
from auditor.models.incidents import ActiveContainment, OpenIncident, UnrecordedContainment
from auditor.models.response_actions import FOR_GOOD, RECORD_FOLDERS

if TYPE_CHECKING:
    from auditor.audit.controls import Catalogue
    from auditor.facts import HostFacts
    from auditor.indicators.matches import IndicatorComparison

Purpose = Literal["audit", "before", "after"]


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
    run = judge_collected_facts(
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
    return run.model_copy(update={"seconds": round(time.monotonic() - began, 3)}), facts


def build_comparison_with_indicators(inventory: Inventory, today: date) -> IndicatorComparison | None:
    """Return the comparison with the imported indicators that hold; None when none does."""
    from auditor.indicators import own_assets, store

    against = own_assets.build_index_without_own_assets(store.load_indicators(), inventory, today)
    if not against:
        return None
    from auditor.indicators.matches import IndicatorComparison

    return IndicatorComparison(against)


def _load_catalogue_if_callable(catalogue: Catalogue | Callable[[], Catalogue]) -> Catalogue:
    return catalogue() if callable(catalogue) else catalogue


def preload_judging_modules(catalogue: Catalogue) -> None:
    """Have what judges, and what facts are made of, before the hosts answer."""
    from auditor import facts
    from auditor.audit import evaluate, waivers  # noqa: F401  loaded ahead
    from auditor.audit.assessors import hunts, scans  # noqa: F401  loaded ahead
    from auditor.vulnerabilities import store  # noqa: F401  loaded ahead

    evaluate.compile_control_expressions_ahead(catalogue)
    facts.load_fact_area_models()


def judge_collected_facts(
    inventory: Inventory,
    prior_state: PriorState,
    catalogue: Catalogue,
    hosts: Sequence[Host],
    facts: Mapping[str, HostFacts],
    outcomes: Sequence[HostOutcome],
    *,
    started_at: datetime,
    purpose: Purpose = "audit",
    comparison: IndicatorComparison | None = None,
) -> Run:
    """Return the run that these facts make, with the vulnerability data that was imported.

    ``outcomes`` are in the order of ``hosts``.
    """
    from auditor.audit import authorizations, vex
    from auditor.audit.assessors import uniqueness
    from auditor.audit.assessors.hunts import add_hunt_traces_to_violations
    from auditor.audit.assessors.hunts import judge_hosts_by_last_hunts as judge_hunts
    from auditor.audit.assessors.scans import judge_sites_by_last_looks as judge_looks
    from auditor.audit.evaluate import evaluate_host, make_not_evaluated_findings
    from auditor.audit.waivers import mark_findings_covered_by_papers
    from auditor.indicators.matches import NONE
    from auditor.vulnerabilities import store

    if inventory == LOCAL:
        hosts = [add_discovered_sites_to_host(host, facts[host.name]) if host.name in facts else host for host in hosts]
    statements_by_host = vex.group_statements_in_force_by_host(
        inventory, clock.convert_moment_to_vietnam_day(started_at)
    )
    with store.open_database() as vulnerability_data:
        findings = [
            finding
            for host, outcome in zip(hosts, outcomes, strict=True)
            for finding in (
                evaluate_host(
                    catalogue,
                    host,
                    facts[host.name],
                    prior_state.record_digests.get(host.name),
                    vulnerability_data,
                    statements_by_host.get(host.name, {}),
                    comparison.build_indicators_area(facts[host.name], host, prior_state.scans) if comparison else NONE,
                )
                if host.name in facts
                else make_not_evaluated_findings(catalogue, host, outcome.reason or _UNREAD)
            )
        ]
        data = vulnerability_data.sources
    marked_findings = mark_findings_covered_by_papers(
        inventory, catalogue, hosts, findings, clock.convert_moment_to_vietnam_day(started_at)
    )
    review_assessment = judge_looks(catalogue, hosts, prior_state.scans, prior_state.acceptances, started_at)
    hunt_assessment = judge_hunts(catalogue, hosts, prior_state.hunts, prior_state.acceptances, started_at)
    return Run(
        id=f"{clock.format_compact_utc_moment(started_at)}-{secrets.token_hex(3)}",
        started=clock.format_iso_moment(started_at),
        seconds=round((clock.now() - started_at).total_seconds(), 3),
        version=__version__,
        inventory=inventory.path,
        purpose=purpose,
        hosts=tuple(hosts),
        outcomes=tuple(_add_kept_facts_to_outcome(outcome, facts.get(outcome.host)) for outcome in outcomes),
        findings=(
            *add_hunt_traces_to_violations(marked_findings.findings, hosts, prior_state.hunts),
            *review_assessment.findings,
            *hunt_assessment.findings,
        ),
        organisation=inventory.organisation,
        waivers=marked_findings.waivers,
        reviews=review_assessment.reviews,
        only_here=uniqueness.find_items_unique_to_one_site(hosts, facts, prior_state.scans, prior_state.hunts),
        authorizations=authorizations.list_authorization_uses_on_day(
            inventory, clock.convert_moment_to_vietnam_day(started_at)
        ),
        hunts=hunt_assessment.hunted,
        contained=tuple(
            _mark_whether_host_records_containment(action, facts)
            for action in prior_state.containments
            if action.host in {host.name for host in hosts}
        ),
        unrecorded=tuple(_find_containments_not_in_case_log(prior_state, facts)),
        incidents=_find_open_incidents(prior_state, hosts),
        left_out=_list_hosts_not_in_run(inventory, hosts),
        vulnerability_data=data,
    )


def _add_kept_facts_to_outcome(outcome: HostOutcome, facts: HostFacts | None) -> HostOutcome:
    """Return the outcome with those facts that a run keeps besides its findings."""
    data = facts.data if facts is not None else {}
    record = getattr(data.get("integrity"), "record", None)
    protection = getattr(data.get("services"), "protection", None)
    return outcome.model_copy(
        update={
            "record": record.digest if record is not None else outcome.record,
            "protection": tuple(protection) if protection is not None else None,
        }
    )


def _find_open_incidents(prior_state: PriorState, hosts: Sequence[Host]) -> tuple[OpenIncident, ...] | None:
    if prior_state.open_incidents is None:
        return None
    names = [name for host in hosts for name in (host.name, *(site.domain for site in host.sites))]
    return tuple(incident for incident in prior_state.open_incidents if incident.is_about_any_subject(*names))


def _mark_whether_host_records_containment(
    action: ActiveContainment, facts: Mapping[str, HostFacts]
) -> ActiveContainment:
    """Return the action with whether its host has it on record, where that was read whole."""
    there = _list_containments_on_host_record(facts.get(action.host))
    return (
        action
        if there is None
        else action.model_copy(update={"there": (RECORD_FOLDERS[action.means], action.id_on_host) in there})
    )


def _find_containments_not_in_case_log(
    prior_state: PriorState, facts: Mapping[str, HostFacts]
) -> Iterator[UnrecordedContainment]:
    """Yield what hosts have on record of incidents and the case log does not have in force.

    Nothing where nobody looked into it. What is cleaned stays on record.
    """
    known_actions = {
        (standing_action.host, RECORD_FOLDERS[standing_action.means], standing_action.id_on_host)
        for standing_action in prior_state.containments
    }
    lasting_places = {place for means, place in RECORD_FOLDERS.items() if means not in FOR_GOOD}
    for host, data in facts.items() if prior_state.open_incidents is not None else ():
        for place, action in sorted(_list_containments_on_host_record(data) or ()):
            if place in lasting_places and (host, place, action) not in known_actions:
                yield UnrecordedContainment(host=host, action=action, place=place)


def _list_containments_on_host_record(facts: HostFacts | None) -> set[tuple[str, str]] | None:
    record = (
        facts.build_context_for_control_expressions("containments").get("containments") if facts is not None else None
    )
    if record is None or record["more"]:
        return None
    return {(entry["place"], entry["action"]) for entry in record["actions"]}


def _list_hosts_not_in_run(inventory: Inventory, hosts: Sequence[Host]) -> tuple[ExcludedHost, ...]:
    read = {host.name for host in hosts}
    return tuple(
        ExcludedHost(host=host.name, sites=tuple(site.domain for site in host.sites))
        for host in inventory.hosts
        if host.name not in read
    )


_UNREAD = Text(vi="không đọc được máy chủ", en="the host could not be read")
