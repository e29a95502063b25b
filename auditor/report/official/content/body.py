"""The text of an official report, and of a letter that asks for work, part by part. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count

from auditor.report.official.content import incidents, intrusions, proposals, results, situation, work
from auditor.report.official.content.blocks import make_closing, make_heading, make_item, make_paragraph, make_part
from auditor.report.official.content.context import ReportContext
from auditor.report.official.document import AnnexKey, TextBlock


def write_report(context: ReportContext, labels: Mapping[AnnexKey, str]) -> Iterable[TextBlock]:
    """Yield a report to the offices above, part by part."""
    words = context.words
    yield _write_opening(context)
    yield make_part(context, 1, words("official.part.situation"))
    yield from map(make_paragraph, situation.write_situation(context))
    yield make_part(context, 2, words("official.part.results"))
    number = count(1)
    if context.intrusions:
        yield make_heading(context, next(number), words("official.results.intrusions"))
        yield from intrusions.list_details(context)
    yield make_heading(context, next(number), words("official.results.overall"))
    yield from map(make_paragraph, results.write_overall(context, labels))
    yield make_heading(context, next(number), words("official.results.change"))
    yield from work.write_month_work(context, labels)
    yield from map(make_paragraph, results.write_comparison(context))
    yield make_heading(context, next(number), words("official.results.hosts"))
    yield from results.write_notable(
        context,
        labels,
        [host_requirement for host_requirement in context.open if host_requirement.of_host],
        "official.notable.hosts",
    )
    yield make_heading(context, next(number), words("official.results.sites"))
    yield from results.write_notable(
        context,
        labels,
        [site_requirement for site_requirement in context.open if not site_requirement.of_host],
        "official.notable.sites",
    )
    yield make_heading(context, next(number), words("official.results.content"))
    yield from map(make_paragraph, results.write_content(context))
    yield make_heading(context, next(number), words("official.results.sharing", security=context.security))
    yield make_paragraph(
        words("official.sharing.annex", annex=labels["sharing"])
        if "sharing" in labels
        else words("official.no_data.sharing")
    )
    yield make_part(context, 3, words("official.part.incidents"))
    yield from incidents.write_incidents(context, labels)
    yield make_part(context, 4, words("official.part.shortcomings"))
    yield make_heading(context, 1, words("official.shortcomings"))
    yield from proposals.write_shortcomings(context, labels)
    yield make_heading(context, 2, words("official.causes"))
    yield from map(make_paragraph, proposals.write_causes(context))
    yield make_part(context, 5, words("official.part.proposals"))
    yield from proposals.write_proposals(context, labels)
    yield make_closing(
        words(
            "official.closing.report",
            security=context.security,
            month=context.month,
            unit=context.unit.name,
            above=", ".join(unit.name for unit in context.above),
        )
    )


def _write_opening(context: ReportContext) -> TextBlock:
    return make_paragraph(
        context.words(
            "official.opening.request" if context.downward else "official.opening",
            bases=context.words(f"official.bases.{context.regime}"),
            unit=context.unit.name,
            security=context.security,
            month=context.month,
        )
    )


def write_request(context: ReportContext, labels: Mapping[AnnexKey, str]) -> Iterable[TextBlock]:
    """Yield a letter that asks offices below for work, part by part."""
    words = context.words
    yield _write_opening(context)
    yield make_part(context, 1, words("official.request.results"))
    sentences = (
        *situation.write_situation(context),
        *intrusions.summarize_intrusions(context),
        *results.write_overall(context, labels),
    )
    yield from map(make_paragraph, sentences)
    yield from work.write_month_work(context, labels)
    yield from map(make_paragraph, results.write_comparison(context))
    yield make_part(context, 2, words("official.request.tasks"))
    yield from proposals.write_tasks(context, labels)
    yield from proposals.write_shared_hosts(context)
    yield make_item(words("official.request.evidence", force=words(f"official.force.{context.regime}")))
    yield make_part(context, 3, words("official.request.report_back"))
    yield make_paragraph(
        words(
            "official.request.report_by",
            unit=context.unit.name,
            date=context.words.day(proposals.get_last_deadline(context)),
        )
    )
    yield make_closing(words("official.closing.request", unit=context.unit.name))
