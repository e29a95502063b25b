"""OSV's archives of Debian, Ubuntu and Packagist.

A zip with a JSON document for each vulnerability, or one such document.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cmp_to_key
from itertools import chain
from typing import Any

from auditor.feeds.days import parse_day_at_start_of_iso_text
from auditor.feeds.document import SourceDocument, clean_text
from auditor.vulnerabilities import versions
from auditor.vulnerabilities.components import make_component_name
from auditor.vulnerabilities.sources.common import CVE, DataFormat, ImportSummary
from auditor.vulnerabilities.sources.support import RELEASES
from auditor.vulnerabilities.store import VulnerabilityWriter

_HEAD = re.compile(rb'\s*\{(?=.*"(?:schema_version|affected|modified)"\s*:)', re.DOTALL)
_UBUNTU = {
    **{"18.04": "bionic", "20.04": "focal", "22.04": "jammy", "24.04": "noble", "25.04": "plucky", "25.10": "questing"},
    "26.04": "resolute",
}
_ADVISORY = re.compile(r"(?:DSA|DLA|DTSA|USN|LSN)-")
"""A distribution's own notices: what they say of a CVE stands at that CVE, too."""
_ID = re.compile(r"[\w.:+-]{1,100}\Z", re.ASCII)
_WITHIN = re.compile(r"(?:DEBIAN-|UBUNTU-)?(CVE-[0-9]{4}-[0-9]+)\Z")
_AT_ONCE = 1_000
_PAID_PREFIX = "Pro:"
Row = tuple[str, str, str, str, str, str]
"""Kind, release, what it is about, the record's own id, the record as JSON, the id that it goes by here."""
Span = tuple[str, str, bool]
_ALWAYS: Span = ("0", "", False)


@dataclass
class _ImportTally:
    records: int = 0
    newest_day: date | None = None


def import_osv_records(
    document: SourceDocument, following: Iterator[SourceDocument], writer: VulnerabilityWriter
) -> Mapping[str, ImportSummary]:
    """Store what the records tell of each of the kinds that they name; return what was imported of each kind.

    All that follow a record of OSV's in an archive are such records.

    Raises InputError for one that is no record of OSV's.
    """
    tallies: dict[str, _ImportTally] = {}
    rows: list[Row] = []
    for each in chain([document], following):
        record = _parse_record(each)
        day = parse_day_at_start_of_iso_text(record.get("modified"))
        for kind, new_rows in _group_rows_of_record_by_data_kind(record).items():
            if kind not in tallies:
                writer.remove_earlier_import_of_part(kind, "")
            tally = tallies.setdefault(kind, _ImportTally())
            tally.records += 1
            tally.newest_day = max((candidate for candidate in (tally.newest_day, day) if candidate), default=None)
            rows += new_rows
        if len(rows) >= _AT_ONCE:
            _store_osv_rows(rows, writer)
            rows = []
    if not tallies:
        raise document.make_error(
            "it does not contain data for Debian, Ubuntu or Packagist", "download the archive of one of them"
        )
    _store_osv_rows(rows, writer)
    return {kind: ImportSummary(kind_tally.records, kind_tally.newest_day) for kind, kind_tally in tallies.items()}


def _store_osv_rows(rows: Sequence[Row], writer: VulnerabilityWriter) -> None:
    writer.put_single_records(row[:5] for row in rows)
    writer.put_subjects_of_vulnerability_ids((name, kind, about) for kind, _release, about, _own, _record, name in rows)
    writer.put_covered_releases((row[0], row[1]) for row in rows if row[1])


def _parse_record(document: SourceDocument) -> Mapping[str, Any]:
    try:
        record: Mapping[str, Any] = json.loads(
            document.open_text().read(), object_pairs_hook=_build_dict_raising_on_duplicate_name
        )
    except (ValueError, RecursionError) as error:
        raise document.make_error("{name} is not JSON, or is incomplete", name=repr(document.name)) from error
    if not _is_valid_osv_record(record):
        raise document.make_error("{name} is not an OSV record", name=repr(document.name))
    return record


def _is_valid_osv_record(record: Any) -> bool:
    """Return whether what is read of it has the form that OSV's schema gives it.

    What is of another would be judged as if it were not there.
    """
    return (
        isinstance(record, dict)
        and isinstance(record.get("id"), str)
        and _ID.match(record["id"]) is not None
        and isinstance(record.get("modified"), str)
        and all(map(_is_valid_affected_entry, _get_optional_list(record, "affected")))
    )


def _is_valid_affected_entry(entry: Any) -> bool:
    package = entry.get("package") or {"ecosystem": "", "name": ""} if isinstance(entry, dict) else None
    return (
        isinstance(package, dict)
        and all(isinstance(package.get(key), str) and package[key].isprintable() for key in ("ecosystem", "name"))
        and all(isinstance(version, str) for version in _get_optional_list(entry, "versions"))
        and all(
            isinstance(each, dict) and all(map(_is_valid_range_event, _get_optional_list(each, "events")))
            for each in _get_optional_list(entry, "ranges")
        )
    )


def _is_valid_range_event(event: Any) -> bool:
    return isinstance(event, dict) and all(isinstance(version, str) for version in event.values())


def _get_optional_list(record: Mapping[str, Any], key: str) -> list[Any]:
    """Return a list that may be left out; what stands in its place is one of what is none."""
    value = record.get(key)
    return value if isinstance(value, list) else [value] if value is not None else []


def _build_dict_raising_on_duplicate_name(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a name that comes twice")
    return result


def _group_rows_of_record_by_data_kind(record: Mapping[str, Any]) -> Mapping[str, list[Row]]:
    """Return rows to keep of one record; none of one that was withdrawn."""
    name = _choose_cve_or_own_id(record)
    rows_by_kind: dict[str, list[Row]] = {}
    if record.get("withdrawn") or name is None:
        return rows_by_kind
    groups: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for entry in _get_optional_list(record, "affected"):
        for key in _iter_subjects_of_affected_package(entry.get("package") or {}):
            groups.setdefault(key, []).append(entry)
    title = clean_text(record.get("summary")) or clean_text(record.get("details"))
    for (kind, release, about), members in groups.items():
        content = (
            _encode_record_as_tracker_does(name, members)
            if release
            else _encode_record_as_wordfence_does(name, title, members)
        )
        row = (kind, release, about, str(record["id"]), json.dumps(content, ensure_ascii=False), name)
        rows_by_kind.setdefault(kind, []).append(row)
    return rows_by_kind


def _choose_cve_or_own_id(record: Mapping[str, Any]) -> str | None:
    """Return the CVE that it is, or its own id; None for a notice about some."""
    own = str(record["id"])[:60]
    lists = (record.get(key) for key in ("aliases", "upstream", "related"))
    ids = [
        own,
        *(alias for id_list in lists if isinstance(id_list, list) for alias in id_list if isinstance(alias, str)),
    ]
    cves = [match[1] for vulnerability_id in ids if (match := _WITHIN.match(vulnerability_id)) and CVE.match(match[1])]
    if _ADVISORY.match(own):
        return None if cves else own
    return cves[0] if cves else own


def _iter_subjects_of_affected_package(package: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield kind, release and name of what one entry is about, as far as it is any of ours."""
    system, _colon, release = package.get("ecosystem", "").partition(":")
    name = package.get("name", "")[:200]
    ubuntu = release.removeprefix(_PAID_PREFIX).removesuffix(":LTS")
    if system == "Debian" and release in RELEASES:
        yield "osv_debian", RELEASES[release], name
    elif system == "Ubuntu" and ubuntu in _UBUNTU:
        yield "osv_ubuntu", _UBUNTU[ubuntu], name
    elif system == "Packagist" and not release:
        yield "osv_packagist", "", make_component_name("composer", name.lower())


def _is_entry_about_ubuntu_pro(entry: Mapping[str, Any]) -> bool:
    """Return whether an entry tells of Ubuntu Pro, for which one pays."""
    ecosystem: str = (entry.get("package") or {}).get("ecosystem", "")
    return ecosystem.partition(":")[2].startswith(_PAID_PREFIX)


def _collect_affected_version_spans(members: Iterable[Mapping[str, Any]], key: Callable[[str], Any]) -> list[Span]:
    """Return from which version to which it is there: from, to, whether with that; an empty end is none.

    ``key``: the order of versions.
    """
    spans: list[Span] = []
    for member in members:
        for version_range in _get_optional_list(member, "ranges"):
            if version_range.get("type") in ("ECOSYSTEM", "SEMVER"):
                events = [
                    (what, clean_text(version))
                    for each in _get_optional_list(version_range, "events")
                    for what, version in each.items()
                ]
                spans += _iter_spans(sorted(events, key=lambda event: (event[1] != "0", key(event[1]))))
    if not spans:
        spans = [
            (clean_text(version), clean_text(version), True)
            for member in members
            for version in _get_optional_list(member, "versions")
        ]
    return spans


def _iter_spans(events: Iterable[tuple[str, str]]) -> Iterator[Span]:
    low: str | None = None
    for what, version in events:
        if what == "introduced" and low is None:
            low = version
        elif what in ("fixed", "last_affected") and low is not None:
            yield low, version, what == "last_affected"
            low = None
    if low is not None:
        yield low, "", False


def _is_every_version_before_one(spans: Sequence[Span]) -> bool:
    """Return whether all versions from the first on are affected, up to one that is not."""
    return len(spans) == 1 and spans[0][0] == "0" and not spans[0][2]


def _encode_record_as_tracker_does(name: str, members: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Return the record as those of the tracker are; with more spans than "up to a version" these follow."""
    specific = [details for each in members if isinstance(details := each.get("ecosystem_specific"), dict)]
    urgency = next((clean_text(item["urgency"]) for item in specific if item.get("urgency")), "")
    spans = _collect_affected_version_spans(
        [member for member in members if not _is_entry_about_ubuntu_pro(member)], versions.make_debian_version_sort_key
    )
    paid_spans = _collect_affected_version_spans(
        [member for member in members if _is_entry_about_ubuntu_pro(member)], versions.make_debian_version_sort_key
    )
    if spans in ([], [_ALWAYS]) and _is_every_version_before_one(paid_spans) and paid_spans[0][1]:
        return [name, "paid", paid_spans[0][1], urgency, "", ""]
    if spans == [_ALWAYS]:
        return [name, "open", "", urgency, "", ""]
    if _is_every_version_before_one(spans):
        return [name, "resolved", spans[0][1], urgency, "", ""]
    if spans and all(
        versions.is_valid_debian_version(limit) for low, high, _ in spans for limit in (low, high) if limit
    ):
        return [name, "ranges", "", urgency, "", "", spans]
    return [name, "undetermined", "", urgency, "", ""]


def _encode_record_as_wordfence_does(name: str, title: str, members: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Return the record as Wordfence's are kept: id, title, ranges, versions that are mended, no score."""
    spans = _collect_affected_version_spans(members, cmp_to_key(versions.compare_php_versions))
    ranges = [["*" if low == "0" else low, True, high or "*", with_high or not high] for low, high, with_high in spans]
    return [name, title, ranges, [high for _low, high, with_high in spans if high and not with_high], None]


FORMATS = (DataFormat(_HEAD, import_osv_records),)
