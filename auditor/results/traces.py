"""What a run knows of its sites' content: the traces by site, and those that several sites share. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from auditor.audit.controls import Catalogue
from auditor.models import Accepted, OnlyHere, Reviewed, Run, Trace
from auditor.models.reviews import MAX_SAMPLE, MAX_TARGET, MAX_WHERE, RENDERED
from auditor.system.grouped import grouped
from auditor.text.words import Words


@dataclass(frozen=True)
class SiteTraces:
    """The last look at one site, and the traces that count as findings, the surest first."""

    reviewed: Reviewed
    alarming: tuple[Trace, ...]

    @property
    def site(self) -> str:
        """Its domain."""
        return self.reviewed.site


@dataclass(frozen=True)
class Shared:
    """One trace that several sites or hosts have: one piece of work."""

    trace: Trace
    where: tuple[str, ...]


def by_site(run: Run, catalogue: Catalogue) -> tuple[SiteTraces, ...]:
    """Every site that was ever reviewed, in the order of the run."""
    of_looks = catalogue.of_looks
    found: dict[str, list[Trace]] = defaultdict(list)
    for finding in run.findings:
        if finding.control in of_looks:
            found[finding.subject.id] += traces_in(finding.violations)
    return tuple(SiteTraces(reviewed, tuple(found[reviewed.site])) for reviewed in run.reviews)


def never_reviewed(run: Run) -> tuple[str, ...]:
    """The sites of the run that no review has ever looked at."""
    known = {reviewed.site for reviewed in run.reviews}
    return tuple(site.domain for host in run.hosts for site in host.sites if site.domain not in known)


def shared(told: Iterable[tuple[str, Iterable[Trace]]]) -> tuple[Shared, ...]:
    """Of the alarming traces of sites or of hosts, by name, those that more than one has, those of most first."""
    where: dict[str, list[str]] = defaultdict(list)
    traces: dict[str, Trace] = {}
    for name, alarming in told:
        for one in alarming:
            if name not in where[one.key][-1:]:
                where[one.key].append(name)
            traces.setdefault(one.key, one)
    found = [Shared(traces[key], tuple(names)) for key, names in where.items() if len(names) > 1]
    return tuple(sorted(found, key=lambda one: (-len(one.where), one.trace.key)))


def only_here(run: Run) -> Mapping[str, tuple[OnlyHere, ...]]:
    """By site what it alone of its kind has, the sites with least of it first: what stands out there is the easiest to tell."""
    by_site = grouped(run.only_here, lambda one: one.site)
    return dict(sorted(by_site.items(), key=lambda told: (len(told[1]), told[0])))


def what_it_is(one: Trace, words: Words) -> str:
    """Its kind, and the foreign host that it is about."""
    kind = words(f"content.kind.{one.kind}")
    what = f"{kind}: {one.target}" if one.target else kind
    return words("reviews.rendered", what=what) if RENDERED in one.rules else what


def seen(told: Reviewed, words: Words) -> str:
    """When the last look was, how much of what is known it covered, and what ended it."""
    parts = [words("reviews.seen", when=words.moment(told.started), fresh=told.fresh, known=told.known)]
    if told.unread:
        parts.append(words("reviews.unread", n=told.unread))
    if told.withheld:
        parts.append(words("reviews.withheld", n=told.withheld))
    if told.stopped:
        status = str(told.stopped.status or "–")
        parts.append(words(f"reviews.stopped.{told.stopped.why}", where=told.stopped.where, status=status))
    if not told.engine:
        parts.append(words("reviews.no_engine"))
    if told.logs in ("partly", "none"):
        parts.append(words(f"reviews.logs.{told.logs}"))
    return "; ".join(parts)


def roles(by: Accepted) -> str:
    """Return the office roles that accept a trace."""
    return f"{by.approver}, {by.second}" if by.second else by.approver


def accepted_line(one: Trace, by: Accepted, words: Words) -> str:
    """That a trace is accepted, by whom, why and until when."""
    until = words.day(by.until) if by.until else words("baseline.no_end")
    return words(
        "baseline.line", what=what_it_is(one, words), trace=one.key, approver=roles(by), reason=by.reason, until=until
    )


_FIELDS = frozenset(Trace.model_fields)
_ROOM: Mapping[str, int] = {"sample": MAX_SAMPLE, "where": MAX_WHERE, "target": MAX_TARGET}


def _fitting(key: str, value: Any) -> Any:
    """A trace's text as long as it may be: where a finding hides something of it, it becomes longer."""
    return value[: _ROOM[key]] if key in _ROOM and isinstance(value, str) else value


def traces_in(violations: Sequence[Any]) -> Iterator[Trace]:
    """The traces that a finding's members are."""
    for violation in violations:
        if isinstance(violation, Mapping):
            try:
                yield Trace.model_validate({key: _fitting(key, violation[key]) for key in _FIELDS & violation.keys()})
            except ValidationError:  # of another version: the finding itself shows it
                continue
