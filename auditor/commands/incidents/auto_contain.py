"""``auditor incident open --contain``: what the findings name is contained, and told line by line."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from auditor.commands.incidents.contain import get_ca_file_for_sites_of_host
from auditor.commands.incidents.incident_view import IncidentView
from auditor.commands.output import console
from auditor.commands.output.incidents import SiteVisitSummary, show_outcome_of_action
from auditor.history.incidents import IncidentStore
from auditor.incidents.case import fold_case
from auditor.incidents.containment import Responder
from auditor.incidents.health_check import ServingSites, check_sites_and_undo_actions_breaking_them
from auditor.incidents.response.auto_containment import (
    TraceResponse,
    build_responses,
    contain_new_traces_on_host,
    list_requests_in_force,
)
from auditor.inventory.reach import load_reach
from auditor.models import Finding, Inventory, Lang, clock
from auditor.models.hunts import HuntSummary
from auditor.text.translations import Words


@dataclass(frozen=True)
class CaseInHand:
    """An incident that a command works at: of which inventory, who says so, in which language it is shown."""

    inventory_data: Inventory
    inventory: Path
    incident: str
    office_role: str
    lang: Lang


def contain_what_findings_name(
    in_hand: CaseInHand,
    findings: Sequence[Finding],
    unjudged_sites: Collection[str] = (),
    hunts: Sequence[HuntSummary] = (),
) -> bool:
    """Return whether all that the findings name is contained.

    For what the sites that are ``unjudged_sites`` answer, nothing is put back. ``hunts``: those that see it.
    """
    inventory_data, incident, office_role = in_hand.inventory_data, in_hand.incident, in_hand.office_role
    words, ways, ledgers = Words(in_hand.lang), load_reach(in_hand.inventory), IncidentStore()
    command = Responder(inventory_data.path, incident, office_role, ways, ledgers, unjudged_sites)
    case, responses, is_complete = (
        fold_case(incident, ledgers.load_case_log_of_incident(inventory_data.path, incident)),
        build_responses(findings, inventory_data.hosts),
        True,
    )
    leftovers, visits = list[TraceResponse](), SiteVisitSummary()
    for host in inventory_data.hosts:
        here = [response for response in responses if response.host == host.name]
        deeds = contain_new_traces_on_host(command, host, here, list_requests_in_force(case, host.name, hunts))
        for event in (
            check_sites_and_undo_actions_breaking_them(command, host, deeds, get_ca_file_for_sites_of_host(ways, host))
            if here
            else ()
        ):
            visits.add(event)
            if isinstance(event, TraceResponse):
                leftovers.append(event)
            elif not isinstance(event, ServingSites):
                is_complete = show_outcome_of_action(event, words) and is_complete
    visits.show(words)
    view = IncidentView(
        fold_case(incident, ledgers.load_case_log_of_incident(inventory_data.path, incident)),
        str(in_hand.inventory),
        words,
        clock.now(),
        office_role,
    )
    for line in view.iter_lines_of_manual_leftovers(leftovers):
        console.out.print(console.escape_markup(line), soft_wrap=True)
    return is_complete and not leftovers
