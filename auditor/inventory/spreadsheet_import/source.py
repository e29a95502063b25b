"""The rows of a list in a CSV or XLSX file, whatever program saved it."""

from __future__ import annotations

import csv
import io
import os
import stat
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from auditor.errors import InputError
from auditor.inventory.spreadsheet_import import columns, xlsx
from auditor.inventory.spreadsheet_import.columns import Headings, is_row_of_known_headings, parse_row_of_headings

MAX_BYTES = 20_000_000
_DELIMITERS = ",;\t"
_SAVE_AGAIN = "save it in the spreadsheet as XLSX or as CSV UTF-8"


@dataclass(frozen=True)
class Row:
    """A row as the spreadsheet numbers it, from 1; ``odd`` cells show a formula, an error or a date."""

    number: int
    cells: Sequence[str]
    odd: Mapping[int, str]


@dataclass(frozen=True)
class Table:
    """A list: what its columns are, and the rows below the headings."""

    file: Path
    headings: Headings
    rows: tuple[Row, ...]

    def locate_error_at_cell(self, error: InputError, row: Row, index: int) -> InputError:
        """Return the error with where it is: file, row and column."""
        located_error = InputError(
            "{problem} (column {column}, {heading})",
            mend=error.mend_sentence,
            file=self.file,
            line=row.number,
            problem=error.sentence,
            column=columns.get_column_letter(index),
            heading=self.headings.texts[index],
        )
        located_error.guess = error.guess
        return located_error


def read_table_from_spreadsheet(file: Path) -> Table:
    """Return the list in a file. Raises InputError for what is none, or cannot be read whole."""
    sheet_list = read_sheets_of_csv_or_xlsx(file, columns.count_known_headings_in_row)
    try:
        return _find_sheet_with_known_headings(file, sheet_list)
    except InputError as error:
        error.file = file
        raise


def read_sheets_of_csv_or_xlsx(file: Path, count_known: Callable[[Sequence[str]], int]) -> list[list[Row]]:
    """Return all rows of every visible sheet, or of a CSV file.

    ``count_known`` counts the headings in a row, by which a CSV's delimiter is told.

    Raises InputError for what is neither, or cannot be read whole.
    """
    data = read_bounded_file_content(file)
    try:
        match file.suffix.lower():
            case ".csv":
                return [_parse_rows_of_csv(data, count_known)]
            case ".xlsx":
                return _parse_rows_of_xlsx_sheets(data)
    except InputError as error:
        error.file = file
        raise
    raise InputError("is neither CSV nor XLSX", file=file, mend=_SAVE_AGAIN)


def read_bounded_file_content(file: Path) -> bytes:
    """Return the bytes of a regular file of at most MAX_BYTES. Raises InputError."""
    try:
        handle = os.open(
            file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
        )  # or a pipe would hold us until somebody writes
        with os.fdopen(handle, "rb") as stream:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise InputError("is not a file", file=file, mend="give the file name of the list")
            read = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(
            "cannot be read: {why}", file=file, mend="check the path and its permissions", why=error.strerror
        ) from error
    if len(read) > MAX_BYTES:
        raise InputError(
            "is larger than {limit} MB",
            limit=MAX_BYTES // 1_000_000,
            file=file,
            mend="keep only the list in it",
        )
    return read


def _find_sheet_with_known_headings(file: Path, sheets: Sequence[Sequence[Row]]) -> Table:
    """Return the one sheet that has our headings."""
    candidates = [
        (row, sheet[place + 1 :])
        for sheet in sheets
        for place, row in islice(enumerate(sheet), columns.HEAD_ROWS)
        if is_row_of_known_headings(row.cells)
    ]
    if len(candidates) > 1:
        raise InputError("several rows contain the headings of the list", mend="keep only one list in the file")
    if not candidates:
        raise InputError(
            "has no row with the headings of the list",
            mend="begin with 'auditor inventory import --template FILE'",
        )
    head, rows = candidates[0]
    if len(rows) > xlsx.MAX_ROWS:
        raise InputError(
            "has more than {limit} rows", limit=xlsx.MAX_ROWS, mend="split it into several files and import each one"
        )
    return Table(file, parse_row_of_headings(head.cells), tuple(rows))


def _parse_rows_of_xlsx_sheets(content: bytes) -> list[list[Row]]:
    try:
        sheets = xlsx.read_visible_sheets_of_workbook(content)
    except xlsx.UnreadableWorkbook:
        raise InputError(
            "cannot be read as XLSX: it has another format, is protected with a password, or is too large",
            mend=_SAVE_AGAIN,
        ) from None
    return [
        [
            Row(
                row["number"],
                [_normalize_cell(cell) for cell in row["cells"]],
                {int(at): what for at, what in row["odd"].items()},
            )
            for row in sheet["rows"]
        ]
        for sheet in sheets
    ]


def _parse_rows_of_csv(content: bytes, count_known: Callable[[Sequence[str]], int]) -> list[Row]:
    text = _decode_text_of_csv(content)
    try:
        counts = {
            delimiter: _count_known_headings_with_delimiter(text, delimiter, count_known) for delimiter in _DELIMITERS
        }
        best = max(counts, key=lambda delimiter: counts[delimiter])
        return list(_iter_csv_rows(text, best)) if counts[best] else []
    except csv.Error as error:
        raise InputError("cannot be read as CSV: {why}", why=error, mend=_SAVE_AGAIN) from error


def _count_known_headings_with_delimiter(text: str, delimiter: str, count_known: Callable[[Sequence[str]], int]) -> int:
    """Return how many known headings a row has, one of the first."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return max((count_known(cells[: xlsx.MAX_COLUMNS]) for cells in islice(rows, columns.HEAD_ROWS)), default=0)


def _iter_csv_rows(text: str, delimiter: str) -> Iterator[Row]:
    row_count = 0
    for number, cells in enumerate(
        csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), start=1
    ):
        plain = [_normalize_cell(cell[: xlsx.MAX_CELL]) for cell in cells[: xlsx.MAX_COLUMNS]]
        if any(plain):
            row_count += 1
            yield Row(number, plain, {})
            if row_count >= xlsx.MAX_TOLD_ROWS:
                return


def _decode_text_of_csv(content: bytes) -> str:
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise InputError("is not UTF-8", mend=_SAVE_AGAIN)
    return text


def _normalize_cell(text: str) -> str:
    """Return the text composed, without the blanks and marks around it that spreadsheets and web pages leave."""
    return unicodedata.normalize("NFC", text).strip(" \t\r\n\f\v\u00a0\u200b\u200c\u200d\u2060\ufeff\u3000")
