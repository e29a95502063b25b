"""OSV's archives of Debian, Ubuntu and Packagist: a zip with a JSON document for each vulnerability, or one such document."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cmp_to_key
from typing import Any

from auditor.models.vulnerabilities import DataKind
from auditor.vulnerabilities import versions
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
_ID = re.compile(r"[\w.:+-]{1,100}\Z", re.ASCII)
_WITHIN = re.compile(r"(?:DEBIAN-|UBUNTU-)?(CVE-[0-9]{4}-[0-9]+)\Z")
_AT_ONCE = 1_000
_PAID = "Pro:"
Row = tuple[str, str, str, str, str, str]
"""Kind, release, what it is about, the record's own id, the record as JSON, the id that it goes by here."""
Span = tuple[str, str, bool]
_ALWAYS: Span = ("0", "", False)


@dataclass
class _Taken:
    records: int = 0
    dated: date | None = None


def read(documents: Iterable[Document], into: Writing) -> Mapping[DataKind, Read]:
    """What they tell of each of the three that they name. Raises InputError for one that is no record of OSV's."""
    taken: dict[DataKind, _Taken] = {}
    rows: list[Row] = []
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


def _keep(rows: Sequence[Row], into: Writing) -> None:
    into.told(row[:5] for row in rows)
    into.ids((name, kind, about) for kind, _release, about, _own, _record, name in rows)
    into.releases((row[0], row[1]) for row in rows if row[1])


def _record(document: Document) -> Mapping[str, Any]:
    try:
        record: Mapping[str, Any] = json.loads(document.text().read(), object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise document.error("{name} is not JSON, or is incomplete", name=repr(document.name)) from error
    if not _is_record(record):
        raise document.error("{name} is not an OSV record", name=repr(document.name))
    return record


def _is_record(record: Any) -> bool:
    """Whether what is read of it has the form that OSV's schema gives it: what is of another would be judged as if it were not there."""
    return (
        isinstance(record, dict)
        and isinstance(record.get("id"), str)
        and _ID.match(record["id"]) is not None
        and isinstance(record.get("modified"), str)
        and all(map(_is_affected, _list(record, "affected")))
    )


def _is_affected(one: Any) -> bool:
    package = one.get("package") or {"ecosystem": "", "name": ""} if isinstance(one, dict) else None
    return (
        isinstance(package, dict)
        and all(isinstance(package.get(key), str) and package[key].isprintable() for key in ("ecosystem", "name"))
        and all(isinstance(version, str) for version in _list(one, "versions"))
        and all(isinstance(each, dict) and all(map(_is_event, _list(each, "events"))) for each in _list(one, "ranges"))
    )


def _is_event(one: Any) -> bool:
    return isinstance(one, dict) and all(isinstance(version, str) for version in one.values())


def _list(of: Mapping[str, Any], name: str) -> list[Any]:
    """A list that may be left out; what stands in its place is one of what is none."""
    found = of.get(name)
    return found if isinstance(found, list) else [found] if found is not None else []


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name that comes twice")
    return found


def _by_kind(record: Mapping[str, Any]) -> Mapping[DataKind, list[Row]]:
    """Rows to keep of one record; none of one that was withdrawn."""
    name = _name(record)
    found: dict[DataKind, list[Row]] = {}
    if record.get("withdrawn") or name is None:
        return found
    grouped: dict[tuple[DataKind, str, str], list[Mapping[str, Any]]] = {}
    for one in _list(record, "affected"):
        for key in _keys(one.get("package") or {}):
            grouped.setdefault(key, []).append(one)
    title = text_of(record.get("summary")) or text_of(record.get("details"))
    for (kind, release, about), members in grouped.items():
        told = _on_package(name, members) if release else _on_component(name, title, members)
        row = (kind, release, about, str(record["id"]), json.dumps(told, ensure_ascii=False), name)
        found.setdefault(kind, []).append(row)
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


def _keys(package: Mapping[str, str]) -> Iterator[tuple[DataKind, str, str]]:
    """Kind, release and name of what one entry is about, as far as it is any of ours."""
    system, _colon, release = package.get("ecosystem", "").partition(":")
    name = package.get("name", "")[:200]
    ubuntu = release.removeprefix(_PAID).removesuffix(":LTS")
    if system == "Debian" and release in RELEASES:
        yield "osv_debian", RELEASES[release], name
    elif system == "Ubuntu" and ubuntu in _UBUNTU:
        yield "osv_ubuntu", _UBUNTU[ubuntu], name
    elif system == "Packagist" and not release:
        yield "osv_packagist", "", name_of("composer", name.lower())


def _is_paid(affected: Mapping[str, Any]) -> bool:
    """Whether an entry tells of Ubuntu Pro, for which one pays."""
    ecosystem: str = (affected.get("package") or {}).get("ecosystem", "")
    return ecosystem.partition(":")[2].startswith(_PAID)


def _spans(members: Iterable[Mapping[str, Any]], key: Callable[[str], Any]) -> list[Span]:
    """From which version to which it is there: from, to, whether with that; an empty end is none. ``key``: the order of versions."""
    found: list[Span] = []
    for member in members:
        for one in _list(member, "ranges"):
            if one.get("type") in ("ECOSYSTEM", "SEMVER"):
                events = [(what, text_of(version)) for each in _list(one, "events") for what, version in each.items()]
                found += _of_events(sorted(events, key=lambda event: (event[1] != "0", key(event[1]))))
    if not found:
        found = [(text_of(one), text_of(one), True) for member in members for one in _list(member, "versions")]
    return found


def _of_events(events: Iterable[tuple[str, str]]) -> Iterator[Span]:
    low: str | None = None
    for what, version in events:
        if what == "introduced" and low is None:
            low = version
        elif what in ("fixed", "last_affected") and low is not None:
            yield low, version, what == "last_affected"
            low = None
    if low is not None:
        yield low, "", False


def _on_package(name: str, members: Sequence[Mapping[str, Any]]) -> list[Any]:
    """As the tracker's records are; with more spans than "up to a version" these follow."""
    specific = [one for each in members if isinstance(one := each.get("ecosystem_specific"), dict)]
    urgency = next((text_of(one["urgency"]) for one in specific if one.get("urgency")), "")
    spans = _spans([one for one in members if not _is_paid(one)], versions.debian)
    paid = _spans([one for one in members if _is_paid(one)], versions.debian)
    if spans in ([], [_ALWAYS]) and len(paid) == 1 and paid[0][0] == "0" and paid[0][1] and not paid[0][2]:
        return [name, "paid", paid[0][1], urgency, "", ""]
    if spans == [_ALWAYS]:
        return [name, "open", "", urgency, "", ""]
    if len(spans) == 1 and spans[0][0] == "0" and not spans[0][2]:
        return [name, "resolved", spans[0][1], urgency, "", ""]
    if spans and all(versions.is_debian(one) for low, high, _ in spans for one in (low, high) if one):
        return [name, "ranges", "", urgency, "", "", spans]
    return [name, "undetermined", "", urgency, "", ""]


def _on_component(name: str, title: str, members: Sequence[Mapping[str, Any]]) -> list[Any]:
    """As Wordfence's records are kept: id, title, ranges, versions that are mended, no score."""
    spans = _spans(members, cmp_to_key(versions.php))
    ranges = [["*" if low == "0" else low, True, high or "*", with_high or not high] for low, high, with_high in spans]
    return [name, title, ranges, [high for _low, high, with_high in spans if high and not with_high], None]
