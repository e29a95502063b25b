"""What falls short and why, and who is asked to do what by when. Pure."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from auditor.models import Finding, Severity
from auditor.report.official.content import intrusions
from auditor.report.official.content.blocks import make_heading, make_item, make_paragraph
from auditor.report.official.content.context import MAX_NAMED_SITES, ReportContext
from auditor.report.official.content.phrases import format_severity_count, format_site_names, format_unit_name
from auditor.report.official.document import AnnexKey, TextBlock
from auditor.results.intrusions import is_intrusion, split_intrusions
from auditor.results.summary import SEVERITIES, URGENT, SiteSummary


def write_shortcomings(context: ReportContext, labels: Mapping[AnnexKey, str]) -> Iterable[TextBlock]:
    """Yield where what is urgent is open, office by office."""
    words, figures = context.words, context.figures
    if context.intrusions:
        yield make_item(words("official.shortcomings.intruded"))
    urgent_by_unit = [(unit, {site.domain: _count_urgent(site) for site in sites}) for unit, sites in figures.owners]
    urgent = [
        (unit, sum(site_counts.values()), [domain for domain, n in site_counts.items() if n])
        for unit, site_counts in urgent_by_unit
    ]
    urgent = sorted((unit_entry for unit_entry in urgent if unit_entry[1]), key=lambda sorted_entry: -sorted_entry[1])
    for unit, count, domains in urgent[:MAX_NAMED_SITES]:
        yield make_item(
            words(
                "official.shortcomings.unit",
                unit=format_unit_name(context, unit),
                points=words("official.points_n", n=count),
                sites=format_site_names(context, domains),
            )
        )
    if len(urgent) > MAX_NAMED_SITES:
        yield make_item(words("official.shortcomings.more", n=len(urgent) - MAX_NAMED_SITES, annex=labels["units"]))
    if figures.unread:
        yield make_item(
            words(
                "official.shortcomings.unread",
                sites=format_site_names(context, (site.domain for site in figures.unread)),
            )
        )
    if not urgent and not figures.unread and not context.intrusions:
        yield make_paragraph(
            words("official.shortcomings.not_urgent", annex=labels["open"])
            if context.open
            else words("official.shortcomings.none")
        )


def _count_urgent(site: SiteSummary) -> int:
    """Return how many urgent findings it has, its host's too, that are no intrusion."""
    return sum(
        finding.is_open and finding.severity in URGENT and not is_intrusion(finding) for finding in site.findings
    )


def write_causes(context: ReportContext) -> Iterable[str]:
    """Yield why so much is open: what a machine mends, what people have to."""
    words, change = context.words, context.figures.change
    if context.intrusions:
        yield words("official.causes.intruded")
    if not context.open:
        if not context.intrusions:
            yield words("official.causes.none")
        return
    auto = sum(requirement.is_automated for requirement in context.open)
    counts = {"requirements": words("official.requirements_n", n=len(context.open))}
    if 0 < auto < len(context.open):
        yield words("official.causes.work", **counts, auto=auto, hand=len(context.open) - auto)
    else:
        yield words("official.causes.auto" if auto else "official.causes.hand", **counts)
    if change is not None and (still := _count_mendable(change.changes.get("still", ()))):
        yield words("official.causes.still", n=still)
    if change is not None and (regressed_count := _count_mendable(change.changes.get("regressed", ()))):
        yield words("official.causes.regressed", n=regressed_count)


def _count_mendable(findings: Iterable[Finding]) -> int:
    return sum(not is_intrusion(finding) for finding in findings)


def write_proposals(context: ReportContext, labels: Mapping[AnnexKey, str]) -> Iterable[TextBlock]:
    """Yield who is asked for what."""
    words = context.words
    yield make_heading(
        context,
        1,
        words("official.proposals.units") if context.below else words("official.proposals.own", unit=context.unit.name),
    )
    yield from write_tasks(context, labels)
    yield make_heading(
        context, 2, words("official.proposals.above", above=", ".join(unit.name for unit in context.above))
    )
    yield from write_shared_hosts(context)
    yield make_item(words("official.proposals.guide", security=context.security))


def write_tasks(context: ReportContext, labels: Mapping[AnnexKey, str]) -> Iterable[TextBlock]:
    """Yield what is asked of those who own the sites, the worst first."""
    words, counts = context.words, context.figures.counts
    yield from intrusions.write_task(context)
    for severity in SEVERITIES:
        yield from map(
            make_item,
            _list_requests(
                context, labels, [finding for finding in context.open_findings if finding.severity is severity]
            ),
        )
    if context.figures.unread:
        yield make_item(
            words(
                "official.tasks.unread",
                sites=format_site_names(context, (site.domain for site in context.figures.unread)),
                date=words.day(context.deadlines.get_deadline(Severity.CRITICAL)),
            )
        )
    if context.figures.unaudited_sites:
        yield make_item(
            words(
                "official.tasks.unaudited",
                sites=format_site_names(context, (site.domain for site in context.figures.unaudited_sites)),
                date=words.day(context.deadlines.get_deadline(Severity.HIGH)),
            )
        )
    if counts.unanswered:
        yield make_item(
            words(
                "official.tasks.manual",
                points=words("official.points_n", n=counts.unanswered),
                annex=labels["unsure"],
                date=words.day(context.deadlines.get_deadline(Severity.MEDIUM)),
            )
        )
    if not counts.open_total:
        yield make_item(words("official.tasks.keep"))


def _list_requests(
    context: ReportContext, labels: Mapping[AnnexKey, str], findings: Sequence[Finding]
) -> Iterable[str]:
    """Yield what of one severity is asked for: what is late at once, the rest by the days on which it is due."""
    deadlines = context.deadlines
    due_counts: dict[tuple[str, datetime.date], int] = Counter(
        ("late" if deadlines.is_late(finding) else "mend", deadlines.get_requested_day(finding)) for finding in findings
    )
    for (what, day), count in sorted(due_counts.items()):
        yield context.words(
            f"official.tasks.{what}",
            points=format_severity_count(context, findings[0].severity, count),
            annex=labels[context.list_of_open],
            date=context.words.day(day),
        )


def write_shared_hosts(context: ReportContext) -> Iterable[TextBlock]:
    """Yield what is open on hosts that other offices own."""
    for unit, unit_findings in context.figures.foreign:
        theirs, findings = split_intrusions(unit_findings)
        if theirs:
            yield make_item(context.words("official.tasks.shared_intruded", unit=unit.name))
        if not findings:
            continue
        yield make_item(
            context.words(
                "official.tasks.shared",
                unit=unit.name,
                points=context.words("official.points_n", n=len(findings)),
                date=context.words.day(min(map(context.deadlines.get_requested_day, findings))),
            )
        )


def get_last_deadline(context: ReportContext) -> datetime.date:
    """Return the last day on which something is due."""
    due_days = map(context.deadlines.get_requested_day, context.open_findings)
    return max(due_days, default=context.deadlines.get_deadline(Severity.MEDIUM))
