"""An incident is detected when what it is about was first seen."""

from __future__ import annotations

import pytest

from auditor.incidents.detection import find_first_detection
from auditor.models import Finding, Run, Severity, Status, Subject, clock
from auditor.models.hunts import HuntSummary
from tests import factory

SHELL = "compromise.shell"
OLD, NEW = "a" * 16, "b" * 16


def finding(status: Status = Status.FAIL, *keys: str) -> Finding:
    members = tuple({"key": key, "where": "x.php"} for key in keys)
    subject = Subject(kind="host", id="web1")
    return Finding(
        control=SHELL, subject=subject, host="web1", status=status, severity=Severity.CRITICAL, violations=members
    )


def run(day: int, *findings: Finding, hunted: str = "") -> Run:
    made = factory.run(started=f"2026-11-{day:02}T09:00:00+07:00", run_id=f"run-{day}")
    hunts = (
        HuntSummary(host="web1", hunt="h", started=hunted, age_days=0, warm=False, seen=1, known=0, judged=1, unjudged=0, left=0, cut_short=False),
    )  # fmt: skip
    return made.model_copy(update={"findings": findings, "hunts": hunts if hunted else ()})


NOW = finding(Status.FAIL, NEW)


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([run(20, NOW), run(18, NOW), run(10, finding(Status.PASS))], "2026-11-18T09:00:00+07:00"),
        ([run(20, NOW), run(18), run(16, NOW)], "2026-11-16T09:00:00+07:00"),
        ([run(20, NOW), run(18, finding(Status.NOT_EVALUATED)), run(16, NOW)], "2026-11-16T09:00:00+07:00"),
        ([run(20, NOW), run(18, finding(Status.FAIL, OLD)), run(16, NOW)], "2026-11-20T09:00:00+07:00"),
        ([run(20, NOW, hunted="2026-11-19T22:00:00+07:00")], "2026-11-19T22:00:00+07:00"),
    ],
    ids=[
        "clean before",
        "another host audited between",
        "not asked between",
        "another trace before",
        "the hunt's own moment",
    ],
)
def test_it_goes_back_to_the_first_run_that_saw_it(runs: list[Run], expected: str) -> None:
    assert find_first_detection([NOW], runs) == clock.parse_iso_moment(expected)


def test_without_a_run_that_has_it_nothing_is_known() -> None:
    assert find_first_detection([NOW], [run(20, finding(Status.PASS))]) is None


def test_of_several_findings_the_earliest_counts() -> None:
    other = NOW.model_copy(update={"control": "compromise.way_in"}) if hasattr(NOW, "model_copy") else NOW
    runs = [run(20, NOW, other), run(15, other), run(14)]
    assert find_first_detection([NOW, other], runs) == clock.parse_iso_moment("2026-11-15T09:00:00+07:00")
