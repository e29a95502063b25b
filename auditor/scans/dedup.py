"""Traces of many addresses put together: each once, the surest first, bounded. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from auditor.models.reviews import MAX_FAMILIES, MAX_OF_A_KIND, MAX_RULES, Certainty, Trace, is_exact

_RANK: Mapping[Certainty, int] = {"exact": 2, "strong": 1, "weak": 0}


def merge_traces(traces: Iterable[Trace]) -> tuple[Trace, ...]:
    """Return each key once, as sure as the surest of its traces.

    It says where it was first seen, at how many places, and by which families.
    """
    return _merged(traces, lambda trace: trace.key)


def merged_by_place(traces: Iterable[Trace]) -> tuple[Trace, ...]:
    """Return each key once at each place: of several files that hold the same, each has to go."""
    return _merged(traces, lambda one: (one.key, one.where))


def _merged(traces: Iterable[Trace], told_by: Callable[[Trace], object]) -> tuple[Trace, ...]:
    found: dict[object, Trace] = {}
    for one in traces:
        was = found.get(told_by(one))
        found[told_by(one)] = one if was is None else _both(was, one)
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
    """Return what tells both from all else; nothing when one of them is told by nothing, or there are too many."""
    both = " ".join(dict.fromkeys((*first.split(), *second.split())))
    return both if first and second and is_exact(both) else ""


def rank_traces(traces: Iterable[Trace]) -> list[Trace]:
    """Return the surest first, and of these the most frequent."""
    return sorted(traces, key=lambda trace: (-_RANK[trace.certainty], -trace.places, trace.key))


def limit_traces(traces: Iterable[Trace]) -> tuple[tuple[Trace, ...], int]:
    """Return the surest and most frequent, at most MAX_OF_A_KIND of each kind; and how many are left out.

    Of more alarms than that, as many from each folder: whoever fills the one that they may write keeps out of it
    nothing that lies elsewhere.
    """
    ranked_traces = rank_traces(traces)
    of_kinds: dict[str, list[Trace]] = {}
    for trace in ranked_traces:
        of_kinds.setdefault(trace.kind, []).append(trace)
    top_traces = {id(one) for some in of_kinds.values() for one in _of_a_kind(some)}
    return tuple(one for one in ranked_traces if id(one) in top_traces), len(ranked_traces) - len(top_traces)


def _of_a_kind(ranked: Sequence[Trace]) -> Sequence[Trace]:
    if len(ranked) <= MAX_OF_A_KIND:
        return ranked
    alarms = [one for one in ranked if one.certainty != "weak"]
    weak = [one for one in ranked if one.certainty == "weak"]
    return [*_from_each_folder([(one.where.split("/"), one) for one in alarms]), *weak][:MAX_OF_A_KIND]


def _from_each_folder(traces: Sequence[tuple[Sequence[str], Trace]], depth: int = 0) -> Iterator[Trace]:
    """Yield one from each folder in turn, and so below each of them."""
    folders: dict[str | None, list[tuple[Sequence[str], Trace]]] = {}
    for names, one in traces:
        folders.setdefault(names[depth] if depth < len(names) else None, []).append((names, one))
    ended = [one for _, one in folders.pop(None, [])]
    yield from in_turn([iter(ended), *(_from_each_folder(some, depth + 1) for some in folders.values())])


def in_turn[T](several: Iterable[Iterator[T]]) -> Iterator[T]:
    """Yield one of each in turn, until none has any."""
    waiting = deque(several)
    while waiting:
        one = waiting.popleft()
        for each in one:
            yield each
            waiting.append(one)
            break
