"""``auditor inventory``: what the inventory says, as understood, and lists of servers brought into it."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import typer

from auditor.audit import controls, inventory_fit
from auditor.commands.output import exceptions as shown
from auditor.commands.output.console import err, escape_markup, out
from auditor.commands.verbs.inventory import InventoryCheckOptions, InventoryImportOptions
from auditor.errors import InputError
from auditor.incidents import readiness
from auditor.inventory import exceptions, sharing_declarations, systems
from auditor.inventory import hosts as inventories
from auditor.inventory.spreadsheet_import import importer
from auditor.inventory.spreadsheet_import import template as templates
from auditor.inventory.spreadsheet_import.entries import HostEntry
from auditor.inventory.spreadsheet_import.importer import ImportResult
from auditor.text import usage
from auditor.text.sanitize import escape_text_to_one_line
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


_MAX_SHOWN = 200
"""Mistakes of a list that are told one by one."""


def import_hosts_and_sites_from_sheet(options: InventoryImportOptions) -> None:
    """Run ``auditor inventory import``."""
    words = Words(options.lang)
    if options.template is not None and options.file is None:
        templates.write_spreadsheet_template(options.template, words)
        out.print(words("import.template", file=options.template, folder=options.inventory), markup=False)
        return
    if options.file is None or options.template is not None:
        raise InputError("exactly one file is required", mend="give the list to import, or only --template FILE")
    try:
        import_result = importer.import_spreadsheet_into_inventory(options.file, options.inventory)
    except importer.ListImportError as error:
        for wrong in error.every[:_MAX_SHOWN]:
            err.print(
                escape_text_to_one_line(usage.format_input_error_as_line(wrong, options.lang)),
                markup=False,
                soft_wrap=True,
            )
        if len(error.every) > _MAX_SHOWN:
            err.print(words("import.more_n", n=len(error.every) - _MAX_SHOWN))
        raise InputError(
            "the list has {count} mistakes; nothing was imported",
            count=len(error.every),
            file=options.file,
            mend="fix them and import the list again",
        ) from None
    if options.as_json:
        _print_import(import_result)
        return
    for existing_host in import_result.existing_hosts:
        about = {"host": existing_host.name, "where": existing_host.where}
        if existing_host.differs:
            out.print(
                words(
                    "import.kept.differs",
                    **about,
                    columns=importer.format_fields_as_column_headings(existing_host.differs, words),
                ),
                markup=False,
            )
        else:
            out.print(words("import.kept", **about), markup=False)
    if import_result.unread:
        out.print(
            words("import.unread", columns=escape_text_to_one_line(", ".join(import_result.unread), 500)), markup=False
        )
    if import_result.file is None:
        out.print(words("import.nothing"))
        return
    sites = sum(len(entry.sites) for entry in import_result.entries)
    out.print(
        words(
            "import.written",
            file=import_result.file,
            hosts=words("hosts_n", n=len(import_result.entries)),
            sites=words("sites_n", n=sites),
        ),
        markup=False,
    )
    out.print(
        words("import.next", command=_build_enroll_command(import_result.entries[0], options.inventory)),
        markup=False,
        soft_wrap=True,
    )


def _build_enroll_command(entry: HostEntry, inventory: Path) -> str:
    """Return the command that enrols a host of the list."""
    options = {"--address": entry.host.values.get("ansible_host"), "--port": entry.host.values.get("ansible_port")}
    options_text = (f" {option} {value}" for option, value in options.items() if value is not None)
    return f"auditor enroll {entry.name} -i {shlex.quote(str(inventory))}{''.join(options_text)}"


def _print_import(import_result: ImportResult) -> None:
    document = {
        "file": None if import_result.file is None else str(import_result.file),
        "hosts": [entry.name for entry in import_result.entries],
        "sites": [site.values["domain"] for entry in import_result.entries for site in entry.sites],
        "kept": [vars(existing_host) for existing_host in import_result.existing_hosts],
        "unread": import_result.unread,
    }
    typer.echo(json.dumps(document, ensure_ascii=False, indent=1))
