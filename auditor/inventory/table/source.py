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
from auditor.inventory.table import columns, xlsx
from auditor.inventory.table.columns import Headings, headings, is_heading

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

    def about(self, error: InputError, row: Row, index: int) -> InputError:
        """The error with where it is: file, row and column."""
        told = InputError(
            f"{error.what} (column {columns.letter(index)}, {self.headings.texts[index]})",
            mend=error.mend,
            file=self.file,
            line=row.number,
        )
        told.guess = error.guess
        return told


def read(file: Path) -> Table:
    """The list in a file. Raises InputError for what is none, or cannot be read whole."""
    found = sheets(file, columns.count)
    try:
        return _table(file, found)
    except InputError as error:
        error.file = file
        raise


def sheets(file: Path, known: Callable[[Sequence[str]], int]) -> list[list[Row]]:
    """All rows of every visible sheet, or of a CSV file. ``known`` counts the headings in a row, by which a CSV's delimiter is told.

    Raises InputError for what is neither, or cannot be read whole.
    """
    found = content(file)
    try:
        match file.suffix.lower():
            case ".csv":
                return [_csv(found, known)]
            case ".xlsx":
                return _sheets(found)
    except InputError as error:
        error.file = file
        raise
    raise InputError("is neither CSV nor XLSX", file=file, mend=_SAVE_AGAIN)


def content(file: Path) -> bytes:
    """The bytes of a regular file of at most MAX_BYTES. Raises InputError."""
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
            f"cannot be read: {error.strerror}", file=file, mend="check the path and its permissions"
        ) from error
    if len(read) > MAX_BYTES:
        raise InputError(
            "is larger than {limit} MB",
            limit=MAX_BYTES // 1_000_000,
            file=file,
            mend="keep only the list in it",
        )
    return read


def _table(file: Path, sheets: Sequence[Sequence[Row]]) -> Table:
    """The one sheet that has our headings."""
    found = [
        (row, sheet[place + 1 :])
        for sheet in sheets
        for place, row in islice(enumerate(sheet), columns.HEAD_ROWS)
        if is_heading(row.cells)
    ]
    if len(found) > 1:
        raise InputError("several rows contain the headings of the list", mend="keep only one list in the file")
    if not found:
        raise InputError(
            "has no row with the headings of the list",
            mend="begin with 'auditor inventory import --template FILE'",
        )
    head, rows = found[0]
    if len(rows) > xlsx.MAX_ROWS:
        raise InputError(
            "has more than {limit} rows", limit=xlsx.MAX_ROWS, mend="split it into several files and import each one"
        )
    return Table(file, headings(head.cells), tuple(rows))


def _sheets(content: bytes) -> list[list[Row]]:
    try:
        sheets = xlsx.read(content)
    except xlsx.Unreadable:
        raise InputError(
            "cannot be read as XLSX: it has another format, is protected with a password, or is too large",
            mend=_SAVE_AGAIN,
        ) from None
    return [
        [
            Row(
                row["number"],
                [_plain(cell) for cell in row["cells"]],
                {int(at): what for at, what in row["odd"].items()},
            )
            for row in sheet["rows"]
        ]
        for sheet in sheets
    ]


def _csv(content: bytes, count: Callable[[Sequence[str]], int]) -> list[Row]:
    text = _decoded(content)
    try:
        known = {delimiter: _most_known(text, delimiter, count) for delimiter in _DELIMITERS}
        best = max(known, key=lambda delimiter: known[delimiter])
        return list(_records(text, best)) if known[best] else []
    except csv.Error as error:
        raise InputError("cannot be read as CSV: {why}", why=error, mend=_SAVE_AGAIN) from error


def _most_known(text: str, delimiter: str, count: Callable[[Sequence[str]], int]) -> int:
    """How many known headings a row has, one of the first."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return max((count(cells[: xlsx.MAX_COLUMNS]) for cells in islice(rows, columns.HEAD_ROWS)), default=0)


def _records(text: str, delimiter: str) -> Iterator[Row]:
    told = 0
    for number, cells in enumerate(
        csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), start=1
    ):
        plain = [_plain(cell[: xlsx.MAX_CELL]) for cell in cells[: xlsx.MAX_COLUMNS]]
        if any(plain):
            told += 1
            yield Row(number, plain, {})
            if told >= xlsx.MAX_TOLD_ROWS:
                return


def _decoded(content: bytes) -> str:
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise InputError("is not UTF-8", mend=_SAVE_AGAIN)
    return text


def _plain(text: str) -> str:
    """The text composed, without the blanks and marks around it that spreadsheets and web pages leave."""
    return unicodedata.normalize("NFC", text).strip(" \t\r\n\f\v\u00a0\u200b\u200c\u200d\u2060\ufeff\u3000")
