"""What a look holds of a site besides traces: what the next look takes for known. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from auditor.looks.visits import Reading
from auditor.models import Look, Trace
from auditor.models.reviews import Kind


def title(readings: Sequence[Reading], last: Look | None, traces: Iterable[Trace]) -> str:
    """Of the home page, unless it seems to be another's now."""
    known = last.title if last else ""
    return known if _has(traces, "defacement") else next((one.title for one in readings), known)[:200]


def landmarks(readings: Sequence[Reading], last: Look | None, traces: Iterable[Trace]) -> tuple[str, ...]:
    """Of the home page, likewise."""
    known = last.landmarks if last else ()
    return known if _has(traces, "defacement") else next((one.landmarks for one in readings if one.landmarks), known)


def tokens(
    readings: Sequence[Reading], last: Look | None, before: Look | None, traces: Iterable[Trace]
) -> tuple[str, ...]:
    """By which search consoles know the owners, unless somebody else seems to be one now. ``before``: a look that saw more."""
    if _has(traces, "search_console"):
        return last.tokens if last else ()
    seen = {token for one in readings for token in one.tokens}
    return tuple(sorted(seen | set(before.tokens if before else ())))[:20]


def hosts(found: Iterable[Iterable[str]], before: Iterable[str], is_new: Callable[[str], bool]) -> tuple[str, ...]:
    """Foreign hosts that count as known from now on: those that are new as of the last look are not, until someone accepts them."""
    all_hosts = {host for each in found for host in each} | set(before)
    return tuple(sorted(host for host in all_hosts if not is_new(host)))[:100]


def _has(traces: Iterable[Trace], kind: Kind) -> bool:
    return any(one.kind == kind for one in traces)
