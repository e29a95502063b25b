"""What is known of the addresses of one site, from look to look: when each was seen last, and which traces it had. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Self

from pydantic import Field

from auditor.looks.gathered import bounded, merged, surest
from auditor.models import Domain, Model, Trace
from auditor.models.clock import read, stamp
from auditor.models.reviews import Key

MAX_PLACES = 3_000
"""Addresses of one site that are kept in mind."""
MAX_KEYS = 100
"""Traces of one address."""
FRESH_DAYS = 7


class Place(Model):
    """One address of a site."""

    seen: str | None = Field(default=None, description="when, ISO 8601 with offset; None: not yet")
    linked: bool = Field(
        default=False, description="whether another page of the site leads to it, or its application publishes it"
    )
    keys: tuple[Key, ...] = Field(default=(), max_length=MAX_KEYS, description="of the traces that it had then")


def _spare(places: Mapping[str, Place]) -> list[str]:
    """Addresses that may be forgotten, those first that were seen longest ago: what leads to them names them again."""
    seen = ((place.seen, path) for path, place in places.items() if place.seen and not place.keys)
    return [path for _, path in sorted(seen) if path.startswith("/") and path != "/"]


class Ledger(Model):
    """The addresses of one site."""

    site: Domain
    places: Mapping[str, Place] = Field(default_factory=dict, description="by path, with its query")
    traces: Mapping[Key, Trace] = Field(default_factory=dict, description="by key, those of any place")
    left_out: int = Field(default=0, description="addresses for which there was no room in the last look")
    not_before: str | None = Field(default=None, description="until when the site told us to stay away")

    def with_places(self, paths: Iterable[str], *, linked: bool, most: int = MAX_PLACES) -> Self:
        """With these addresses known of, ``most`` in all.

        When there is no more room, new ones take the places of those that were seen longest ago and had no traces; where
        all wait to be seen, they are counted as left out.
        """
        places, left_out = dict(self.places), self.left_out
        spare: Iterator[str] | None = None
        for path in paths:
            known = places.get(path)
            if known is None:
                if len(places) >= most:
                    spare = spare or iter(_spare(places))
                    if (old := next(spare, None)) is None:
                        left_out += 1
                        continue
                    del places[old]
                places[path] = Place(linked=linked)
            elif linked and not known.linked:
                places[path] = known.model_copy(update={"linked": True})
        return self.model_copy(update={"places": places, "left_out": left_out})

    def begun(self) -> Self:
        """As a new look begins with it."""
        return self.model_copy(update={"left_out": 0, "not_before": None})

    def seen(self, path: str, traces: Iterable[Trace], at: datetime) -> Self:
        """With what was seen at an address now in place of what was seen there before."""
        found = surest(merged(traces))[:MAX_KEYS]
        keys = tuple(one.key for one in found)
        known = self.places.get(path, Place())
        places = {**self.places, path: known.model_copy(update={"seen": stamp(at), "keys": keys})}
        named = {key for place in places.values() for key in place.keys}
        kept = {key: one for key, one in self.traces.items() if key in named}
        kept |= {one.key: merged([kept[one.key], one])[0] if one.key in kept else one for one in found}
        return self.model_copy(update={"places": places, "traces": kept})

    def waiting(self, until: datetime | None) -> Self:
        """With the moment before which it is not to be visited."""
        return self.model_copy(update={"not_before": stamp(until) if until else None})

    def without(self, paths: Iterable[str]) -> Self:
        """Without these addresses, which the site has no longer."""
        gone = set(paths)
        return self.model_copy(
            update={"places": {path: place for path, place in self.places.items() if path not in gone}}
        )

    def fresh(self, at: datetime) -> tuple[str, ...]:
        """Addresses that were seen within the last seven days."""
        limit = at - timedelta(days=FRESH_DAYS)
        return tuple(
            path for path, place in self.places.items() if place.seen is not None and read(place.seen) >= limit
        )

    def found(self) -> tuple[tuple[Trace, ...], int]:
        """The traces of all places, each with the number of its places; and how many were left out of a kind."""
        counts = Counter(key for place in self.places.values() for key in place.keys)
        counted = (one.model_copy(update={"places": counts[key]}) for key, one in self.traces.items() if counts[key])
        return bounded(counted)
