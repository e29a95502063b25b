"""``auditor indicators poll`` and ``push``: with a TAXII 2.1 server."""

from __future__ import annotations

import typer

from auditor.commands.indicators.lists import (
    get_name_of_sharing_office,
    list_shareable_valid_indicators,
    load_sightings_of_last_audit,
    show_lists,
)
from auditor.commands.output import console
from auditor.commands.verbs.indicators import IndicatorsPollOptions, IndicatorsPushOptions
from auditor.indicators import exchange, export, taxii
from auditor.indicators.importer import validate_indicator_list_name
from auditor.inventory import hosts as inventories
from auditor.inventory.exceptions import get_office_folder_of_inventory
from auditor.models import clock
from auditor.text.translations import Words


def poll_taxii_collection_into_named_list(options: IndicatorsPollOptions) -> None:
    """Run ``auditor indicators poll``."""
    inventory_data = inventories.load_inventory(options.inventory)
    list_name = validate_indicator_list_name(options.name)
    list_record = exchange.poll_taxii_collection_into_list(
        taxii.load(get_office_folder_of_inventory(inventory_data.path)), list_name, clock.today()
    )
    show_lists([list_record], options.lang, as_json=False)


def push_indicators_to_taxii_collection(options: IndicatorsPushOptions) -> None:
    """Run ``auditor indicators push``."""
    inventory_data = inventories.load_inventory(options.inventory)
    indicators = list_shareable_valid_indicators(options.name, options.tlp)
    server = taxii.load(get_office_folder_of_inventory(inventory_data.path))
    taken_count, errors = server.upload_objects(
        export.build_stix_objects(
            indicators,
            get_name_of_sharing_office(inventory_data),
            load_sightings_of_last_audit(inventory_data) if options.sightings else {},
        )
    )
    console.out.print(Words(options.lang)("indicators.pushed", count=taken_count))
    for error in errors:
        console.err.print(console.escape_markup(error), soft_wrap=True)
    raise typer.Exit(int(bool(errors)))
