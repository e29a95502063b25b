"""Indicators of a STIX 2.1 bundle, or of a page of a TAXII collection. What is no indicator is passed over."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import ijson

from auditor.indicators import patterns
from auditor.indicators.indicator import MARKINGS, MAX_INDICATORS, Tlp, stricter, tlp
from auditor.indicators.sources.reading import Gathered, day, lacking, text_of, too_many
from auditor.vulnerabilities.sources.reading import buffered, noting, twofold, whole

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


def read(into: Gathered) -> None:
    """All indicators of the bundle. Raises InputError for what is no JSON, or holds no objects."""
    twice: list[str] = []
    with whole(into.document):
        found = ijson.items(buffered(into.document), "objects.item", use_float=True, map_type=noting(twice))
        take(_told(into, found, twice), into)


def _told(into: Gathered, objects: Iterable[Any], twice: list[str]) -> Iterator[Any]:
    for one in objects:
        if twice:
            raise twofold(into.document, twice[0])
        into.document.stream.told()
        yield one


def take(objects: Iterable[Any], into: Gathered) -> None:
    """Indicators among objects, each with its marking, wherever that stands."""
    markings: dict[str, Tlp] = dict(MARKINGS)
    waiting: list[Mapping[str, Any]] = []
    number = 0
    for number, one in enumerate(objects, 1):
        if not isinstance(one, dict):
            into.amiss(f"objects[{number - 1}]", str(one))
        elif one.get("spec_version", "2.1") not in _VERSIONS:
            raise into.document.error(
                "it is STIX {version}, which is not supported",
                "update Lũy Tre, or ask for version 2.1",
                version=repr(one["spec_version"])[:20],
            )
        elif one.get("type") == "marking-definition":
            said = _marking(one)
            if said is not None:
                markings[text_of(one, "id")] = said
        elif one.get("type") == "identity" and not into.source:
            into.source = text_of(one, "name")[:200]
        elif one.get("type") == "indicator" and one.get("revoked") is not True:
            waiting.append(one)
            if len(waiting) > MAX_INDICATORS:
                raise too_many(into.document)
    if not number:
        raise lacking(into.document, "objects")
    for one in waiting:
        _indicator(one, markings, into)


def _marking(one: Mapping[str, Any]) -> Tlp | None:
    definition = one.get("definition")
    told = text_of(definition, "tlp") if isinstance(definition, dict) else ""
    for extension in (one.get("extensions") or {}).values() if isinstance(one.get("extensions"), dict) else ():
        told = told or (text_of(extension, "tlp_2_0") if isinstance(extension, dict) else "")
    return tlp(told or text_of(one, "name"))


def _indicator(one: Mapping[str, Any], markings: Mapping[str, Tlp], into: Gathered) -> None:
    name, words = text_of(one, "id"), text_of(one, "pattern")
    found = patterns.values(words) if one.get("pattern_type", "stix") == "stix" else None
    if found is None:
        into.keep(name, words)
        return
    marked: Tlp | None = None
    references = one.get("object_marking_refs")
    for each in references if isinstance(references, list) else ():
        said = markings.get(each) if isinstance(each, str) else None
        if said is not None:
            marked = said if marked is None else stricter(marked, said)
    types = one.get("indicator_types")
    into_note = text_of(one, "name") or ", ".join(map(str, types) if isinstance(types, list) else ())
    for text in found:
        into.add(
            text,
            where=name,
            id=name,
            tlp=marked,
            first=day(one.get("valid_from")),
            last=day(one["valid_until"]) if one.get("valid_until") else None,
            note=into_note,
        )
