"""OSV's archives of Debian, Ubuntu and Packagist: a zip with a JSON document for each vulnerability, or one such document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from auditor.models.vulnerabilities import DataKind
from auditor.vulnerabilities.components import name_of
from auditor.vulnerabilities.sources.reading import CVE, Document, Read, day_of, text_of
from auditor.vulnerabilities.sources.support import RELEASES
from auditor.vulnerabilities.store import Writing

HEAD = re.compile(rb'\s*\{(?=.*"(?:schema_version|affected|modified)"\s*:)', re.DOTALL)
LICENCES: Mapping[DataKind, str] = {
    "osv_debian": "OSV; Debian security tracker, MIT/Expat",
    "osv_ubuntu": "OSV; Canonical Ltd., CC-BY-SA 4.0",
    "osv_packagist": "OSV; GitHub Advisory Database, CC-BY 4.0",
}
_UBUNTU = {
    **{"18.04": "bionic", "20.04": "focal", "22.04": "jammy", "24.04": "noble", "25.04": "plucky", "25.10": "questing"},
    "26.04": "resolute",
}
_ADVISORY = re.compile(r"(?:DSA|DLA|DTSA|USN|LSN)-")
"""A distribution's own notices: what they say of a CVE stands at that CVE, too."""
_WITHIN = re.compile(r"(?:DEBIAN-|UBUNTU-)?(CVE-[0-9]{4}-[0-9]+)\Z")
_AT_ONCE = 1_000


@dataclass
class _Taken:
    records: int = 0
    dated: date | None = None


def read(documents: Iterable[Document], into: Writing) -> Mapping[DataKind, Read]:
    """What they tell of each of the three that they name. Raises InputError for one that is no record of OSV's."""
    taken: dict[DataKind, _Taken] = {}
    rows: list[tuple[str, str, str, str, str]] = []
    for document in documents:
        record = _record(document)
        day = day_of(record.get("modified"))
        for kind, found in _by_kind(record).items():
            if kind not in taken:
                into.forget(kind, "")
            told = taken.setdefault(kind, _Taken())
            told.records += 1
            told.dated = max((one for one in (told.dated, day) if one), default=None)
            rows += found
        if len(rows) >= _AT_ONCE:
            _keep(rows, into)
            rows = []
    _keep(rows, into)
    return {kind: Read(one.records, one.dated) for kind, one in taken.items()}


def _keep(rows: Sequence[tuple[str, str, str, str, str]], into: Writing) -> None:
    into.told(rows)
    into.ids((name, kind, about) for kind, _release, about, name, _record in rows)
    into.releases((kind, release) for kind, release, _about, _name, _record in rows if release)


def _record(document: Document) -> Mapping[str, Any]:
    try:
        record = json.loads(document.text().read(), object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise document.error("{name} is no JSON, or not all of it", name=repr(document.name)) from error
    if (
        not isinstance(record, dict)
        or not isinstance(record.get("id"), str)
        or not isinstance(record.get("modified"), str)
    ):
        raise document.error("{name} is no record of OSV's", name=repr(document.name))
    return record


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name that comes twice")
    return found


def _by_kind(record: Mapping[str, Any]) -> Mapping[DataKind, list[tuple[str, str, str, str, str]]]:
    """Rows to keep of one record; none of one that was withdrawn."""
    name, affected = _name(record), record.get("affected")
    found: dict[DataKind, list[tuple[str, str, str, str, str]]] = {}
    if record.get("withdrawn") or name is None or not isinstance(affected, list):
        return found
    grouped: dict[tuple[DataKind, str, str], list[Mapping[str, Any]]] = {}
    for one in affected:
        for key in _keys(one):
            grouped.setdefault(key, []).append(one)
    title = text_of(record.get("summary")) or text_of(record.get("details"))
    for (kind, release, about), members in grouped.items():
        told = _on_package(name, members) if release else _on_component(name, title, members)
        found.setdefault(kind, []).append((kind, release, about, name, json.dumps(told, ensure_ascii=False)))
    return found


def _name(record: Mapping[str, Any]) -> str | None:
    """The CVE that it is, or its own id; None for a notice about some."""
    own = str(record["id"])[:60]
    lists = (record.get(key) for key in ("aliases", "upstream", "related"))
    ids = [own, *(one for told in lists if isinstance(told, list) for one in told if isinstance(one, str))]
    cves = [match[1] for one in ids if (match := _WITHIN.match(one)) and CVE.match(match[1])]
    if _ADVISORY.match(own):
        return None if cves else own
    return cves[0] if cves else own


def _keys(affected: Any) -> Iterator[tuple[DataKind, str, str]]:
    """Kind, release and name of what one entry is about, as far as it is any of ours."""
    package = affected.get("package") if isinstance(affected, dict) else None
    if not isinstance(package, dict):
        return
    system, _colon, release = str(package.get("ecosystem")).partition(":")
    name = str(package.get("name"))[:200]
    if system == "Debian" and release in RELEASES:
        yield "osv_debian", RELEASES[release], name
    elif system == "Ubuntu" and release.removesuffix(":LTS") in _UBUNTU:
        yield "osv_ubuntu", _UBUNTU[release.removesuffix(":LTS")], name
    elif system == "Packagist" and not release:
        yield "osv_packagist", "", name_of("composer", name.lower())


def _events(members: Iterable[Mapping[str, Any]]) -> Iterator[list[tuple[str, str]]]:
    """The events of each range, as ``(what, version)``."""
    for member in members:
        for one in member.get("ranges") or ():
            if isinstance(one, dict) and one.get("type") in ("ECOSYSTEM", "SEMVER"):
                events = [each for each in one.get("events") or () if isinstance(each, dict)]
                yield [(str(what), text_of(version)) for each in events for what, version in each.items()]


def _on_package(name: str, members: Sequence[Mapping[str, Any]]) -> list[str]:
    """As the tracker's records are; what is more than "up to a version" is undetermined."""
    told = list(_events(members))
    urgencies = [
        specific.get("urgency") for one in members if isinstance(specific := one.get("ecosystem_specific"), dict)
    ]
    urgency = next((text_of(one) for one in urgencies if one), "")
    if len(told) == 1 and told[0] == [("introduced", "0")]:
        return [name, "open", "", urgency, "", ""]
    if len(told) == 1 and [what for what, _version in told[0]] == ["introduced", "fixed"] and told[0][0][1] == "0":
        return [name, "resolved", told[0][1][1], urgency, "", ""]
    return [name, "undetermined", "", urgency, "", ""]


def _on_component(name: str, title: str, members: Sequence[Mapping[str, Any]]) -> list[Any]:
    """As Wordfence's records are kept: id, title, ranges, versions that are mended, no score."""
    ranges: list[list[Any]] = []
    patched: list[str] = []
    for events in _events(members):
        low = "*"
        for what, version in events:
            if what == "introduced":
                low = "*" if version == "0" else version
                ranges.append([low, True, "*", True])
            elif what == "fixed" and ranges:
                ranges[-1] = [low, True, version, False]
                patched.append(version)
            elif what == "last_affected" and ranges:
                ranges[-1] = [low, True, version, True]
    listed = [text_of(one) for member in members for one in member.get("versions") or ()] if not ranges else []
    return [name, title, [*ranges, *([one, True, one, True] for one in listed)], patched, None]
