"""Traces of many addresses put together: each once, the surest first, bounded. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from auditor.models.reviews import (
    MAX_FAMILIES,
    MAX_OF_A_KIND,
    MAX_RULES,
    Certainty,
    Trace,
    is_allowed_as_exact_trace_identifier,
)

_RANK: Mapping[Certainty, int] = {"exact": 2, "strong": 1, "weak": 0}


def merge_traces_by_key(traces: Iterable[Trace]) -> tuple[Trace, ...]:
    """Return each key once, as sure as the surest of its traces.

    It says where it was first seen, at how many places, and by which families.
    """
    return _merge_traces_of_same_identity(traces, lambda trace: trace.key)


def merge_traces_by_key_and_place(traces: Iterable[Trace]) -> tuple[Trace, ...]:
    """Return each key once at each place: of several files that hold the same, each has to go."""
    return _merge_traces_of_same_identity(traces, lambda one: (one.key, one.where))


def _merge_traces_of_same_identity(
    traces: Iterable[Trace], get_identity: Callable[[Trace], object]
) -> tuple[Trace, ...]:
    found: dict[object, Trace] = {}
    for one in traces:
        was = found.get(get_identity(one))
        found[get_identity(one)] = one if was is None else _merge_two_traces(was, one)
    return tuple(found.values())


def _merge_two_traces(first: Trace, second: Trace) -> Trace:
    return first.model_copy(
        update={
            "places": first.places + second.places,
            "certainty": max(first.certainty, second.certainty, key=_RANK.__getitem__),
            "families": tuple(dict.fromkeys(first.families + second.families))[:MAX_FAMILIES],
            "rules": tuple(dict.fromkeys(first.rules + second.rules))[:MAX_RULES],
            "exactly": _merge_exact_identifiers(first.exactly, second.exactly),
        }
    )


def _merge_exact_identifiers(first: str, second: str) -> str:
    """Return what tells both from all else; nothing when one of them is told by nothing, or there are too many."""
    both = " ".join(dict.fromkeys((*first.split(), *second.split())))
    return both if first and second and is_allowed_as_exact_trace_identifier(both) else ""


def rank_traces(traces: Iterable[Trace]) -> list[Trace]:
    """Return the surest first, and of these the most frequent."""
    return sorted(traces, key=lambda trace: (-_RANK[trace.certainty], -trace.places, trace.key))


def limit_traces_per_kind(traces: Iterable[Trace]) -> tuple[tuple[Trace, ...], int]:
    """Return the surest and most frequent, at most MAX_OF_A_KIND of each kind; and how many are left out.

    Of more alarms than that, as many from each folder: whoever fills the one that they may write keeps out of it
    nothing that lies elsewhere.
    """
    ranked_traces = rank_traces(traces)
    of_kinds: dict[str, list[Trace]] = {}
    for trace in ranked_traces:
        of_kinds.setdefault(trace.kind, []).append(trace)
    top_traces = {id(one) for some in of_kinds.values() for one in _limit_ranked_traces_of_one_kind(some)}
    return tuple(one for one in ranked_traces if id(one) in top_traces), len(ranked_traces) - len(top_traces)


def _limit_ranked_traces_of_one_kind(ranked: Sequence[Trace]) -> Sequence[Trace]:
    if len(ranked) <= MAX_OF_A_KIND:
        return ranked
    alarms = [one for one in ranked if one.certainty != "weak"]
    weak = [one for one in ranked if one.certainty == "weak"]
    return [*_iter_traces_alternating_folders([(one.where.split("/"), one) for one in alarms]), *weak][:MAX_OF_A_KIND]


def _iter_traces_alternating_folders(traces: Sequence[tuple[Sequence[str], Trace]], depth: int = 0) -> Iterator[Trace]:
    """Yield one from each folder in turn, and so below each of them."""
    folders: dict[str | None, list[tuple[Sequence[str], Trace]]] = {}
    for names, one in traces:
        folders.setdefault(names[depth] if depth < len(names) else None, []).append((names, one))
    ended = [one for _, one in folders.pop(None, [])]
    yield from interleave_iterators(
        [iter(ended), *(_iter_traces_alternating_folders(some, depth + 1) for some in folders.values())]
    )


def interleave_iterators[T](iterators: Iterable[Iterator[T]]) -> Iterator[T]:
    """Yield one of each in turn, until none has any."""
    waiting = deque(iterators)
    while waiting:
        one = waiting.popleft()
        for each in one:
            yield each
            waiting.append(one)
            break
