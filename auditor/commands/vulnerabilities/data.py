"""``auditor vulnerabilities import`` and ``status``."""

from __future__ import annotations

import json
from collections.abc import Sequence

import typer
from rich.table import Table

from auditor.commands.output import console
from auditor.commands.verbs.vulnerabilities import VulnerabilitiesImportOptions, VulnerabilitiesStatusOptions
from auditor.models import Lang, clock
from auditor.models.vulnerabilities import ImportedSource
from auditor.text.translations import Words
from auditor.vulnerabilities import store
from auditor.vulnerabilities.assess import STALE_DAYS
from auditor.vulnerabilities.importer import import_vulnerability_data_files as import_vulnerability_data_files


def import_vulnerability_data(options: VulnerabilitiesImportOptions) -> None:
    """Run ``auditor vulnerabilities import``."""
    _print_imported_sources(import_vulnerability_data_files(options.files), options.lang, as_json=options.as_json)


def list_imported_vulnerability_data(options: VulnerabilitiesStatusOptions) -> None:
    """Run ``auditor vulnerabilities status``."""
    with store.open_database() as database:
        sources = database.sources
    _print_imported_sources(sources, options.lang, as_json=options.as_json)
    raise typer.Exit(int(not sources or any(_compute_age(source) > STALE_DAYS for source in sources)))


def _compute_age(source: ImportedSource) -> int:
    return (clock.today() - source.dated).days


def _print_imported_sources(sources: Sequence[ImportedSource], lang: Lang, *, as_json: bool) -> None:

    if as_json:
        typer.echo(json.dumps([source.model_dump(mode="json") for source in sources], ensure_ascii=False, indent=1))
        return
    words = Words(lang)
    if not sources:
        console.out.print(words("vulnerabilities.none"))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("data", "dated", "records", "licence"):
        table.add_column(words(f"vulnerabilities.column.{heading}"), overflow="fold")
    for source in sources:
        day = words.format_date(source.dated)
        old = _compute_age(source) > STALE_DAYS
        table.add_row(
            words(f"vulnerabilities.kind.{source.kind}") + (f" ({source.part})" if source.part else ""),
            f"[red]{day}: {words('vulnerabilities.old', n=_compute_age(source))}[/]" if old else day,
            str(source.records),
            console.escape_markup(source.licence),
        )
    console.out.print(table)
