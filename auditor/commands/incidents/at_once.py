"""``auditor incident open --contain``: what the findings name is contained, and told line by line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from auditor.commands.shown import console
from auditor.history.incidents import Incidents
from auditor.incidents import told
from auditor.incidents.containing import Containing
from auditor.incidents.named import Fell, contained, named
from auditor.inventory.reach import reach
from auditor.models import Finding, Inventory, Lang
from auditor.text.words import Words


def contain_named(
    known: Inventory, inventory: Path, incident: str, who: str, findings: Sequence[Finding], lang: Lang
) -> bool:
    """Whether all that the findings name is contained."""
    words, ways = Words(lang), reach(inventory)
    command = Containing(known.path, incident, who, ways, Incidents())
    found, done = named(findings), True
    for host in known.hosts:
        here = [one for one in found if one.host == host.name]
        ca_file = ways[host.name].ca_file if host.name in ways else None
        for one in contained(command, host, here, ca_file) if here else ():
            if isinstance(one, Fell):
                said, well = [told.fell(one, words), *(told.deed(back, words) for back in one.released)], False
            else:
                said, well = [told.deed(one, words)], one.state == "confirmed"
            for line in said:
                console.out.print(console.escape(line), soft_wrap=True)
            done = done and well
    left = [one for one in found if one.wanted is None]
    for other in left:
        console.out.print(console.escape(told.left(other, words)), soft_wrap=True)
    return done and not left
