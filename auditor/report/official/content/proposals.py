"""What falls short and why, and who is asked to do what by when. Pure."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from auditor.models import Finding, Severity
from auditor.report.official.content import intrusions
from auditor.report.official.content.blocks import make_heading, make_list_item_block, make_paragraph
from auditor.report.official.content.context import MAX_NAMED_SITES, ReportContext
from auditor.report.official.content.phrases import (
    format_finding_count_of_severity,
    format_site_names_or_count,
    format_unit_name,
)
from auditor.report.official.document import AnnexKey, TextBlock
from auditor.results.intrusions import is_intrusion, split_intrusions
from auditor.results.summary import SEVERITIES, URGENT, SiteSummary


def iter_blocks_on_urgent_findings_by_office(
    context: ReportContext, labels: Mapping[AnnexKey, str]
) -> Iterable[TextBlock]:
    """Yield where what is urgent is open, office by office."""
    words, figures = context.words, context.figures
    if context.intrusions:
        yield make_list_item_block(words("official.shortcomings.intruded"))
    urgent_by_unit = [
        (unit, {site.domain: _count_urgent_findings_but_intrusions(site) for site in sites})
        for unit, sites in figures.owners
    ]
    urgent = [
        (unit, sum(site_counts.values()), [domain for domain, n in site_counts.items() if n])
        for unit, site_counts in urgent_by_unit
    ]
    urgent = sorted((unit_entry for unit_entry in urgent if unit_entry[1]), key=lambda sorted_entry: -sorted_entry[1])
    for unit, count, domains in urgent[:MAX_NAMED_SITES]:
        yield make_list_item_block(
            words(
                "official.shortcomings.unit",
                unit=format_unit_name(context, unit),
                points=words("official.points_n", n=count),
                sites=format_site_names_or_count(context, domains),
            )
        )
    if len(urgent) > MAX_NAMED_SITES:
        yield make_list_item_block(
            words("official.shortcomings.more", n=len(urgent) - MAX_NAMED_SITES, annex=labels["units"])
        )
    if figures.unread:
        yield make_list_item_block(
            words(
                "official.shortcomings.unread",
                sites=format_site_names_or_count(context, (site.domain for site in figures.unread)),
            )
        )
    if not urgent and not figures.unread and not context.intrusions:
        yield make_paragraph(
            words("official.shortcomings.not_urgent", annex=labels["open"])
            if context.open_requirements_but_intrusions
            else words("official.shortcomings.none")
        )


def _count_urgent_findings_but_intrusions(site: SiteSummary) -> int:
    """Return how many urgent findings it has, its host's too, that are no intrusion."""
    return sum(
        finding.is_open and finding.severity in URGENT and not is_intrusion(finding) for finding in site.findings
    )


def iter_sentences_on_causes_of_open_findings(context: ReportContext) -> Iterable[str]:
    """Yield why so much is open: what a machine mends, what people have to."""
    words, change = context.words, context.figures.change
    if context.intrusions:
        yield words("official.causes.intruded")
    if not context.open_requirements_but_intrusions:
        if not context.intrusions:
            yield words("official.causes.none")
        return
    auto = sum(requirement.is_automated for requirement in context.open_requirements_but_intrusions)
    counts = {"requirements": words("official.requirements_n", n=len(context.open_requirements_but_intrusions))}
    if 0 < auto < len(context.open_requirements_but_intrusions):
        yield words(
            "official.causes.work", **counts, auto=auto, hand=len(context.open_requirements_but_intrusions) - auto
        )
    else:
        yield words("official.causes.auto" if auto else "official.causes.hand", **counts)
    if change is not None and (still := _count_findings_but_intrusions(change.changes.get("still", ()))):
        yield words("official.causes.still", n=still)
    if change is not None and (regressed_count := _count_findings_but_intrusions(change.changes.get("regressed", ()))):
        yield words("official.causes.regressed", n=regressed_count)


def _count_findings_but_intrusions(findings: Iterable[Finding]) -> int:
    return sum(not is_intrusion(finding) for finding in findings)


def write_proposals(context: ReportContext, labels: Mapping[AnnexKey, str]) -> Iterable[TextBlock]:
    """Yield who is asked for what."""
    words = context.words
    yield make_heading(
        context,
        1,
        words("official.proposals.units")
        if context.other_units_with_sites
        else words("official.proposals.own", unit=context.reporting_unit.name),
    )
    yield from iter_task_blocks_for_site_owners(context, labels)
    yield make_heading(
        context, 2, words("official.proposals.above", above=", ".join(unit.name for unit in context.superior_units))
    )
    yield from iter_blocks_on_hosts_of_other_offices(context)
    yield make_list_item_block(words("official.proposals.guide", security=context.name_of_security_in_regime))


def iter_task_blocks_for_site_owners(context: ReportContext, labels: Mapping[AnnexKey, str]) -> Iterable[TextBlock]:
    """Yield what is asked of those who own the sites, the worst first."""
    words, counts = context.words, context.figures.counts
    yield from intrusions.iter_blocks_asking_to_handle_intrusions(context)
    for severity in SEVERITIES:
        yield from map(
            make_list_item_block,
            _iter_requests_to_mend_by_due_day(
                context,
                labels,
                [finding for finding in context.open_findings_but_intrusions if finding.severity is severity],
            ),
        )
    if context.figures.unread:
        yield make_list_item_block(
            words(
                "official.tasks.unread",
                sites=format_site_names_or_count(context, (site.domain for site in context.figures.unread)),
                date=words.format_date(context.deadlines.get_earliest_deadline_for_severity(Severity.CRITICAL)),
            )
        )
    if context.figures.unaudited_sites:
        yield make_list_item_block(
            words(
                "official.tasks.unaudited",
                sites=format_site_names_or_count(context, (site.domain for site in context.figures.unaudited_sites)),
                date=words.format_date(context.deadlines.get_earliest_deadline_for_severity(Severity.HIGH)),
            )
        )
    if counts.unanswered:
        yield make_list_item_block(
            words(
                "official.tasks.manual",
                points=words("official.points_n", n=counts.unanswered),
                annex=labels["unsure"],
                date=words.format_date(context.deadlines.get_earliest_deadline_for_severity(Severity.MEDIUM)),
            )
        )
    if not counts.open_total:
        yield make_list_item_block(words("official.tasks.keep"))


def _iter_requests_to_mend_by_due_day(
    context: ReportContext, labels: Mapping[AnnexKey, str], findings: Sequence[Finding]
) -> Iterable[str]:
    """Yield what of one severity is asked for: what is late at once, the rest by the days on which it is due."""
    deadlines = context.deadlines
    due_counts: dict[tuple[str, datetime.date], int] = Counter(
        (
            "late" if deadlines.was_finding_open_after_due_day(finding) else "mend",
            deadlines.get_day_report_can_request(finding),
        )
        for finding in findings
    )
    for (what, day), count in sorted(due_counts.items()):
        yield context.words(
            f"official.tasks.{what}",
            points=format_finding_count_of_severity(context, findings[0].severity, count),
            annex=labels[context.open_requirements_annex_key],
            date=context.words.format_date(day),
        )


def iter_blocks_on_hosts_of_other_offices(context: ReportContext) -> Iterable[TextBlock]:
    """Yield what is open on hosts that other offices own."""
    for unit, unit_findings in context.figures.foreign:
        theirs, findings = split_intrusions(unit_findings)
        if theirs:
            yield make_list_item_block(context.words("official.tasks.shared_intruded", unit=unit.name))
        if not findings:
            continue
        yield make_list_item_block(
            context.words(
                "official.tasks.shared",
                unit=unit.name,
                points=context.words("official.points_n", n=len(findings)),
                date=context.words.format_date(min(map(context.deadlines.get_day_report_can_request, findings))),
            )
        )


def get_last_deadline(context: ReportContext) -> datetime.date:
    """Return the last day on which something is due."""
    due_days = map(context.deadlines.get_day_report_can_request, context.open_findings_but_intrusions)
    return max(due_days, default=context.deadlines.get_earliest_deadline_for_severity(Severity.MEDIUM))
