"""``auditor vulnerabilities import`` and ``status``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.commands.options.common import DEFAULT_LANG, JsonOption, LangOption
from auditor.models import clock

if TYPE_CHECKING:
    from auditor.models import Lang
    from auditor.models.vulnerabilities import ImportedSource


def import_vulnerability_data(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE", help="Published data, plain, gzip or zip."),
    ],
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Import vulnerability data that was downloaded elsewhere; it replaces earlier data of the same kind.

    The file type is detected from the content: Debian's security tracker (JSON), the debsecan feed of a release, OSV
    archives of Debian, Ubuntu and Packagist (zip), lists of debian-security-support, CISA KEV (JSON, CSV), EPSS (CSV),
    Wordfence Intelligence v3 (JSON). All files are imported, or none. Nothing is downloaded.

    Example:
      auditor vulnerabilities import debian-tracker.json known_exploited_vulnerabilities.json epss_scores.csv.gz

    """
    from auditor.vulnerabilities.importer import import_vulnerability_data_files as import_vulnerability_data_files

    _print_imported_sources(import_vulnerability_data_files(files), lang, as_json=as_json)


def list_imported_vulnerability_data(as_json: JsonOption = False, lang: LangOption = DEFAULT_LANG) -> None:
    """List the imported data: date, number of records, terms of use.

    Exit code: 0 all data is at most 35 days old, 1 some data is older, or nothing is imported.

    Example:
      auditor vulnerabilities status

    """
    from auditor.vulnerabilities import store
    from auditor.vulnerabilities.assess import STALE_DAYS

    with store.open_database() as database:
        sources = database.sources
    _print_imported_sources(sources, lang, as_json=as_json)
    raise typer.Exit(int(not sources or any(_compute_age(source) > STALE_DAYS for source in sources)))


def _compute_age(source: ImportedSource) -> int:
    return (clock.today() - source.dated).days


def _print_imported_sources(sources: Sequence[ImportedSource], lang: Lang, *, as_json: bool) -> None:
    from rich.table import Table

    from auditor.commands.output import console
    from auditor.text.translations import Words
    from auditor.vulnerabilities.assess import STALE_DAYS

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
