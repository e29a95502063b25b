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
from auditor.indicators.values import (
    IndicatorValue,
    get_reason_value_never_matches,
    is_value_of_own_assets,
    parse_value,
)
from auditor.models import Run, Scan, Trace, TraceAcceptance, clock
from auditor.models.hunts import Hunt
from auditor.models.reviews import MAX_TARGET, Kind
from auditor.scans.traces import MASK, compute_trace_key

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


@dataclass(frozen=True)
class ScansAndHunts:
    """What was seen on sites and hosts."""

    scans: Iterable[Scan]
    hunts: Iterable[Hunt]
    digests: Mapping[str, Collection[str]]
    """SHA-256 of the files below a host's web roots."""


def collect_indicators_from_scans_and_hunts(
    seen: ScansAndHunts,
    acceptances: Iterable[TraceAcceptance],
    own_names_and_addresses: tuple[Sequence[str], Sequence[str]],
    policy: SharingPolicy,
    today: date,
) -> tuple[Indicator, ...]:
    """Return what is no mere hint and nobody accepts, each once, from the last day that it was seen.

    ``own_names_and_addresses``: names of our sites, addresses of our hosts.
    """
    let = {(acceptance.site, acceptance.key) for acceptance in acceptances if acceptance.is_in_force_on_day(today)}
    indicators: dict[IndicatorValue, Indicator] = {}
    for observable, kind, moment in (
        *_find_servers_pages_lead_to(seen.scans, let),
        *_find_digests_of_intruder_programs(seen.hunts, seen.digests, let),
    ):
        day = min(clock.convert_moment_to_vietnam_day(clock.parse_iso_moment(moment)), today)
        rather_victim = (
            observable.kind in ("domain", "url")
            and is_name_of_public_body_or_school(observable.text)
            and not policy.victims
        )
        if (
            get_reason_value_never_matches(observable) is not None
            or is_value_of_own_assets(observable, *own_names_and_addresses)
            or rather_victim
        ):
            continue
        before = indicators.get(observable)
        if before is None or before.first < day:
            indicators[observable] = Indicator(
                observable.kind, observable.text, "", policy.tlp, day, None, policy.words(kind), policy.name
            )
    return tuple(indicators[key] for key in sorted(indicators))


def _find_servers_pages_lead_to(
    scans: Iterable[Scan], accepted_traces: Collection[tuple[str, str]]
) -> Iterator[tuple[IndicatorValue, Kind, str]]:
    for look in scans:
        for trace in _select_certain_unaccepted_traces(look.traces, look.site, accepted_traces):
            target = trace.target or ""
            whole = len(target) < MAX_TARGET and MASK not in target
            observable = parse_value(target) if trace.kind in LEADING_KINDS and whole else None
            if observable is not None:
                yield observable, trace.kind, look.started


def _find_digests_of_intruder_programs(
    hunts: Iterable[Hunt], digests: Mapping[str, Collection[str]], accepted_traces: Collection[tuple[str, str]]
) -> Iterator[tuple[IndicatorValue, Kind, str]]:
    for hunt in hunts:
        trace_keys = {
            trace.key
            for trace in _select_certain_unaccepted_traces(hunt.traces, hunt.host, accepted_traces)
            if trace.kind == PROGRAM
        }
        for digest in digests.get(hunt.host, ()) if trace_keys else ():
            if compute_trace_key(PROGRAM, digest) in trace_keys:
                yield IndicatorValue("sha256", digest), PROGRAM, hunt.started


def _select_certain_unaccepted_traces(
    traces: Iterable[Trace], place: str, accepted_traces: Collection[tuple[str, str]]
) -> Iterator[Trace]:
    return (trace for trace in traces if trace.certainty != "weak" and (place, trace.key) not in accepted_traces)


def count_indicator_sightings_in_run(run: Run, control_ids: Collection[str]) -> Sightings:
    """Return the sightings of indicators on a run's hosts and sites.

    The findings of the controls that report indicators tell them.
    """
    day = clock.convert_moment_to_vietnam_day(clock.parse_iso_moment(run.started))
    places: Counter[tuple[str, str]] = Counter()
    for finding in run.findings:
        if finding.control in control_ids:
            places.update((str(violation["indicator"]), str(violation["list"])) for violation in finding.violations)
    return {key: Sighting(day, count) for key, count in places.items()}


def is_name_of_public_body_or_school(name: str) -> bool:
    """Return whether a name is of a public body or a school, anywhere: others had its pages lead on, as ours."""
    return not _PUBLIC.isdisjoint(name.split(".")[-2:])
