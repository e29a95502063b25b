"""What a run knows of what intruders left on its hosts. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from auditor.audit.controls import COMPROMISE, Catalogue
from auditor.models import ControlId, Run, Trace
from auditor.models.hunts import KINDS, HuntSummary
from auditor.results import traces
from auditor.results.traces import SharedTrace, iter_traces_among_violations
from auditor.text.translations import Words


@dataclass(frozen=True)
class HostTraces:
    """The last hunt on one host, and the traces that count as findings, the surest first."""

    hunt: HuntSummary
    alarming_traces: tuple[Trace, ...]
    let_in_by: tuple[ControlId, ...] = ()
    """The open controls on that host, or on its sites, that may have let such things in."""


def list_host_traces(run: Run, catalogue: Catalogue) -> tuple[HostTraces, ...]:
    """Return every host that was ever hunted on, in the order of the run."""
    controls = {control.id for control in catalogue.controls if control.area == COMPROMISE}
    traces_by_host: dict[str, list[Trace]] = defaultdict(list)
    ways: dict[str, list[ControlId]] = defaultdict(list)
    is_open: dict[str, set[ControlId]] = defaultdict(set)
    for finding in run.findings:
        if finding.control in controls:
            traces_by_host[finding.subject.id] += iter_traces_among_violations(finding.violations)
            if finding.violations:
                ways[finding.host] += catalogue[finding.control].let_in_by
        elif finding.bucket in ("fail", "partial"):
            is_open[finding.host].add(finding.control)
    return tuple(
        HostTraces(
            hunt,
            tuple(traces_by_host[hunt.host]),
            tuple(way for way in dict.fromkeys(ways[hunt.host]) if way in is_open[hunt.host]),
        )
        for hunt in run.hunts
    )


def find_alarming_traces_shared_by_hosts(all_host_traces: Iterable[HostTraces]) -> tuple[SharedTrace, ...]:
    """Return the alarming traces that more than one host has: each is one piece of work."""
    return traces.find_alarming_traces_on_several_subjects(
        (host_traces.hunt.host, host_traces.alarming_traces) for host_traces in all_host_traces
    )


def describe_time_and_coverage_of_hunt(hunt: HuntSummary, words: Words) -> str:
    """Return when the last hunt was, and how much of what is there it saw and judged."""
    values = {name: getattr(hunt, name) for name in ("seen", "known", "judged")}
    parts = [words("hunts.seen", when=words.format_iso_moment(hunt.started), **values)]
    if hunt.places is not None:
        parts.append(words("hunts.places", n=hunt.places))
    if hunt.places_left:
        parts.append(
            words("hunts.places_left", parts=", ".join(_iter_names_of_places_of_slots(hunt.places_left, words)))
        )
    if hunt.rule_sets:
        sets = ", ".join(
            words("hunts.rule_set", name=used.name, version=used.version, n=used.rules) for used in hunt.rule_sets
        )
        parts.append(words("hunts.rule_sets", sets=sets))
    if hunt.warm:
        parts.append(words("hunts.warm"))
    if hunt.unjudged or hunt.left or hunt.cut_short:
        parts.append(words("hunts.unjudged", n=hunt.unjudged + hunt.left))
    if hunt.skimmed:
        parts.append(words("hunts.skimmed", n=hunt.skimmed))
    return "; ".join(parts)


EXPLAINED = ("known_good", "packages", "without_code", "accepted", "unexplained")
"""The counts of what is explained on a host, in the order of the table."""


def list_explained_counts(hunt: HuntSummary) -> tuple[int | None, ...]:
    """Return the counts of ``EXPLAINED``, None for one that nobody took; nothing of a hunt that did not count so."""
    return tuple(getattr(hunt.explained, name) for name in EXPLAINED) if hunt.explained is not None else ()


def _iter_names_of_places_of_slots(slots: Iterable[str], words: Words) -> Iterator[str]:
    """Yield what lies in such places, each once; the rest is settings of any kind."""
    kinds = dict.fromkeys(kind for slot, kind in KINDS.items() if slot in set(slots))
    yield from (words(f"content.kind.{kind}") for kind in kinds)
    if not set(slots) <= set(KINDS):
        yield words("hunts.settings")
