"""Indicators of a STIX 2.1 bundle, or of a page of a TAXII collection. What is no indicator is passed over."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import ijson

from auditor.indicators import patterns
from auditor.indicators.indicator import MARKINGS, MAX_INDICATORS, Tlp, parse_tlp, pick_stricter
from auditor.indicators.sources.common import (
    IndicatorCollector,
    get_text,
    make_limit_error,
    make_missing_error,
    parse_day,
)
from auditor.vulnerabilities.sources.common import (
    convert_json_errors,
    make_duplicate_error,
    make_duplicate_recorder,
    open_json_stream,
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


def read(into: IndicatorCollector) -> None:
    """Read all indicators of the bundle. Raises InputError for what is no JSON, or holds no objects."""
    twice: list[str] = []
    with convert_json_errors(into.document):
        objects = ijson.items(
            open_json_stream(into.document), "objects.item", use_float=True, map_type=make_duplicate_recorder(twice)
        )
        take_objects(_iter_objects(into, objects, twice), into)


def _iter_objects(into: IndicatorCollector, objects: Iterable[Any], twice: list[str]) -> Iterator[Any]:
    for stix_object in objects:
        if twice:
            raise make_duplicate_error(into.document, twice[0])
        into.document.stream.mark_record()
        yield stix_object


def take_objects(objects: Iterable[Any], into: IndicatorCollector) -> None:
    """Take in the indicators among objects, each with its marking, wherever that stands."""
    markings: dict[str, Tlp] = dict(MARKINGS)
    indicators: list[Mapping[str, Any]] = []
    number = 0
    for number, stix_object in enumerate(objects, 1):
        if not isinstance(stix_object, dict):
            into.add_invalid(f"objects[{number - 1}]", str(stix_object))
        elif stix_object.get("spec_version", "2.1") not in _VERSIONS:
            raise into.document.make_error(
                "it is STIX {version}, which is not supported",
                "update Lũy Tre, or ask for version 2.1",
                version=repr(stix_object["spec_version"])[:20],
            )
        elif stix_object.get("type") == "marking-definition":
            level = _parse_marking(stix_object)
            if level is not None:
                markings[get_text(stix_object, "id")] = level
        elif stix_object.get("type") == "identity" and not into.source:
            into.source = get_text(stix_object, "name")[:200]
        elif stix_object.get("type") == "indicator" and stix_object.get("revoked") is not True:
            indicators.append(stix_object)
            if len(indicators) > MAX_INDICATORS:
                raise make_limit_error(into.document)
    if not number:
        raise make_missing_error(into.document, "objects")
    for stix_object in indicators:
        _add_indicator(stix_object, markings, into)


def _parse_marking(stix_object: Mapping[str, Any]) -> Tlp | None:
    definition = stix_object.get("definition")
    marking_text = get_text(definition, "tlp") if isinstance(definition, dict) else ""
    for extension in (
        (stix_object.get("extensions") or {}).values() if isinstance(stix_object.get("extensions"), dict) else ()
    ):
        marking_text = marking_text or (get_text(extension, "tlp_2_0") if isinstance(extension, dict) else "")
    return parse_tlp(marking_text or get_text(stix_object, "name"))


def _add_indicator(stix_object: Mapping[str, Any], markings: Mapping[str, Tlp], into: IndicatorCollector) -> None:
    name, words = get_text(stix_object, "id"), get_text(stix_object, "pattern")
    literals = patterns.extract_values(words) if stix_object.get("pattern_type", "stix") == "stix" else None
    if literals is None:
        into.keep_unmatched(name, words)
        return
    level: Tlp | None = None
    references = stix_object.get("object_marking_refs")
    for each in references if isinstance(references, list) else ():
        referenced_tlp = markings.get(each) if isinstance(each, str) else None
        if referenced_tlp is not None:
            level = referenced_tlp if level is None else pick_stricter(level, referenced_tlp)
    types = stix_object.get("indicator_types")
    into_note = get_text(stix_object, "name") or ", ".join(map(str, types) if isinstance(types, list) else ())
    for text in literals:
        into.add(
            text,
            where=name,
            id=name,
            tlp=level,
            first=parse_day(stix_object.get("valid_from")),
            last=parse_day(stix_object["valid_until"]) if stix_object.get("valid_until") else None,
            note=into_note,
        )
