"""Indicators of MISP events as JSON: attributes that MISP itself would detect by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import ijson

from auditor.indicators.indicator import Tlp, stricter, tlp
from auditor.indicators.sources.reading import Gathered, day, lacking, text_of
from auditor.vulnerabilities.sources.reading import Document, buffered, noting, twofold, whole

HEAD = re.compile(rb'\s*[\[{](?:(?!"spec_version").){0,4000}"(?:Event|response)"', re.DOTALL)
_PARTS: Mapping[str, tuple[int, ...]] = {
    **dict.fromkeys(("ip-src", "ip-dst", "domain", "hostname", "url", "uri", "md5", "sha1", "sha256"), (0,)),
    **dict.fromkeys(("ip-src|port", "ip-dst|port", "hostname|port"), (0,)),
    **dict.fromkeys(("filename|md5", "filename|sha1", "filename|sha256"), (1,)),
    "domain|ip": (0, 1),
}
"""Which parts of a value between bars are indicators, by the attribute's type."""


def read(into: Gathered) -> None:
    """All attributes of all events. Raises InputError for what is no JSON, or holds no event."""
    number = 0
    with whole(into.document):
        for prefix, event in _events(into.document):
            number += 1
            into.document.stream.told()
            _event(event, prefix, into)
    if not number:
        raise lacking(into.document, "event")


def _events(document: Document) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each event, wherever MISP's exports put it."""
    builder: Any = None
    start = ""
    number = 0
    twice: list[str] = []
    for prefix, event, value in ijson.parse(buffered(document), use_float=True):
        if builder is None and event == "start_map" and (prefix == "Event" or prefix.endswith("item.Event")):
            builder, start, number = ijson.ObjectBuilder(map_type=noting(twice)), prefix, number + 1
        if builder is not None:
            builder.event(event, value)
            if event == "end_map" and prefix == start:
                if twice:
                    raise twofold(document, twice[0])
                yield f"event {number}", builder.value
                builder = None


def _event(event: Mapping[str, Any], where: str, into: Gathered) -> None:
    marked = _marked(event)
    dated = day(event.get("date"))
    into.dated = max(filter(None, (into.dated, dated)), default=None)
    owner = event.get("Orgc") or event.get("Org")
    into.source = into.source or (text_of(owner, "name")[:200] if isinstance(owner, dict) else "")
    about = text_of(event, "info")
    for one in _attributes(event):
        parts = text_of(one, "value").split("|")
        wanted = _PARTS.get(text_of(one, "type"))
        name = text_of(one, "uuid")
        if wanted is None or one.get("to_ids") in (False, "0", 0) or one.get("deleted") is True:
            into.keep(name, f"{text_of(one, 'type')}: {text_of(one, 'value')}")
            continue
        own = _marked(one)
        for part in wanted:
            into.add(
                parts[part] if part < len(parts) else "",
                where=f"{where}, {name}",
                id=name,
                tlp=stricter(own, marked) if own and marked else own or marked,
                first=day(one.get("first_seen")) or dated or day(one.get("timestamp")),
                note=text_of(one, "comment") or about,
            )


def _attributes(event: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from _dicts(event.get("Attribute"))
    for inner in _dicts(event.get("Object")):
        yield from _dicts(inner.get("Attribute"))


def _dicts(found: Any) -> Iterable[Mapping[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _marked(of: Mapping[str, Any]) -> Tlp | None:
    found = [said for one in _dicts(of.get("Tag")) if text_of(one, "name").lower().startswith("tlp:") and (said := tlp(text_of(one, "name")))]  # fmt: skip
    result: Tlp | None = None
    for one in found:
        result = one if result is None else stricter(result, one)
    return result
