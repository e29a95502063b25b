"""One document as others publish it, and what is wrong with it; texts of its entries."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditor.errors import InputError
from auditor.feeds.decompression import BoundedStream

MAX_TEXT = 300
"""Characters of a title or note that are kept."""


@dataclass(frozen=True)
class SourceDocument:
    """One document to import: its bytes, and the file that it is in."""

    name: str
    stream: BoundedStream
    file: Path

    def make_error(self, what: str, mend: str = "download it again completely", **values: Any) -> InputError:
        """Return what is wrong with it."""
        return InputError(what, mend=mend, file=self.file, **values)

    def open_text(self) -> io.TextIOWrapper:
        """Return its lines, as UTF-8."""
        return io.TextIOWrapper(io.BufferedReader(self.stream, 1 << 18), "utf-8-sig", errors="replace", newline="")


@contextmanager
def convert_csv_errors(document: SourceDocument, mend: str = "download it again completely") -> Iterator[None]:
    """Raise InputError around the reading of CSV for what is none; the error says so."""
    try:
        yield
    except csv.Error as error:
        raise document.make_error("it is not CSV: {why}", mend, why=error) from error


def clean_text(value: object) -> str:
    """Return a short text out of foreign data, which any file can hold; empty for what is none."""
    if not isinstance(value, str):
        return ""
    return value[:MAX_TEXT] if value.isascii() else value[:MAX_TEXT].encode("utf-8", "replace").decode()


def get_text_of_foreign_entry(entry: Mapping[str, object], key: str) -> str:
    """Return a text out of foreign data, which any file can hold; empty for what is none."""
    text = entry.get(key)
    if not isinstance(text, str):
        return ""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
