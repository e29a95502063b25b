"""``auditor incident open --contain``: what the findings name is contained, and told line by line."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from auditor.commands.incidents.contain import ca_file_of
from auditor.commands.incidents.steps import Shown
from auditor.commands.shown import console
from auditor.commands.shown.incidents import Visited, show_deed
from auditor.history.incidents import Incidents
from auditor.incidents.case import fold
from auditor.incidents.containing import Containing
from auditor.incidents.response.at_once import Response, contain_all, in_force_on, responses_to
from auditor.incidents.visited import Serving, visited
from auditor.inventory.reach import reach
from auditor.models import Finding, Inventory, Lang, clock
from auditor.models.hunts import Hunted
from auditor.text.words import Words


def contain_at_once(
    known: Inventory,
    inventory: Path,
    incident: str,
    who: str,
    findings: Sequence[Finding],
    lang: Lang,
    unjudged: Collection[str] = (),
    hunts: Sequence[Hunted] = (),
) -> bool:
    """Whether all that the findings name is contained; for what the sites that are ``unjudged`` answer, nothing is put back. ``hunts``: those that see it."""
    words, ways, ledgers = Words(lang), reach(inventory), Incidents()
    command = Containing(known.path, incident, who, ways, ledgers, unjudged)
    case, found, done = fold(incident, ledgers.one(known.path, incident)), responses_to(findings, known.hosts), True
    left, visits = list[Response](), Visited()
    for host in known.hosts:
        here = [one for one in found if one.host == host.name]
        deeds = contain_all(command, host, here, in_force_on(case, host.name, hunts))
        for one in visited(command, host, deeds, ca_file_of(ways, host)) if here else ():
            visits.add(one)
            if isinstance(one, Response):
                left.append(one)
            elif not isinstance(one, Serving):
                done = show_deed(one, words) and done
    visits.show(words)
    shown = Shown(fold(incident, ledgers.one(known.path, incident)), str(inventory), words, clock.now(), who)
    for line in shown.left(left):
        console.out.print(console.escape(line), soft_wrap=True)
    return done and not left
