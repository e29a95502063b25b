"""Indicators of a CSV file: with the headings that the state's lists have, or any that say what a column is."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence

from auditor.indicators.indicator import parse_tlp
from auditor.indicators.sources.common import IndicatorCollector, make_missing_error, parse_day
from auditor.inventory.spreadsheet_import.columns import fold_text

HEAD_ROWS = 20
_DELIMITERS = ",;\t"
_HEADINGS: Mapping[str, tuple[str, ...]] = {
    "value": (
        *(
            "link",
            "url",
            "ip",
            "dia chi ip",
            "ip address",
            "dst ip",
            "src ip",
            "domain",
            "ten mien",
            "host",
            "hostname",
        ),
        *("indicator", "chi bao", "value", "gia tri", "ioc", "hash", "ma bam", "md5", "sha1", "sha256"),
    ),
    "note": ("note", "ten virus", "type", "loai", "tag", "dich gia mao", "mo ta", "ghi chu", "comment", "description"),
    "first": ("thoi gian", "timestamp", "ngay", "date", "first seen", "valid from"),
    "last": ("het han", "han", "valid until", "expires"),
    "source": ("nguon", "source"),
    "tlp": ("tlp",),
    "victim": ("nguoi tan cong", "attacker", "defacer"),
}


def read(into: IndicatorCollector) -> None:
    """Read all rows.

    A row of defaced pages names a victim: it is kept, and never matched. Raises InputError where no row has headings.
    """
    text = into.document.open_text()
    try:
        head = list(itertools.islice(text, HEAD_ROWS))
        delimiter, place = _find_headings(head)
        if place is None:
            raise make_missing_error(into.document, "row of headings that are known here (docs/en/indicators.md)")
        _read_rows(csv.reader(itertools.chain(head, text), delimiter=delimiter), place, into)
    except csv.Error as error:
        raise into.document.make_error("it is not CSV: {why}", "save it again as CSV UTF-8", why=error) from error


def _find_headings(head: Sequence[str]) -> tuple[str, int | None]:
    """Return what parts the cells, and which row has the headings, from 0."""
    for delimiter in _DELIMITERS:
        for place, cells in enumerate(csv.reader(head, delimiter=delimiter)):
            if _match_columns(cells):
                return delimiter, place
    return ",", None


def _read_rows(rows: Iterable[list[str]], place: int, into: IndicatorCollector) -> None:
    columns: Mapping[int, str] = {}
    for number, cells in enumerate(rows):
        if number == place:
            columns = _match_columns(cells)
        elif number > place and any(cell.strip() for cell in cells):
            _read_row(number + 1, cells, columns, into)
        into.document.stream.mark_record()


def _match_columns(cells: Sequence[str]) -> Mapping[int, str]:
    columns = {}
    for index, cell in enumerate(cells):
        name = fold_text(cell)
        field = next((what for what, names in _HEADINGS.items() if name in names), None)
        if field is not None:
            columns[index] = field
    return columns if "value" in columns.values() else {}


def _read_row(number: int, cells: Sequence[str], columns: Mapping[int, str], into: IndicatorCollector) -> None:
    cells_by_field: dict[str, list[str]] = {}
    for index, what in columns.items():
        if index < len(cells) and cells[index].strip():
            cells_by_field.setdefault(what, []).append(cells[index].strip())

    def join_cells(what: str) -> str:
        return ", ".join(cells_by_field.get(what, ()))

    where = f"row {number}"
    values = cells_by_field.get("value", [])
    if not values:
        into.add_invalid(where, join_cells("note") or "".join(cells))
    elif "victim" in columns.values():
        into.keep_unmatched(where, values[0])
        return
    first, last = parse_day(join_cells("first")), parse_day(join_cells("last")) if "last" in cells_by_field else None
    into.source = into.source or join_cells("source")[:200]
    if first is not None and (into.list_date is None or first > into.list_date):
        into.list_date = first
    for text in values:
        for part in re.split(r"[\s,;]+(?=\S)", text):
            into.add(
                part, where=where, tlp=parse_tlp(join_cells("tlp")), first=first, last=last, note=join_cells("note")
            )
