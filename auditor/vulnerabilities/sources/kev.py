"""CISA's catalogue of exploited vulnerabilities, as JSON or CSV."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from typing import Any

import ijson

from auditor.feeds.days import parse_day_at_start_of_iso_text
from auditor.feeds.document import SourceDocument, clean_text, convert_csv_errors
from auditor.feeds.json_stream import convert_json_errors, make_duplicate_error, open_json_stream
from auditor.vulnerabilities.sources.common import CVE, ImportSummary, make_single_document_format
from auditor.vulnerabilities.store import VulnerabilityWriter

KIND = "kev"
_HEAD_JSON = re.compile(rb'\s*\{(?:(?!"vulnerabilities").)*"(?:catalogVersion|dateReleased)"', re.DOTALL)
_HEAD_CSV = re.compile(rb'(?:\xef\xbb\xbf)?"?cveID"?,"?vendorProject"?,')

_ITEM = "vulnerabilities.item"


def import_kev_catalogue_from_json(document: SourceDocument, writer: VulnerabilityWriter) -> ImportSummary:
    """Store the catalogue, which comes as JSON; return what was imported. Raises InputError."""
    writer.remove_earlier_import_of_part(KIND, "")
    release_day = None
    rows: list[Mapping[str, Any]] = []
    seen_names: dict[str, set[str]] = {"": set(), _ITEM: set()}
    with convert_json_errors(document):
        for prefix, event, value in ijson.parse(open_json_stream(document)):
            if event == "map_key" and prefix in seen_names:
                if value in seen_names[prefix]:
                    raise make_duplicate_error(document, value)
                seen_names[prefix].add(value)
            elif prefix == "dateReleased":
                release_day = parse_day_at_start_of_iso_text(value)
            elif prefix == _ITEM and event == "start_map":
                rows.append(row := {})
                seen_names[_ITEM].clear()
                document.stream.mark_record()
            elif prefix.startswith(f"{_ITEM}.") and event == "string":
                row[prefix.rpartition(".")[2]] = value
    return ImportSummary(_store_kev_entries(document, rows, writer), release_day)


def import_kev_catalogue_from_csv(document: SourceDocument, writer: VulnerabilityWriter) -> ImportSummary:
    """Store the catalogue, which comes as CSV; return what was imported. Raises InputError."""
    writer.remove_earlier_import_of_part(KIND, "")
    with convert_csv_errors(document):
        rows = list(csv.DictReader(document.open_text()))
    listing_days = [day for row in rows if (day := parse_day_at_start_of_iso_text(row.get("dateAdded")))]
    return ImportSummary(_store_kev_entries(document, rows, writer), max(listing_days, default=None))


def _store_kev_entries(document: SourceDocument, rows: Iterable[Mapping[str, Any]], writer: VulnerabilityWriter) -> int:
    entries: dict[str, tuple[str, str, str, int, str]] = {}
    for number, row in enumerate(rows, 1):
        name = str(row.get("cveID"))
        if not CVE.match(name):
            raise document.make_error("entry {number} is not a CVE ID: {id}", number=number, id=repr(row.get("cveID")))
        if name in entries:
            raise document.make_error("entry {number} repeats a CVE of another entry", number=number)
        ransomware = clean_text(row.get("knownRansomwareCampaignUse")) == "Known"
        entries[name] = (
            name,
            clean_text(row.get("dateAdded")),
            clean_text(row.get("dueDate")),
            int(ransomware),
            clean_text(row.get("vulnerabilityName")),
        )
    if not entries:
        raise document.make_error("it has no entries")
    writer.put_kev_entries(entries.values())
    return len(entries)


FORMATS = (
    make_single_document_format(KIND, _HEAD_JSON, import_kev_catalogue_from_json),
    make_single_document_format(KIND, _HEAD_CSV, import_kev_catalogue_from_csv),
)
