"""Indicators of a STIX 2.1 bundle, or of a page of a TAXII collection. What is no indicator is passed over."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import ijson

from auditor.feeds.days import parse_day_of_foreign_moment
from auditor.feeds.document import get_text_of_foreign_entry
from auditor.feeds.json_stream import (
    convert_json_errors,
    make_dict_type_recording_duplicates,
    make_duplicate_error,
    open_json_stream,
)
from auditor.indicators import patterns
from auditor.indicators.indicator import MARKINGS, MAX_INDICATORS, Tlp, parse_tlp, pick_stricter
from auditor.indicators.sources.common import (
    IndicatorCollector,
    ValidDays,
    make_missing_content_error,
    make_too_many_indicators_error,
)

READ = frozenset(
    {
        *(
            "type",
            "spec_version",
            "id",
            "name",
            "definition",
            "extensions",
            "revoked",
            "pattern",
            "pattern_type",
            "object_marking_refs",
        ),
        *("indicator_types", "valid_from", "valid_until"),
    }
)
"""What counts of an object."""
_VERSIONS = ("2.0", "2.1")
HEAD = re.compile(rb'\s*\{(?:(?!"Event"|"response").){0,4000}"(?:spec_version|objects|bundle)"', re.DOTALL)


def read_stix_bundle(collector: IndicatorCollector) -> None:
    """Read all indicators of the bundle. Raises InputError for what is no JSON, or holds no objects."""
    twice: list[str] = []
    with convert_json_errors(collector.document):
        objects = ijson.items(
            open_json_stream(collector.document),
            "objects.item",
            use_float=True,
            map_type=make_dict_type_recording_duplicates(twice),
        )
        add_indicators_among_stix_objects(_iter_objects_raising_on_duplicate_name(collector, objects, twice), collector)


def _iter_objects_raising_on_duplicate_name(
    collector: IndicatorCollector, objects: Iterable[Any], twice: list[str]
) -> Iterator[Any]:
    for stix_object in objects:
        if twice:
            raise make_duplicate_error(collector.document, twice[0])
        collector.document.stream.mark_record()
        yield stix_object


def add_indicators_among_stix_objects(objects: Iterable[Any], collector: IndicatorCollector) -> None:
    """Take in the indicators among objects, each with its marking, wherever that stands."""
    markings: dict[str, Tlp] = dict(MARKINGS)
    indicators: list[Mapping[str, Any]] = []
    number = 0
    for number, stix_object in enumerate(objects, 1):
        if not isinstance(stix_object, dict):
            collector.note_invalid_value(f"objects[{number - 1}]", str(stix_object))
        elif stix_object.get("spec_version", "2.1") not in _VERSIONS:
            raise collector.document.make_error(
                "it is STIX {version}, which is not supported",
                "update Lũy Tre, or ask for version 2.1",
                version=repr(stix_object["spec_version"])[:20],
            )
        elif stix_object.get("type") == "marking-definition":
            level = _parse_tlp_of_marking_definition(stix_object)
            if level is not None:
                markings[get_text_of_foreign_entry(stix_object, "id")] = level
        elif stix_object.get("type") == "identity" and not collector.source:
            collector.source = get_text_of_foreign_entry(stix_object, "name")[:200]
        elif stix_object.get("type") == "indicator" and stix_object.get("revoked") is not True:
            indicators.append(stix_object)
            if len(indicators) > MAX_INDICATORS:
                raise make_too_many_indicators_error(collector.document)
    if not number:
        raise make_missing_content_error(collector.document, "objects")
    for stix_object in indicators:
        _add_stix_indicator_with_marking(stix_object, markings, collector)


def _parse_tlp_of_marking_definition(stix_object: Mapping[str, Any]) -> Tlp | None:
    definition = stix_object.get("definition")
    marking_text = get_text_of_foreign_entry(definition, "tlp") if isinstance(definition, dict) else ""
    for extension in (
        (stix_object.get("extensions") or {}).values() if isinstance(stix_object.get("extensions"), dict) else ()
    ):
        marking_text = marking_text or (
            get_text_of_foreign_entry(extension, "tlp_2_0") if isinstance(extension, dict) else ""
        )
    return parse_tlp(marking_text or get_text_of_foreign_entry(stix_object, "name"))


def _add_stix_indicator_with_marking(
    stix_object: Mapping[str, Any], markings: Mapping[str, Tlp], collector: IndicatorCollector
) -> None:
    name, words = get_text_of_foreign_entry(stix_object, "id"), get_text_of_foreign_entry(stix_object, "pattern")
    literals = (
        patterns.extract_values_of_stix_pattern(words) if stix_object.get("pattern_type", "stix") == "stix" else None
    )
    if literals is None:
        collector.keep_unmatched_pattern(name, words)
        return
    level: Tlp | None = None
    references = stix_object.get("object_marking_refs")
    for each in references if isinstance(references, list) else ():
        referenced_tlp = markings.get(each) if isinstance(each, str) else None
        if referenced_tlp is not None:
            level = referenced_tlp if level is None else pick_stricter(level, referenced_tlp)
    types = stix_object.get("indicator_types")
    into_note = get_text_of_foreign_entry(stix_object, "name") or ", ".join(
        map(str, types) if isinstance(types, list) else ()
    )
    for text in literals:
        collector.add_value(
            text,
            where=name,
            id=name,
            tlp=level,
            note=into_note,
            valid=ValidDays(
                first=parse_day_of_foreign_moment(stix_object.get("valid_from")),
                last=parse_day_of_foreign_moment(stix_object["valid_until"])
                if stix_object.get("valid_until")
                else None,
            ),
        )
