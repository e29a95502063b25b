"""debsecan's feed of a release, in version 1 of its form.

An example is ``https://security-tracker.debian.org/tracker/debsecan/release/1/bookworm``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from auditor.feeds.document import SourceDocument
from auditor.vulnerabilities import versions
from auditor.vulnerabilities.sources.common import CVE, ImportSummary, make_single_document_format
from auditor.vulnerabilities.sources.support import RELEASES
from auditor.vulnerabilities.store import VulnerabilityWriter

KIND = "debsecan"
_HEAD = re.compile(rb"VERSION 1\n")
_RELEASE_NAME = re.compile(r"(?:\A|[^a-z])(" + "|".join(RELEASES.values()) + r")(?:[^a-z]|\Z)")
_URGENCIES = {" ": "", "L": "low", "M": "medium", "H": "high"}
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]*\Z")


def import_debsecan_records(document: SourceDocument, writer: VulnerabilityWriter) -> ImportSummary:
    """Store what each id is on each source package; return what was imported.

    The file has its ids, then what each is on a source package, then the sources. The release is in the file's name
    alone. Raises InputError.
    """
    release_match = _RELEASE_NAME.search(document.name)
    if release_match is None:
        raise document.make_error(
            "a debsecan feed is recognized by its file name, and {name} is not a known release",
            "keep the published file name, for example bookworm",
            name=repr(document.name),
        )
    release = release_match[1]
    writer.remove_earlier_import_of_part(KIND, release)
    lines = enumerate((line.rstrip("\n") for line in document.open_text()), 1)
    next(lines, None)
    ids = [line.partition(",")[0] for _number, line in _iter_lines_of_section(document, lines)]
    by_source: dict[str, list[list[Any]]] = {}
    for number, line in _iter_lines_of_section(document, lines):
        source, record = _parse_record(document, number, line, ids)
        by_source.setdefault(source, []).append(record)
        document.stream.mark_record()
    if not by_source:
        raise document.make_error("it has no entries")
    writer.put_packages((KIND, release, source, json.dumps(records)) for source, records in by_source.items())
    writer.put_subjects_of_vulnerability_ids(
        (record[0], f"{KIND}/{release}", source)
        for source, records in by_source.items()
        for record in records
        if CVE.match(record[0])
    )
    writer.put_covered_releases([(KIND, release)])
    return ImportSummary(sum(map(len, by_source.values())), part=release)


def _iter_lines_of_section(document: SourceDocument, lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Yield the lines up to an empty one, which has to be there."""
    for number, line in lines:
        if not line:
            return
        yield number, line
    raise document.make_error("the feed is incomplete")


def _parse_record(document: SourceDocument, number: int, line: str, ids: list[str]) -> tuple[str, list[Any]]:
    """Return the source, then the columns of its vulnerability.

    These are: id, the version from which on it is fixed, urgency, whether the release has a fix, and further versions
    that have it.
    """
    parts = line.split(",")
    try:
        source, place, flags, fixed_version, others = parts
        record = [ids[int(place)], fixed_version, _URGENCIES[flags[1]], flags[3:] == "F", *others.split()]
        is_valid = flags[0] == "S" and _PACKAGE.match(source) and flags[3:] in ("F", " ") and int(place) >= 0
    except (ValueError, IndexError, KeyError):
        is_valid = None
    if not is_valid:
        raise document.make_error("line {number} is not a valid line of the feed", number=number)
    for version in (fixed_version, *others.split()):
        if version and not versions.is_valid_debian_version(version):
            raise document.make_error(
                "line {number} has an invalid version: {version}", number=number, version=repr(version)
            )
    return source, record


FORMATS = (make_single_document_format(KIND, _HEAD, import_debsecan_records),)
