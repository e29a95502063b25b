"""The text of an official report, and of a letter that asks for work, part by part. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count

from auditor.report.official.content import incidents, intrusions, proposals, results, situation, work
from auditor.report.official.content.blocks import (
    make_closing_sentence_block,
    make_heading,
    make_list_item_block,
    make_numbered_part_title_block,
    make_paragraph,
)
from auditor.report.official.content.context import ReportContext
from auditor.report.official.document import AnnexKey, TextBlock


def iter_blocks_of_report_to_superiors(context: ReportContext, labels: Mapping[AnnexKey, str]) -> Iterable[TextBlock]:
    """Yield a report to the offices above, part by part."""
    words = context.words
    yield _make_opening_paragraph(context)
    yield make_numbered_part_title_block(context, 1, words("official.part.situation"))
    yield from map(make_paragraph, situation.iter_sentences_on_audit_coverage(context))
    yield make_numbered_part_title_block(context, 2, words("official.part.results"))
    number = count(1)
    if context.intrusions:
        yield make_heading(context, next(number), words("official.results.intrusions"))
        yield from intrusions.iter_intrusion_detail_blocks(context)
    yield make_heading(context, next(number), words("official.results.overall"))
    yield from map(make_paragraph, results.iter_sentences_on_met_and_open(context, labels))
    yield make_heading(context, next(number), words("official.results.change"))
    yield from work.iter_blocks_on_work_of_month(context, labels)
    yield from map(make_paragraph, results.iter_sentences_on_changes_since_month_before(context))
    yield make_heading(context, next(number), words("official.results.hosts"))
    yield from results.iter_blocks_on_worst_open_requirements(
        context,
        labels,
        [host_requirement for host_requirement in context.open_requirements_but_intrusions if host_requirement.of_host],
        "official.notable.hosts",
    )
    yield make_heading(context, next(number), words("official.results.sites"))
    yield from results.iter_blocks_on_worst_open_requirements(
        context,
        labels,
        [
            site_requirement
            for site_requirement in context.open_requirements_but_intrusions
            if not site_requirement.of_host
        ],
        "official.notable.sites",
    )
    yield make_heading(context, next(number), words("official.results.content"))
    yield from map(make_paragraph, results.iter_sentences_on_site_content_reviews(context))
    yield make_heading(
        context, next(number), words("official.results.sharing", security=context.name_of_security_in_regime)
    )
    yield make_paragraph(
        words("official.sharing.annex", annex=labels["sharing"])
        if "sharing" in labels
        else words("official.no_data.sharing")
    )
    yield make_numbered_part_title_block(context, 3, words("official.part.incidents"))
    yield from incidents.iter_incident_section_blocks(context, labels)
    yield make_numbered_part_title_block(context, 4, words("official.part.shortcomings"))
    yield make_heading(context, 1, words("official.shortcomings"))
    yield from proposals.iter_blocks_on_urgent_findings_by_office(context, labels)
    yield make_heading(context, 2, words("official.causes"))
    yield from map(make_paragraph, proposals.iter_sentences_on_causes_of_open_findings(context))
    yield make_numbered_part_title_block(context, 5, words("official.part.proposals"))
    yield from proposals.write_proposals(context, labels)
    yield make_closing_sentence_block(
        words(
            "official.closing.report",
            security=context.name_of_security_in_regime,
            month=context.month_in_words,
            unit=context.reporting_unit.name,
            above=", ".join(unit.name for unit in context.superior_units),
        )
    )


def _make_opening_paragraph(context: ReportContext) -> TextBlock:
    return make_paragraph(
        context.words(
            "official.opening.request" if context.is_letter_to_subordinates else "official.opening",
            bases=context.words(f"official.bases.{context.regime}"),
            unit=context.reporting_unit.name,
            security=context.name_of_security_in_regime,
            month=context.month_in_words,
        )
    )


def iter_blocks_of_letter_to_subordinates(
    context: ReportContext, labels: Mapping[AnnexKey, str]
) -> Iterable[TextBlock]:
    """Yield a letter that asks offices below for work, part by part."""
    words = context.words
    yield _make_opening_paragraph(context)
    yield make_numbered_part_title_block(context, 1, words("official.request.results"))
    sentences = (
        *situation.iter_sentences_on_audit_coverage(context),
        *intrusions.iter_intrusion_summary_sentences(context),
        *results.iter_sentences_on_met_and_open(context, labels),
    )
    yield from map(make_paragraph, sentences)
    yield from work.iter_blocks_on_work_of_month(context, labels)
    yield from map(make_paragraph, results.iter_sentences_on_changes_since_month_before(context))
    yield make_numbered_part_title_block(context, 2, words("official.request.tasks"))
    yield from proposals.iter_task_blocks_for_site_owners(context, labels)
    yield from proposals.iter_blocks_on_hosts_of_other_offices(context)
    yield make_list_item_block(words("official.request.evidence", force=words(f"official.force.{context.regime}")))
    yield make_numbered_part_title_block(context, 3, words("official.request.report_back"))
    yield make_paragraph(
        words(
            "official.request.report_by",
            unit=context.reporting_unit.name,
            date=context.words.format_date(proposals.get_last_deadline(context)),
        )
    )
    yield make_closing_sentence_block(words("official.closing.request", unit=context.reporting_unit.name))
