"""Wordfence Intelligence v3: vulnerabilities of WordPress, its plugins and themes, as JSON."""

from __future__ import annotations

import json
import re
from typing import Any

from auditor.vulnerabilities.components import name_of
from auditor.vulnerabilities.sources.reading import CVE, Document, Read, members, text_of
from auditor.vulnerabilities.store import Writing

KIND = "wordfence"
LICENCE = "Wordfence Intelligence, © Defiant Inc.; free with a key, under its terms, with its notice"
HEAD = re.compile(
    rb'\s*\{\s*"[0-9a-f]{8}-[0-9a-f-]{27}"\s*:\s*\{(?:(?!"software").){0,20000}"(?:software|title)"', re.DOTALL
)
TYPES = ("core", "plugin", "theme")


def read(document: Document, into: Writing) -> Read:
    """Every record by its component. Raises InputError."""
    into.forget(KIND, "")
    by_component: dict[str, list[list[Any]]] = {}
    counted = 0
    for identity, record in members(document):
        if not isinstance(record, dict) or not isinstance(record.get("software"), list):
            raise document.error("{id} has no software", id=repr(identity))
        counted += 1
        cve = record.get("cve")
        name = cve if isinstance(cve, str) and CVE.match(cve) else f"WORDFENCE-{identity[:40]}"
        cvss = record.get("cvss")
        score = cvss.get("score") if isinstance(cvss, dict) else None
        for software in record["software"]:
            component = _component(software)
            if component is not None:
                ranges, patched = _ranges(software), software.get("patched_versions") or []
                if ranges is None or not isinstance(patched, list):
                    raise document.error(
                        "{id} does not state the affected versions of {name}", id=repr(identity), name=repr(component)
                    )
                told = [
                    name,
                    text_of(record.get("title")),
                    ranges,
                    [version for one in patched if (version := text_of(one))],
                    score if isinstance(score, float | int) else None,
                ]
                by_component.setdefault(component, []).append(told)
    if not counted:
        raise document.error("it has no entries")
    into.components(
        (KIND, name, json.dumps(records, ensure_ascii=False, separators=(",", ":")))
        for name, records in by_component.items()
    )
    into.ids((record[0], KIND, name) for name, records in by_component.items() for record in records)
    return Read(counted)


def _component(software: Any) -> str | None:
    if not isinstance(software, dict) or software.get("type") not in TYPES or not isinstance(software.get("slug"), str):
        return None
    return name_of(software["type"], software["slug"][:200])


def _ranges(software: Any) -> list[list[Any]] | None:
    """From, whether with it, to, whether with it; ``*`` is from the beginning or to the end. None: it has none that can be read."""
    affected = software.get("affected_versions") or {}
    if not isinstance(affected, dict) or not all(isinstance(one, dict) for one in affected.values()):
        return None
    return [
        [
            text_of(one.get("from_version")) or "*",
            one.get("from_inclusive") is True,
            text_of(one.get("to_version")) or "*",
            one.get("to_inclusive") is True,
        ]
        for one in affected.values()
    ]
