"""EPSS: how likely each CVE is to be exploited within 30 days, as CSV."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from itertools import chain

from auditor.vulnerabilities import store
from auditor.vulnerabilities.sources.reading import CVE, Document, Read, day_of, table
from auditor.vulnerabilities.store import Writing

KIND = "epss"
LICENCE = "EPSS, FIRST.org; use it freely, naming the source (https://www.first.org/epss)"
HEAD = re.compile(rb"(?:\xef\xbb\xbf)?(?:#[^\n]*model_version|cve,epss)")


def read(document: Document, into: Writing) -> Read:
    """All scores. Raises InputError for a line that is none."""
    into.forget(KIND, "")
    lines = document.text()
    first = lines.readline()
    dated = re.search(r"score_date:([0-9-]{10})", first)
    rows = csv.reader(lines if first.startswith("#") else chain([first], lines))
    counted = [0]
    with table(document):
        if next(rows, [])[:2] != ["cve", "epss"]:
            raise document.error("its columns are not cve, epss, percentile")
        try:
            into.scores(_scores(document, rows, counted))
        except store.Twice as error:
            raise document.error("entry {number} repeats a CVE of another entry", number=counted[0]) from error
    if not counted[0]:
        raise document.error("it has no entries")
    return Read(counted[0], day_of(dated[1]) if dated else None)


def _scores(document: Document, rows: Iterable[list[str]], counted: list[int]) -> Iterator[tuple[str, float]]:
    told, known = document.stream.told, CVE.match
    for row in rows:
        try:
            name, score = row[0], float(row[1])
        except (IndexError, ValueError):
            name, score = "", -1.0
        if not known(name) or not 0 <= score <= 1:
            raise document.error("entry {number} is not a score: {row}", number=counted[0] + 1, row=repr(row)[:80])
        counted[0] += 1
        told()
        yield name, score
