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


def render(
    indicators: Iterable[Indicator], form: Form, office: str, sightings: Sightings = MappingProxyType({})
) -> bytes:
    """The indicators in a form, by whose word: ``office`` is its name. ``sightings`` go along as STIX."""
    found = sorted(indicators, key=lambda one: (one.kind, one.text, one.list))
    match form:
        case "stix":
            return _json(bundle(objects(found, office, sightings)))
        case "misp":
            return _json(_misp(found, office))
    return _csv(found)


def shareable(indicators: Iterable[Indicator], most: Tlp) -> tuple[Indicator, ...]:
    """Those whose marking allows them to go as far as ``most``."""
    return tuple(one for one in indicators if TLPS.index(one.tlp) <= TLPS.index(most))


def _json(data: Any) -> bytes:
    return (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode()


def _id(kind: str, *parts: str) -> str:
    return f"{kind}--{uuid.uuid5(NAMESPACE, chr(0).join((kind, *parts)))}"


def _moment(day: Day, end: bool = False) -> str:
    """When a day begins in Vietnam, or its last second, in UTC, as precise as STIX asks for."""
    begins = clock.read(clock.beginning(day + timedelta(int(end))))
    return clock.utc_stamp(begins - timedelta(seconds=int(end))).replace("Z", ".000Z")


def _epoch(day: Day) -> str:
    return str(int(clock.read(clock.beginning(day)).timestamp()))


def objects(
    found: Sequence[Indicator], office: str, sightings: Sightings = MappingProxyType({})
) -> list[dict[str, Any]]:
    """STIX objects: who says it, how far it may go, then the indicators, and what was met of them."""
    if not found:
        return []
    first = _moment(min(one.first for one in found))
    who = _id("identity", office)
    identity = {
        "type": "identity",
        "spec_version": "2.1",
        "id": who,
        "created": first,
        "modified": first,
        "name": office,
        "identity_class": "organization",
    }
    marks = [_marking(one) for one in TLPS if any(each.tlp == one for each in found)]
    met = [(one, sightings[one.text, one.list]) for one in found if (one.text, one.list) in sightings]
    return [identity, *marks, *(_indicator(one, who) for one in found), *(_sighting(*each, who) for each in met)]


def _marking(tlp: Tlp) -> dict[str, Any]:
    """TLP 2.0 as STIX 2.1 has it: by an extension, which FIRST's ids belong to."""
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": _TLP_IDS[tlp],
        "created": "2022-10-01T00:00:00.000Z",
        "name": f"TLP:{tlp}",
        "extensions": {_TLP_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": tlp.lower()}},
    }


def _indicator(one: Indicator, who: str) -> dict[str, Any]:
    created = _moment(one.first)
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": _indicator_id(one),
        "created_by_ref": who,
        "created": created,
        "modified": created,
        "name": one.note or one.text,
        "description": f"{one.kind} {one.text}",
        "indicator_types": ["malicious-activity"],
        "pattern": patterns.of_value(one.kind, one.text),
        "pattern_type": "stix",
        "valid_from": created,
        "valid_until": _moment(one.until, end=True),
        "object_marking_refs": [_TLP_IDS[one.tlp]],
    }


def _indicator_id(one: Indicator) -> str:
    return _id("indicator", one.kind, one.text, one.list)


def _sighting(one: Indicator, met: Sighting, who: str) -> dict[str, Any]:
    seen = _moment(met.day)
    return {
        "type": "sighting",
        "spec_version": "2.1",
        "id": _id("sighting", one.kind, one.text, one.list, str(met.day)),
        "created_by_ref": who,
        "created": seen,
        "modified": seen,
        "first_seen": seen,
        "last_seen": _moment(met.day, end=True),
        "count": met.places,
        "sighting_of_ref": _indicator_id(one),
        "where_sighted_refs": [who],
        "object_marking_refs": [_TLP_IDS[one.tlp]],
    }


def bundle(members: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The objects as one file."""
    name = _id("bundle", *(str(one["id"]) for one in members))
    return {"type": "bundle", "id": name, "objects": list(members)}


def _misp(found: Sequence[Indicator], office: str) -> dict[str, Any]:
    first = min((one.first for one in found), default=clock.today())
    who = str(uuid.uuid5(NAMESPACE, office))
    marks = {one.tlp for one in found}
    return {
        "Event": {
            "uuid": str(uuid.uuid5(NAMESPACE, "\0".join(f"{one.kind} {one.text} {one.list}" for one in found))),
            "info": f"Indicators of {office}",
            "date": str(first),
            "timestamp": _epoch(first),
            "threat_level_id": "2",
            "analysis": "2",
            "distribution": "0",
            "published": False,
            "Orgc": {"name": office, "uuid": who},
            "Tag": [{"name": f"tlp:{marked.lower()}"} for marked in marks] if len(marks) == 1 else [],
            "Attribute": [
                {
                    "uuid": str(uuid.uuid5(NAMESPACE, f"{one.kind} {one.text} {one.list}")),
                    "type": _MISP_TYPES[one.kind],
                    "category": "Payload delivery" if one.kind in ("md5", "sha1", "sha256") else "Network activity",
                    "value": one.text,
                    "to_ids": True,
                    "comment": one.note,
                    "timestamp": _epoch(one.first),
                    "first_seen": _moment(one.first),
                    "last_seen": _moment(one.until, end=True),
                    "distribution": "5",
                    "Tag": [{"name": f"tlp:{one.tlp.lower()}"}],
                }
                for one in found
            ],
        }
    }


def _csv(found: Sequence[Indicator]) -> bytes:
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\r\n")
    table.writerow(("value", "type", "tlp", "valid_from", "valid_until", "description", "source"))
    for one in found:
        note = f"'{one.note}" if one.note[:1] in "=+-@\t\r" and one.note else one.note
        table.writerow((one.text, one.kind, one.tlp, one.first, one.until, note, one.list))
    return written.getvalue().encode("utf-8-sig")
