"""What a run knows of its sites' content: the traces by site, and those that several sites share. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from auditor.audit import manners
from auditor.audit.controls import Catalogue
from auditor.models import OnlyHere, Run, ScanSummary, Trace, TraceAcceptance
from auditor.models.reviews import MAX_SAMPLE, MAX_TARGET, MAX_WHERE, RENDERED_RULE
from auditor.system.groups import group_by
from auditor.text.translations import Words


@dataclass(frozen=True)
class SiteTraces:
    """The last look at one site, and the traces that count as findings, the surest first."""

    review: ScanSummary
    alarming_traces: tuple[Trace, ...]

    @property
    def site_domain(self) -> str:
        """Return its domain."""
        return self.review.site


@dataclass(frozen=True)
class SharedTrace:
    """One trace that several sites or hosts have: one piece of work."""

    trace: Trace
    where: tuple[str, ...]


def list_site_traces(run: Run, catalogue: Catalogue) -> tuple[SiteTraces, ...]:
    """Return every site that was ever reviewed, in the order of the run."""
    of_looks = catalogue.control_ids_judged_from_looks
    traces_by_site: dict[str, list[Trace]] = defaultdict(list)
    for finding in run.findings:
        if finding.control in of_looks:
            traces_by_site[finding.subject.id] += iter_traces_among_violations(finding.violations)
    return tuple(SiteTraces(review, tuple(traces_by_site[review.site])) for review in run.reviews)


def list_unreviewed_sites(run: Run) -> tuple[str, ...]:
    """Return the sites of the run that no review has ever looked at."""
    reviewed_sites = {review.site for review in run.reviews}
    return tuple(site.domain for host in run.hosts for site in host.sites if site.domain not in reviewed_sites)


def find_alarming_traces_on_several_subjects(
    traces_by_subject_name: Iterable[tuple[str, Iterable[Trace]]],
) -> tuple[SharedTrace, ...]:
    """Return those of the alarming traces that more than one site or host has, those of most first.

    Sites and hosts are given by name.
    """
    where: dict[str, list[str]] = defaultdict(list)
    traces: dict[str, Trace] = {}
    for name, alarming_traces in traces_by_subject_name:
        for trace in alarming_traces:
            if name not in where[trace.key][-1:]:
                where[trace.key].append(name)
            traces.setdefault(trace.key, trace)
    shared_traces = [SharedTrace(traces[key], tuple(names)) for key, names in where.items() if len(names) > 1]
    return tuple(sorted(shared_traces, key=lambda shared_trace: (-len(shared_trace.where), shared_trace.trace.key)))


def group_items_unique_to_each_site(run: Run) -> Mapping[str, tuple[OnlyHere, ...]]:
    """Return, by site, what it alone of its kind has, the sites with least of it first.

    What stands out there is the easiest to tell.
    """
    by_site = group_by(run.only_here, lambda item: item.site)
    return dict(sorted(by_site.items(), key=lambda site_items: (len(site_items[1]), site_items[0])))


def describe_trace_kind(trace: Trace, words: Words) -> str:
    """Return its kind, and the foreign host that it is about."""
    kind = words(f"content.kind.{trace.kind}")
    what = f"{kind}: {trace.target}" if trace.target else kind
    return words("reviews.rendered", what=what) if RENDERED_RULE in trace.rules else what


def describe_time_and_coverage_of_review(review: ScanSummary, words: Words) -> str:
    """Return when the last look was, how much of what is known it covered, and what ended it."""
    parts = [
        words("reviews.seen", when=words.format_iso_moment(review.started), fresh=review.fresh, known=review.known)
    ]
    if review.unread:
        parts.append(words("reviews.unread", n=review.unread))
    if review.withheld:
        parts.append(words("reviews.withheld", n=review.withheld))
    if review.stopped:
        status = str(review.stopped.status or "–")
        parts.append(words(f"reviews.stopped.{review.stopped.why}", where=review.stopped.where, status=status))
    if not review.engine and not review.manners:  # of an earlier version
        parts.append(words("reviews.no_engine"))
    if review.logs in ("partly", "none"):
        parts.append(words(f"reviews.logs.{review.logs}"))
    return "; ".join(parts)


def describe_manners_not_seen(review: ScanSummary, words: Words) -> tuple[str, ...]:
    """Return a sentence for each cause that kept the last look from seeing the site in a manner, with its mend."""
    return tuple(text.get(words.lang) for text in manners.describe_gaps_of_summary(review))


def format_roles_accepting_trace(acceptance: TraceAcceptance) -> str:
    """Return the office roles that accept a trace."""
    return f"{acceptance.approver}, {acceptance.second}" if acceptance.second else acceptance.approver


def describe_acceptance(trace: Trace, acceptance: TraceAcceptance, words: Words) -> str:
    """Return that a trace is accepted, by whom, why and until when."""
    until = words.format_date(acceptance.until) if acceptance.until else words("baseline.no_end")
    return words(
        "baseline.line",
        what=describe_trace_kind(trace, words),
        trace=trace.key,
        approver=format_roles_accepting_trace(acceptance),
        reason=acceptance.reason,
        until=until,
    )


_FIELDS = frozenset(Trace.model_fields)
_ROOM: Mapping[str, int] = {"sample": MAX_SAMPLE, "where": MAX_WHERE, "target": MAX_TARGET}


def _cut_text_field_of_trace(field: str, value: Any) -> Any:
    """Return a trace's text as long as it may be: where a finding hides something of it, it becomes longer."""
    return value[: _ROOM[field]] if field in _ROOM and isinstance(value, str) else value


def iter_traces_among_violations(violations: Sequence[Any]) -> Iterator[Trace]:
    """Yield the traces that a finding's members are."""
    for violation in violations:
        if isinstance(violation, Mapping):
            try:
                yield Trace.model_validate(
                    {key: _cut_text_field_of_trace(key, violation[key]) for key in _FIELDS & violation.keys()}
                )
            except ValidationError:  # of another version: the finding itself shows it
                continue
