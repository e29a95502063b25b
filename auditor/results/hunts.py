"""What a run knows of what intruders left on its hosts. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from auditor.audit.controls import COMPROMISE, Catalogue
from auditor.models import ControlId, Run, Trace
from auditor.models.hunts import KINDS, Hunted
from auditor.results import traces
from auditor.results.traces import Shared, traces_in
from auditor.text.words import Words


@dataclass(frozen=True)
class HostTraces:
    """The last hunt on one host, and the traces that count as findings, the surest first."""

    hunted: Hunted
    alarming: tuple[Trace, ...]
    let_in_by: tuple[ControlId, ...] = ()
    """The open controls on that host, or on its sites, that may have let such things in."""


def by_host(run: Run, catalogue: Catalogue) -> tuple[HostTraces, ...]:
    """Every host that was ever hunted on, in the order of the run."""
    controls = {control.id for control in catalogue.controls if control.area == COMPROMISE}
    found: dict[str, list[Trace]] = defaultdict(list)
    ways: dict[str, list[ControlId]] = defaultdict(list)
    is_open: dict[str, set[ControlId]] = defaultdict(set)
    for finding in run.findings:
        if finding.control in controls:
            found[finding.subject.id] += traces_in(finding.violations)
            if finding.violations:
                ways[finding.host] += catalogue[finding.control].let_in_by
        elif finding.bucket in ("fail", "partial"):
            is_open[finding.host].add(finding.control)
    return tuple(
        HostTraces(
            one,
            tuple(found[one.host]),
            tuple(way for way in dict.fromkeys(ways[one.host]) if way in is_open[one.host]),
        )
        for one in run.hunts
    )


def shared(found: Iterable[HostTraces]) -> tuple[Shared, ...]:
    """The alarming traces that more than one host has: each is one piece of work."""
    return traces.shared((one.hunted.host, one.alarming) for one in found)


def seen(told: Hunted, words: Words) -> str:
    """When the last hunt was, and how much of what is there it saw and judged."""
    values = {name: getattr(told, name) for name in ("seen", "known", "judged")}
    parts = [words("hunts.seen", when=words.moment(told.started), **values)]
    if told.places is not None:
        parts.append(words("hunts.places", n=told.places))
    if told.places_left:
        parts.append(words("hunts.places_left", parts=", ".join(_named(told.places_left, words))))
    if told.warm:
        parts.append(words("hunts.warm"))
    if told.unjudged or told.left or told.cut_short:
        parts.append(words("hunts.unjudged", n=told.unjudged + told.left))
    return "; ".join(parts)


def _named(slots: Iterable[str], words: Words) -> Iterator[str]:
    """What lies in such places, each once; the rest is settings of any kind."""
    kinds = dict.fromkeys(kind for slot, kind in KINDS.items() if slot in set(slots))
    yield from (words(f"content.kind.{kind}") for kind in kinds)
    if not set(slots) <= set(KINDS):
        yield words("hunts.settings")
