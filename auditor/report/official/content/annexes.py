"""The tables of an official report. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from auditor.models import Bucket, Status, WaiverUse
from auditor.report.official.content.context import BLANK, ROMAN, ReportContext
from auditor.report.official.content.form import describe_kind, symbol
from auditor.report.official.content.incidents import rows as incident_rows
from auditor.report.official.content.phrases import (
    format_clauses,
    format_places,
    format_result,
    format_site_names,
    format_unit_name,
    level_of,
    tally,
)
from auditor.report.official.content.work import iter_fixed_rows
from auditor.report.official.document import COLUMNS, Annex, AnnexKey
from auditor.results.intrusions import is_intrusion
from auditor.results.office_month import Requirement, build_requirements, group_by_office, list_waivers
from auditor.results.summary import SiteSummary
from auditor.text.sanitize import make_one_line
from auditor.text.translations import Words

type Rows = Mapping[AnnexKey, tuple[tuple[str, ...], ...]]


def build_annexes(context: ReportContext, labels: Mapping[AnnexKey, str], rows: Rows) -> tuple[Annex, ...]:
    """Return the annexes that have a label."""
    return tuple(_annex(context, labels, key, rows[key]) for key in rows if key in labels)


def assign_labels(context: ReportContext, rows: Rows) -> Mapping[AnnexKey, str]:
    """Return what the annexes are called, in their order.

    One with nothing in it is left out; the last is always there.
    """
    present = [key for key, cells in rows.items() if cells or key == "clauses"]
    if len(present) == 1:
        return {present[0]: context.words("official.annex.only")}
    return {key: context.words("official.annex", number=number) for number, key in zip(ROMAN, present, strict=False)}


def collect_rows(context: ReportContext) -> Rows:
    """Return what stands in which annex, by row."""
    rows_by_key: dict[AnnexKey, Iterable[tuple[str, ...]]] = {
        "units": _unit_rows(context),
        context.list_of_open: _asked_rows(context) if context.downward else _open_rows(context),
        "waivers": _waiver_rows(context),
        "unsure": _unsure_rows(context),
        "done": iter_fixed_rows(context),
        "incidents": incident_rows(context),
        **{key: _besides(context, its) for key, its in context.besides.items()},
        "clauses": _clause_rows(context),
    }
    return {key: _number_rows(its) for key, its in rows_by_key.items()}


def _besides(context: ReportContext, rows: Iterable[tuple[str, ...]]) -> Iterable[tuple[str, ...]]:
    return (tuple(context.anonymize(make_one_line(cell, 600)) for cell in row) for row in rows)


def _annex(
    context: ReportContext, labels: Mapping[AnnexKey, str], key: AnnexKey, rows: tuple[tuple[str, ...], ...]
) -> Annex:
    words = context.words
    return Annex(
        key=key,
        label=labels[key],
        title=words(f"official.annex.{key}.title"),
        attached=words(
            "official.annex.attached",
            kind=describe_kind(context),
            number=words("official.number.inline", blank=BLANK, symbol=symbol(context.unit, context.kind)),
            blank=BLANK,
            unit=context.unit.name,
        ),
        note=words(f"official.annex.{key}.note", merged=words(f"official.clauses.merged.{context.regime}"))
        if rows
        else words("official.annex.empty"),
        columns=tuple(_get_column_heading(words, key, column.key) for column in COLUMNS[key]),
        rows=rows,
    )


def _get_column_heading(words: Words, key: AnnexKey, column: str) -> str:
    if key == "sharing":
        return words(f"sharing.column.{column}")
    return words(f"official.answers.{column}") if key == "answers" else words(f"official.column.{column}")


def _number_rows(rows: Iterable[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    return tuple((str(number), *row) for number, row in enumerate(rows, 1))


def _unit_rows(context: ReportContext) -> Iterable[tuple[str, ...]]:
    for unit, sites in context.figures.owners:
        for site in sites:
            yield (format_unit_name(context, unit), *_site_cells(context, site))


def _site_cells(context: ReportContext, site: SiteSummary) -> tuple[str, ...]:
    counts, number = site.counts, context.words.number
    figures = (
        counts.status[Status.PASS],
        sum(finding.bucket == "partial" for finding in site.findings),
        sum(finding.bucket == "fail" for finding in site.findings),
        counts.urgent,
        counts.not_evaluated + counts.unanswered,
    )
    number_cells = (
        tuple(number(figure) for figure in figures)
        if site.host.is_reached
        else ("–", "–", "–", "–", number(figures[-1]))
    )
    level = level_of(context, site.site)
    return (site.domain, "–" if level is None else str(level), *number_cells, context.words(f"standing.{site.posture}"))


def _open_rows(context: ReportContext) -> Iterable[tuple[str, ...]]:
    words = context.words
    for requirement in (*context.intrusion_requirements, *context.open):
        yield (
            requirement.title.get(context.lang),
            words(f"severity.{requirement.severity.value}"),
            format_clauses(context, requirement) or "–",
            format_places(context, requirement),
            _how(context, requirement),
            _due(context, requirement),
        )


def _asked_rows(context: ReportContext) -> Iterable[tuple[str, ...]]:
    words = context.words
    for unit, unit_requirements in group_by_office(context.figures, context.catalogue):
        for requirement in unit_requirements:
            yield (
                format_unit_name(context, unit),
                requirement.title.get(context.lang),
                words(f"severity.{requirement.severity.value}"),
                format_places(context, requirement),
                _how(context, requirement),
                _due(context, requirement),
            )


def _how(context: ReportContext, requirement: Requirement) -> str:
    if any(map(is_intrusion, requirement.findings)):
        return context.words("official.how.incident")
    return context.words("auto") if requirement.is_automated else context.words("by_hand")


def _due(context: ReportContext, requirement: Requirement) -> str:
    """Return the first day that is asked for, and what is late; an intrusion is handled at once."""
    words, deadlines = context.words, context.deadlines
    if any(map(is_intrusion, requirement.findings)):
        return words("official.due.incident")
    day = words.day(min(map(deadlines.get_requested_day, requirement.findings)))
    late = deadlines.list_late(requirement.findings)
    if not late:
        return day
    oldest = min(map(deadlines.get_first_month, late))
    return words("official.due.late", n=len(late), day=day, month=f"{oldest.month:02}/{oldest.year}")


def _waiver_rows(context: ReportContext) -> Iterable[tuple[str, ...]]:
    words = context.words
    for use, domains in list_waivers(context.figures, context.catalogue):
        waiver = use.waiver
        control = context.catalogue.by_id.get(waiver.control)
        yield (
            _anonymize(context, waiver.id),
            control.title.get(context.lang) if control else waiver.control,
            format_site_names(context, domains),
            _anonymize(context, waiver.reason),
            _measure(context, use),
            _anonymize(context, waiver.approver),
            words(f"official.waiver.{use.validity}", day=words.day(waiver.expires)),
        )


def _measure(context: ReportContext, use: WaiverUse) -> str:
    """Return the compensating measure, as long as the waiver that counts it as equivalent holds."""
    if use.waiver.compensating is None:
        return context.words("official.waiver.no_measure")
    if use.validity in ("expired", "future"):
        return context.words(f"official.waiver.not_equivalent.{use.validity}")
    return _anonymize(context, use.waiver.compensating)


def _anonymize(context: ReportContext, text: str) -> str:
    """Return what somebody wrote, on one line, without addresses and the names of hosts."""
    return context.anonymize(make_one_line(text, 300))


def _unsure_rows(context: ReportContext) -> Iterable[tuple[str, ...]]:
    words, figures = context.words, context.figures
    unread = {host.host.name for host in figures.summary.unread}
    for host in figures.summary.unread:
        names = [site.domain for site in host.host.sites]
        yield (
            words("official.unsure.everything"),
            format_site_names(context, names) if names else words("official.where.bare_n", n=1),
            words("official.unsure.unread"),
        )
    read = figures.run.model_copy(
        update={"findings": tuple(finding for finding in figures.findings if finding.host not in unread)}
    )
    whys: tuple[tuple[Bucket, str], ...] = (
        ("not_evaluated", words("official.unsure.not_evaluated")),
        ("manual", words("official.unsure.manual")),
    )
    for bucket, why in whys:
        for requirement in build_requirements(read, context.catalogue, bucket):
            yield (requirement.title.get(context.lang), format_places(context, requirement), why)


def _clause_rows(context: ReportContext) -> Iterable[tuple[str, ...]]:
    words = context.words
    outside = [
        outside_total.clause.number
        for outside_total in context.clause_totals
        if outside_total.clause.status == "not_covered"
    ]
    for clause_total in context.clause_totals:
        if clause_total.clause.status == "not_covered":
            continue
        yield (
            clause_total.clause.number,
            clause_total.clause.text.get(context.lang),
            words(f"coverage.{clause_total.clause.status}"),
            format_result(context, clause_total.clause, clause_total.result),
            tally(context, ((clause_total.clause, result, count) for result, count in clause_total.counts.items())),
        )
    if outside:
        coverage_text = words("coverage.not_covered")
        yield (
            "–",
            words("official.clauses.outside", n=len(outside), numbers="; ".join(outside)),
            coverage_text,
            coverage_text,
            "–",
        )
