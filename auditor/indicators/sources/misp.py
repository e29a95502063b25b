"""Indicators of MISP events as JSON: attributes that MISP itself would detect by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import ijson

from auditor.feeds.days import parse_day_of_foreign_moment
from auditor.feeds.document import SourceDocument, get_text_of_foreign_entry
from auditor.feeds.json_stream import (
    convert_json_errors,
    make_dict_type_recording_duplicates,
    make_duplicate_error,
    open_json_stream,
)
from auditor.indicators.indicator import Tlp, parse_tlp, pick_stricter
from auditor.indicators.sources.common import IndicatorCollector, ValidDays, make_missing_content_error

HEAD = re.compile(rb'\s*[\[{](?:(?!"spec_version").){0,4000}"(?:Event|response)"', re.DOTALL)
_PARTS: Mapping[str, tuple[int, ...]] = {
    **dict.fromkeys(("ip-src", "ip-dst", "domain", "hostname", "url", "uri", "md5", "sha1", "sha256"), (0,)),
    **dict.fromkeys(("ip-src|port", "ip-dst|port", "hostname|port"), (0,)),
    **dict.fromkeys(("filename|md5", "filename|sha1", "filename|sha256"), (1,)),
    "domain|ip": (0, 1),
}
"""Which parts of a value between bars are indicators, by the attribute's type."""


def read_misp_events(collector: IndicatorCollector) -> None:
    """Read all attributes of all events. Raises InputError for what is no JSON, or holds no event."""
    number = 0
    with convert_json_errors(collector.document):
        for prefix, event in _iter_events(collector.document):
            number += 1
            collector.document.stream.mark_record()
            _add_attributes_of_misp_event(event, prefix, collector)
    if not number:
        raise make_missing_content_error(collector.document, "event")


def _iter_events(document: SourceDocument) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each event, wherever MISP's exports put it."""
    builder: Any = None
    start = ""
    number = 0
    twice: list[str] = []
    for prefix, event, value in ijson.parse(open_json_stream(document), use_float=True):
        if builder is None and event == "start_map" and (prefix == "Event" or prefix.endswith("item.Event")):
            builder, start, number = (
                ijson.ObjectBuilder(map_type=make_dict_type_recording_duplicates(twice)),
                prefix,
                number + 1,
            )
        if builder is not None:
            builder.event(event, value)
            if event == "end_map" and prefix == start:
                if twice:
                    raise make_duplicate_error(document, twice[0])
                yield f"event {number}", builder.value
                builder = None


def _add_attributes_of_misp_event(event: Mapping[str, Any], where: str, collector: IndicatorCollector) -> None:
    event_tlp = _find_strictest_tlp_tag(event)
    event_day = parse_day_of_foreign_moment(event.get("date"))
    collector.list_date = max(filter(None, (collector.list_date, event_day)), default=None)
    owner = event.get("Orgc") or event.get("Org")
    collector.source = collector.source or (
        get_text_of_foreign_entry(owner, "name")[:200] if isinstance(owner, dict) else ""
    )
    about = get_text_of_foreign_entry(event, "info")
    for attribute in _iter_attributes(event):
        parts = get_text_of_foreign_entry(attribute, "value").split("|")
        part_indexes = _PARTS.get(get_text_of_foreign_entry(attribute, "type"))
        name = get_text_of_foreign_entry(attribute, "uuid")
        if part_indexes is None or attribute.get("to_ids") in (False, "0", 0) or attribute.get("deleted") is True:
            collector.keep_unmatched_pattern(
                name, f"{get_text_of_foreign_entry(attribute, 'type')}: {get_text_of_foreign_entry(attribute, 'value')}"
            )
            continue
        own = _find_strictest_tlp_tag(attribute)
        for part in part_indexes:
            collector.add_value(
                parts[part] if part < len(parts) else "",
                where=f"{where}, {name}",
                id=name,
                tlp=pick_stricter(own, event_tlp) if own and event_tlp else own or event_tlp,
                note=get_text_of_foreign_entry(attribute, "comment") or about,
                valid=ValidDays(
                    first=parse_day_of_foreign_moment(attribute.get("first_seen"))
                    or event_day
                    or parse_day_of_foreign_moment(attribute.get("timestamp"))
                ),
            )


def _iter_attributes(event: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from _select_dicts(event.get("Attribute"))
    for inner in _select_dicts(event.get("Object")):
        yield from _select_dicts(inner.get("Attribute"))


def _select_dicts(value: Any) -> Iterable[Mapping[str, Any]]:
    return [member for member in value if isinstance(member, dict)] if isinstance(value, list) else []


def _find_strictest_tlp_tag(entry: Mapping[str, Any]) -> Tlp | None:
    names = (get_text_of_foreign_entry(tag, "name") for tag in _select_dicts(entry.get("Tag")))
    levels = [tlp for name in names if name.lower().startswith("tlp:") and (tlp := parse_tlp(name))]
    result: Tlp | None = None
    for level in levels:
        result = level if result is None else pick_stricter(result, level)
    return result
