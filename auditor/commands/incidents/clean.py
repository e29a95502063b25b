"""``auditor incident clean``: what an intruder left in sites is taken out of them, step by step, each of which can be undone."""

from __future__ import annotations

from typing import Annotated

import typer

from auditor.commands.given import completions
from auditor.commands.given.options import DEFAULT_INVENTORY, DEFAULT_LANG, InventoryOption, LangOption
from auditor.commands.incidents.contain import read, where
from auditor.commands.incidents.hosts import chosen, hosts_of
from auditor.commands.incidents.ledger import IncidentArgument, WhoOption, role


def clean(
    incident: IncidentArgument,
    wanted: Annotated[
        list[str],
        typer.Argument(
            metavar="[STEP WHAT]...",
            help="What is cleaned, in pairs: 'row antruc.test/posts/66' takes a row out of a site's database.",
        ),
    ],
    who: WhoOption,
    hosts: Annotated[
        list[str] | None,
        typer.Option(
            "--host",
            metavar="HOST",
            help="Only on this host of the incident's; repeat for more.",
            autocompletion=completions.hosts_and_sites,
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only look at the hosts and say what would be done there.")
    ] = False,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Take out of sites what an intruder left in them, several steps at once. Collect evidence first.

    Each step keeps on the host, for root alone, what it takes away, and is looked at there afterwards. 'auditor incident release' with a step's number undoes it.

    A row of WordPress, Joomla or NukeViet is taken out by the site's own account, if it still is what was kept of it.

    Sites are visited before and after. When one no longer serves, all that was done on its host is undone.

    Exit code: 0 done on every host, as looked at there; 1 not, or not known.

    Examples:
      auditor incident clean SC-20261127-1 row antruc.test/posts/66 row antruc.test/options/widget_custom_html --who "Văn phòng" -i inventories/lab

      auditor incident clean SC-20261127-1 row antruc.test/posts/66 --dry-run --who "Văn phòng" -i inventories/lab

    """
    from auditor.commands.shown.incidents import show_deed, show_plan
    from auditor.history.incidents import Incidents
    from auditor.incidents import deciding
    from auditor.incidents.containing import Containing
    from auditor.incidents.means.table import CLEANING
    from auditor.incidents.visited import visited
    from auditor.inventory import hosts as inventories
    from auditor.inventory.reach import reach
    from auditor.text.words import Words

    known, ways = inventories.load(inventory), reach(inventory)
    ledgers, words = Incidents(), Words(lang)
    asked = list(read(wanted, CLEANING))
    case = deciding.still_open(ledgers.all(known.path), incident)
    todo = list(where(asked, chosen(hosts_of(known, case.subjects), hosts)))
    command = Containing(known.path, incident, role(who), ways, ledgers)
    done = True
    for host in {there.name: there for there, _ in todo}.values():
        here = [one for there, one in todo if there is host]
        if dry_run:
            for one in here:
                done = show_plan(one, host.name, command.plan(host, one), words) and done
        else:
            ca_file = ways[host.name].ca_file if host.name in ways else None
            deeds = (command.contain(host, one) for one in here)
            for came_to in visited(command, host, deeds, ca_file):
                done = show_deed(came_to, words) and done
    raise typer.Exit(0 if done else 1)
