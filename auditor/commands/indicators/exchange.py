"""``auditor indicators poll`` and ``push``: with a TAXII 2.1 server."""

from __future__ import annotations

from typing import Annotated

import typer

from auditor.commands.given.options import DEFAULT_INVENTORY, DEFAULT_LANG, InventoryOption, LangOption
from auditor.commands.indicators.lists import SightingsOption, holding, office_of, show_lists, sighted
from auditor.models import clock


def poll(
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="What the list is called here.")] = "taxii",
    inventory: InventoryOption = DEFAULT_INVENTORY,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Fetch what is new in the collection of office/taxii.yml into a list, and take out what was revoked there.

    Over HTTPS, with a password, a token or a certificate. Whatever goes wrong, the list stays as it was.

    Example:
      auditor indicators poll -i inventories/example

    """
    from auditor.indicators import exchange, taxii
    from auditor.indicators.importing import checked_name
    from auditor.inventory import hosts as inventories
    from auditor.inventory.papers import folder

    known = inventories.load(inventory)
    called = checked_name(name)
    listed = exchange.poll(taxii.load(folder(known.path)), called, clock.today())
    show_lists([listed], lang, as_json=False)


def push(
    name: Annotated[str | None, typer.Option("--list", metavar="NAME", help="Of this list alone.")] = None,
    tlp: Annotated[
        str, typer.Option("--tlp", metavar="TLP", help="The strictest marking that goes along; by default GREEN.")
    ] = "GREEN",
    sightings: SightingsOption = False,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Hand the indicators that hold today and may go as far to the collection of office/taxii.yml.

    What the server has already is no failure. Exit code: 0 it has them all, 1 it did not take some, which are named.

    Example:
      auditor indicators push --tlp GREEN -i inventories/example

    """
    from auditor.commands.shown import console
    from auditor.indicators import export, taxii
    from auditor.inventory import hosts as inventories
    from auditor.inventory.papers import folder
    from auditor.text.words import Words

    known = inventories.load(inventory)
    going = holding(name, tlp)
    server = taxii.load(folder(known.path))
    taken, failed = server.add(export.objects(going, office_of(known), sighted(known) if sightings else {}))
    console.out.print(Words(lang)("indicators.pushed", count=taken))
    for one in failed:
        console.err.print(console.escape(one), soft_wrap=True)
    raise typer.Exit(int(bool(failed)))
