"""What our own reviews and hunts saw for certain, as indicators: servers that others had pages lead to, programs that they left. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from auditor.indicators.export import Sighting, Sightings
from auditor.indicators.indicator import Indicator, Tlp
from auditor.indicators.values import Value, never, own, value
from auditor.looks.traces import MASK, key_of
from auditor.models import Accepted, Look, Run, Trace, clock
from auditor.models.hunts import Hunt
from auditor.models.reviews import MAX_TARGET, Kind

LEADING: frozenset[Kind] = frozenset({"redirect", "link", "frame", "script", "canonical", "form"})
"""What leads to a server of theirs."""
PROGRAM: Kind = "program"
"""What nobody but an intruder has on a server: all else that a hunt finds is of one site, and would say nothing to others."""
_PUBLIC = frozenset({"gov", "go", "edu", "ac", "mil"})


@dataclass(frozen=True)
class Told:
    """How what was seen is told: the list's name, how far it may go, words for a kind, and whether victims are named."""

    name: str
    tlp: Tlp
    words: Callable[[Kind], str]
    victims: bool = False


def of_ours(
    looks: Iterable[Look],
    hunts: Iterable[Hunt],
    digests: Mapping[str, Collection[str]],
    accepted: Iterable[Accepted],
    ours: tuple[Sequence[str], Sequence[str]],
    told: Told,
    today: date,
) -> tuple[Indicator, ...]:
    """What is no mere hint and nobody accepts, each once, from the last day that it was seen.

    ``digests``: SHA-256 of the files below a host's web roots; ``ours``: names of our sites, addresses of our hosts.
    """
    let = {(one.site, one.key) for one in accepted if one.holds(today)}
    found: dict[Value, Indicator] = {}
    for seen, kind, moment in (*_servers(looks, let), *_programs(hunts, digests, let)):
        day = min(clock.day(clock.read(moment)), today)
        rather_victim = seen.kind in ("domain", "url") and is_public_body(seen.text) and not told.victims
        if never(seen) is not None or own(seen, *ours) or rather_victim:
            continue
        before = found.get(seen)
        if before is None or before.first < day:
            found[seen] = Indicator(seen.kind, seen.text, "", told.tlp, day, None, told.words(kind), told.name)
    return tuple(found[seen] for seen in sorted(found))


def _servers(looks: Iterable[Look], let: Collection[tuple[str, str]]) -> Iterator[tuple[Value, Kind, str]]:
    for look in looks:
        for trace in _certain(look.traces, look.site, let):
            target = trace.target or ""
            whole = len(target) < MAX_TARGET and MASK not in target
            seen = value(target) if trace.kind in LEADING and whole else None
            if seen is not None:
                yield seen, trace.kind, look.started


def _programs(
    hunts: Iterable[Hunt], digests: Mapping[str, Collection[str]], let: Collection[tuple[str, str]]
) -> Iterator[tuple[Value, Kind, str]]:
    for hunt in hunts:
        sought = {one.key for one in _certain(hunt.traces, hunt.host, let) if one.kind == PROGRAM}
        for digest in digests.get(hunt.host, ()) if sought else ():
            if key_of(PROGRAM, digest) in sought:
                yield Value("sha256", digest), PROGRAM, hunt.started


def _certain(traces: Iterable[Trace], place: str, let: Collection[tuple[str, str]]) -> Iterator[Trace]:
    return (one for one in traces if one.certainty != "weak" and (place, one.key) not in let)


def met(run: Run, telling: Collection[str]) -> Sightings:
    """What of the indicators a run's hosts and sites had to do with, by the findings of the controls that tell of it."""
    day = clock.day(clock.read(run.started))
    places: Counter[tuple[str, str]] = Counter()
    for finding in run.findings:
        if finding.control in telling:
            places.update((str(one["indicator"]), str(one["list"])) for one in finding.violations)
    return {key: Sighting(day, count) for key, count in places.items()}


def is_public_body(name: str) -> bool:
    """Whether a name is of a public body or a school, anywhere: others had its pages lead on, as ours."""
    return not _PUBLIC.isdisjoint(name.split(".")[-2:])
