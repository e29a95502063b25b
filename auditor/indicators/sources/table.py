"""Indicators of a CSV file: with the headings that the state's lists have, or any that say what a column is."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence

from auditor.indicators.indicator import tlp
from auditor.indicators.sources.reading import Gathered, day, lacking
from auditor.inventory.table.columns import folded

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


def read(into: Gathered) -> None:
    """All rows. A row of defaced pages names a victim: it is kept, and never matched. Raises InputError where no row has headings."""
    text = into.document.text()
    try:
        head = list(itertools.islice(text, HEAD_ROWS))
        delimiter, place = _headings(head)
        if place is None:
            raise lacking(into.document, "row of headings that are known here (docs/en/indicators.md)")
        _rows(csv.reader(itertools.chain(head, text), delimiter=delimiter), place, into)
    except csv.Error as error:
        raise into.document.error("it is not CSV: {why}", "save it again as CSV UTF-8", why=error) from error


def _headings(head: Sequence[str]) -> tuple[str, int | None]:
    """What parts the cells, and which row has the headings, from 0."""
    for delimiter in _DELIMITERS:
        for place, cells in enumerate(csv.reader(head, delimiter=delimiter)):
            if _columns(cells):
                return delimiter, place
    return ",", None


def _rows(rows: Iterable[list[str]], place: int, into: Gathered) -> None:
    columns: Mapping[int, str] = {}
    for number, cells in enumerate(rows):
        if number == place:
            columns = _columns(cells)
        elif number > place and any(cell.strip() for cell in cells):
            _row(number + 1, cells, columns, into)
        into.document.stream.told()


def _columns(cells: Sequence[str]) -> Mapping[int, str]:
    found = {}
    for index, cell in enumerate(cells):
        name = folded(cell)
        meant = next((what for what, names in _HEADINGS.items() if name in names), None)
        if meant is not None:
            found[index] = meant
    return found if "value" in found.values() else {}


def _row(number: int, cells: Sequence[str], columns: Mapping[int, str], into: Gathered) -> None:
    told: dict[str, list[str]] = {}
    for index, what in columns.items():
        if index < len(cells) and cells[index].strip():
            told.setdefault(what, []).append(cells[index].strip())

    def one(what: str) -> str:
        return ", ".join(told.get(what, ()))

    where = f"row {number}"
    values = told.get("value", [])
    if not values:
        into.amiss(where, one("note") or "".join(cells))
    elif "victim" in columns.values():
        into.keep(where, values[0])
        return
    first, last = day(one("first")), day(one("last")) if "last" in told else None
    into.source = into.source or one("source")[:200]
    if first is not None and (into.dated is None or first > into.dated):
        into.dated = first
    for text in values:
        for part in re.split(r"[\s,;]+(?=\S)", text):
            into.add(part, where=where, tlp=tlp(one("tlp")), first=first, last=last, note=one("note"))
