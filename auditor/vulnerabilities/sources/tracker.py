"""Debian's security tracker: per source, CVE and release.

Its address is ``https://security-tracker.debian.org/tracker/data/json``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from auditor.feeds.document import SourceDocument, clean_text
from auditor.feeds.json_stream import iter_members_of_json_object
from auditor.vulnerabilities.sources.common import CVE, ImportSummary, make_single_document_format
from auditor.vulnerabilities.store import VulnerabilityWriter

KIND = "tracker"
_HEAD = re.compile(rb'\s*\{\s*"[a-z0-9][a-z0-9+.-]*"\s*:\s*\{\s*"(?:CVE|TEMP|DSA|DLA)-')
STATES = ("resolved", "open", "undetermined")
_AT_ONCE = 200


def import_debian_tracker_records(document: SourceDocument, writer: VulnerabilityWriter) -> ImportSummary:
    """Store every record of every release; return what was imported.

    Raises InputError for what is none of the tracker's.
    """
    record_count = 0
    writer.remove_earlier_import_of_part(KIND, "")
    for source, issues in iter_members_of_json_object(document):
        releases: dict[str, list[list[Any]]] = {}
        if not isinstance(issues, dict):
            raise document.make_error("{source} is not an object", source=repr(source))
        for name, issue in issues.items():
            for release, fields in _iter_records_by_release(document, source, name, issue):
                releases.setdefault(release, []).append([name, *fields])
        writer.put_packages(
            (KIND, release, source, _encode_records_as_compact_json(records)) for release, records in releases.items()
        )
        writer.put_subjects_of_vulnerability_ids((name, KIND, source) for name in issues if CVE.match(name))
        writer.put_covered_releases((KIND, release) for release in releases)
        record_count += len(issues)
    return ImportSummary(record_count)


def _encode_records_as_compact_json(records: list[list[Any]]) -> str:
    return json.dumps(records, ensure_ascii=False, separators=(",", ":"))


def _iter_records_by_release(
    document: SourceDocument, source: str, name: str, issue: Any
) -> Iterator[tuple[str, list[str]]]:
    """Yield each release with its record.

    It is: state, fixed version, urgency, why there is no DSA, and whether that is ignored or postponed.
    """
    releases = issue.get("releases") if isinstance(issue, dict) else None
    if not isinstance(releases, dict):
        raise document.make_error("{name} of {source} has no releases", name=repr(name), source=repr(source))
    for release, release_data in releases.items():
        if not isinstance(release_data, dict) or release_data.get("status") not in STATES:
            raise document.make_error(
                "{name} of {source} has a state that this version does not know",
                "update Lũy Tre, or download the data again",
                name=repr(name),
                source=repr(source),
            )
        yield (
            release,
            [
                release_data["status"],
                clean_text(release_data.get("fixed_version")),
                clean_text(release_data.get("urgency")),
                clean_text(release_data.get("nodsa")),
                clean_text(release_data.get("nodsa_reason")),
            ],
        )


FORMATS = (make_single_document_format(KIND, _HEAD, import_debian_tracker_records),)
