"""Indicators as others take them: STIX 2.1, MISP JSON and CSV. The same indicators, the same bytes. Pure."""

from __future__ import annotations

import csv
import io
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Day
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Literal

from auditor.indicators import patterns
from auditor.indicators.indicator import TLPS, Indicator, Tlp
from auditor.models import clock

Form = Literal["stix", "misp", "csv"]
NAMESPACE = uuid.UUID("2b9f2f5c-6f0e-5a0a-9d7c-9f1f3c0c7a11")
"""Of our own ids, which are made of what they name (version 5)."""
_TLP_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
_TLP_IDS: Mapping[Tlp, str] = {
    "CLEAR": "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    "GREEN": "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    "AMBER": "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    "AMBER+STRICT": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    "RED": "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
_MISP_TYPES = {
    "address": "ip-dst",
    "network": "ip-dst",
    "domain": "domain",
    "url": "url",
    "md5": "md5",
    "sha1": "sha1",
    "sha256": "sha256",
}


@dataclass(frozen=True)
class Sighting:
    """That an audit met an indicator: on which day, and at how many places. Where that was stays here."""

    day: Day
    places: int


type Sightings = Mapping[tuple[str, str], Sighting]
"""By an indicator's value and list."""


def render_indicators(
    indicators: Iterable[Indicator], form: Form, office: str, sightings: Sightings = MappingProxyType({})
) -> bytes:
    """Return the indicators in a form, by whose word: ``office`` is its name. ``sightings`` go along as STIX."""
    sorted_indicators = sorted(indicators, key=lambda indicator: (indicator.kind, indicator.text, indicator.list))
    match form:
        case "stix":
            return _encode_json(build_stix_bundle(build_stix_objects(sorted_indicators, office, sightings)))
        case "misp":
            return _encode_json(_build_misp_event(sorted_indicators, office))
    return _render_indicators_as_csv(sorted_indicators)


def select_indicators_up_to_tlp(indicators: Iterable[Indicator], strictest_tlp: Tlp) -> tuple[Indicator, ...]:
    """Return those whose marking allows them to go as far as ``strictest_tlp``."""
    return tuple(indicator for indicator in indicators if TLPS.index(indicator.tlp) <= TLPS.index(strictest_tlp))


def _encode_json(data: Any) -> bytes:
    return (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode()


def _make_deterministic_stix_id(kind: str, *parts: str) -> str:
    return f"{kind}--{uuid.uuid5(NAMESPACE, chr(0).join((kind, *parts)))}"


def _format_day_begin_or_end_in_utc(day: Day, end: bool = False) -> str:
    """Return when a day begins in Vietnam, or its last second, in UTC, as precise as STIX asks for."""
    begins = clock.parse_iso_moment(clock.format_day_start(day + timedelta(int(end))))
    return clock.format_iso_moment_in_utc(begins - timedelta(seconds=int(end))).replace("Z", ".000Z")


def _format_day_start_as_epoch_seconds(day: Day) -> str:
    return str(int(clock.parse_iso_moment(clock.format_day_start(day)).timestamp()))


def build_stix_objects(
    indicators: Sequence[Indicator], office: str, sightings: Sightings = MappingProxyType({})
) -> list[dict[str, Any]]:
    """Return STIX objects: who says it, how far it may go, then the indicators, and what was met of them."""
    if not indicators:
        return []
    first = _format_day_begin_or_end_in_utc(min(indicator.first for indicator in indicators))
    who = _make_deterministic_stix_id("identity", office)
    identity = {
        "type": "identity",
        "spec_version": "2.1",
        "id": who,
        "created": first,
        "modified": first,
        "name": office,
        "identity_class": "organization",
    }
    marks = [_build_stix_tlp_marking(tlp) for tlp in TLPS if any(each.tlp == tlp for each in indicators)]
    sighted_pairs = [
        (indicator, sightings[indicator.text, indicator.list])
        for indicator in indicators
        if (indicator.text, indicator.list) in sightings
    ]
    return [
        identity,
        *marks,
        *(_build_stix_indicator(indicator, who) for indicator in indicators),
        *(_build_stix_sighting(*each, who) for each in sighted_pairs),
    ]


def _build_stix_tlp_marking(tlp: Tlp) -> dict[str, Any]:
    """Return TLP 2.0 as STIX 2.1 has it: by an extension, which FIRST's ids belong to."""
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": _TLP_IDS[tlp],
        "created": "2022-10-01T00:00:00.000Z",
        "name": f"TLP:{tlp}",
        "extensions": {_TLP_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": tlp.lower()}},
    }


def _build_stix_indicator(indicator: Indicator, identity_id: str) -> dict[str, Any]:
    created_at = _format_day_begin_or_end_in_utc(indicator.first)
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": _make_indicator_id(indicator),
        "created_by_ref": identity_id,
        "created": created_at,
        "modified": created_at,
        "name": indicator.note or indicator.text,
        "description": f"{indicator.kind} {indicator.text}",
        "indicator_types": ["malicious-activity"],
        "pattern": patterns.build_stix_pattern_of_value(indicator.kind, indicator.text),
        "pattern_type": "stix",
        "valid_from": created_at,
        "valid_until": _format_day_begin_or_end_in_utc(indicator.last_valid_day, end=True),
        "object_marking_refs": [_TLP_IDS[indicator.tlp]],
    }


def _make_indicator_id(indicator: Indicator) -> str:
    return _make_deterministic_stix_id("indicator", indicator.kind, indicator.text, indicator.list)


def _build_stix_sighting(indicator: Indicator, record: Sighting, identity_id: str) -> dict[str, Any]:
    seen_at = _format_day_begin_or_end_in_utc(record.day)
    return {
        "type": "sighting",
        "spec_version": "2.1",
        "id": _make_deterministic_stix_id("sighting", indicator.kind, indicator.text, indicator.list, str(record.day)),
        "created_by_ref": identity_id,
        "created": seen_at,
        "modified": seen_at,
        "first_seen": seen_at,
        "last_seen": _format_day_begin_or_end_in_utc(record.day, end=True),
        "count": record.places,
        "sighting_of_ref": _make_indicator_id(indicator),
        "where_sighted_refs": [identity_id],
        "object_marking_refs": [_TLP_IDS[indicator.tlp]],
    }


def build_stix_bundle(stix_objects: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the objects as one file."""
    name = _make_deterministic_stix_id("bundle", *(str(member["id"]) for member in stix_objects))
    return {"type": "bundle", "id": name, "objects": list(stix_objects)}


def _build_misp_event(indicators: Sequence[Indicator], office: str) -> dict[str, Any]:
    first = min((indicator.first for indicator in indicators), default=clock.today())
    who = str(uuid.uuid5(NAMESPACE, office))
    marks = {indicator.tlp for indicator in indicators}
    return {
        "Event": {
            "uuid": str(
                uuid.uuid5(
                    NAMESPACE,
                    "\0".join(f"{indicator.kind} {indicator.text} {indicator.list}" for indicator in indicators),
                )
            ),
            "info": f"Indicators of {office}",
            "date": str(first),
            "timestamp": _format_day_start_as_epoch_seconds(first),
            "threat_level_id": "2",
            "analysis": "2",
            "distribution": "0",
            "published": False,
            "Orgc": {"name": office, "uuid": who},
            "Tag": [{"name": f"tlp:{tlp.lower()}"} for tlp in marks] if len(marks) == 1 else [],
            "Attribute": [
                {
                    "uuid": str(uuid.uuid5(NAMESPACE, f"{indicator.kind} {indicator.text} {indicator.list}")),
                    "type": _MISP_TYPES[indicator.kind],
                    "category": "Payload delivery"
                    if indicator.kind in ("md5", "sha1", "sha256")
                    else "Network activity",
                    "value": indicator.text,
                    "to_ids": True,
                    "comment": indicator.note,
                    "timestamp": _format_day_start_as_epoch_seconds(indicator.first),
                    "first_seen": _format_day_begin_or_end_in_utc(indicator.first),
                    "last_seen": _format_day_begin_or_end_in_utc(indicator.last_valid_day, end=True),
                    "distribution": "5",
                    "Tag": [{"name": f"tlp:{indicator.tlp.lower()}"}],
                }
                for indicator in indicators
            ],
        }
    }


def _render_indicators_as_csv(indicators: Sequence[Indicator]) -> bytes:
    output = io.StringIO()
    table = csv.writer(output, lineterminator="\r\n")
    table.writerow(("value", "type", "tlp", "valid_from", "valid_until", "description", "source"))
    for indicator in indicators:
        note = f"'{indicator.note}" if indicator.note[:1] in "=+-@\t\r" and indicator.note else indicator.note
        table.writerow(
            (
                indicator.text,
                indicator.kind,
                indicator.tlp,
                indicator.first,
                indicator.last_valid_day,
                note,
                indicator.list,
            )
        )
    return output.getvalue().encode("utf-8-sig")
