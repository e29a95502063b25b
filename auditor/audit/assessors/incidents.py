"""Hold what incidents contain on hosts against what the hosts have on record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from auditor.audit.assessors.assessment import Assessment, AuditInput
from auditor.facts import HostFacts
from auditor.models import Host, PriorState
from auditor.models.incidents import ActiveContainment, OpenIncident, UnrecordedContainment
from auditor.models.response_actions import FOR_GOOD, RECORD_FOLDERS


def assess_incidents(audit_input: AuditInput, so_far: Assessment) -> Assessment:
    """Add the open incidents on these hosts, what they contain there, and what the case log does not have."""
    prior_state, facts = audit_input.prior_state, audit_input.facts
    host_names = {host.name for host in audit_input.hosts}
    return so_far.add(
        contained=tuple(
            _mark_whether_host_records_containment(action, facts)
            for action in prior_state.containments
            if action.host in host_names
        ),
        unrecorded=tuple(_find_containments_not_in_case_log(prior_state, facts)),
        incidents=_find_open_incidents(prior_state, audit_input.hosts),
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
