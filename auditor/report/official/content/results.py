"""What the month came to, what changed since the month before, and the worst. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from auditor.audit import manners
from auditor.audit.frameworks.assessment import measure_self_checked_clauses
from auditor.models import Bucket, Finding, ScanSummary
from auditor.report.official.content.blocks import make_list_item_block, make_paragraph
from auditor.report.official.content.context import MAX_NOTABLE, OPEN, ReportContext
from auditor.report.official.content.phrases import (
    format_clause_counts_by_result,
    format_finding_count_of_severity,
    format_site_names_or_count,
    format_sites_failing_requirement,
)
from auditor.report.official.document import AnnexKey, TextBlock
from auditor.results import traces
from auditor.results.compare import CHANGES
from auditor.results.intrusions import split_intrusions
from auditor.results.office_month import Requirement, build_requirements_from_findings_in_buckets
from auditor.results.summary import SEVERITIES, SiteSummary
from auditor.system.groups import group_by
from auditor.text.translations import Words

_APART: tuple[Bucket, ...] = ("attested", "not_applicable", "manual", "not_evaluated")


def iter_sentences_on_met_and_open(context: ReportContext, labels: Mapping[AnnexKey, str]) -> Iterable[str]:
    """Yield how much is met, how much is open, and how bad that is."""
    words, counts, summary = context.words, context.figures.counts, context.figures.summary
    if not counts.evaluated:
        yield words("official.overall.nothing")
        return
    buckets = context.figures.finding_count_by_bucket
    results = [
        words(
            "official.overall.passed",
            count=buckets["pass"],
            percent=words.format_decimal(100 * buckets["pass"] / counts.evaluated),
        ),
        words("official.overall.partial", count=buckets["partial"]),
        words("official.overall.fail", count=buckets["fail"]),
    ]
    if buckets["waived"]:
        results.append(words("official.overall.waived", count=buckets["waived"], equivalent=context.figures.equivalent))
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
        clauses=words("official.clauses_n", n=len(context.clause_totals)),
        framework=context.framework.title.get(context.lang),
        merged=words(f"official.clauses.merged.{context.regime}"),
        results=format_clause_counts_by_result(
            context, ((clause_total.clause, clause_total.result, 1) for clause_total in context.clause_totals)
        ),
        annex=labels["clauses"],
    )
    own = measure_self_checked_clauses(context.clause_totals)
    if own.clauses:
        yield words(
            "official.overall.self_checked",
            clauses=words("official.clauses_n", n=own.clauses),
            met=own.met,
            percent=words.format_decimal(100 * own.met / own.clauses),
        )
    if counts.open_total:
        open_text = words(
            "official.overall.open",
            open=words("official.points_n", n=counts.open_total),
            severities=", ".join(
                [
                    format_finding_count_of_severity(context, severity, counts.open[severity])
                    for severity in SEVERITIES
                    if counts.open[severity]
                ]
            ),
        )
        yield (
            f"{open_text} {_write_share_of_sites_with_urgent_findings(context, summary.sites)}"
            if summary.sites
            else open_text
        )
        yield from _iter_sentence_on_late_findings(context)


def _write_share_of_sites_with_urgent_findings(context: ReportContext, sites: Sequence[SiteSummary]) -> str:
    urgent = sum(bool(site.counts.urgent) for site in sites)
    site_count = context.words("sites_n", n=len(sites))
    if urgent == len(sites) == 1:
        return context.words("official.overall.urgent.single", site=sites[0].domain)
    if urgent in (0, len(sites)):
        return context.words(f"official.overall.urgent.{'all' if urgent else 'none'}", sites=site_count)
    return context.words("official.overall.urgent", n=urgent, sites=site_count)


def _iter_sentence_on_late_findings(context: ReportContext) -> Iterable[str]:
    late = context.deadlines.select_late_findings(context.open_findings_but_intrusions)
    if late:
        oldest = min(map(context.deadlines.get_month_first_seen_open, late))
        yield context.words(
            "official.overall.late", n=len(late), month=context.words.format_full_month(oldest.year, oldest.month)
        )


def iter_sentences_on_changes_since_month_before(context: ReportContext) -> Iterable[str]:
    """Yield what became of the findings since the month before."""
    words, change = context.words, context.figures.change
    if change is not None and context.previous is not None:
        before, after = change.open_count_before, change.open_count_after
        key = "less" if after < before else "more" if after > before else "same"
        yield words(
            f"official.compared.{key}", when=words.format_iso_moment(context.previous), before=before, after=after
        )
        change_counts = {change_kind: change.count_findings_with_change(change_kind) for change_kind in CHANGES} | {
            "unseen": change.unseen_before
        }
        change_counts["new"] -= change_counts["unseen"]
        parts = [
            words(f"official.became.{counted_kind}", n=count) for counted_kind, count in change_counts.items() if count
        ]
        if parts:
            yield words("official.change.detail", parts="; ".join(parts))
        yield from _write_regressions(context, change.changes.get("regressed", ()))
    elif not context.figures.incomparable:
        yield words("official.change.none")
    if context.figures.incomparable:
        yield words(
            "official.change.incomparable", names=format_site_names_or_count(context, context.figures.incomparable)
        )


def _write_regressions(context: ReportContext, findings: Sequence[Finding]) -> Iterable[str]:
    """Yield what was met before and is not now, the worst by name: somebody changed it.

    What intruders did is told apart.
    """
    changed_findings = split_intrusions(findings)[1]
    came_back = build_requirements_from_findings_in_buckets(
        context.figures.run.model_copy(update={"findings": changed_findings}), context.catalogue, *OPEN
    )
    titles = [
        f"{requirement.title.get(context.lang)} ({format_sites_failing_requirement(context, requirement)})"
        for requirement in came_back[:MAX_NOTABLE]
    ]
    if len(came_back) > MAX_NOTABLE:
        titles.append(context.words("official.change.more", n=len(came_back) - MAX_NOTABLE))
    if titles:
        yield context.words("official.change.regressed", names="; ".join(titles))


def iter_blocks_on_worst_open_requirements(
    context: ReportContext, labels: Mapping[AnnexKey, str], open_requirements: Sequence[Requirement], heading_key: str
) -> Iterable[TextBlock]:
    """Yield the worst of what is open on hosts or on sites."""
    words = context.words
    if not open_requirements:
        yield make_paragraph(words("official.notable.none_else" if context.intrusions else "official.notable.none"))
        return
    findings = words(
        "official.points_n", n=sum(len(open_requirement.findings) for open_requirement in open_requirements)
    )
    count = words("official.requirements_n", n=len(open_requirements))
    hosts = heading_key == "official.notable.hosts"
    lead = words("official.notable.hosts" if hosts else "official.notable.sites", points=findings, requirements=count)
    worst = open_requirements[:MAX_NOTABLE]
    more = (
        words("official.notable.worst", n=len(worst), annex=labels["open"])
        if len(open_requirements) > len(worst)
        else words("official.notable.all")
    )
    yield make_paragraph(f"{lead} {more}")
    for requirement in worst:
        yield make_list_item_block(
            words(
                "official.notable.one",
                title=requirement.title.get(context.lang),
                severity=words(f"official.severity.{requirement.severity.value}"),
                where=format_sites_failing_requirement(context, requirement),
            )
        )


def _iter_findings_of_traces_on_sites(context: ReportContext, sites: Container[str]) -> Iterator[Finding]:
    """Yield the findings that traces on these sites are."""
    of_looks = context.catalogue.control_ids_judged_from_looks
    for finding in context.figures.run.findings:
        if (
            finding.control in of_looks
            and finding.subject.id in sites
            and any(traces.iter_traces_among_violations(finding.violations))
        ):
            yield finding


def iter_sentences_on_site_content_reviews(context: ReportContext) -> Iterable[str]:
    """Yield how many sites were reviewed from outside, what was found since when, and what was cleaned up.

    It says, too, on how many sites something was found.
    """
    words, figures = context.words, context.figures
    site_traces = traces.list_site_traces(figures.run, context.catalogue)
    if not site_traces:
        yield words("official.no_data.content")
        return
    yield words("official.content.reviewed", count=len(site_traces), of=len(figures.summary.sites))
    alarming_sites = [site for site in site_traces if site.alarming_traces]
    alarming_domains = {site.site_domain for site in alarming_sites}
    if alarming_sites:
        yield from _iter_sentences_on_alarming_sites(context, alarming_sites)
    of_looks = context.catalogue.control_ids_judged_from_looks
    unseen = {
        finding.subject
        for finding in figures.findings
        if finding.control in of_looks and finding.bucket == "not_evaluated"
    }
    if not alarming_sites and len(unseen) < len(site_traces):
        yield words("official.content.clean")
    for incident in context.incidents:
        if handled_domains := [domain for domain in incident.injected_domains if domain not in alarming_domains]:
            yield words("official.content.handled", sites=", ".join(handled_domains), incident=incident.id)
    if unseen:
        yield words("official.content.unseen", sites=words("official.sites_n", n=len(unseen)))
    yield from _iter_sentences_on_manners_not_seen(words, [site.review for site in site_traces])
    if cleaned_sites := _list_cleaned_sites(context) - alarming_domains:
        yield words("official.content.cleaned", sites=words("official.sites_n", n=len(cleaned_sites)))


def _list_cleaned_sites(context: ReportContext) -> set[str]:
    """Return the sites on which something that was seen from outside is gone since the run before."""
    change, of_looks = context.figures.change, context.catalogue.control_ids_judged_from_looks
    fixed_findings = change.changes.get("fixed", ()) if change else ()
    return {finding.subject.id for finding in fixed_findings if finding.control in of_looks}


def _iter_sentences_on_manners_not_seen(words: Words, reviews: Iterable[ScanSummary]) -> Iterable[str]:
    """Yield in which manners how many sites were not seen, and what has to be done."""
    gaps = [gap for review in reviews for gap in manners.select_gaps(review.manners)]
    for (manner, outcome), members in group_by(gaps, lambda gap: (gap.manner, gap.outcome)).items():
        yield words(
            f"official.content.not_seen.{outcome}",
            manner=manners.MANNER_NAMES[manner].get(words.lang),
            sites=words("official.sites_n", n=len(members)),
        )
    fixes = dict.fromkeys(manners.get_fix(gap).get(words.lang) for gap in gaps)
    if fixes:
        yield words("official.content.fixes", fixes="; ".join(fixes))


def _iter_sentences_on_alarming_sites(
    context: ReportContext, alarming_sites: Sequence[traces.SiteTraces]
) -> Iterable[str]:
    """Yield on how many sites what was found, and since when."""
    words = context.words
    kinds = dict.fromkeys(
        words(f"content.kind.{trace.kind}") for site in alarming_sites for trace in site.alarming_traces
    )
    yield words(
        "official.content.found", sites=words("official.sites_n", n=len(alarming_sites)), kinds="; ".join(kinds)
    )
    oldest = min(
        map(
            context.deadlines.get_month_first_seen_open,
            _iter_findings_of_traces_on_sites(context, {site.site_domain for site in alarming_sites}),
        )
    )
    yield words("official.content.since", month=words.format_full_month(oldest.year, oldest.month))
