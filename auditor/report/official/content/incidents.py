"""The incidents of the month, from the case log. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from auditor.models import clock
from auditor.report.official.content.blocks import make_list_item_block, make_paragraph
from auditor.report.official.content.context import ReportContext
from auditor.report.official.document import AnnexKey, TextBlock
from auditor.report.official.incidents import IncidentSummary
from auditor.text.sanitize import escape_text_to_one_line


def iter_incident_section_blocks(context: ReportContext, labels: Mapping[AnnexKey, str]) -> Iterable[TextBlock]:
    """Say how many incidents there were, and of each what was done and reported.

    That there was none only where the case log has none.
    """
    words, month_incidents = context.words, context.incidents
    if not month_incidents:
        yield make_paragraph(words("official.incidents.none"))
        return
    began = sum(
        (begun_incident.detected_at.year, begun_incident.detected_at.month)
        == (context.period.year, context.period.month)
        for begun_incident in month_incidents
    )
    closed_count = sum(closed_incident.closed_at is not None for closed_incident in month_incidents)
    numbers = {
        "count": len(month_incidents),
        "began": began,
        "closed": closed_count,
        "open": len(month_incidents) - closed_count,
    }
    yield make_paragraph(words("official.incidents.some", **numbers, annex=labels["incidents"]))
    for incident in month_incidents:
        where, _, containment_text, reports, state = list_annex_cells_of_incident(context, incident)[1:]
        detection_text = words("official.incidents.detected", moment=_describe_detection_moment(context, incident))
        yield make_list_item_block(f"{incident.id} ({where}): {detection_text}; {containment_text}; {reports}; {state}")


def iter_incident_annex_rows(context: ReportContext) -> Iterable[tuple[str, ...]]:
    """Yield the rows of the annex."""
    return (list_annex_cells_of_incident(context, incident) for incident in context.incidents)


def list_annex_cells_of_incident(context: ReportContext, incident: IncidentSummary) -> tuple[str, ...]:
    """Return an incident's cells: number, place, detection, containment, reports sent, state."""
    return (
        incident.id,
        _describe_places_of_incident(context, incident),
        _describe_detection_moment(context, incident),
        _describe_containment_of_incident(context, incident),
        _describe_reports_sent_of_incident(context, incident),
        _describe_state_of_incident(context, incident),
    )


def _describe_detection_moment(context: ReportContext, incident: IncidentSummary) -> str:
    detection_time = context.words.format_iso_moment(clock.format_iso_moment(incident.detected_at))
    if incident.recorded_at is None:
        return detection_time
    return context.words(
        "official.incidents.recorded",
        detected=detection_time,
        moment=context.words.format_iso_moment(clock.format_iso_moment(incident.recorded_at)),
    )


def _describe_places_of_incident(context: ReportContext, incident: IncidentSummary) -> str:
    hosts = (context.words("hosts_n", n=incident.hosts),) if incident.hosts else ()
    return ", ".join((*incident.domains, *hosts))


def _describe_containment_of_incident(context: ReportContext, incident: IncidentSummary) -> str:
    words = context.words
    sentences = [words("official.incidents.contained", count=incident.contained_count, in_force=incident.in_force)]
    if incident.unsettled_count:
        sentences.append(words("official.incidents.unsettled", count=incident.unsettled_count))
    return "; ".join(sentences)


def _describe_reports_sent_of_incident(context: ReportContext, incident: IncidentSummary) -> str:
    words = context.words
    sentences = [
        words(
            "official.incidents.sent",
            report=words(f"official.incidents.report.{sent_report.report}"),
            how=context.replace_addresses_and_host_names(escape_text_to_one_line(sent_report.how, 200)),
            moment=words.format_iso_moment(clock.format_iso_moment(sent_report.when)),
        )
        for sent_report in incident.reports
    ]
    sentences += [
        words("official.incidents.overdue", report=words(f"official.incidents.report.{report}"))
        for report in incident.overdue
    ]
    return "; ".join(sentences) or words("official.incidents.unreported")


def _describe_state_of_incident(context: ReportContext, incident: IncidentSummary) -> str:
    if incident.closed_at is None:
        return context.words("official.incidents.open")
    cause = context.replace_addresses_and_host_names(escape_text_to_one_line(incident.cause, 300)).rstrip(". ")
    return context.words(
        "official.incidents.closed",
        moment=context.words.format_iso_moment(clock.format_iso_moment(incident.closed_at)),
        cause=cause,
    )
