"""What was put right within the month, how and when. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from auditor.models import Finding, clock
from auditor.report.official.content.blocks import make_list_item_block, make_paragraph
from auditor.report.official.content.context import MAX_NOTABLE, ReportContext
from auditor.report.official.content.phrases import format_finding_count_of_severity, format_sites_failing_requirement
from auditor.report.official.document import AnnexKey, TextBlock
from auditor.results.compare import Change
from auditor.results.month_work import MonthWork
from auditor.results.office_month import Requirement, build_requirements_from_findings_in_buckets
from auditor.results.summary import SEVERITIES

_BESIDE: tuple[Change, ...] = ("regressed", "new", "waived", "unknown", "gone")


def iter_blocks_on_work_of_month(context: ReportContext, labels: Mapping[AnnexKey, str]) -> Iterable[TextBlock]:
    """Yield the work from the month's first run to its last.

    It says how much was open, what was fixed and how, and names the worst of it.
    """
    words, work = context.words, context.figures.work
    if work is None:
        yield make_paragraph(words("official.work.one_run"))
        return
    before, after = work.change.open_count_before, work.change.open_count_after
    key = "less" if after < before else "more" if after > before else "same"
    moments = {"first": words.format_iso_moment(work.started_at), "last": words.format_iso_moment(context.moments[0])}
    yield make_paragraph(words(f"official.work.span.{key}", **moments, before=before, after=after))
    fixed_requirements = list_requirements_fixed_in_month(context)
    yield make_paragraph(
        _describe_how_many_were_fixed_by_what(context, work, fixed_requirements)
        if fixed_requirements
        else words("official.work.none")
    )
    beside = [
        words(f"official.became.{change}", n=work.change.count_findings_with_change(change))
        for change in _BESIDE
        if work.change.count_findings_with_change(change)
    ]
    if beside:
        yield make_paragraph(words("official.work.beside", parts="; ".join(beside)))
    if fixed_requirements:
        yield make_paragraph(
            words("official.work.notable", n=len(fixed_requirements[:MAX_NOTABLE]), annex=labels["done"])
        )
    for requirement in fixed_requirements[:MAX_NOTABLE]:
        severity = words(f"official.severity.{requirement.severity.value}")
        yield make_list_item_block(
            words(
                "official.work.one",
                title=requirement.title.get(context.lang),
                where=format_sites_failing_requirement(context, requirement),
                severity=severity,
            )
        )


def list_requirements_fixed_in_month(context: ReportContext) -> tuple[Requirement, ...]:
    """Return what was fixed within the month, the worst first."""
    work = context.figures.work
    if work is None:
        return ()
    return build_requirements_from_findings_in_buckets(
        context.figures.run.model_copy(update={"findings": work.fixed_findings}), context.catalogue, "pass"
    )


def iter_annex_rows_of_fixed_requirements(context: ReportContext) -> Iterable[tuple[str, ...]]:
    """Yield what was fixed within the month as rows of an annex: what, how severe, where, how, when."""
    words, work = context.words, context.figures.work
    if work is None:
        return
    for requirement in list_requirements_fixed_in_month(context):
        hardened_findings, otherwise = _split_findings_by_fix_by_hardening(work, requirement.findings)
        yield (
            requirement.title.get(context.lang),
            words(f"severity.{requirement.severity.value}"),
            format_sites_failing_requirement(context, requirement),
            "; ".join(
                words(f"official.work.by.{way}") for way in _iter_keys_of_ways_of_fixing(hardened_findings, otherwise)
            ),
            _format_days_of_fixing_hardenings(context, work, hardened_findings) or words("official.work.in_month"),
        )


def _describe_how_many_were_fixed_by_what(
    context: ReportContext, work: MonthWork, fixed_requirements: Sequence[Requirement]
) -> str:
    """Return how many were fixed, how severe they were, and by what."""
    words = context.words
    hardened_findings, otherwise = _split_findings_by_fix_by_hardening(work, work.fixed_findings)
    way_texts = []
    if hardened_findings:
        way_texts.append(
            words(
                "official.work.hardened",
                points=words("official.points_n", n=len(hardened_findings)),
                hosts=words("hosts_n", n=work.hosts),
                days=_format_days_of_fixing_hardenings(context, work, hardened_findings),
            )
        )
    if otherwise:
        way_texts.append(words("official.work.otherwise", points=words("official.points_n", n=len(otherwise))))
    counts = Counter(finding.severity for finding in work.fixed_findings)
    return words(
        "official.work.fixed",
        points=words("official.points_n", n=len(work.fixed_findings)),
        requirements=words("official.requirements_n", n=len(fixed_requirements)),
        severities=", ".join(
            format_finding_count_of_severity(context, severity, counts[severity])
            for severity in SEVERITIES
            if counts[severity]
        ),
        ways="; ".join(way_texts),
    )


def _split_findings_by_fix_by_hardening(
    work: MonthWork, findings: Iterable[Finding]
) -> tuple[list[Finding], list[Finding]]:
    """Return those that a hardening fixed, and the others."""
    hardened_findings: list[Finding] = []
    otherwise: list[Finding] = []
    for finding in findings:
        (otherwise if work.find_start_of_hardening_that_fixed(finding) is None else hardened_findings).append(finding)
    return hardened_findings, otherwise


def _iter_keys_of_ways_of_fixing(
    hardened_findings: Sequence[Finding], otherwise_fixed_findings: Sequence[Finding]
) -> Iterable[str]:
    if hardened_findings:
        yield "hardening"
    if otherwise_fixed_findings:
        yield "other"


def _format_days_of_fixing_hardenings(
    context: ReportContext, work: MonthWork, hardened_findings: Iterable[Finding]
) -> str:
    """Return the days of the hardenings that fixed these."""
    days = {
        clock.parse_iso_moment(when).date()
        for finding in hardened_findings
        if (when := work.find_start_of_hardening_that_fixed(finding))
    }
    return ", ".join(map(context.words.format_date, sorted(days)))
