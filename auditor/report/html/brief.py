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

MOST = 3
"""So many decisions are asked for; whoever is asked for more decides nothing."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Something that an office decides."""

    what: Literal["respond", "conclude", "harden", "assign", "papers"]
    """To answer an intrusion, to see an open incident to its end, to let the software harden, to give work to somebody, to renew papers."""
    count: int
    """Sites and hosts with an intrusion, incidents, requirements that a hardening mends, papers that end; of work to give, 1."""
    urgent: int
    """How many of those requirements are critical or high."""
    item: WorkItem | None
    """The work to give."""
    by: datetime.date
    names: tuple[str, ...] = ()
    """Of those sites and hosts, or the incidents' numbers."""


def decisions(
    work: Sequence[WorkItem],
    run: Run,
    lapsing: int = 0,
    intrusions: Sequence[Intrusion] = (),
    incidents: Sequence[OpenIncident] = (),
) -> tuple[Decision, ...]:
    """The first things to decide: intrusions, open incidents, then this work, which comes worst first. ``lapsing`` papers end or have ended."""
    return tuple(islice((*_incidents(run, intrusions, incidents), *_all(work, _within(run), lapsing)), MOST))


def _incidents(run: Run, intrusions: Sequence[Intrusion], incidents: Sequence[OpenIncident]) -> Iterator[Decision]:
    today = clock.day(run.began)
    if intrusions:
        names = tuple(dict.fromkeys(one.subject.id for one in intrusions))
        yield Decision("respond", len(names), len(names), None, today, names)
    elif incidents:
        names = tuple(one.id for one in incidents)
        yield Decision("conclude", len(names), len(names), None, today, names)


def _all(work: Iterable[WorkItem], deadlines: Deadlines, lapsing: int) -> Iterator[Decision]:
    automated = [item for item in work if item.automated]
    if automated:
        urgent = sum(item.severity in URGENT for item in automated)
        yield Decision("harden", len(automated), urgent, None, deadlines.within(automated[0].severity))
    by_hand = [item for item in work if not item.automated]
    for item in by_hand[: MOST - 1 - bool(lapsing)] if automated or lapsing else by_hand:
        yield Decision("assign", 1, item.severity in URGENT, item, deadlines.within(item.severity))
    if lapsing:
        yield Decision("papers", lapsing, 0, None, deadlines.within(Severity.HIGH))


def _within(run: Run) -> Deadlines:
    """The days by which the office's official report of that month asks for what it sees for the first time."""
    days = run.organisation.deadline_days if run.organisation else {}
    today = clock.day(run.began)
    return Deadlines(period=Period.of(run.started), days={**USUAL_DAYS, **days}, since={}, read=today, written=today)
