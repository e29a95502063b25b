"""One page for the chair of an office: what to decide, and by when. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from auditor.models import Run, Severity, clock
from auditor.models.incidents import OpenIncident
from auditor.report.official.deadlines import USUAL_DAYS, Deadlines
from auditor.report.official.period import Period
from auditor.results.by_control import WorkItem
from auditor.results.intrusions import Intrusion
from auditor.results.summary import URGENT

MAX_DECISIONS = 3
"""So many decisions are asked for; whoever is asked for more decides nothing."""


@dataclass(frozen=True, slots=True)
class OfficeDecision:
    """Something that an office decides."""

    what: Literal["respond", "conclude", "harden", "assign", "papers"]
    """To answer an intrusion, to see an open incident to its end, to let the software harden, to give work to somebody,
    to renew papers.
    """
    count: int
    """Sites and hosts with an intrusion, incidents, requirements that a hardening mends, papers that end.

    Of work to give, 1.
    """
    urgent: int
    """How many of those requirements are critical or high."""
    item: WorkItem | None
    """The work to give."""
    by: datetime.date
    names: tuple[str, ...] = ()
    """Of those sites and hosts, or the incidents' numbers."""


def list_decisions(
    work: Sequence[WorkItem],
    run: Run,
    expiring_count: int = 0,
    intrusions: Sequence[Intrusion] = (),
    incidents: Sequence[OpenIncident] = (),
) -> tuple[OfficeDecision, ...]:
    """Return the first things to decide: intrusions, open incidents, then this work, which comes worst first.

    ``expiring_count`` papers end or have ended.
    """
    return tuple(
        islice(
            (
                *_iter_incident_decisions(run, intrusions, incidents),
                *_iter_work_decisions(work, _build_deadlines(run), expiring_count),
            ),
            MAX_DECISIONS,
        )
    )


def _iter_incident_decisions(
    run: Run, intrusions: Sequence[Intrusion], incidents: Sequence[OpenIncident]
) -> Iterator[OfficeDecision]:
    today = clock.convert_moment_to_vietnam_day(run.started_at)
    if intrusions:
        names = tuple(dict.fromkeys(intrusion.subject.id for intrusion in intrusions))
        yield OfficeDecision("respond", len(names), len(names), None, today, names)
    elif incidents:
        names = tuple(incident.id for incident in incidents)
        yield OfficeDecision("conclude", len(names), len(names), None, today, names)


def _iter_work_decisions(
    work: Iterable[WorkItem], deadlines: Deadlines, expiring_count: int
) -> Iterator[OfficeDecision]:
    automated_items = [item for item in work if item.is_automated]
    if automated_items:
        urgent = sum(item.severity in URGENT for item in automated_items)
        yield OfficeDecision(
            "harden",
            len(automated_items),
            urgent,
            None,
            deadlines.get_earliest_deadline_for_severity(automated_items[0].severity),
        )
    by_hand = [item for item in work if not item.is_automated]
    for item in by_hand[: MAX_DECISIONS - 1 - bool(expiring_count)] if automated_items or expiring_count else by_hand:
        yield OfficeDecision(
            "assign", 1, item.severity in URGENT, item, deadlines.get_earliest_deadline_for_severity(item.severity)
        )
    if expiring_count:
        yield OfficeDecision(
            "papers", expiring_count, 0, None, deadlines.get_earliest_deadline_for_severity(Severity.HIGH)
        )


def _build_deadlines(run: Run) -> Deadlines:
    """Return the days by which the office's official report of that month asks for what it sees for the first time."""
    days = run.organisation.deadline_days if run.organisation else {}
    today = clock.convert_moment_to_vietnam_day(run.started_at)
    return Deadlines(
        period=Period.from_moment(run.started), days={**USUAL_DAYS, **days}, since={}, read_on=today, written_on=today
    )
