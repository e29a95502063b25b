"""Wordfence Intelligence v3: vulnerabilities of WordPress, its plugins and themes, as JSON."""

from __future__ import annotations

import json
import re
from typing import Any

from auditor.feeds.document import SourceDocument, clean_text
from auditor.feeds.json_stream import iter_members_of_json_object
from auditor.models.applications.wordpress import WORDPRESS
from auditor.vulnerabilities.components import make_component_name
from auditor.vulnerabilities.sources.common import CVE, ImportSummary, make_single_document_format
from auditor.vulnerabilities.store import VulnerabilityWriter

KIND = "wordfence"
_HEAD = re.compile(
    rb'\s*\{\s*"[0-9a-f]{8}-[0-9a-f-]{27}"\s*:\s*\{(?:(?!"software").){0,20000}"(?:software|title)"', re.DOTALL
)
TYPES = ("core", "plugin", "theme")


def import_wordfence_records(document: SourceDocument, writer: VulnerabilityWriter) -> ImportSummary:
    """Store every record by its component; return what was imported. Raises InputError."""
    writer.remove_earlier_import_of_part(KIND, "")
    by_component: dict[str, list[list[Any]]] = {}
    record_count = 0
    for identity, record in iter_members_of_json_object(document):
        if not isinstance(record, dict) or not isinstance(record.get("software"), list):
            raise document.make_error("{id} has no software", id=repr(identity))
        record_count += 1
        cve = record.get("cve")
        name = cve if isinstance(cve, str) and CVE.match(cve) else f"WORDFENCE-{identity[:40]}"
        cvss = record.get("cvss")
        score = cvss.get("score") if isinstance(cvss, dict) else None
        for software in record["software"]:
            component = _get_component_name(software)
            if component is not None:
                ranges, patches = _parse_ranges(software), software.get("patched_versions") or []
                if ranges is None or not isinstance(patches, list):
                    raise document.make_error(
                        "{id} does not state the affected versions of {name}", id=repr(identity), name=repr(component)
                    )
                component_record = [
                    name,
                    clean_text(record.get("title")),
                    ranges,
                    [version for value in patches if (version := clean_text(value))],
                    score if isinstance(score, float | int) else None,
                ]
                by_component.setdefault(component, []).append(component_record)
    if not record_count:
        raise document.make_error("it has no entries")
    writer.put_components(
        (KIND, name, json.dumps(records, ensure_ascii=False, separators=(",", ":")))
        for name, records in by_component.items()
    )
    writer.put_subjects_of_vulnerability_ids(
        (record[0], KIND, name) for name, records in by_component.items() for record in records
    )
    return ImportSummary(record_count)


def _get_component_name(software: Any) -> str | None:
    if not isinstance(software, dict) or software.get("type") not in TYPES or not isinstance(software.get("slug"), str):
        return None
    if software["type"] == "core":
        return WORDPRESS.core_component
    return make_component_name(software["type"], software["slug"][:200])


def _parse_ranges(software: Any) -> list[list[Any]] | None:
    """Return ranges: from, whether with it, to, whether with it.

    ``*`` is from the beginning or to the end.

    None: it has none that can be read.
    """
    version_ranges = software.get("affected_versions") or {}
    if not isinstance(version_ranges, dict) or not all(
        isinstance(version_range, dict) for version_range in version_ranges.values()
    ):
        return None
    return [
        [
            clean_text(version_range.get("from_version")) or "*",
            version_range.get("from_inclusive") is True,
            clean_text(version_range.get("to_version")) or "*",
            version_range.get("to_inclusive") is True,
        ]
        for version_range in version_ranges.values()
    ]


FORMATS = (make_single_document_format(KIND, _HEAD, import_wordfence_records),)
