"""From an inventory to the files of the yearly table, all put in place or none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple

from auditor.errors import InputError
from auditor.inventory import offices, systems
from auditor.inventory.exceptions import get_office_folder_of_inventory
from auditor.inventory.systems import find_contradictions
from auditor.models import Inventory, Lang, clock
from auditor.report import xlsx
from auditor.report.official import docx, pdf, template
from auditor.report.official.document import COLUMNS
from auditor.report.official.issue import get_reporting_unit
from auditor.report.sheets import Sheet, SheetColumn
from auditor.report.yearly import document
from auditor.report.yearly.document import YearlyReport, iter_yearly_form_rows_by_system, iter_yearly_totals_with_labels
from auditor.report.yearly.table import (
    ReportingYear,
    find_systems_dated_after_year,
    select_systems_owned_or_operated_by_units,
)
from auditor.system import files as publish
from auditor.text.translations import Words


class IssuedYearlyReport(NamedTuple):
    """The files that were written, and what an officer has to look at before they are sent."""

    files: tuple[Path, ...]
    doubts: tuple[str, ...]


def write_yearly_system_table_of_unit(
    inventory: Inventory, unit_id: str, year: ReportingYear, *, output: Path, lang: Lang, today: date
) -> IssuedYearlyReport:
    """Write the table of a unit as DOCX, PDF and XLSX. The same day, the same bytes.

    Raises InputError when the unit cannot report, when the systems are not declared rightly, or the folder cannot be
    used.
    """
    organisation, unit = get_reporting_unit(inventory, unit_id)
    declarations = systems.load_information_systems(
        get_office_folder_of_inventory(inventory.path), organisation, inventory.hosts
    )
    within = offices.list_unit_ids_within_units(organisation, [unit.id])
    of = YearlyReport(
        organisation, unit, declarations, select_systems_owned_or_operated_by_units(declarations.systems, within), year
    )
    if not of.systems:
        raise InputError(
            "neither {unit} nor a unit below it owns or operates an information system",
            unit=unit.id,
            file=get_office_folder_of_inventory(inventory.path) / systems.FILE,
            mend="see docs/en/yearly.md",
        )
    words = Words(lang)
    doubts = tuple(_iter_contradictions_and_later_dates(of, inventory, words))
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            "cannot make the folder {folder}: {why}", folder=output, why=error.strerror, mend="choose another --output"
        ) from error
    files = render_yearly_table_files(of, doubts, lang, clock.format_day_start(today))
    return IssuedYearlyReport(
        tuple(publish.write_file(output / name, content) for name, content in files.items()), doubts
    )


def render_yearly_table_files(
    report: YearlyReport, doubts: tuple[str, ...], lang: Lang, made_at: str
) -> Mapping[str, bytes]:
    """Return the files by name."""
    name = f"{report.year.year}-{report.unit.id}"
    letter = document.build_yearly_letter(report, lang, made_at)
    words = Words(lang)
    book = xlsx.build_workbook(
        build_yearly_workbook_sheets(report, doubts, words), letter.name, report.unit.name, made_at, words
    )
    pdf_files = {
        f"bao-cao-nam-{name}{suffix}.pdf": pdf.render_pdf(sheet)
        for suffix, sheet in pdf.iter_document_print_jobs_by_file_suffix(letter)
    }
    return {
        f"bao-cao-nam-{name}.docx": docx.render_document_as_docx(letter, template.YEARLY_PATH),
        **pdf_files,
        f"bao-cao-nam-{name}.xlsx": book,
    }


def build_yearly_workbook_sheets(report: YearlyReport, doubts: tuple[str, ...], words: Words) -> tuple[Sheet, ...]:
    """Return the workbook: the form's table, its totals, and what has to be looked at, if anything."""
    widths = (6, 30, 28, 28, 8, 18, 24, 24, 14, 22, 14, 22)
    columns = (SheetColumn(words(f"yearly.column.{key}"), width) for key, width in zip(_KEYS, widths, strict=True))
    total = (SheetColumn(words("yearly.column.total"), 60), SheetColumn(words("yearly.column.value"), 16))
    return (
        Sheet(
            words("yearly.sheet.systems"),
            tuple(columns),
            (tuple(cell or None for cell in row) for row in iter_yearly_form_rows_by_system(report, words)),
        ),
        Sheet(words("yearly.sheet.totals"), total, iter_yearly_totals_with_labels(report, words)),
        *(
            [
                Sheet(
                    words("yearly.sheet.doubts"),
                    (SheetColumn(words("yearly.sheet.doubts"), 100),),
                    ((doubt,) for doubt in doubts),
                )
            ]
            if doubts
            else []
        ),
    )


_KEYS = tuple(column.key for column in COLUMNS["systems"])


def _iter_contradictions_and_later_dates(report: YearlyReport, inventory: Inventory, words: Words) -> Iterator[str]:
    """Yield what contradicts itself, and what is of after the year."""
    within = offices.list_unit_ids_within_units(report.organisation, [report.unit.id])
    sites = [site for host in inventory.hosts for site in host.sites if (site.unit or host.unit) in within]
    for contradiction in find_contradictions(report.systems, sites):
        yield words(f"yearly.doubt.{contradiction.key}", **dict(contradiction.values))
    for system, day in find_systems_dated_after_year(report.systems, report.year):
        yield words(
            "yearly.doubt.later",
            system=system.name,
            day=words.format_date(day),
            last=words.format_date(report.year.last),
        )
