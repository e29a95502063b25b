"""``auditor incident open --contain``: what the findings name is contained, and told line by line."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from auditor.commands.incidents.contain import get_ca_file
from auditor.commands.incidents.incident_view import IncidentView
from auditor.commands.output import console
from auditor.commands.output.incidents import VisitSummary, show_event
from auditor.history.incidents import Incidents
from auditor.incidents.case import fold_case
from auditor.incidents.containment import Responder
from auditor.incidents.health_check import ServingSites, check_sites
from auditor.incidents.response.auto_containment import (
    TraceResponse,
    build_responses,
    contain_traces,
    list_requests_in_force,
)
from auditor.inventory.reach import load_reach
from auditor.models import Finding, Inventory, Lang, clock
from auditor.models.hunts import HuntSummary
from auditor.text.translations import Words


def contain_automatically(
    inventory_data: Inventory,
    inventory: Path,
    incident: str,
    who: str,
    findings: Sequence[Finding],
    lang: Lang,
    unjudged_sites: Collection[str] = (),
    hunts: Sequence[HuntSummary] = (),
) -> bool:
    """Return whether all that the findings name is contained.

    For what the sites that are ``unjudged_sites`` answer, nothing is put back. ``hunts``: those that see it.
    """
    words, ways, ledgers = Words(lang), load_reach(inventory), Incidents()
    command = Responder(inventory_data.path, incident, who, ways, ledgers, unjudged_sites)
    case, responses, is_complete = (
        fold_case(incident, ledgers.load_log(inventory_data.path, incident)),
        build_responses(findings, inventory_data.hosts),
        True,
    )
    leftovers, visits = list[TraceResponse](), VisitSummary()
    for host in inventory_data.hosts:
        here = [response for response in responses if response.host == host.name]
        deeds = contain_traces(command, host, here, list_requests_in_force(case, host.name, hunts))
        for event in check_sites(command, host, deeds, get_ca_file(ways, host)) if here else ():
            visits.add(event)
            if isinstance(event, TraceResponse):
                leftovers.append(event)
            elif not isinstance(event, ServingSites):
                is_complete = show_event(event, words) and is_complete
    visits.show(words)
    view = IncidentView(
        fold_case(incident, ledgers.load_log(inventory_data.path, incident)), str(inventory), words, clock.now(), who
    )
    for line in view.iter_leftover_lines(leftovers):
        console.out.print(console.escape(line), soft_wrap=True)
    return is_complete and not leftovers
