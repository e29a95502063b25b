"""Which incidents are of a month, and what they had come to by its end."""

from __future__ import annotations

import datetime

import pytest

from auditor.incidents import monthly
from auditor.models import clock
from auditor.models.incidents import (
    CaseLogEntry,
    ClosedEvent,
    ContainedEvent,
    FindingReference,
    LiftedEvent,
    OpenedEvent,
    ReportedEvent,
)
from auditor.report.official.period import Period
from tests.unit import official

NOVEMBER = Period(2026, 11)
LATER = clock.parse_iso_moment("2027-03-01T00:00:00+07:00")
DOMAINS, HOSTS = frozenset({"antruc.test"}), frozenset({"web1"})


def entry(at: str, deed: object) -> CaseLogEntry:
    return CaseLogEntry.model_validate(
        {"at": f"{at}+07:00", "happened": f"{at}+07:00", "who": "Văn phòng", "deed": deed}
    )


def ledger(
    detected: str = "2026-11-20T08:00:00", *more: CaseLogEntry, subjects: tuple[str, ...] = ("antruc.test", "web1")
):
    first = OpenedEvent(detected=f"{detected}+07:00", subjects=subjects, regime="2026")
    return {"SC-20261120-1": (entry(detected, first), *more)}


def contained(number: int, state: str, means: str = "file") -> ContainedEvent:
    return ContainedEvent(number=number, host="web1", means=means, what="/x", state=state)


FULL = (
    entry("2026-11-20T09:00:00", contained(1, "begun")),
    entry("2026-11-20T09:01:00", contained(1, "confirmed")),
    entry("2026-11-20T09:02:00", contained(2, "confirmed", "key")),
    entry("2026-11-20T09:03:00", contained(3, "unknown", "process")),
    entry("2026-11-20T10:00:00", ReportedEvent(report="now", how="điện thoại")),
    entry("2026-11-25T10:00:00", LiftedEvent(number=2, host="web1", means="key", state="released")),
    entry("2026-12-02T10:00:00", ClosedEvent(cause="mật khẩu lộ")),
)


def test_it_is_told_as_it_stood_at_the_end_of_the_month() -> None:
    (one,) = monthly.summarize_incidents_of_month(ledger("2026-11-20T08:00:00", *FULL), NOVEMBER, DOMAINS, HOSTS, LATER)
    assert (one.contained_count, one.in_force, one.unsettled_count) == (2, 1, 1)
    assert [(sent.report, sent.how) for sent in one.reports] == [("now", "điện thoại")]
    assert (one.closed_at, one.domains, one.hosts) == (None, ("antruc.test",), 1)
    assert "first" in one.overdue
    (closed,) = monthly.summarize_incidents_of_month(
        ledger("2026-11-20T08:00:00", *FULL), Period(2026, 12), DOMAINS, HOSTS, LATER
    )
    assert closed.closed_at == datetime.datetime(2026, 12, 2, 10, tzinfo=clock.ZONE)
    assert (closed.cause, closed.overdue) == ("mật khẩu lộ", ())


@pytest.mark.parametrize(
    ("detected", "subjects", "period"),
    [
        ("2026-12-01T00:00:00", ("antruc.test",), NOVEMBER),
        ("2026-11-20T08:00:00", ("gotre.test",), NOVEMBER),
        ("2026-11-20T08:00:00", ("antruc.test",), Period(2027, 1)),
    ],
)
def test_what_is_of_another_month_or_office_is_not_told(
    detected: str, subjects: tuple[str, ...], period: Period
) -> None:
    closed = entry("2026-12-02T10:00:00", ClosedEvent(cause="mật khẩu lộ"))
    assert (
        monthly.summarize_incidents_of_month(ledger(detected, closed, subjects=subjects), period, DOMAINS, HOSTS, LATER)
        == ()
    )


def test_one_that_was_open_before_and_after_is_of_the_month_between() -> None:
    (one,) = monthly.summarize_incidents_of_month(ledger("2026-09-30T23:59:59"), NOVEMBER, DOMAINS, HOSTS, LATER)
    assert one.closed_at is None


def test_each_of_three_months_tells_one_that_began_before_and_ended_after_as_it_stood_then() -> None:
    entries = (
        entry("2026-10-30T09:00:00", contained(1, "confirmed")),
        entry("2026-10-30T09:01:00", contained(2, "confirmed", "site")),
        entry("2026-10-30T10:00:00", ReportedEvent(report="first", how="1/BC-UBND")),
        entry("2026-11-03T10:00:00", ReportedEvent(report="full", how="2/BC-UBND")),
        entry("2026-11-04T08:00:00", LiftedEvent(number=2, host="web1", means="site", state="released")),
        entry("2026-11-05T10:00:00", contained(3, "confirmed")),
        entry("2026-12-05T10:00:00", ClosedEvent(cause="mật khẩu lộ")),
    )
    log = ledger("2026-10-30T08:00:00", *entries)
    months = [
        monthly.summarize_incidents_of_month(log, Period(2026, month), DOMAINS, HOSTS, LATER)
        for month in (9, 10, 11, 12)
    ] + [monthly.summarize_incidents_of_month(log, Period(2027, 1), DOMAINS, HOSTS, LATER)]
    assert [len(one) for one in months] == [0, 1, 1, 1, 0]
    october, november, december = (one for (one,) in months[1:4])
    assert [(one.contained_count, one.in_force) for one in (october, november, december)] == [(2, 2), (3, 2), (3, 2)]
    assert [[sent.report for sent in one.reports] for one in (october, november, december)] == [
        ["first"], ["first", "full"], ["first", "full"],
    ]  # fmt: skip
    assert [one.overdue for one in (october, november, december)] == [("now",), ("now",), ()]
    assert [one.closed_at is None for one in (october, november, december)] == [True, True, False]
    assert {one.detected_at for one in (october, november, december)} == {
        clock.parse_iso_moment("2026-10-30T08:00:00+07:00")
    }
    told = [
        official.text(official.document("xa-an-truc", "bao-cao", incidents=(one,)))
        for one in (october, november, december)
    ]
    assert "trong đó 0 phát hiện trong kỳ, 0 đã kết thúc, 1 đang xử lý" in told[1]
    assert "trong đó 0 phát hiện trong kỳ, 1 đã kết thúc, 0 đang xử lý" in told[2]
    assert all("phát hiện lúc 30/10/2026" in one.replace("08:00 ngày ", "") for one in told), told[1][-500:]


def test_no_month_denies_one_that_was_detected_in_it_and_written_down_after_it() -> None:
    opening = OpenedEvent(detected="2026-11-30T23:00:00+07:00", subjects=("antruc.test",), regime="2026")
    log = {
        "SC-20261201-1": (
            entry("2026-12-01T08:00:00", opening),
            entry("2026-12-01T09:00:00", contained(1, "confirmed")),
            entry("2026-12-01T10:00:00", ClosedEvent(cause="x")),
        )
    }
    (late,) = monthly.summarize_incidents_of_month(log, NOVEMBER, DOMAINS, HOSTS, LATER)
    assert (late.contained_count, late.closed_at, late.recorded_at) == (
        0,
        None,
        clock.parse_iso_moment("2026-12-01T08:00:00+07:00"),
    )
    said = official.text(official.document("xa-an-truc", "bao-cao", incidents=(late,)))
    assert "1 phát hiện trong kỳ" in said
    assert "sau kỳ báo cáo" in said
    (december,) = monthly.summarize_incidents_of_month(log, Period(2026, 12), DOMAINS, HOSTS, LATER)
    assert (december.contained_count, december.recorded_at) == (1, None)


def test_what_was_done_on_hosts_of_other_offices_is_not_counted_as_ours() -> None:
    elsewhere = contained(2, "confirmed").model_copy(update={"host": "web2", "what": "bennua.test/x.php"})
    log = ledger("2026-11-20T08:00:00", *FULL[:2], entry("2026-11-20T09:05:00", elsewhere))
    (one,) = monthly.summarize_incidents_of_month(log, NOVEMBER, DOMAINS, HOSTS, LATER)
    assert (one.contained_count, one.in_force) == (1, 1)


def test_a_site_that_was_cleaned_within_the_month_is_said_to_have_been_injected_into() -> None:
    found = FindingReference(control="content.injected", subject="antruc.test", run="r1")
    first = OpenedEvent(
        detected="2026-11-20T08:00:00+07:00", subjects=("antruc.test",), findings=(found,), regime="2026"
    )
    (one,) = monthly.summarize_incidents_of_month(
        {"SC-20261120-1": (entry("2026-11-20T08:00:00", first),)}, NOVEMBER, DOMAINS, HOSTS, LATER
    )
    assert one.injected_domains == ("antruc.test",)
