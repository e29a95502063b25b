"""``auditor incident open --contain``: what the findings name is contained, and told line by line."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from auditor.commands.shown import console
from auditor.history.incidents import Incidents
from auditor.incidents import told
from auditor.incidents.case import fold
from auditor.incidents.containing import Containing
from auditor.incidents.named import Fell, Named, contained, held, named
from auditor.inventory.reach import reach
from auditor.models import Finding, Inventory, Lang
from auditor.text.words import Words


def contain_named(
    known: Inventory, inventory: Path, incident: str, who: str, findings: Sequence[Finding], lang: Lang
) -> bool:
    """Whether all that the findings name is contained."""
    words, ways, ledgers = Words(lang), reach(inventory), Incidents()
    command = Containing(known.path, incident, who, ways, ledgers)
    case, found, done = fold(incident, ledgers.one(known.path, incident)), named(findings), True
    for host in known.hosts:
        here = [one for one in found if one.host == host.name]
        ca_file = ways[host.name].ca_file if host.name in ways else None
        for one in contained(command, host, here, held(case, host.name), ca_file) if here else ():
            if isinstance(one, Fell):
                said, well = [told.fell(one, words), *(told.deed(back, words) for back in one.released)], False
            elif isinstance(one, Named):
                said, well = list(told.left(one, _typed(one, incident, who, inventory), words)), False
            else:
                said, well = [told.deed(one, words)], one.state == "confirmed"
            for line in said:
                console.out.print(console.escape(line), soft_wrap=True)
            done = done and well
    return done


def _typed(one: Named, incident: str, who: str, inventory: Path) -> str:
    """What a person types to contain it; empty where that cannot be."""
    if one.by_hand is None:
        return ""
    where = ("--host", one.host, "--who", who, "-i", str(inventory))
    return shlex.join(("auditor", "incident", "contain", incident, *one.by_hand, *where))
