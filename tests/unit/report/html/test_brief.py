"""What the chair's one page asks for."""

import datetime

from auditor.models import Severity
from auditor.report.html.brief import MAX_DECISIONS, list_decisions
from auditor.results.by_control import list_work
from tests import factory

RUN = factory.run()
WORK = list_work(RUN, factory.catalogue())


def told(items, lapsing=0):
    return [(one.what, one.item.control.id if one.item else one.count) for one in list_decisions(items, RUN, lapsing)]


def test_a_hardening_first_then_the_worst_that_people_do():
    automated = [item for item in WORK if item.is_automated]
    by_hand = [item.control.id for item in WORK if not item.is_automated]
    assert told(WORK) == [("harden", len(automated)), ("assign", by_hand[0]), ("assign", by_hand[1])]
    assert list_decisions(WORK, RUN)[0].urgent == sum(
        i.severity in (Severity.CRITICAL, Severity.HIGH) for i in automated
    )


def test_papers_that_end_have_a_place_among_them():
    assert [what for what, _ in told(WORK, 4)] == ["harden", "assign", "papers"]
    assert told([], 4) == [("papers", 4)]


def test_never_more_than_can_be_decided_and_nothing_when_there_is_nothing():
    by_hand = [item for item in WORK if not item.is_automated]
    assert len(by_hand) > MAX_DECISIONS and len(told(by_hand)) == MAX_DECISIONS
    assert told([]) == []


def test_the_days_are_those_of_the_official_report():
    days = {
        one.item.severity: one.by for one in list_decisions([i for i in WORK if not i.is_automated], RUN) if one.item
    }
    assert days[Severity.CRITICAL] == datetime.date(2026, 12, 7)
    own = RUN.organisation.model_copy(update={"deadline_days": {Severity.CRITICAL: 3}})
    sooner = list_decisions(WORK, RUN.model_copy(update={"organisation": own}))
    assert sooner[0].by == datetime.date(2026, 12, 3)
