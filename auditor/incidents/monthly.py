"""The incidents of an office's month, from the case log as it stood at the end of the month. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence, Set

from auditor.audit.controls import CONTENT
from auditor.incidents.case import Action, Case, fold
from auditor.models import clock
from auditor.models.incidents import Closed, Entry, Reported
from auditor.models.ranks import FOR_GOOD
from auditor.report.official.incidents import IncidentSummary, ReportSent
from auditor.report.official.period import Period


def summarize(
    ledgers: Mapping[str, Sequence[Entry]], period: Period, domains: Set[str], hosts: Set[str], now: datetime.datetime
) -> tuple[IncidentSummary, ...]:
    """Return the incidents about these sites and hosts that were open at any time of the month, in the order of their detection.

    Entries that were written later than the month's end do not count, so that a report of a month stays as it was; but that there was an incident
    counts also where somebody wrote it down later: none of a month may be denied that was detected in it.
    """
    return tuple(sorted(_found(ledgers, period, domains, hosts, now), key=lambda one: (one.detected, one.id)))


def _found(
    ledgers: Mapping[str, Sequence[Entry]], period: Period, domains: Set[str], hosts: Set[str], now: datetime.datetime
) -> Iterator[IncidentSummary]:
    begin = datetime.datetime(period.year, period.month, 1, tzinfo=clock.ZONE)
    end = min(now, datetime.datetime.combine(period.last_day, datetime.time.max, tzinfo=clock.ZONE))
    for incident, entries in ledgers.items():
        until = [entry for entry in entries if clock.read(entry.at) <= end]
        recorded = None if until else clock.read(entries[0].at)
        case = fold(incident, until or entries[:1])
        closed = next((clock.read(entry.happened) for entry in case.entries if isinstance(entry.deed, Closed)), None)
        concerned = {*case.subjects} & (domains | hosts)
        if concerned and case.detected <= end and (closed is None or closed >= begin):
            actions = [one for one in case.actions.values() if _of(one, domains, hosts)]
            yield _summary(case, concerned & domains, len(concerned & hosts), actions, closed, recorded, end)


def _of(one: Action, domains: Set[str], hosts: Set[str]) -> bool:
    """Whether it was done on the office's hosts, or to its sites on hosts of others."""
    return one.host in hosts or one.what.partition("/")[0] in domains


def _summary(
    case: Case,
    domains: Set[str],
    hosts: int,
    actions: Sequence[Action],
    closed: datetime.datetime | None,
    recorded: datetime.datetime | None,
    end: datetime.datetime,
) -> IncidentSummary:
    confirmed = [one for one in actions if one.done]
    sent = (
        ReportSent(entry.deed.report, clock.read(entry.happened), entry.deed.how)
        for entry in case.entries
        if isinstance(entry.deed, Reported)
    )
    return IncidentSummary(
        id=case.id,
        domains=tuple(sorted(domains)),
        injected=tuple(
            sorted(domains & {one.subject for one in case.findings if one.control.startswith(f"{CONTENT}.")})
        ),
        hosts=hosts,
        detected=case.detected,
        recorded=recorded,
        contained=len(confirmed),
        unsettled=sum(one.state in ("begun", "unknown") and not one.lost for one in actions),
        in_force=sum(one.state == "confirmed" and (one.means in FOR_GOOD or one.open(end)) for one in confirmed),
        reports=tuple(sent),
        overdue=tuple(due.report for due in case.overdue(end)) if closed is None else (),
        closed=closed,
        cause=case.cause or "",
    )
