"""What visitors were served, read by children: one that dies over a page costs that page."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter, ValidationError

from auditor.content import reading
from auditor.content.page import sheets
from auditor.content.reading import MAX_SHEETS
from auditor.content.words import lexicon
from auditor.looks.visits import Known, Reading, Served, Sheet, Visited
from auditor.web import children
from auditor.web.children import Children, Unreadable

PAGE_SECONDS = 2.0
"""Of a processor's time for one address and all its visitors."""
WAIT_SECONDS = 60.0
"""For the answer, when the machine does much else."""
MEMORY = 300_000_000
"""Bytes of addresses of a child."""
_MAX_MESSAGE = 20_000_000
MAX_LINKS, MAX_HOSTS = 500, 100
_READING = TypeAdapter(Reading)
_CHILDREN = Children(__name__, _MAX_MESSAGE)


def read(visited: Visited, known: Known, words: Mapping[str, str]) -> Reading:
    """What an address shows to whom; ``words``: what the unit adds to the lexicon. Raises Unreadable when that cannot be told at a reasonable price."""
    told = _CHILDREN.ask({"visited": _packed(visited), "known": _plain(known), "words": dict(words)}, WAIT_SECONDS)
    try:
        found = _READING.validate_python(told["reading"])
    except (ValidationError, KeyError) as error:
        raise Unreadable("its reader said what it cannot have seen") from error
    return Reading(
        traces=found.traces,
        links=_short(found.links, MAX_LINKS, 2_000),
        title=found.title[:200],
        linked=_short(found.linked, MAX_HOSTS, 100),
        framed=_short(found.framed, MAX_HOSTS, 100),
        loaded=_short(found.loaded, MAX_HOSTS, 100),
        landmarks=_short(found.landmarks, 40, 120),
        tokens=_short(found.tokens, 20, 120),
        sheets=_short(found.sheets, MAX_SHEETS, 2_000),
        hides=found.hides[: sheets.MAX_RULES],
        suspicious=found.suspicious,
        whole=found.whole,
    )


def _short(texts: Iterable[str], most: int, longest: int) -> tuple[str, ...]:
    return tuple(text for text in texts if len(text) <= longest)[:most]


def _plain(known: Known) -> dict[str, Any]:
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in vars(known).items()}


def _packed(visited: Visited) -> dict[str, Any]:
    served = [
        {**vars(one), "headers": dict(one.headers), "body": base64.b64encode(one.body).decode()}
        for one in visited.served
    ]
    return {"url": visited.url, "role": visited.role, "served": served, "sheets": visited.sheets}


def _sheets(told: Iterable[Any]) -> tuple[tuple[str, Sheet], ...]:
    return tuple((address, tuple((selector, way) for selector, way in sheet)) for address, sheet in told)


def _answer(question: Mapping[str, Any]) -> Mapping[str, Any]:
    visited, known = question["visited"], question["known"]
    served = tuple(Served(**{**one, "body": base64.b64decode(one["body"])}) for one in visited["served"])
    values: dict[str, Any] = {
        name: frozenset(value) if isinstance(value, list) else value for name, value in known.items()
    }
    found = reading.read(
        Visited(visited["url"], visited["role"], served, _sheets(visited["sheets"])),
        Known(**values),
        lexicon.with_own(frozenset(question["words"].items())),
    )
    told = asdict(found)
    return {"reading": {**told, "traces": [one.model_dump(mode="json") for one in found.traces]}}


if __name__ == "__main__":
    children.serve(_answer, MEMORY, PAGE_SECONDS, _MAX_MESSAGE)
