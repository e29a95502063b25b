"""``findings.csv``: every finding a row, for spreadsheets. What it promises is in docs/findings.md."""

from __future__ import annotations

import csv
import io
import re
from functools import lru_cache

from auditor.audit.controls import Catalogue
from auditor.models import Lang, Run
from auditor.report import sheets
from auditor.text.translations import Words

_FORMULA = re.compile(r"""(?:^|(?<=;))(?=[\s"']*[=+\-@＝＋－＠−])""")
"""Where a spreadsheet could begin to read a formula: at the start of a cell, and after a semicolon, which a
spreadsheet with Vietnamese settings takes for the end of a cell even within quotes that do not begin one."""


def render_findings_as_csv(run: Run, catalogue: Catalogue, lang: Lang) -> bytes:
    """Return UTF-8 with a byte order mark, commas, CRLF (RFC 4180); a line break within a cell is shown as ``⏎``."""
    sheet = sheets.build_findings_sheet(run, catalogue, Words(lang))
    buffer = io.BytesIO()
    text = io.TextIOWrapper(buffer, encoding="utf-8-sig", newline="")
    lines = csv.writer(text)
    lines.writerow([column.heading for column in sheet.columns])
    lines.writerows(
        [defuse_spreadsheet_formulas_in_cell(cell) if isinstance(cell, str) else cell for cell in row]
        for row in sheet.rows
    )
    text.flush()
    return buffer.getvalue()


@lru_cache(maxsize=4096)
def defuse_spreadsheet_formulas_in_cell(cell: str) -> str:
    """Return the cell on one line, with an apostrophe wherever a spreadsheet would begin a formula."""
    if cell.isascii() and cell[:1].isalnum() and ";" not in cell and cell.isprintable():
        return cell
    return _FORMULA.sub("'", cell.replace("\n", "⏎").replace("\t", "⇥"))
