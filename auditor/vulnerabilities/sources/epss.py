"""EPSS: how likely each CVE is to be exploited within 30 days, as CSV."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from itertools import chain

from auditor.feeds.days import parse_day_at_start_of_iso_text
from auditor.feeds.document import SourceDocument, convert_csv_errors
from auditor.vulnerabilities import store
from auditor.vulnerabilities.sources.common import CVE, ImportSummary, make_single_document_format
from auditor.vulnerabilities.store import VulnerabilityWriter

KIND = "epss"
_HEAD = re.compile(rb"(?:\xef\xbb\xbf)?(?:#[^\n]*model_version|cve,epss)")


def import_epss_scores(document: SourceDocument, writer: VulnerabilityWriter) -> ImportSummary:
    """Store all scores; return what was imported. Raises InputError for a line that is none."""
    writer.remove_earlier_import_of_part(KIND, "")
    lines = document.open_text()
    first = lines.readline()
    date_match = re.search(r"score_date:([0-9-]{10})", first)
    rows = csv.reader(lines if first.startswith("#") else chain([first], lines))
    counter = [0]
    with convert_csv_errors(document):
        if next(rows, [])[:2] != ["cve", "epss"]:
            raise document.make_error("its columns are not cve, epss, percentile")
        try:
            writer.put_scores(_iter_scores(document, rows, counter))
        except store.DuplicateRowError as error:
            raise document.make_error("entry {number} repeats a CVE of another entry", number=counter[0]) from error
    if not counter[0]:
        raise document.make_error("it has no entries")
    return ImportSummary(counter[0], parse_day_at_start_of_iso_text(date_match[1]) if date_match else None)


def _iter_scores(
    document: SourceDocument, rows: Iterable[list[str]], counter: list[int]
) -> Iterator[tuple[str, float]]:
    mark_record, match_cve = document.stream.mark_record, CVE.match
    for row in rows:
        try:
            name, score = row[0], float(row[1])
        except (IndexError, ValueError):
            name, score = "", -1.0
        if not match_cve(name) or not 0 <= score <= 1:
            raise document.make_error("entry {number} is not a score: {row}", number=counter[0] + 1, row=repr(row)[:80])
        counter[0] += 1
        mark_record()
        yield name, score


FORMATS = (make_single_document_format(KIND, _HEAD, import_epss_scores),)
