"""The incidents of the month, from the case log. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from auditor.models import clock
from auditor.report.official.content.blocks import make_item, make_paragraph
from auditor.report.official.content.context import ReportContext
from auditor.report.official.document import AnnexKey, TextBlock
from auditor.report.official.incidents import IncidentSummary
from auditor.text.sanitize import make_one_line


def write_incidents(context: ReportContext, labels: Mapping[AnnexKey, str]) -> Iterable[TextBlock]:
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
        where, _, containment_text, reports, state = row(context, incident)[1:]
        detection_text = words("official.incidents.detected", moment=_moment(context, incident))
        yield make_item(f"{incident.id} ({where}): {detection_text}; {containment_text}; {reports}; {state}")


def rows(context: ReportContext) -> Iterable[tuple[str, ...]]:
    """Yield the rows of the annex."""
    return (row(context, incident) for incident in context.incidents)


def row(context: ReportContext, incident: IncidentSummary) -> tuple[str, ...]:
    """Return an incident's cells: number, place, detection, containment, reports sent, state."""
    return (
        incident.id,
        _where(context, incident),
        _moment(context, incident),
        _describe_containment(context, incident),
        _reports(context, incident),
        _state(context, incident),
    )


def _moment(context: ReportContext, incident: IncidentSummary) -> str:
    detection_time = context.words.moment(clock.format_stamp(incident.detected_at))
    if incident.recorded_at is None:
        return detection_time
    return context.words(
        "official.incidents.recorded",
        detected=detection_time,
        moment=context.words.moment(clock.format_stamp(incident.recorded_at)),
    )


def _where(context: ReportContext, incident: IncidentSummary) -> str:
    hosts = (context.words("hosts_n", n=incident.hosts),) if incident.hosts else ()
    return ", ".join((*incident.domains, *hosts))


def _describe_containment(context: ReportContext, incident: IncidentSummary) -> str:
    words = context.words
    sentences = [words("official.incidents.contained", count=incident.contained_count, in_force=incident.in_force)]
    if incident.unsettled_count:
        sentences.append(words("official.incidents.unsettled", count=incident.unsettled_count))
    return "; ".join(sentences)


def _reports(context: ReportContext, incident: IncidentSummary) -> str:
    words = context.words
    sentences = [
        words(
            "official.incidents.sent",
            report=words(f"official.incidents.report.{sent_report.report}"),
            how=context.anonymize(make_one_line(sent_report.how, 200)),
            moment=words.moment(clock.format_stamp(sent_report.when)),
        )
        for sent_report in incident.reports
    ]
    sentences += [
        words("official.incidents.overdue", report=words(f"official.incidents.report.{report}"))
        for report in incident.overdue
    ]
    return "; ".join(sentences) or words("official.incidents.unreported")


def _state(context: ReportContext, incident: IncidentSummary) -> str:
    if incident.closed_at is None:
        return context.words("official.incidents.open")
    cause = context.anonymize(make_one_line(incident.cause, 300)).rstrip(". ")
    return context.words(
        "official.incidents.closed", moment=context.words.moment(clock.format_stamp(incident.closed_at)), cause=cause
    )
