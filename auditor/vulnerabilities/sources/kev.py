"""CISA's catalogue of exploited vulnerabilities, as JSON or CSV."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from typing import Any

import ijson

from auditor.vulnerabilities.sources.reading import (
    CVE,
    Document,
    Read,
    buffered,
    day_of,
    table,
    text_of,
    twofold,
    whole,
)
from auditor.vulnerabilities.store import Writing

KIND = "kev"
LICENCE = "CISA Known Exploited Vulnerabilities, CC0 1.0"
HEAD_JSON = re.compile(rb'\s*\{(?:(?!"vulnerabilities").)*"(?:catalogVersion|dateReleased)"', re.DOTALL)
HEAD_CSV = re.compile(rb'(?:\xef\xbb\xbf)?"?cveID"?,"?vendorProject"?,')

_ITEM = "vulnerabilities.item"


def read_json(document: Document, into: Writing) -> Read:
    """The catalogue as JSON. Raises InputError."""
    into.forget(KIND, "")
    dated = None
    rows: list[Mapping[str, Any]] = []
    named: dict[str, set[str]] = {"": set(), _ITEM: set()}
    with whole(document):
        for prefix, event, value in ijson.parse(buffered(document)):
            if event == "map_key" and prefix in named:
                if value in named[prefix]:
                    raise twofold(document, value)
                named[prefix].add(value)
            elif prefix == "dateReleased":
                dated = day_of(value)
            elif prefix == _ITEM and event == "start_map":
                rows.append(row := {})
                named[_ITEM].clear()
                document.stream.told()
            elif prefix.startswith(f"{_ITEM}.") and event == "string":
                row[prefix.rpartition(".")[2]] = value
    return Read(_keep(document, rows, into), dated)


def read_csv(document: Document, into: Writing) -> Read:
    """The catalogue as CSV. Raises InputError."""
    into.forget(KIND, "")
    with table(document):
        rows = list(csv.DictReader(document.text()))
    added = [day for row in rows if (day := day_of(row.get("dateAdded")))]
    return Read(_keep(document, rows, into), max(added, default=None))


def _keep(document: Document, rows: Iterable[Mapping[str, Any]], into: Writing) -> int:
    kept: dict[str, tuple[str, str, str, int, str]] = {}
    for number, row in enumerate(rows, 1):
        name = str(row.get("cveID"))
        if not CVE.match(name):
            raise document.error("entry {number} is not a CVE ID: {id}", number=number, id=repr(row.get("cveID")))
        if name in kept:
            raise document.error("entry {number} repeats a CVE of another entry", number=number)
        ransomware = text_of(row.get("knownRansomwareCampaignUse")) == "Known"
        kept[name] = (
            name,
            text_of(row.get("dateAdded")),
            text_of(row.get("dueDate")),
            int(ransomware),
            text_of(row.get("vulnerabilityName")),
        )
    if not kept:
        raise document.error("it has no entries")
    into.exploited(kept.values())
    return len(kept)
