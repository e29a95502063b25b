"""``auditor indicators poll`` and ``push``: with a TAXII 2.1 server."""

from __future__ import annotations

from typing import Annotated

import typer

from auditor.commands.indicators.lists import (
    SightingsOption,
    get_name_of_sharing_office,
    list_shareable_valid_indicators,
    load_sightings_of_last_audit,
    show_lists,
)
from auditor.commands.options.common import DEFAULT_INVENTORY, DEFAULT_LANG, InventoryOption, LangOption
from auditor.models import clock


def poll_taxii_collection_into_named_list(
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Name of the list.")] = "taxii",
    inventory: InventoryOption = DEFAULT_INVENTORY,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Fetch new entries of the collection in office/taxii.yml into a list, and remove revoked ones.

    Uses HTTPS with a password, a token or a certificate. If anything fails, the list stays unchanged.

    Example:
      auditor indicators poll -i inventories/example

    """
    from auditor.indicators import exchange, taxii
    from auditor.indicators.importer import validate_indicator_list_name
    from auditor.inventory import hosts as inventories
    from auditor.inventory.exceptions import get_office_folder_of_inventory

    inventory_data = inventories.load_inventory(inventory)
    list_name = validate_indicator_list_name(name)
    list_record = exchange.poll_taxii_collection_into_list(
        taxii.load(get_office_folder_of_inventory(inventory_data.path)), list_name, clock.today()
    )
    show_lists([list_record], lang, as_json=False)


def push_indicators_to_taxii_collection(
    name: Annotated[str | None, typer.Option("--list", metavar="NAME", help="Only this list.")] = None,
    tlp: Annotated[
        str, typer.Option("--tlp", metavar="TLP", help="The strictest TLP to include; default: GREEN.")
    ] = "GREEN",
    sightings: SightingsOption = False,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Push the indicators that are valid today and may be shared to the collection in office/taxii.yml.

    Entries that the server already has are not an error. Exit code: 0 the server has all of them, 1 it rejected some,
    which are listed.

    Example:
      auditor indicators push --tlp GREEN -i inventories/example

    """
    from auditor.commands.output import console
    from auditor.indicators import export, taxii
    from auditor.inventory import hosts as inventories
    from auditor.inventory.exceptions import get_office_folder_of_inventory
    from auditor.text.translations import Words

    inventory_data = inventories.load_inventory(inventory)
    indicators = list_shareable_valid_indicators(name, tlp)
    server = taxii.load(get_office_folder_of_inventory(inventory_data.path))
    taken_count, errors = server.upload_objects(
        export.build_stix_objects(
            indicators,
            get_name_of_sharing_office(inventory_data),
            load_sightings_of_last_audit(inventory_data) if sightings else {},
        )
    )
    console.out.print(Words(lang)("indicators.pushed", count=taken_count))
    for error in errors:
        console.err.print(console.escape_markup(error), soft_wrap=True)
    raise typer.Exit(int(bool(errors)))
