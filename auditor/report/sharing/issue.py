"""From kept runs and an inventory to the files of the sharing table, all put in place or none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from auditor.audit.controls import Catalogue
from auditor.errors import InputError
from auditor.history.runs import RunEntry, RunHistory
from auditor.inventory import sharing_declarations as declared
from auditor.inventory.exceptions import get_office_folder_of_inventory
from auditor.models import Inventory, Lang
from auditor.report import xlsx
from auditor.report.official import docx, pdf, template
from auditor.report.official.document import COLUMNS
from auditor.report.official.issue import get_reporting_unit, load_end_state
from auditor.report.official.period import (
    MonthState,
    Period,
    build_state_at_end_of_month,
    find_last_month_with_run_before,
)
from auditor.report.sharing import document
from auditor.report.sharing.document import (
    SharingReport,
    iter_declarations_made_after_day,
    iter_sharing_table_cells_by_office,
    iter_sharing_totals_with_labels,
    iter_sources_of_declared_values,
)
from auditor.report.sharing.table import build_sharing_rows_by_office
from auditor.report.sheets import Sheet, SheetColumn
from auditor.results.office_month import compute_office_month_figures
from auditor.system import files as publish
from auditor.text.translations import Words


class IssuedSharingTable(NamedTuple):
    """The files that were written, and what an officer has to look at before they are sent."""

    files: tuple[Path, ...]
    doubts: tuple[str, ...]


def write_monthly_sharing_table_of_unit(
    history: RunHistory,
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
    doubts = tuple(_iter_doubts_on_later_declarations(of, words))
    files = render_sharing_table_files(of, doubts, lang)
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
    history: RunHistory, inventory: Inventory, catalogue: Catalogue, unit_id: str, period: Period
) -> SharingReport:
    """Return the month of a unit and those below it. Raises InputError as ``write_monthly_sharing_table_of_unit``."""
    organisation, unit = get_reporting_unit(inventory, unit_id)
    declarations = declared.load_sharing_declarations_by_unit(
        get_office_folder_of_inventory(inventory.path), organisation
    )
    now, entries, hosts = load_end_state(history, inventory, period)
    month = compute_office_month_figures(organisation, unit, inventory.hosts, now.run, None)
    before = _load_state_at_start_of_month(history, entries, period, hosts, now)
    office_rows = build_sharing_rows_by_office(month, before.run if before else None, declarations, catalogue)
    if not office_rows:
        raise InputError(
            "no site or host belongs to {unit} or a unit below it",
            unit=unit.id,
            mend="declare the unit at its sites (unit:) or hosts (luytre_unit:)",
        )
    return SharingReport(month.organisation, month.unit, period, now.run_start_moments, office_rows)


def _load_state_at_start_of_month(
    history: RunHistory, entries: tuple[RunEntry, ...], period: Period, hosts: frozenset[str], end_state: MonthState
) -> MonthState | None:
    """Return how things stood when the month began.

    At the end of the last one that has a run, else at this one's first runs, unless those are its last.
    """
    earlier = find_last_month_with_run_before(entries, period)
    if earlier is not None:
        return build_state_at_end_of_month(history.run, entries, earlier, hosts)
    first = build_state_at_end_of_month(history.run, entries[::-1], period, hosts)
    return first if first is not None and set(first.run_start_moments) != set(end_state.run_start_moments) else None


def render_sharing_table_files(report: SharingReport, doubts: tuple[str, ...], lang: Lang) -> Mapping[str, bytes]:
    """Return the files by name."""
    name = f"thong-ke-chia-se-{report.unit.id}-{report.period}"
    letter = document.build_sharing_letter(report, lang)
    words = Words(lang)
    book = xlsx.build_workbook(
        build_sharing_workbook_sheets(report, doubts, words), letter.name, report.unit.name, letter.made, words
    )
    pages = {
        f"{name}{suffix}.pdf": pdf.render_pdf(sheet)
        for suffix, sheet in pdf.iter_document_print_jobs_by_file_suffix(letter)
    }
    return {f"{name}.docx": docx.render_document_as_docx(letter, template.SHARING_PATH), **pages, f"{name}.xlsx": book}


def build_sharing_workbook_sheets(report: SharingReport, doubts: tuple[str, ...], words: Words) -> tuple[Sheet, ...]:
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
        Sheet(words("sharing.sheet.table"), tuple(columns), iter_sharing_table_cells_by_office(report.rows, words)),
        Sheet(words("yearly.sheet.totals"), total, iter_sharing_totals_with_labels(report.totals, words)),
        Sheet(
            words("sharing.sheet.sources"),
            tuple(SheetColumn(words(f"sharing.source.{key}"), width) for key, width in source_columns),
            iter_sources_of_declared_values(report.rows, words),
        ),
        *([Sheet(doubt.heading, (doubt,), ((doubt_text,) for doubt_text in doubts))] if doubts else []),
    )


def _iter_doubts_on_later_declarations(report: SharingReport, words: Words) -> Iterator[str]:
    """Yield what was said after the month."""
    for unit, matter, declaration in iter_declarations_made_after_day(report.rows, report.period.last_day):
        yield words(
            "sharing.doubt.later",
            unit=unit.name,
            matter=words(f"sharing.matter.{matter}"),
            day=words.format_date(declaration.dated),
            last=words.format_date(report.period.last_day),
        )
