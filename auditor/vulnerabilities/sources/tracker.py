"""Debian's security tracker (``https://security-tracker.debian.org/tracker/data/json``): per source, CVE and release."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from auditor.vulnerabilities.sources.reading import CVE, Document, Read, members, text_of
from auditor.vulnerabilities.store import Writing

KIND = "tracker"
LICENCE = "Debian security tracker, MIT/Expat"
HEAD = re.compile(rb'\s*\{\s*"[a-z0-9][a-z0-9+.-]*"\s*:\s*\{\s*"(?:CVE|TEMP|DSA|DLA)-')
STATES = ("resolved", "open", "undetermined")
_AT_ONCE = 200


def read(document: Document, into: Writing) -> Read:
    """Every record of every release. Raises InputError for what is none of the tracker's."""
    counted = 0
    into.forget(KIND, "")
    for source, issues in members(document):
        releases: dict[str, list[list[Any]]] = {}
        if not isinstance(issues, dict):
            raise document.error("{source} is not an object", source=repr(source))
        for name, issue in issues.items():
            for release, told in _releases(document, source, name, issue):
                releases.setdefault(release, []).append([name, *told])
        into.packages((KIND, release, source, _packed(records)) for release, records in releases.items())
        into.ids((name, KIND, source) for name in issues if CVE.match(name))
        into.releases((KIND, release) for release in releases)
        counted += len(issues)
    return Read(counted)


def _packed(records: list[list[Any]]) -> str:
    return json.dumps(records, ensure_ascii=False, separators=(",", ":"))


def _releases(document: Document, source: str, name: str, issue: Any) -> Iterator[tuple[str, list[str]]]:
    """By release: state, fixed version, urgency, why there is no DSA, and whether that is ignored or postponed."""
    releases = issue.get("releases") if isinstance(issue, dict) else None
    if not isinstance(releases, dict):
        raise document.error("{name} of {source} has no releases", name=repr(name), source=repr(source))
    for release, told in releases.items():
        if not isinstance(told, dict) or told.get("status") not in STATES:
            raise document.error(
                "{name} of {source} has a state that this version does not know",
                "update Lũy Tre, or download the data again",
                name=repr(name),
                source=repr(source),
            )
        yield (
            release,
            [
                told["status"],
                text_of(told.get("fixed_version")),
                text_of(told.get("urgency")),
                text_of(told.get("nodsa")),
                text_of(told.get("nodsa_reason")),
            ],
        )
