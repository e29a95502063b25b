"""Traces of many addresses put together: each once, the surest first, bounded. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from auditor.models.reviews import MAX_FAMILIES, MAX_OF_A_KIND, MAX_RULES, Certainty, Trace, is_exact

_RANK: Mapping[Certainty, int] = {"exact": 2, "strong": 1, "weak": 0}


def merged(traces: Iterable[Trace]) -> tuple[Trace, ...]:
    """Each key once: where it was first seen, at how many places, by which families, as sure as the surest of them."""
    found: dict[str, Trace] = {}
    for one in traces:
        was = found.get(one.key)
        found[one.key] = one if was is None else _both(was, one)
    return tuple(found.values())


def _both(first: Trace, second: Trace) -> Trace:
    return first.model_copy(
        update={
            "places": first.places + second.places,
            "certainty": max(first.certainty, second.certainty, key=_RANK.__getitem__),
            "families": tuple(dict.fromkeys(first.families + second.families))[:MAX_FAMILIES],
            "rules": tuple(dict.fromkeys(first.rules + second.rules))[:MAX_RULES],
            "exactly": _all_of(first.exactly, second.exactly),
        }
    )


def _all_of(first: str, second: str) -> str:
    """What tells both from all else; nothing when one of them is told by nothing, or there are too many."""
    both = " ".join(dict.fromkeys((*first.split(), *second.split())))
    return both if first and second and is_exact(both) else ""


def surest(traces: Iterable[Trace]) -> list[Trace]:
    """The surest first, and of these the most frequent."""
    return sorted(traces, key=lambda one: (-_RANK[one.certainty], -one.places, one.key))


def bounded(traces: Iterable[Trace]) -> tuple[tuple[Trace, ...], int]:
    """The surest and most frequent, at most MAX_OF_A_KIND of each kind; and how many are left out."""
    ranked = surest(traces)
    kept: list[Trace] = []
    counts: dict[str, int] = {}
    for one in ranked:
        counts[one.kind] = counts.get(one.kind, 0) + 1
        if counts[one.kind] <= MAX_OF_A_KIND:
            kept.append(one)
    return tuple(kept), len(ranked) - len(kept)
