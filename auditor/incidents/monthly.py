"""The incidents of an office's month, from the case log as it stood at the end of the month. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence, Set

from auditor.audit.controls import CONTENT
from auditor.incidents.case import IncidentCase, ResponseAction, fold_case
from auditor.models import clock
from auditor.models.incidents import CaseLogEntry, ClosedEvent, ReportedEvent
from auditor.models.response_actions import FOR_GOOD
from auditor.report.official.incidents import IncidentSummary, ReportSent
from auditor.report.official.period import Period


def summarize_incidents_of_month(
    ledgers: Mapping[str, Sequence[CaseLogEntry]],
    period: Period,
    domains: Set[str],
    hosts: Set[str],
    now: datetime.datetime,
) -> tuple[IncidentSummary, ...]:
    """Return the month's open incidents about these sites and hosts, in the order of their detection.

    An incident counts that was open at any time of the month.

    Entries that were written later than the month's end do not count, so that a report of a month stays as it was; but
    that there was an incident counts also where somebody wrote it down later: none of a month may be denied that was
    detected in it.
    """
    return tuple(
        sorted(
            _iter_summaries(ledgers, period, domains, hosts, now),
            key=lambda incident_summary: (incident_summary.detected_at, incident_summary.id),
        )
    )


def _iter_summaries(
    ledgers: Mapping[str, Sequence[CaseLogEntry]],
    period: Period,
    domains: Set[str],
    hosts: Set[str],
    now: datetime.datetime,
) -> Iterator[IncidentSummary]:
    begin = datetime.datetime(period.year, period.month, 1, tzinfo=clock.ZONE)
    end = min(now, datetime.datetime.combine(period.last_day, datetime.time.max, tzinfo=clock.ZONE))
    for incident, entries in ledgers.items():
        until = [entry for entry in entries if clock.parse_iso_moment(entry.at) <= end]
        recorded_at = None if until else clock.parse_iso_moment(entries[0].at)
        case = fold_case(incident, until or entries[:1])
        closed_at = _find_moment_of_closing(case)
        concerned_names = {*case.subjects} & (domains | hosts)
        if concerned_names and case.detected_at <= end and (closed_at is None or closed_at >= begin):
            actions = [
                action for action in case.actions.values() if _is_action_on_office_host_or_site(action, domains, hosts)
            ]
            yield _summarize_case(
                case, concerned_names & domains, len(concerned_names & hosts), actions, recorded_at, end
            )


def _find_moment_of_closing(case: IncidentCase) -> datetime.datetime | None:
    closings = (entry.happened for entry in case.entries if isinstance(entry.deed, ClosedEvent))
    return next(map(clock.parse_iso_moment, closings), None)


def _is_action_on_office_host_or_site(action: ResponseAction, domains: Set[str], hosts: Set[str]) -> bool:
    """Return whether it was done on the office's hosts, or to its sites on hosts of others."""
    return action.host in hosts or action.what.partition("/")[0] in domains


def _summarize_case(
    case: IncidentCase,
    domains: Set[str],
    hosts: int,
    actions: Sequence[ResponseAction],
    recorded_at: datetime.datetime | None,
    month_end: datetime.datetime,
) -> IncidentSummary:
    closed_at = _find_moment_of_closing(case)
    done_actions = [action for action in actions if action.was_done_and_checked]
    sent_reports = (
        ReportSent(entry.deed.report, clock.parse_iso_moment(entry.happened), entry.deed.how)
        for entry in case.entries
        if isinstance(entry.deed, ReportedEvent)
    )
    return IncidentSummary(
        id=case.id,
        domains=tuple(sorted(domains)),
        injected_domains=tuple(
            sorted(
                domains & {finding.subject for finding in case.findings if finding.control.startswith(f"{CONTENT}.")}
            )
        ),
        hosts=hosts,
        detected_at=case.detected_at,
        recorded_at=recorded_at,
        contained_count=len(done_actions),
        unsettled_count=sum(action.state in ("begun", "unknown") and not action.is_lost_by_host for action in actions),
        in_force=sum(
            action.state == "confirmed" and (action.means in FOR_GOOD or action.is_possibly_in_force(month_end))
            for action in done_actions
        ),
        reports=tuple(sent_reports),
        overdue=tuple(due.report for due in case.list_overdue_unsent_reports(month_end)) if closed_at is None else (),
        closed_at=closed_at,
        cause=case.cause or "",
    )
