"""What looks come to: facts of their own, carried by every audit, accepted trace by trace."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from auditor.audit import controls
from auditor.audit.assessors.assessment import AuditInput
from auditor.audit.assessors.scans import ReviewAssessment, judge_sites_by_last_scans
from auditor.audit.judgement import judge_collected_facts as judge_run
from auditor.models import (
    Finding,
    Host,
    HostOutcome,
    Inventory,
    Run,
    Scan,
    Severity,
    Site,
    Status,
    Stop,
    Text,
    Trace,
    TraceAcceptance,
    clock,
)
from auditor.models.prior_state import PriorState
from auditor.results import verdict
from auditor.results.verdict import Baseline
from tests.unit.scans.test_traces import seen

CATALOGUE = controls.load_catalogue()
SITE = "antruc.test"
HOST = Host(
    name="web1", address="192.0.2.1", sites=(Site(domain=SITE, host="web1"), Site(domain="b.test", host="web1"))
)
NOW = clock.parse_iso_moment("2026-11-24T10:00:00+07:00")
EXACT = seen("1.example", exact=True)
STRONG = seen("2.example", families=["lexicon", "hidden"])
WEAK = seen("3.example")
INJECTED, SUSPECTED, REVIEWED = (control.id for control in CATALOGUE.controls if control.area == "content")


def look(*traces: Trace, days: int = 1, **more: object) -> Scan:
    given = {"seconds": 1.0, "known": 3, "fresh": 3, "visited": 3, "engine": True, **more}
    return Scan.model_validate(
        {
            "id": "l1",
            "site": SITE,
            "started": clock.format_iso_moment(NOW - timedelta(days=days)),
            "traces": traces,
            **given,
        }
    )


def accepted(trace: Trace, until: date | None = None) -> TraceAcceptance:
    return TraceAcceptance(
        site=SITE, key=trace.key, reason="ours", approver="Văn phòng", granted=date(2026, 11, 1), until=until
    )


def statuses(judged: ReviewAssessment) -> dict[str, Status]:
    return {finding.control: finding.status for finding in judged.findings}


def judged(*looks: Scan, by: tuple[TraceAcceptance, ...] = ()) -> ReviewAssessment:
    return judge_sites_by_last_scans(CATALOGUE, [HOST], looks, by, NOW)


def test_a_site_that_was_never_reviewed_has_no_findings() -> None:
    assert judged() == ReviewAssessment((), ())


def test_each_certainty_has_a_control_of_its_own_and_weak_is_shown_only() -> None:
    found = judged(look(EXACT, STRONG, WEAK))
    assert statuses(found) == {INJECTED: Status.FAIL, SUSPECTED: Status.FAIL, REVIEWED: Status.PASS}
    by_id = {finding.control: finding for finding in found.findings}
    assert (by_id[INJECTED].severity, by_id[SUSPECTED].severity) == (Severity.CRITICAL, Severity.HIGH)
    assert [violation["key"] for violation in by_id[INJECTED].violations] == [EXACT.key]
    assert (
        by_id[SUSPECTED].violations[0]["accept"]
        == f"auditor baseline accept {SITE} {STRONG.key} --despite-high-confidence"
    )
    assert [one.weak for one in found.reviews] == [(WEAK,)]
    assert statuses(judged(look(WEAK)))[INJECTED] is Status.PASS


def test_an_accepted_trace_is_no_finding_until_its_day_is_over_and_another_one_is() -> None:
    by = (accepted(EXACT, date(2026, 11, 24)),)
    found = judged(look(EXACT), by=by)
    assert statuses(found)[INJECTED] is Status.PASS
    assert [(one.trace, one.by) for one in found.reviews[0].accepted] == [(EXACT, by[0])]
    assert statuses(judged(look(EXACT, seen("4.example", exact=True)), by=by))[INJECTED] is Status.FAIL
    assert statuses(judged(look(EXACT), by=(accepted(EXACT, date(2026, 11, 23)),)))[INJECTED] is Status.FAIL


@pytest.mark.parametrize("why", ["refused", "silent", "another_site", "unreadable", "robots", "told_to_wait"])
def test_what_a_site_kept_us_from_seeing_is_never_clean(why: str) -> None:
    stopped = look(STRONG, stopped={"why": why, "status": 429, "where": "/tin"})
    found = {finding.control: finding for finding in judged(stopped).findings}
    assert found[INJECTED].status is Status.NOT_EVALUATED
    assert found[REVIEWED].status is Status.NOT_EVALUATED
    assert found[SUSPECTED].status is Status.FAIL
    reason = found[INJECTED].reason
    assert reason is not None
    assert reason.vi != reason.en
    if why == "refused":
        assert "429" in reason.en and "/tin" in reason.en


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"engine": False}, "as a search engine"),
        ({"missed": ["phone", "referrer"]}, "as a phone, somebody who comes from a search"),
    ],
)
def test_what_was_not_visited_in_every_manner_is_never_clean(given: dict[str, object], said: str) -> None:
    found = {finding.control: finding for finding in judged(look(STRONG, **given)).findings}
    assert found[SUSPECTED].status is Status.FAIL
    for control in (INJECTED, REVIEWED):
        assert found[control].status is Status.NOT_EVALUATED
        reason = found[control].reason
        assert reason is not None
        assert said in reason.en


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (look(), Status.PASS),
        (look(days=7), Status.PASS),
        (look(days=8), Status.FAIL),
        (look(known=4), Status.FAIL),
        (look(stopped=Stop(why="time")), Status.PASS),
    ],
)
def test_a_review_counts_for_seven_days_and_when_all_was_seen(given: Scan, status: Status) -> None:
    assert statuses(judged(given))[REVIEWED] is status


def audited(*looks: Scan) -> Run:
    outcome = HostOutcome(host="web1", reached=False, reason=Text(vi="không tới", en="out of reach"))
    inventory = Inventory(path="/i", organisation=None, hosts=(HOST,))
    return judge_run(AuditInput(inventory, PriorState(scans=looks), CATALOGUE, [HOST], {}, [outcome], NOW))


def of_content(run: Run) -> dict[str, Finding]:
    return {
        finding.control: finding
        for finding in run.findings
        if finding.control in CATALOGUE.control_ids_judged_from_looks
    }


def test_a_host_out_of_reach_does_not_hide_what_was_seen_of_its_sites() -> None:
    run = audited(look(EXACT))
    assert {control: finding.status for control, finding in of_content(run).items()} == {
        INJECTED: Status.FAIL,
        SUSPECTED: Status.PASS,
        REVIEWED: Status.PASS,
    }
    assert {
        f.status
        for f in run.findings
        if f.control not in CATALOGUE.control_ids_judged_from_looks | CATALOGUE.control_ids_judged_from_papers
    } == {Status.NOT_EVALUATED}
    assert [one.site for one in run.reviews] == [SITE]
    assert of_content(audited()) == {}


def causes(before: Scan, after: Scan) -> list[tuple[str, str]]:
    known = Baseline(name="r", findings=tuple(of_content(audited(before)).values()))
    run = audited(after)
    run = run.model_copy(update={"findings": tuple(of_content(run).values())})
    return [
        (cause.control, cause.why)
        for cause in verdict.judge_run_for_exit_code(run, CATALOGUE, Severity.HIGH, known).causes
    ]


def test_worse_is_a_new_key_and_not_a_greater_number() -> None:
    other = seen("5.example", exact=True)
    assert causes(look(EXACT), look(EXACT)) == []
    assert causes(look(EXACT, other), look(EXACT)) == []
    assert causes(look(EXACT), look(EXACT.model_copy(update={"places": 90}))) == []
    assert causes(look(EXACT), look(other)) == [(INJECTED, "worse")]
    assert causes(look(EXACT), look(EXACT, other)) == [(INJECTED, "worse")]
    assert causes(look(), look(EXACT)) == [(INJECTED, "regressed")]
