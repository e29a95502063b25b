"""What is known of the addresses of one site, from look to look: when each was seen last, and which traces it had.

Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Self

from pydantic import Field

from auditor.models import Domain, Model, Trace
from auditor.models.clock import format_iso_moment, parse_iso_moment
from auditor.models.reviews import Key
from auditor.scans.dedup import limit_traces_per_kind, merge_traces_by_key, rank_traces

MAX_PLACES = 3_000
"""Addresses of one site that are kept in mind."""
MAX_KEYS = 100
"""Traces of one address."""
FRESH_DAYS = 7


class CrawlEntry(Model):
    """One address of a site."""

    seen: str | None = Field(default=None, description="when, ISO 8601 with offset; None: not yet")
    linked: bool = Field(
        default=False, description="whether another page of the site leads to it, or its application publishes it"
    )
    keys: tuple[Key, ...] = Field(default=(), max_length=MAX_KEYS, description="of the traces that it had then")


def _list_forgettable_paths(places: Mapping[str, CrawlEntry]) -> list[str]:
    """Return addresses that may be forgotten, those first that were seen longest ago.

    What leads to them names them again.
    """
    entries = ((place.seen, path) for path, place in places.items() if place.seen and not place.keys)
    return [path for _, path in sorted(entries) if path.startswith("/") and path != "/"]


class CrawlFrontier(Model):
    """The addresses of one site."""

    site: Domain
    places: Mapping[str, CrawlEntry] = Field(default_factory=dict, description="by path, with its query")
    traces: Mapping[Key, Trace] = Field(default_factory=dict, description="by key, those of any place")
    left_out: int = Field(default=0, description="addresses for which there was no room in the last look")
    not_before: str | None = Field(default=None, description="until when the site told us to stay away")

    def with_known_paths(self, paths: Iterable[str], *, is_linked: bool, max_count: int = MAX_PLACES) -> Self:
        """Return the frontier with these addresses known of, ``max_count`` in all.

        When there is no more room, new ones take the places of those that were seen longest ago and had no traces;
        where all wait to be seen, they are counted as left out.
        """
        places, left_out = dict(self.places), self.left_out
        spare: Iterator[str] | None = None
        for path in paths:
            entry = places.get(path)
            if entry is None:
                if len(places) >= max_count:
                    spare = spare or iter(_list_forgettable_paths(places))
                    if (old := next(spare, None)) is None:
                        left_out += 1
                        continue
                    del places[old]
                places[path] = CrawlEntry(linked=is_linked)
            elif is_linked and not entry.linked:
                places[path] = entry.model_copy(update={"linked": True})
        return self.model_copy(update={"places": places, "left_out": left_out})

    def with_counters_reset_for_new_scan(self) -> Self:
        """Return the frontier as a new look begins with it."""
        return self.model_copy(update={"left_out": 0, "not_before": None})

    def with_traces_seen_at_path(self, path: str, traces: Iterable[Trace], at: datetime) -> Self:
        """Return the frontier with what was seen at an address now in place of what was seen there before."""
        top_traces = rank_traces(merge_traces_by_key(traces))[:MAX_KEYS]
        keys = tuple(trace.key for trace in top_traces)
        entry = self.places.get(path, CrawlEntry())
        places = {**self.places, path: entry.model_copy(update={"seen": format_iso_moment(at), "keys": keys})}
        used_keys = {key for place in places.values() for key in place.keys}
        traces_by_key = {key: old_trace for key, old_trace in self.traces.items() if key in used_keys}
        traces_by_key |= {
            trace.key: merge_traces_by_key([traces_by_key[trace.key], trace])[0]
            if trace.key in traces_by_key
            else trace
            for trace in top_traces
        }
        return self.model_copy(update={"places": places, "traces": traces_by_key})

    def with_moment_of_next_visit(self, not_before: datetime | None) -> Self:
        """Return the frontier with the moment before which the site is not to be visited."""
        return self.model_copy(update={"not_before": format_iso_moment(not_before) if not_before else None})

    def without_paths(self, paths: Iterable[str]) -> Self:
        """Return the frontier without these addresses, which the site has no longer."""
        removed_paths = set(paths)
        return self.model_copy(
            update={"places": {path: place for path, place in self.places.items() if path not in removed_paths}}
        )

    def list_paths_seen_within_seven_days(self, at: datetime) -> tuple[str, ...]:
        """Return addresses that were seen within the last seven days."""
        limit = at - timedelta(days=FRESH_DAYS)
        return tuple(
            path
            for path, place in self.places.items()
            if place.seen is not None and parse_iso_moment(place.seen) >= limit
        )

    def collect_traces(self) -> tuple[tuple[Trace, ...], int]:
        """Return the traces of all places, each with the number of its places; and how many were left out of a kind."""
        counts = Counter(key for place in self.places.values() for key in place.keys)
        counted_traces = (
            trace.model_copy(update={"places": counts[key]}) for key, trace in self.traces.items() if counts[key]
        )
        return limit_traces_per_kind(counted_traces)
