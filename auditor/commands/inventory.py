"""``auditor inventory``: what the inventory says, as understood, and lists of servers brought into it."""

from __future__ import annotations

import json

import typer

from auditor.audit import controls, inventory_fit
from auditor.commands.output import exceptions as shown
from auditor.commands.output.console import err, escape_markup, out
from auditor.commands.verbs.inventory import InventoryCheckOptions
from auditor.incidents import readiness
from auditor.inventory import exceptions, sharing_declarations, systems
from auditor.inventory import hosts as inventories
from auditor.text.translations import Words


def check_inventory_and_office_files(options: InventoryCheckOptions) -> None:
    """Run ``auditor inventory check``."""
    inventory_data = inventory_fit.read_and_check_inventory(options.inventory, controls.load_catalogue())
    office = exceptions.get_office_folder_of_inventory(options.inventory)
    if (office / systems.FILE).exists():
        systems.load_information_systems(office, inventory_data.organisation, inventory_data.hosts)
    sharing_declarations.load_sharing_declarations_by_unit(office, inventory_data.organisation)
    words = Words(options.lang)
    undeclared_units = inventories.list_units_named_without_organisation(inventory_data)
    if undeclared_units:
        err.print(words("units_undeclared", units=escape_markup(", ".join(undeclared_units))))
    shown.show_expired_vulnerability_statements(inventory_data, words)
    if options.purpose is not None:
        gaps = list(readiness.find_missing_office_data_for_purpose(inventory_data, options.purpose, words))
        if options.as_json:
            typer.echo(json.dumps(gaps, ensure_ascii=False, indent=1))
        else:
            for gap in gaps or [words(f"readiness.complete.{options.purpose}")]:
                out.print(escape_markup(gap), soft_wrap=True)
        raise typer.Exit(1 if gaps else 0)
    if options.as_json:
        typer.echo(inventory_data.model_dump_json(indent=1))
        return
    units = inventory_data.organisation.units if inventory_data.organisation else ()
    totals = (
        words("units_n", n=len(units)),
        words("hosts_n", n=len(inventory_data.hosts)),
        words("sites_n", n=len(inventory_data.sites)),
    )
    out.print(", ".join(totals))
    for host in inventory_data.hosts:
        out.print(
            f"[bold]{escape_markup(host.name)}[/]  {escape_markup(host.address)}  {escape_markup(host.unit or '–')}"
        )
        for site in host.sites:
            out.print(
                f"  {escape_markup(site.domain)}  {site.server or '?'}  "
                f"{site.application or '?'}  {escape_markup(site.unit or '–')}"
            )
