"""``auditor inventory import``: hosts and sites from a spreadsheet."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import typer

from auditor.commands.output.console import err, out
from auditor.commands.verbs.inventory import InventoryImportOptions
from auditor.errors import InputError
from auditor.inventory.spreadsheet_import import importer
from auditor.inventory.spreadsheet_import import template as templates
from auditor.inventory.spreadsheet_import.entries import HostEntry
from auditor.inventory.spreadsheet_import.importer import ImportResult
from auditor.text import usage
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import Words

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
