"""``annex.xlsx``: the tables that go with a report, ready to filter and to print on A4."""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterable
from typing import Any

from auditor.audit.controls import Catalogue
from auditor.models import Lang, Run, clock
from auditor.report import intrusion_sheet
from auditor.report.sheets import Sheet, build_annex_sheets_of_run
from auditor.text.translations import Words

_A4 = 9
_FONT = {"font_name": "Times New Roman", "font_size": 10}
_LINE = {**_FONT, "valign": "top", "border": 1, "border_color": "#B0B0B0"}
_MAX_HEADER = 255
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def render_run_as_xlsx_workbook(run: Run, catalogue: Catalogue, lang: Lang, run_before: Run | None = None) -> bytes:
    """Return a workbook of a run, with what changed since the run ``run_before``."""
    words = Words(lang)
    office = run.organisation.name if run.organisation else words("product")
    title = f"{words(f'report_of.{run.regime}')} · {words.format_iso_moment(run.started)}"
    return build_workbook(
        (
            *intrusion_sheet.iter_intrusion_sheets(run, words),
            *build_annex_sheets_of_run(run, catalogue, words, run_before),
        ),
        title,
        office,
        run.started,
        words,
    )


def build_workbook(sheets: Iterable[Sheet], title: str, office: str, made_at: str, words: Words) -> bytes:
    """Return a workbook of these tables. ``made_at``: when what it tells of was, ISO 8601.

    Text cells are of type text: no formula, no link, also after somebody edits them.
    """
    import xlsxwriter  # noqa: PLC0415  slow to load, and most audits write no workbook

    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer, _OPTIONS)
    workbook.set_properties({
        "title": title,
        "author": office,
        "comments": words("keep_safe"),
        "created": clock.make_naive_utc_for_office_file(made_at),
    })  # fmt: skip
    formats = (
        workbook.add_format({**_LINE, "bold": True, "text_wrap": True, "align": "center", "bg_color": "#E8EEE8"}),
        workbook.add_format({**_LINE, "text_wrap": True, "num_format": "@"}),
        workbook.add_format({**_LINE, "num_format": "0"}),
        workbook.add_format({**_LINE, "num_format": "dd/mm/yyyy"}),
    )
    for sheet in sheets:
        page = workbook.add_worksheet(sheet.name)
        _set_up_worksheet_for_printing(
            page,
            f"&L{_escape_ampersands_for_header(office)}&C{_escape_ampersands_for_header(sheet.name)}&R{_escape_ampersands_for_header(title)}",
            sheet.pages,
            words,
        )
        _fill_worksheet_from_sheet(page, sheet, *formats)
    workbook.close()
    return buffer.getvalue()


def _set_up_worksheet_for_printing(worksheet: Any, header: str, pages: int, words: Words) -> None:
    worksheet.set_landscape()
    worksheet.set_paper(_A4)
    worksheet.set_margins(left=0.6, right=0.6, top=0.8, bottom=0.8)
    worksheet.fit_to_pages(1, pages)
    worksheet.repeat_rows(0)
    worksheet.set_header(header[:_MAX_HEADER])
    worksheet.set_footer(f"&L{_escape_ampersands_for_header(words('keep_safe'))}&R&P/&N"[:_MAX_HEADER])


def _escape_ampersands_for_header(text: str) -> str:
    return text.replace("&", "&&")


def _fill_worksheet_from_sheet(worksheet: Any, sheet: Sheet, heading: Any, text: Any, number: Any, day: Any) -> None:
    worksheet.freeze_panes(1, 0)
    for index, column in enumerate(sheet.columns):
        worksheet.set_column(index, index, column.width)
        worksheet.write_string(0, index, column.heading, heading)
    last = 0
    for last, row in enumerate(sheet.rows, start=1):
        for index, cell in enumerate(row):
            if isinstance(cell, str):
                worksheet.write_string(last, index, cell, text)
            elif cell is None:
                worksheet.write_blank(last, index, None, text)
            elif isinstance(cell, datetime.date):
                worksheet.write_datetime(last, index, cell, day)
            else:
                worksheet.write_number(last, index, cell, number)
    worksheet.autofilter(0, 0, last, len(sheet.columns) - 1)
    if sheet.printed_columns is not None:
        worksheet.print_area(0, 0, last, sheet.printed_columns - 1)
