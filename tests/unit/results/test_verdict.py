"""What makes a run fail: alone, and measured by a baseline."""

from __future__ import annotations

import dataclasses
import datetime

import pytest

from auditor.audit import controls
from auditor.models import AppliedWaiver, Finding, Run, Severity, Status, Subject
from auditor.results.verdict import Baseline, build_baseline, judge_run_for_exit_code
from tests import factory

CATALOGUE = controls.load_catalogue()
WEB1 = Subject(kind="host", id="web1")
WEB2 = Subject(kind="host", id="web2")


def finding(
    status: str, severity: str = "high", control: str = "ssh.x", subject: Subject = WEB1, waived: bool = False
) -> Finding:
    day = datetime.date(2026, 12, 1)
    waiver = AppliedWaiver(
        id="1/QĐ", reason="x", approver="Chủ tịch", granted=day, expires=day, days_left=8, validity="expiring",
        compensating=None,
    )  # fmt: skip
    return Finding(
        control=control, subject=subject, host=subject.id, status=Status(status), severity=Severity(severity),
        waiver=waiver if waived else None,
    )  # fmt: skip


def run_of(*findings: Finding) -> Run:
    return factory.run().model_copy(update={"findings": findings})


def told(before: Finding | None, now: Finding, fail_on: str = "high") -> tuple[int, list[str]]:
    baseline = Baseline(name="before", findings=(before,) if before else ())
    verdict = judge_run_for_exit_code(run_of(now), CATALOGUE, Severity(fail_on), baseline)
    return verdict.code, [cause.why for cause in verdict.causes]


@pytest.mark.parametrize(
    ("before", "now", "code", "why"),
    [
        ("pass", "pass", 0, []),
        ("pass", "partial", 1, ["regressed"]),
        ("pass", "fail", 1, ["regressed"]),
        ("pass", "not_evaluated", 3, []),
        ("pass", "not_applicable", 0, []),
        ("partial", "partial", 0, []),
        ("partial", "fail", 0, []),
        ("fail", "partial", 0, []),
        ("fail", "fail", 0, []),
        ("fail", "pass", 0, []),
        ("fail", "not_evaluated", 3, []),
        ("fail", "not_applicable", 0, []),
        ("not_evaluated", "fail", 1, ["new"]),
        ("not_evaluated", "partial", 1, ["new"]),
        ("not_evaluated", "pass", 0, []),
        ("not_evaluated", "not_evaluated", 3, []),
        ("not_applicable", "fail", 1, ["new"]),
        ("manual", "fail", 1, ["new"]),
        ("manual", "manual", 0, []),
        (None, "fail", 1, ["new"]),
        (None, "partial", 1, ["new"]),
        (None, "pass", 0, []),
        (None, "manual", 0, []),
        (None, "not_evaluated", 3, []),
    ],
)
def test_the_truth_table(before: str | None, now: str, code: int, why: list[str]) -> None:
    assert told(finding(before) if before else None, finding(now)) == (code, why)


@pytest.mark.parametrize("fail_on", ["low", "medium", "high", "critical"])
@pytest.mark.parametrize("severity", ["low", "medium", "high", "critical"])
def test_new_ones_count_from_fail_on_and_regressions_always(severity: str, fail_on: str) -> None:
    grave = Severity(severity).rank >= Severity(fail_on).rank
    assert told(None, finding("fail", severity), fail_on) == ((1, ["new"]) if grave else (0, []))
    assert told(finding("pass", severity), finding("fail", severity), fail_on) == (1, ["regressed"])
    assert told(finding("fail", severity), finding("fail", severity), fail_on) == (0, [])
    alone = judge_run_for_exit_code(run_of(finding("fail", severity)), CATALOGUE, Severity(fail_on))
    assert (alone.code, [cause.why for cause in alone.causes]) == ((1, ["open"]) if grave else (0, []))


@pytest.mark.parametrize(
    ("before", "now", "code"),
    [
        (None, finding("fail", waived=True), 0),
        (finding("pass"), finding("fail", waived=True), 0),
        (finding("fail"), finding("fail", waived=True), 0),
        (finding("fail", waived=True), finding("fail", waived=True), 0),
        (finding("fail", waived=True), finding("pass"), 0),
    ],
)
def test_what_is_waived_is_no_cause(before: Finding | None, now: Finding, code: int) -> None:
    assert told(before, now) == (code, [])
    assert judge_run_for_exit_code(run_of(now), CATALOGUE, Severity.LOW).code == 0


@pytest.mark.parametrize("control", sorted(CATALOGUE.control_ids_judged_from_papers))
@pytest.mark.parametrize("before", ["pass", "fail", "not_applicable", None])
@pytest.mark.parametrize("severity", ["low", "critical"])
def test_an_expired_waiver_fails_every_night_until_somebody_sees_to_it(
    control: str, before: str | None, severity: str
) -> None:
    was = finding(before, control=control) if before else None
    assert told(was, finding("fail", severity, control), "high") == (1, ["waiver_expired"])
    assert told(was, finding("pass", severity, control), "high") == (0, [])


def test_a_host_s_waivers_and_a_site_s_are_judged_from_the_papers() -> None:
    assert sorted(CATALOGUE[control].subject for control in CATALOGUE.control_ids_judged_from_papers) == [
        "host",
        "site",
    ]


def test_a_cause_says_which() -> None:
    verdict = judge_run_for_exit_code(
        run_of(finding("fail", "critical", subject=WEB2)), CATALOGUE, Severity.HIGH, Baseline(name="b", findings=())
    )
    (cause,) = verdict.causes
    assert (cause.control, cause.subject, cause.severity, verdict.baseline) == ("ssh.x", WEB2, Severity.CRITICAL, "b")


def test_known_ones_are_counted_apart() -> None:
    old, new = finding("fail"), finding("fail", control="ssh.y")
    verdict = judge_run_for_exit_code(run_of(old, new), CATALOGUE, Severity.HIGH, Baseline(name="b", findings=(old,)))
    assert (verdict.known, [cause.control for cause in verdict.causes]) == (1, ["ssh.y"])


@pytest.mark.parametrize(
    ("before", "now", "severity", "why"),
    [
        (1, 2, "high", ["worse"]),
        (2, 2, "high", []),
        (2, 1, "high", []),
        (1, 2, "medium", []),
    ],
)
def test_more_places_than_before_are_a_cause(before: int, now: int, severity: str, why: list[str]) -> None:
    def shells(count: int) -> Finding:
        found = tuple({"path": f"uploads/{number}.php"} for number in range(count))
        return dataclasses.replace(finding("fail", severity), violations=found)

    verdict = judge_run_for_exit_code(
        run_of(shells(now)), CATALOGUE, Severity.HIGH, Baseline(name="b", findings=(shells(before),))
    )
    assert [cause.why for cause in verdict.causes] == why
    assert verdict.known == (0 if why else 1)


def test_a_cause_outweighs_what_was_not_evaluated() -> None:
    verdict = judge_run_for_exit_code(
        run_of(finding("fail"), finding("not_evaluated", control="ssh.y")), CATALOGUE, Severity.HIGH
    )
    assert (verdict.code, verdict.not_evaluated) == (1, 1)


# --- the last known results ---------------------------------------------------------------------------


def test_a_host_that_was_down_last_night_is_measured_by_the_night_before() -> None:
    now = run_of(finding("fail"), finding("fail", subject=WEB2))
    last = ("last", [finding("fail"), finding("not_evaluated", subject=WEB2)])
    before = ("before", [finding("pass"), finding("fail", subject=WEB2)])
    baseline = build_baseline(now, [last, before])
    assert baseline is not None and baseline.name == "last"
    assert judge_run_for_exit_code(now, CATALOGUE, Severity.LOW, baseline).causes == ()


def test_a_host_that_a_limit_left_out_is_measured_by_the_run_before() -> None:
    now = run_of(finding("fail"), finding("fail", subject=WEB2))
    baseline = build_baseline(
        now, [("limited", [finding("fail")]), ("whole", [finding("fail"), finding("pass", subject=WEB2)])]
    )
    assert baseline is not None
    assert [
        (cause.subject, cause.why) for cause in judge_run_for_exit_code(now, CATALOGUE, Severity.LOW, baseline).causes
    ] == [(WEB2, "regressed")]


def test_no_more_runs_are_read_than_needed() -> None:
    def earlier():
        yield "last", [finding("pass"), finding("not_evaluated", control="ssh.y")]
        raise AssertionError("read on")

    baseline = build_baseline(run_of(finding("fail"), finding("not_evaluated", control="ssh.y")), earlier())
    assert baseline is not None and len(baseline.findings) == 2


def test_what_is_not_in_the_run_is_left_out_and_nothing_before_is_no_baseline() -> None:
    baseline = build_baseline(run_of(finding("pass")), [("last", [finding("fail"), finding("fail", subject=WEB2)])])
    assert baseline is not None and [f.subject for f in baseline.findings] == [WEB1]
    assert build_baseline(run_of(finding("fail")), []) is None
