"""What the month came to, what changed since the month before, and the worst. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from auditor.audit.frameworks.assessment import self_checked
from auditor.models import Bucket, Finding
from auditor.report.official.content.blocks import item, paragraph
from auditor.report.official.content.given import NOTABLE, OPEN, Given
from auditor.report.official.content.phrases import listed, of_severity, tally, where
from auditor.report.official.document import AnnexKey, Block
from auditor.results import traces
from auditor.results.compare import CHANGES
from auditor.results.intrusions import apart
from auditor.results.office_month import Requirement, requirements
from auditor.results.summary import SEVERITIES, SiteSummary

_APART: tuple[Bucket, ...] = ("attested", "not_applicable", "manual", "not_evaluated")


def overall(given: Given, labels: Mapping[AnnexKey, str]) -> Iterable[str]:
    """How much is met, how much is open, and how bad that is."""
    words, counts, summary = given.words, given.figures.counts, given.figures.summary
    if not counts.evaluated:
        yield words("official.overall.nothing")
        return
    buckets = given.figures.buckets
    results = [
        words(
            "official.overall.passed",
            count=buckets["pass"],
            percent=words.decimal(100 * buckets["pass"] / counts.evaluated),
        ),
        words("official.overall.partial", count=buckets["partial"]),
        words("official.overall.fail", count=buckets["fail"]),
    ]
    if buckets["waived"]:
        results.append(words("official.overall.waived", count=buckets["waived"], equivalent=given.figures.equivalent))
    yield words(
        "official.overall", evaluated=words("official.points_n", n=counts.evaluated), results="; ".join(results)
    )
    apart = [
        words(f"official.apart.{bucket}", points=words("official.points_n", n=buckets[bucket]))
        for bucket in _APART
        if buckets[bucket]
    ]
    if apart:
        yield words("official.overall.apart", parts="; ".join(apart))
    yield words(
        "official.overall.clauses",
        clauses=words("official.clauses_n", n=len(given.clause_totals)),
        framework=given.framework.title.get(given.lang),
        merged=words(f"official.clauses.merged.{given.regime}"),
        results=tally(given, ((one.clause, one.result, 1) for one in given.clause_totals)),
        annex=labels["clauses"],
    )
    own = self_checked(given.clause_totals)
    if own.clauses:
        yield words(
            "official.overall.self_checked",
            clauses=words("official.clauses_n", n=own.clauses),
            met=own.met,
            percent=words.decimal(100 * own.met / own.clauses),
        )
    if counts.open_total:
        told = words(
            "official.overall.open",
            open=words("official.points_n", n=counts.open_total),
            severities=", ".join([of_severity(given, one, counts.open[one]) for one in SEVERITIES if counts.open[one]]),
        )
        yield f"{told} {_urgent(given, summary.sites)}" if summary.sites else told
        yield from _late(given)


def _urgent(given: Given, sites: Sequence[SiteSummary]) -> str:
    urgent = sum(bool(site.counts.urgent) for site in sites)
    counted = given.words("sites_n", n=len(sites))
    if urgent == len(sites) == 1:
        return given.words("official.overall.urgent.single", site=sites[0].domain)
    if urgent in (0, len(sites)):
        return given.words(f"official.overall.urgent.{'all' if urgent else 'none'}", sites=counted)
    return given.words("official.overall.urgent", n=urgent, sites=counted)


def _late(given: Given) -> Iterable[str]:
    late = given.deadlines.late(given.open_findings)
    if late:
        oldest = min(map(given.deadlines.first, late))
        yield given.words(
            "official.overall.late", n=len(late), month=given.words.whole_month(oldest.year, oldest.month)
        )


def compared(given: Given) -> Iterable[str]:
    """What became of the findings since the month before."""
    words, change = given.words, given.figures.change
    if change is not None and given.previous is not None:
        before, after = change.open_before, change.open_after
        key = "less" if after < before else "more" if after > before else "same"
        yield words(f"official.compared.{key}", when=words.moment(given.previous), before=before, after=after)
        counted = {one: change.count(one) for one in CHANGES} | {"unseen": change.unseen_before}
        counted["new"] -= counted["unseen"]
        parts = [words(f"official.became.{one}", n=count) for one, count in counted.items() if count]
        if parts:
            yield words("official.change.detail", parts="; ".join(parts))
        yield from _regressed(given, change.changes.get("regressed", ()))
    elif not given.figures.incomparable:
        yield words("official.change.none")
    if given.figures.incomparable:
        yield words("official.change.incomparable", names=listed(given, given.figures.incomparable))


def _regressed(given: Given, findings: Sequence[Finding]) -> Iterable[str]:
    """What was met before and is not now, the worst by name: somebody changed it. What intruders did is told apart."""
    changed = apart(findings)[1]
    came_back = requirements(given.figures.run.model_copy(update={"findings": changed}), given.catalogue, *OPEN)
    named = [f"{one.title.get(given.lang)} ({where(given, one)})" for one in came_back[:NOTABLE]]
    if len(came_back) > NOTABLE:
        named.append(given.words("official.change.more", n=len(came_back) - NOTABLE))
    if named:
        yield given.words("official.change.regressed", names="; ".join(named))


def notable(given: Given, labels: Mapping[AnnexKey, str], open_: Sequence[Requirement], key: str) -> Iterable[Block]:
    """The worst of what is open on hosts or on sites."""
    words = given.words
    if not open_:
        yield paragraph(words("official.notable.none_else" if given.intrusions else "official.notable.none"))
        return
    findings = words("official.points_n", n=sum(len(one.findings) for one in open_))
    count = words("official.requirements_n", n=len(open_))
    hosts = key == "official.notable.hosts"
    lead = words("official.notable.hosts" if hosts else "official.notable.sites", points=findings, requirements=count)
    named = open_[:NOTABLE]
    more = (
        words("official.notable.worst", n=len(named), annex=labels["open"])
        if len(open_) > len(named)
        else words("official.notable.all")
    )
    yield paragraph(f"{lead} {more}")
    for one in named:
        yield item(
            words(
                "official.notable.one",
                title=one.title.get(given.lang),
                severity=words(f"official.severity.{one.severity.value}"),
                where=where(given, one),
            )
        )


def _of_traces(given: Given, sites: Container[str]) -> Iterator[Finding]:
    """The findings that traces on these sites are."""
    of_looks = given.catalogue.of_looks
    for finding in given.figures.run.findings:
        if finding.control in of_looks and finding.subject.id in sites and any(traces.traces_in(finding.violations)):
            yield finding


def content(given: Given) -> Iterable[str]:
    """How many sites were reviewed from outside, on how many something was found, what and since when, and what was cleaned up."""
    words, figures = given.words, given.figures
    reviewed = traces.by_site(figures.run, given.catalogue)
    if not reviewed:
        yield words("official.no_data.content")
        return
    yield words("official.content.reviewed", count=len(reviewed), of=len(figures.summary.sites))
    found = [site for site in reviewed if site.alarming]
    kinds = dict.fromkeys(words(f"content.kind.{one.kind}") for site in found for one in site.alarming)
    if found:
        yield words("official.content.found", sites=words("official.sites_n", n=len(found)), kinds="; ".join(kinds))
        oldest = min(map(given.deadlines.first, _of_traces(given, {site.site for site in found})))
        yield words("official.content.since", month=words.whole_month(oldest.year, oldest.month))
    of_looks = given.catalogue.of_looks
    unseen = {one.subject for one in figures.findings if one.control in of_looks and one.bucket == "not_evaluated"}
    if not found and len(unseen) < len(reviewed):
        yield words("official.content.clean")
    for one in given.incidents:
        if handled := [domain for domain in one.injected if domain not in {site.site for site in found}]:
            yield words("official.content.handled", sites=", ".join(handled), incident=one.id)
    if unseen:
        yield words("official.content.unseen", sites=words("official.sites_n", n=len(unseen)))
    fixed = figures.change.changes.get("fixed", ()) if figures.change else ()
    cleaned = {one.subject.id for one in fixed if one.control in of_looks} - {site.site for site in found}
    if cleaned:
        yield words("official.content.cleaned", sites=words("official.sites_n", n=len(cleaned)))
