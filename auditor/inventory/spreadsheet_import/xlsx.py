"""A workbook read by a child, which ends when the workbook is built to cost time or memory.

The child tells each sheet's rows, and which cells show what somebody else has to work out: formulas, errors and dates.
"""

from __future__ import annotations

import datetime
import io
import re
import resource
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

from auditor.system import message_framing, sandbox

SECONDS = 20
"""Of a processor's time for one workbook; 100,000 rows take 1 s."""
MEMORY = 600_000_000
"""Bytes of addresses of the child."""
MAX_ROWS = 10_000
"""Of a list, filled ones."""
MAX_TOLD_ROWS = MAX_ROWS + 100
"""Of a sheet, with what stands above the list."""
MAX_COLUMNS = 100
MAX_CELL = 2_000
"""Characters of a cell that are told; no cell that is read may be as long."""
_MAX_MESSAGE = 50_000_000
_MAX_PART = 100_000_000
_CELL = re.compile(rb"<(?:\w+:)?c\b(?P<given>[^>]*)>\s*(?P<formula><(?:\w+:)?f\b)?")
_AT = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_ERROR = re.compile(rb'\bt="e"')


class UnreadableWorkbook(ValueError):
    """No workbook, or one that cannot be read at a reasonable price."""


def read_visible_sheets_of_workbook(content: bytes) -> list[dict[str, Any]]:
    """Return the visible sheets: ``name``, and ``rows`` of ``number``, ``cells`` and ``odd`` ones by their index.

    Raises UnreadableWorkbook.

    Merged cells are told by the first of them alone, but within one column by each.
    """
    try:
        process = subprocess.run(
            [sys.executable, "-I", "-m", __name__],
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={},
            timeout=30 * SECONDS,
            check=False,
        )
        for message in message_framing.MessageUnpacker(_MAX_MESSAGE).iter_messages(process.stdout):
            sandbox.note_whether_child_was_isolated(message["apart"])
            sheets: list[dict[str, Any]] = message["sheets"]
            return sheets
    except (subprocess.TimeoutExpired, ValueError):
        raise UnreadableWorkbook from None
    raise UnreadableWorkbook


def _read_workbook_in_child_process() -> None:
    from python_calamine import (  # noqa: PLC0415  in the child process alone
        CalamineWorkbook,
        SheetTypeEnum,
        SheetVisibleEnum,
    )

    apart = sandbox.confine_this_process_to_sandbox(MEMORY)
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    content = sys.stdin.buffer.read()
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    odd = _find_formula_and_error_cells_by_sheet(content)
    sheets = []
    for index, about in enumerate(book.sheets_metadata):
        if about.visible == SheetVisibleEnum.Visible and about.typ == SheetTypeEnum.WorkSheet:
            rows = list(_iter_rows_of_sheet(book.get_sheet_by_index(index), odd.get(index, {})))
            sheets.append({"name": about.name, "rows": rows})
    message = message_framing.pack_message({"sheets": sheets, "apart": apart})
    if len(message) <= _MAX_MESSAGE:
        sys.stdout.buffer.write(message)


def _iter_rows_of_sheet(sheet: Any, odd: Mapping[tuple[int, int], str]) -> Iterator[dict[str, Any]]:
    first_row, first_column = sheet.start or (0, 0)
    below = {
        (row, left_column): top
        for (top, left_column), (bottom, right) in (sheet.merged_cell_ranges or ())[:MAX_TOLD_ROWS]
        if left_column == right
        for row in range(top + 1, min(bottom, top + MAX_TOLD_ROWS) + 1)
    }
    top_values: dict[tuple[int, int], str] = {}
    row_count = 0
    for row, values in enumerate(sheet.iter_rows(), start=first_row):
        cells = [""] * first_column + [_format_cell_value(value) for value in values]
        strange = {column: "date" for column, value in enumerate(values, first_column) if isinstance(value, _DATES)}
        strange |= {column: what for column in range(len(cells)) if (what := odd.get((row, column)))}
        for column, cell in enumerate(cells):
            top = below.get((row, column))
            if top is not None:
                cells[column] = top_values.get((top, column), "")
            elif cell:
                top_values[row, column] = cell
        if any(cells) or strange:
            row_count += 1
            yield {"number": row + 1, "cells": cells[:MAX_COLUMNS], "odd": strange}
            if row_count >= MAX_TOLD_ROWS:
                return


_DATES = (datetime.date, datetime.time, datetime.timedelta)


def _format_cell_value(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)[:MAX_CELL]


def _find_formula_and_error_cells_by_sheet(content: bytes) -> Mapping[int, Mapping[tuple[int, int], str]]:
    """Return the cells that are formulas or errors, by the sheet's place in the workbook.

    The library leaves their value out.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        targets = _map_relation_ids_to_targets(_read_part_of_workbook_archive(parts, "xl/_rels/workbook.xml.rels"))
        sheets = re.findall(
            rb'<(?:\w+:)?sheet\b[^>]*?\b\w+:id="([^"]+)"', _read_part_of_workbook_archive(parts, "xl/workbook.xml")
        )
        return {
            index: dict(_iter_formula_and_error_cells_of_sheet(_read_part_of_workbook_archive(parts, name)))
            for index, relation in enumerate(sheets)
            if (name := targets.get(relation)) is not None
        }


def _map_relation_ids_to_targets(relations: bytes) -> Mapping[bytes, str]:
    targets_by_id = {}
    for relation in re.findall(rb"<(?:\w+:)?Relationship\b[^>]*>", relations):
        attributes = dict(re.findall(rb'\b(Id|Target)="([^"]*)"', relation))
        target = attributes.get(b"Target", b"").decode("utf-8", "replace")
        targets_by_id[attributes.get(b"Id", b"")] = (
            target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
        )
    return targets_by_id


def _read_part_of_workbook_archive(parts: zipfile.ZipFile, name: str) -> bytes:
    try:
        with parts.open(name) as part:
            return part.read(_MAX_PART)
    except KeyError:
        return b""


def _iter_formula_and_error_cells_of_sheet(sheet: bytes) -> Iterator[tuple[tuple[int, int], str]]:
    for cell in _CELL.finditer(sheet):
        what = "error" if _ERROR.search(cell["given"]) else "formula" if cell["formula"] else None
        at = _AT.search(cell["given"])
        if what and at:
            column = 0
            for char in at[1]:
                column = 26 * column + char - ord("A") + 1
            yield (int(at[2]) - 1, column - 1), what


if __name__ == "__main__":
    _read_workbook_in_child_process()
