"""Indicators of a CSV file: with the headings that the state's lists have, or any that say what a column is."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence

from auditor.feeds.days import parse_day_of_foreign_moment
from auditor.feeds.document import convert_csv_errors
from auditor.indicators.indicator import parse_tlp
from auditor.indicators.sources.common import IndicatorCollector, ValidDays, make_missing_content_error
from auditor.inventory.spreadsheet_import.columns import fold_case_accents_and_spaces

HEAD = re.compile(rb"[\xef\xbb\xbf \t\r\n]*[^\xef\xbb\xbf \t\r\n<{\[\x00][^\x00]*\Z")
"""Any text that is neither JSON nor a web page."""
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


def read_table_rows(collector: IndicatorCollector) -> None:
    """Read all rows.

    A row of defaced pages names a victim: it is kept, and never matched. Raises InputError where no row has headings.
    """
    text = collector.document.open_text()
    with convert_csv_errors(collector.document, mend="save it again as CSV UTF-8"):
        head = list(itertools.islice(text, HEAD_ROWS))
        delimiter, place = _find_delimiter_and_heading_row(head)
        if place is None:
            raise make_missing_content_error(
                collector.document, "row of headings that are known here (docs/en/indicators.md)"
            )
        _add_indicators_of_rows_below_headings(
            csv.reader(itertools.chain(head, text), delimiter=delimiter), place, collector
        )


def _find_delimiter_and_heading_row(first_lines: Sequence[str]) -> tuple[str, int | None]:
    """Return what parts the cells, and which row has the headings, from 0."""
    for delimiter in _DELIMITERS:
        for place, cells in enumerate(csv.reader(first_lines, delimiter=delimiter)):
            if _match_columns_to_fields(cells):
                return delimiter, place
    return ",", None


def _add_indicators_of_rows_below_headings(
    rows: Iterable[list[str]], heading_row: int, collector: IndicatorCollector
) -> None:
    columns: Mapping[int, str] = {}
    for number, cells in enumerate(rows):
        if number == heading_row:
            columns = _match_columns_to_fields(cells)
        elif number > heading_row and any(cell.strip() for cell in cells):
            _add_indicators_of_row(number + 1, cells, columns, collector)
        collector.document.stream.mark_record()


def _match_columns_to_fields(cells: Sequence[str]) -> Mapping[int, str]:
    columns = {}
    for index, cell in enumerate(cells):
        name = fold_case_accents_and_spaces(cell)
        field = next((what for what, names in _HEADINGS.items() if name in names), None)
        if field is not None:
            columns[index] = field
    return columns if "value" in columns.values() else {}


def _add_indicators_of_row(
    number: int, cells: Sequence[str], columns: Mapping[int, str], collector: IndicatorCollector
) -> None:
    cells_by_field: dict[str, list[str]] = {}
    for index, what in columns.items():
        if index < len(cells) and cells[index].strip():
            cells_by_field.setdefault(what, []).append(cells[index].strip())

    def join_cells(what: str) -> str:
        return ", ".join(cells_by_field.get(what, ()))

    where = f"row {number}"
    values = cells_by_field.get("value", [])
    if not values:
        collector.note_invalid_value(where, join_cells("note") or "".join(cells))
    elif "victim" in columns.values():
        collector.keep_unmatched_pattern(where, values[0])
        return
    first, last = (
        parse_day_of_foreign_moment(join_cells("first")),
        parse_day_of_foreign_moment(join_cells("last")) if "last" in cells_by_field else None,
    )
    collector.source = collector.source or join_cells("source")[:200]
    if first is not None and (collector.list_date is None or first > collector.list_date):
        collector.list_date = first
    for text in values:
        for part in re.split(r"[\s,;]+(?=\S)", text):
            collector.add_value(
                part,
                where=where,
                tlp=parse_tlp(join_cells("tlp")),
                note=join_cells("note"),
                valid=ValidDays(first=first, last=last),
            )
