"""An empty list for an office to fill in: as XLSX with what each column is for, or as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from auditor.errors import InputError
from auditor.inventory.spreadsheet_import.columns import COLUMNS, Column
from auditor.models.applications.registry import KINDS
from auditor.system import files
from auditor.text.translations import Words

_CHOICES: Mapping[str, Sequence[str]] = {
    "server": ("nginx", "apache"),
    "application": KINDS,
    "level": ("1", "2", "3"),
}
EXAMPLES = {
    "name": "may-chu-1",
    "ansible_host": "192.0.2.10",
    "ansible_port": "22",
    "luytre_unit": "xa-vi-du",
    "luytre_admins": "quantri, nguyenvana",
    "luytre_open_ports": "8443, 40000-40050",
    "luytre_trusted_networks": "198.51.100.0/24",
    "domain": "xavidu.example",
    "aliases": "www.xavidu.example",
    "unit": "xa-vi-du",
    "server": "nginx",
    "application": "wordpress",
    "level": "2",
    "document_root": "/var/www/xavidu.example",
    "backup_dir": "/var/backups/web/xavidu.example",
    "backup_max_days": "7",
}
_ROWS = 1_000
"""Of the empty list that are formatted as text."""
_WIDTH = 22


def write_spreadsheet_template(file: Path, words: Words) -> None:
    """Write the template; its kind is told by the name. Raises InputError, also for a file that is there."""
    match file.suffix.lower():
        case ".csv":
            content = _build_csv_template(words)
        case ".xlsx":
            content = _build_xlsx_template(words)
        case _:
            raise InputError("is neither CSV nor XLSX", file=file, mend="give it a name that ends in .xlsx or .csv")
    if file.exists():
        raise InputError("already exists", file=file, mend="choose another name for the template")
    if not file.parent.is_dir():
        raise InputError("the folder does not exist", file=file.parent, mend="create it, or choose another one")
    files.write_file(file, content)


def _build_csv_template(words: Words) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(column.get_template_heading(words) for column in COLUMNS)
    return text.getvalue().encode("utf-8-sig")  # or Excel takes it for another encoding


def _build_xlsx_template(words: Words) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#E8EEE8", "border": 1})
    text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    page = book.add_worksheet(words("column.sheet"))
    page.freeze_panes(1, 2)
    page.set_column(0, len(COLUMNS) - 1, _WIDTH, text)
    for index, column in enumerate(COLUMNS):
        page.write_string(0, index, column.get_template_heading(words), bold)
        if column.field in _CHOICES:
            page.data_validation(1, index, _ROWS, index, {"validate": "list", "source": list(_CHOICES[column.field])})
    _write_column_explanations_to_sheet(book.add_worksheet(words("column.sheet.about")), words, bold, text)
    book.close()
    return buffer.getvalue()


def _write_column_explanations_to_sheet(page: Any, words: Words, bold: Any, text: Any) -> None:
    page.set_column(0, 0, _WIDTH, text)
    page.set_column(1, 1, 80, text)
    page.set_column(2, 2, 34, text)
    page.write_string(0, 0, words("column.rows"), text)
    for index, key in enumerate(
        (words("column.head.column"), words("column.head.about"), words("column.head.example"))
    ):
        page.write_string(2, index, key, bold)
    for row, column in enumerate(COLUMNS, start=3):
        for index, cell in enumerate(
            (column.get_template_heading(words), _describe_column(column, words), EXAMPLES[column.field])
        ):
            page.write_string(row, index, cell, text)


def _describe_column(column: Column, words: Words) -> str:
    return words(f"column.about.{column.field}")
