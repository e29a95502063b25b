"""What was put right within the month, how and when. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from auditor.models import Finding, clock
from auditor.report.official.content.blocks import make_item, make_paragraph
from auditor.report.official.content.context import MAX_NOTABLE, ReportContext
from auditor.report.official.content.phrases import format_places, format_severity_count
from auditor.report.official.document import AnnexKey, TextBlock
from auditor.results.compare import Change
from auditor.results.month_work import MonthWork
from auditor.results.office_month import Requirement, build_requirements
from auditor.results.summary import SEVERITIES

_BESIDE: tuple[Change, ...] = ("regressed", "new", "waived", "unknown", "gone")


def write_month_work(context: ReportContext, labels: Mapping[AnnexKey, str]) -> Iterable[TextBlock]:
    """Yield the work from the month's first run to its last.

    It says how much was open, what was fixed and how, and names the worst of it.
    """
    words, work = context.words, context.figures.work
    if work is None:
        yield make_paragraph(words("official.work.one_run"))
        return
    before, after = work.change.open_before, work.change.open_after
    key = "less" if after < before else "more" if after > before else "same"
    moments = {"first": words.moment(work.started_at), "last": words.moment(context.moments[0])}
    yield make_paragraph(words(f"official.work.span.{key}", **moments, before=before, after=after))
    fixed_requirements = list_fixed(context)
    yield make_paragraph(_how(context, work, fixed_requirements) if fixed_requirements else words("official.work.none"))
    beside = [
        words(f"official.became.{change}", n=work.change.count(change))
        for change in _BESIDE
        if work.change.count(change)
    ]
    if beside:
        yield make_paragraph(words("official.work.beside", parts="; ".join(beside)))
    if fixed_requirements:
        yield make_paragraph(
            words("official.work.notable", n=len(fixed_requirements[:MAX_NOTABLE]), annex=labels["done"])
        )
    for requirement in fixed_requirements[:MAX_NOTABLE]:
        severity = words(f"official.severity.{requirement.severity.value}")
        yield make_item(
            words(
                "official.work.one",
                title=requirement.title.get(context.lang),
                where=format_places(context, requirement),
                severity=severity,
            )
        )


def list_fixed(context: ReportContext) -> tuple[Requirement, ...]:
    """Return what was fixed within the month, the worst first."""
    work = context.figures.work
    if work is None:
        return ()
    return build_requirements(
        context.figures.run.model_copy(update={"findings": work.fixed_findings}), context.catalogue, "pass"
    )


def iter_fixed_rows(context: ReportContext) -> Iterable[tuple[str, ...]]:
    """Yield the same as rows of an annex: what, how severe, where, how, when."""
    words, work = context.words, context.figures.work
    if work is None:
        return
    for requirement in list_fixed(context):
        hardened_findings, otherwise = _split(work, requirement.findings)
        yield (
            requirement.title.get(context.lang),
            words(f"severity.{requirement.severity.value}"),
            format_places(context, requirement),
            "; ".join(words(f"official.work.by.{way}") for way in _ways(hardened_findings, otherwise)),
            _days(context, work, hardened_findings) or words("official.work.in_month"),
        )


def _how(context: ReportContext, work: MonthWork, fixed_requirements: Sequence[Requirement]) -> str:
    """Return how many were fixed, how severe they were, and by what."""
    words = context.words
    hardened_findings, otherwise = _split(work, work.fixed_findings)
    way_texts = []
    if hardened_findings:
        way_texts.append(
            words(
                "official.work.hardened",
                points=words("official.points_n", n=len(hardened_findings)),
                hosts=words("hosts_n", n=work.hosts),
                days=_days(context, work, hardened_findings),
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
            format_severity_count(context, severity, counts[severity]) for severity in SEVERITIES if counts[severity]
        ),
        ways="; ".join(way_texts),
    )


def _split(work: MonthWork, findings: Iterable[Finding]) -> tuple[list[Finding], list[Finding]]:
    """Return those that a hardening fixed, and the others."""
    hardened_findings: list[Finding] = []
    otherwise: list[Finding] = []
    for finding in findings:
        (otherwise if work.find_hardening_start(finding) is None else hardened_findings).append(finding)
    return hardened_findings, otherwise


def _ways(hardened_findings: Sequence[Finding], otherwise: Sequence[Finding]) -> Iterable[str]:
    if hardened_findings:
        yield "hardening"
    if otherwise:
        yield "other"


def _days(context: ReportContext, work: MonthWork, hardened_findings: Iterable[Finding]) -> str:
    """Return the days of the hardenings that fixed these."""
    days = {clock.read(when).date() for finding in hardened_findings if (when := work.find_hardening_start(finding))}
    return ", ".join(map(context.words.day, sorted(days)))
