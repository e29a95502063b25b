"""From kept runs and an inventory to the files of the sharing table, all put in place or none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from auditor.audit.controls import Catalogue
from auditor.errors import InputError
from auditor.history.runs import History, RunEntry
from auditor.inventory import sharing_declarations as declared
from auditor.inventory.exceptions import get_folder
from auditor.models import Inventory, Lang
from auditor.report import xlsx
from auditor.report.official import docx, pdf, template
from auditor.report.official.document import COLUMNS
from auditor.report.official.issue import get_reporting_unit, load_end_state
from auditor.report.official.period import MonthState, Period, build_month_state, find_month_before
from auditor.report.sharing import document
from auditor.report.sharing.document import (
    SharingReport,
    iter_later_declarations,
    iter_sources,
    iter_table_rows,
    list_totals,
)
from auditor.report.sharing.table import build_rows
from auditor.report.sheets import Sheet, SheetColumn
from auditor.results.office_month import compute_figures
from auditor.system import files as publish
from auditor.text.translations import Words


class IssuedSharingTable(NamedTuple):
    """The files that were written, and what an officer has to look at before they are sent."""

    files: tuple[Path, ...]
    doubts: tuple[str, ...]


def write(
    history: History,
    inventory: Inventory,
    catalogue: Catalogue,
    unit_id: str,
    period: Period,
    *,
    output: Path,
    lang: Lang,
) -> IssuedSharingTable:
    """Write the table of a unit and those below it for a month as DOCX, PDF and XLSX. The same runs, the same bytes.

    Raises InputError when the unit cannot report, when there is no run in the month, when what is declared is not fit,
    or the folder cannot be used.
    """
    of = gather_report(history, inventory, catalogue, unit_id, period)
    words = Words(lang)
    doubts = tuple(_doubts(of, words))
    files = render_files(of, doubts, lang)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            "cannot make the folder {folder}: {why}", folder=output, why=error.strerror, mend="choose another --output"
        ) from error
    return IssuedSharingTable(
        tuple(publish.write_file(output / name, content) for name, content in files.items()), doubts
    )


def gather_report(
    history: History, inventory: Inventory, catalogue: Catalogue, unit_id: str, period: Period
) -> SharingReport:
    """Return the month of a unit and those below it. Raises InputError as ``write``."""
    organisation, unit = get_reporting_unit(inventory, unit_id)
    declarations = declared.load(get_folder(inventory.path), organisation)
    now, entries, hosts = load_end_state(history, inventory, period)
    month = compute_figures(organisation, unit, inventory.hosts, now.run, None)
    before = _load_start_state(history, entries, period, hosts, now)
    office_rows = build_rows(month, before.run if before else None, declarations, catalogue)
    if not office_rows:
        raise InputError(
            "no site or host belongs to {unit} or a unit below it",
            unit=unit.id,
            mend="declare the unit at its sites (unit:) or hosts (luytre_unit:)",
        )
    return SharingReport(month.organisation, month.unit, period, now.moments, office_rows)


def _load_start_state(
    history: History, entries: tuple[RunEntry, ...], period: Period, hosts: frozenset[str], now: MonthState
) -> MonthState | None:
    """Return how things stood when the month began.

    At the end of the last one that has a run, else at this one's first runs, unless those are its last.
    """
    earlier = find_month_before(entries, period)
    if earlier is not None:
        return build_month_state(history.run, entries, earlier, hosts)
    first = build_month_state(history.run, entries[::-1], period, hosts)
    return first if first is not None and set(first.moments) != set(now.moments) else None


def render_files(of: SharingReport, doubts: tuple[str, ...], lang: Lang) -> Mapping[str, bytes]:
    """Return the files by name."""
    name = f"thong-ke-chia-se-{of.unit.id}-{of.period}"
    letter = document.build_document(of, lang)
    words = Words(lang)
    book = xlsx.build_workbook(build_tables(of, doubts, words), letter.name, of.unit.name, letter.made, words)
    pages = {f"{name}{suffix}.pdf": pdf.render_pdf(sheet) for suffix, sheet in pdf.iter_print_jobs(letter)}
    return {f"{name}.docx": docx.render(letter, template.SHARING_PATH), **pages, f"{name}.xlsx": book}


def build_tables(of: SharingReport, doubts: tuple[str, ...], words: Words) -> tuple[Sheet, ...]:
    """Return the workbook: the table, its totals, the sources of declared values, and what needs a look, if any."""
    widths = (6, 30, 26, 8, 30, 24, 24, 24, 12, 12, 12, 12, 40)
    columns = (
        SheetColumn(words(f"sharing.column.{column.key}"), width)
        for column, width in zip(COLUMNS["sharing"], widths, strict=True)
    )
    total = (SheetColumn(words("yearly.column.total"), 70), SheetColumn(words("yearly.column.value"), 20))
    source_columns = (("unit", 36), ("matter", 36), ("value", 40), ("role", 30), ("dated", 12))
    doubt = SheetColumn(words("yearly.sheet.doubts"), 100)
    return (
        Sheet(words("sharing.sheet.table"), tuple(columns), iter_table_rows(of.rows, words)),
        Sheet(words("yearly.sheet.totals"), total, list_totals(of.totals, words)),
        Sheet(
            words("sharing.sheet.sources"),
            tuple(SheetColumn(words(f"sharing.source.{key}"), width) for key, width in source_columns),
            iter_sources(of.rows, words),
        ),
        *([Sheet(doubt.heading, (doubt,), ((doubt_text,) for doubt_text in doubts))] if doubts else []),
    )


def _doubts(of: SharingReport, words: Words) -> Iterator[str]:
    """Yield what was said after the month."""
    for unit, matter, declaration in iter_later_declarations(of.rows, of.period.last_day):
        yield words(
            "sharing.doubt.later",
            unit=unit.name,
            matter=words(f"sharing.matter.{matter}"),
            day=words.day(declaration.dated),
            last=words.day(of.period.last_day),
        )
