"""The tables of an official report. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping

from auditor.models import Bucket, Status, WaiverUse
from auditor.report.official.content.context import BLANK, ROMAN, ReportContext
from auditor.report.official.content.form import describe_document_kind, make_document_number_symbol
from auditor.report.official.content.incidents import iter_incident_annex_rows as incident_rows
from auditor.report.official.content.phrases import (
    format_clause_counts_by_result,
    format_clauses_met_by_requirement,
    format_result_of_clause,
    format_site_names_or_count,
    format_sites_failing_requirement,
    format_unit_name,
    get_declared_level_of_site,
)
from auditor.report.official.content.work import iter_annex_rows_of_fixed_requirements
from auditor.report.official.document import COLUMNS, Annex, AnnexKey
from auditor.results.exceptions import format_roles_of_exception
from auditor.results.intrusions import is_intrusion
from auditor.results.office_month import (
    Requirement,
    build_requirements_from_findings_in_buckets,
    group_open_requirements_by_office,
    list_other_exceptions_in_force_with_touched_sites,
    list_waivers_with_touched_sites,
)
from auditor.results.summary import SiteSummary
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import Words

type Rows = Mapping[AnnexKey, tuple[tuple[str, ...], ...]]


def build_annexes(context: ReportContext, labels: Mapping[AnnexKey, str], annex_rows: Rows) -> tuple[Annex, ...]:
    """Return the annexes that have a label."""
    return tuple(_build_annex_with_table(context, labels, key, annex_rows[key]) for key in annex_rows if key in labels)


def assign_annex_labels_in_order(context: ReportContext, annex_rows: Rows) -> Mapping[AnnexKey, str]:
    """Return what the annexes are called, in their order.

    One with nothing in it is left out; the last is always there.
    """
    present = [key for key, cells in annex_rows.items() if cells or key == "clauses"]
    if len(present) == 1:
        return {present[0]: context.words("official.annex.only")}
    return {key: context.words("official.annex", number=number) for number, key in zip(ROMAN, present, strict=False)}


def collect_rows_by_annex(context: ReportContext) -> Rows:
    """Return what stands in which annex, by row."""
    rows_by_key: dict[AnnexKey, Iterable[tuple[str, ...]]] = {
        "units": _iter_site_rows_by_office(context),
        context.open_requirements_annex_key: _iter_requested_work_rows_by_office(context)
        if context.is_letter_to_subordinates
        else _iter_open_requirement_rows(context),
        "waivers": itertools.chain(_iter_waiver_rows(context), _iter_rows_of_other_exceptions_in_force(context)),
        "unsure": _iter_unevaluated_finding_rows(context),
        "done": iter_annex_rows_of_fixed_requirements(context),
        "incidents": incident_rows(context),
        **{key: _anonymize_cells_of_added_rows(context, its) for key, its in context.besides.items()},
        "clauses": _iter_clause_result_rows(context),
    }
    return {key: _prepend_row_numbers(its) for key, its in rows_by_key.items()}


def _anonymize_cells_of_added_rows(
    context: ReportContext, rows: Iterable[tuple[str, ...]]
) -> Iterable[tuple[str, ...]]:
    return (
        tuple(context.replace_addresses_and_host_names(escape_text_to_one_line(cell, 600)) for cell in row)
        for row in rows
    )


def _build_annex_with_table(
    context: ReportContext, labels: Mapping[AnnexKey, str], key: AnnexKey, rows: tuple[tuple[str, ...], ...]
) -> Annex:
    words = context.words
    return Annex(
        key=key,
        label=labels[key],
        title=words(f"official.annex.{key}.title"),
        attached=words(
            "official.annex.attached",
            kind=describe_document_kind(context),
            number=words(
                "official.number.inline",
                blank=BLANK,
                symbol=make_document_number_symbol(context.reporting_unit, context.kind),
            ),
            blank=BLANK,
            unit=context.reporting_unit.name,
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


def _prepend_row_numbers(rows: Iterable[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    return tuple((str(number), *row) for number, row in enumerate(rows, 1))


def _iter_site_rows_by_office(context: ReportContext) -> Iterable[tuple[str, ...]]:
    for unit, sites in context.figures.owners:
        for site in sites:
            yield (format_unit_name(context, unit), *_list_result_cells_of_site(context, site))


def _list_result_cells_of_site(context: ReportContext, site: SiteSummary) -> tuple[str, ...]:
    counts, number = site.counts, context.words.format_number
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
    level = get_declared_level_of_site(context, site.site)
    return (site.domain, "–" if level is None else str(level), *number_cells, context.words(f"standing.{site.posture}"))


def _iter_open_requirement_rows(context: ReportContext) -> Iterable[tuple[str, ...]]:
    words = context.words
    for requirement in (*context.intrusion_requirements, *context.open_requirements_but_intrusions):
        yield (
            requirement.title.get(context.lang),
            words(f"severity.{requirement.severity.value}"),
            format_clauses_met_by_requirement(context, requirement) or "–",
            format_sites_failing_requirement(context, requirement),
            _describe_how_requirement_is_mended(context, requirement),
            _describe_due_day_of_requirement(context, requirement),
        )


def _iter_requested_work_rows_by_office(context: ReportContext) -> Iterable[tuple[str, ...]]:
    words = context.words
    for unit, unit_requirements in group_open_requirements_by_office(context.figures, context.catalogue):
        for requirement in unit_requirements:
            yield (
                format_unit_name(context, unit),
                requirement.title.get(context.lang),
                words(f"severity.{requirement.severity.value}"),
                format_sites_failing_requirement(context, requirement),
                _describe_how_requirement_is_mended(context, requirement),
                _describe_due_day_of_requirement(context, requirement),
            )


def _describe_how_requirement_is_mended(context: ReportContext, requirement: Requirement) -> str:
    if any(map(is_intrusion, requirement.findings)):
        return context.words("official.how.incident")
    return context.words("auto") if requirement.is_automated else context.words("by_hand")


def _describe_due_day_of_requirement(context: ReportContext, requirement: Requirement) -> str:
    """Return the first day that is asked for, and what is late; an intrusion is handled at once."""
    words, deadlines = context.words, context.deadlines
    if any(map(is_intrusion, requirement.findings)):
        return words("official.due.incident")
    day = words.format_date(min(map(deadlines.get_day_report_can_request, requirement.findings)))
    late = deadlines.select_late_findings(requirement.findings)
    if not late:
        return day
    oldest = min(map(deadlines.get_month_first_seen_open, late))
    return words("official.due.late", n=len(late), day=day, month=f"{oldest.month:02}/{oldest.year}")


def _iter_waiver_rows(context: ReportContext) -> Iterable[tuple[str, ...]]:
    words = context.words
    for use, domains in list_waivers_with_touched_sites(context.figures, context.catalogue):
        waiver = use.waiver
        control = context.catalogue.controls_by_id.get(waiver.control)
        yield (
            _anonymize_foreign_text(context, waiver.id),
            control.title.get(context.lang) if control else waiver.control,
            format_site_names_or_count(context, domains),
            _anonymize_foreign_text(context, waiver.reason),
            _get_compensating_measure_while_valid(context, use),
            _anonymize_foreign_text(context, waiver.approver),
            words(f"official.waiver.{use.validity}", day=words.format_date(waiver.expires)),
        )


def _iter_rows_of_other_exceptions_in_force(context: ReportContext) -> Iterable[tuple[str, ...]]:
    """Yield what else the offices decided is all right: waivers have rows of their own, whether or not they hold."""
    words = context.words
    for state, domains in list_other_exceptions_in_force_with_touched_sites(context.figures):
        control = context.catalogue.controls_by_id.get(state.about)
        about = control.title.get(context.lang) if control else _anonymize_foreign_text(context, state.about)
        is_named_otherwise = state.name != state.about
        yield (
            _anonymize_foreign_text(context, state.name) if is_named_otherwise else "–",
            f"{words(f'exceptions.kind.{state.kind}')}: {about}",
            format_site_names_or_count(context, domains) if state.places else words("exceptions.everywhere"),
            _anonymize_foreign_text(context, state.reason) or "–",
            _anonymize_foreign_text(context, state.details.get("compensating", "")) or "–",
            _anonymize_foreign_text(context, format_roles_of_exception(state)),
            words(f"official.waiver.{state.validity}", day=words.format_date(state.last_day))
            if state.last_day is not None
            else words("baseline.no_end"),
        )


def _get_compensating_measure_while_valid(context: ReportContext, use: WaiverUse) -> str:
    """Return the compensating measure, as long as the waiver that counts it as equivalent holds."""
    if use.waiver.compensating is None:
        return context.words("official.waiver.no_measure")
    if use.validity in ("expired", "future"):
        return context.words(f"official.waiver.not_equivalent.{use.validity}")
    return _anonymize_foreign_text(context, use.waiver.compensating)


def _anonymize_foreign_text(context: ReportContext, text: str) -> str:
    """Return what somebody wrote, on one line, without addresses and the names of hosts."""
    return context.replace_addresses_and_host_names(escape_text_to_one_line(text, 300))


def _iter_unevaluated_finding_rows(context: ReportContext) -> Iterable[tuple[str, ...]]:
    words, figures = context.words, context.figures
    unread = {host.host.name for host in figures.summary.unread_hosts}
    for host in figures.summary.unread_hosts:
        names = [site.domain for site in host.host.sites]
        yield (
            words("official.unsure.everything"),
            format_site_names_or_count(context, names) if names else words("official.where.bare_n", n=1),
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
        for requirement in build_requirements_from_findings_in_buckets(read, context.catalogue, bucket):
            yield (requirement.title.get(context.lang), format_sites_failing_requirement(context, requirement), why)


def _iter_clause_result_rows(context: ReportContext) -> Iterable[tuple[str, ...]]:
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
            format_result_of_clause(context, clause_total.clause, clause_total.result),
            format_clause_counts_by_result(
                context, ((clause_total.clause, result, count) for result, count in clause_total.counts.items())
            ),
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
