"""What our own reviews and hunts saw for certain, as indicators.

Servers that others had pages lead to, programs that they left. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from auditor.indicators.export import Sighting, Sightings
from auditor.indicators.indicator import Indicator, Tlp
from auditor.indicators.values import IndicatorValue, get_exclusion, is_own, parse_value
from auditor.models import Run, Scan, Trace, TraceAcceptance, clock
from auditor.models.hunts import Hunt
from auditor.models.reviews import MAX_TARGET, Kind
from auditor.scans.traces import MASK, key_of

LEADING_KINDS: frozenset[Kind] = frozenset({"redirect", "link", "frame", "script", "canonical", "form"})
"""What leads to a server of theirs."""
PROGRAM: Kind = "program"
"""What nobody but an intruder has on a server.

All else that a hunt finds is of one site, and would say nothing to others.
"""
_PUBLIC = frozenset({"gov", "go", "edu", "ac", "mil"})


@dataclass(frozen=True)
class SharingPolicy:
    """The rules by which sightings are shared.

    These are the list's name, how far it may go, words for a kind, and whether victims are named.
    """

    name: str
    tlp: Tlp
    words: Callable[[Kind], str]
    victims: bool = False


def collect_indicators(
    looks: Iterable[Scan],
    hunts: Iterable[Hunt],
    digests: Mapping[str, Collection[str]],
    acceptances: Iterable[TraceAcceptance],
    ours: tuple[Sequence[str], Sequence[str]],
    policy: SharingPolicy,
    today: date,
) -> tuple[Indicator, ...]:
    """Return what is no mere hint and nobody accepts, each once, from the last day that it was seen.

    ``digests``: SHA-256 of the files below a host's web roots; ``ours``: names of our sites, addresses of our hosts.
    """
    let = {(acceptance.site, acceptance.key) for acceptance in acceptances if acceptance.holds(today)}
    indicators: dict[IndicatorValue, Indicator] = {}
    for observable, kind, moment in (*_find_servers(looks, let), *_find_programs(hunts, digests, let)):
        day = min(clock.to_day(clock.read(moment)), today)
        rather_victim = observable.kind in ("domain", "url") and is_public_body(observable.text) and not policy.victims
        if get_exclusion(observable) is not None or is_own(observable, *ours) or rather_victim:
            continue
        before = indicators.get(observable)
        if before is None or before.first < day:
            indicators[observable] = Indicator(
                observable.kind, observable.text, "", policy.tlp, day, None, policy.words(kind), policy.name
            )
    return tuple(indicators[key] for key in sorted(indicators))


def _find_servers(
    looks: Iterable[Scan], let: Collection[tuple[str, str]]
) -> Iterator[tuple[IndicatorValue, Kind, str]]:
    for look in looks:
        for trace in _select_confident(look.traces, look.site, let):
            target = trace.target or ""
            whole = len(target) < MAX_TARGET and MASK not in target
            observable = parse_value(target) if trace.kind in LEADING_KINDS and whole else None
            if observable is not None:
                yield observable, trace.kind, look.started


def _find_programs(
    hunts: Iterable[Hunt], digests: Mapping[str, Collection[str]], let: Collection[tuple[str, str]]
) -> Iterator[tuple[IndicatorValue, Kind, str]]:
    for hunt in hunts:
        trace_keys = {trace.key for trace in _select_confident(hunt.traces, hunt.host, let) if trace.kind == PROGRAM}
        for digest in digests.get(hunt.host, ()) if trace_keys else ():
            if key_of(PROGRAM, digest) in trace_keys:
                yield IndicatorValue("sha256", digest), PROGRAM, hunt.started


def _select_confident(traces: Iterable[Trace], place: str, let: Collection[tuple[str, str]]) -> Iterator[Trace]:
    return (trace for trace in traces if trace.certainty != "weak" and (place, trace.key) not in let)


def count_sightings(run: Run, control_ids: Collection[str]) -> Sightings:
    """Return the sightings of indicators on a run's hosts and sites.

    The findings of the controls that report indicators tell them.
    """
    day = clock.to_day(clock.read(run.started))
    places: Counter[tuple[str, str]] = Counter()
    for finding in run.findings:
        if finding.control in control_ids:
            places.update((str(violation["indicator"]), str(violation["list"])) for violation in finding.violations)
    return {key: Sighting(day, count) for key, count in places.items()}


def is_public_body(name: str) -> bool:
    """Return whether a name is of a public body or a school, anywhere: others had its pages lead on, as ours."""
    return not _PUBLIC.isdisjoint(name.split(".")[-2:])
