"""An incident is over when nothing is owed, held, found or unwritten any more, and not before."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import get_args

import pytest

from auditor.errors import InputError
from auditor.fleet.error_messages import KEY_CHANGED
from auditor.history.incidents import IncidentStore
from auditor.incidents import closure, transitions
from auditor.incidents.case import fold_case
from auditor.incidents.closure import RootCause
from auditor.models import Finding, HostOutcome, Run, Subject, Text, clock
from auditor.models.incidents import (
    AnyEvent,
    ClosedEvent,
    ContainedEvent,
    FindingReference,
    ReportedEvent,
    WaivedReportEvent,
)
from auditor.models.ranks import Report
from auditor.models.response_actions import FOR_GOOD, Means
from auditor.text.translations import Words
from tests import factory
from tests.unit.incidents.filled import LAST_FORM, T0, clean, lab
from tests.unit.results.test_verdict import WEB2, finding

REASON = RootCause("lộ mật khẩu")
INVENTORY, WHO = "inventories/none", "Văn phòng"
LATER = clock.format_iso_moment(T0 + datetime.timedelta(days=4))
BEFORE = clock.format_iso_moment(T0 - datetime.timedelta(hours=1))
SITE = Subject(kind="site", id="antruc.test")
CLEAN = clean(LATER, finding("pass", control="compromise.shell"), finding("pass", control="ssh.root_login"))


@pytest.fixture
def ledgers(tmp_path: Path) -> IncidentStore:
    return IncidentStore(tmp_path / "history.sqlite", now=lambda: T0)


def ready(ledgers: IncidentStore, *deeds: AnyEvent, findings: tuple[FindingReference, ...] = ()) -> str:
    """An incident of which all is done, but for what the deeds say."""
    decide = transitions.make_case_opening_decision(
        factory.opening(("antruc.test",), findings, T0, "2026", None), force_new=False
    )
    incident, _ = ledgers.write(INVENTORY, WHO, decide)
    for report in ("now", "first", "full"):
        ledgers.write(
            INVENTORY,
            WHO,
            transitions.make_event_recording_decision(incident, WaivedReportEvent(report=report, why="x")),
        )  # type: ignore[arg-type]
    ledgers.write(INVENTORY, WHO, transitions.make_filled_form_recording_decision(incident, LAST_FORM))
    for deed in deeds:
        ledgers.write(INVENTORY, WHO, transitions.make_event_recording_decision(incident, deed))
    return incident


def close(ledgers: IncidentStore, incident: str, run: Run | None = CLEAN, cause: RootCause = REASON) -> ClosedEvent:
    decide = closure.make_case_closing_decision(incident, cause, run, lab().hosts, clock.parse_iso_moment(LATER))
    _, deed = ledgers.write(INVENTORY, WHO, decide)
    assert isinstance(deed, ClosedEvent)
    return deed


def test_it_closes_when_all_is_done(ledgers: IncidentStore) -> None:
    incident = ready(ledgers)
    assert close(ledgers, incident) == ClosedEvent(cause="lộ mật khẩu")
    assert not fold_case(incident, ledgers.load_case_log_of_incident(INVENTORY, incident)).is_open
    with pytest.raises(InputError, match="is closed"):
        close(ledgers, incident)


@pytest.mark.parametrize("report", ["now", "first", "full"])
def test_not_while_a_report_is_owed(ledgers: IncidentStore, report: Report) -> None:
    decide = transitions.make_case_opening_decision(
        factory.opening(("antruc.test",), (), T0, "2026", None), force_new=False
    )
    incident, _ = ledgers.write(INVENTORY, WHO, decide)
    for other in get_args(Report):
        if other not in (report, "personal"):
            ledgers.write(
                INVENTORY,
                WHO,
                transitions.make_event_recording_decision(incident, ReportedEvent(report=other, how="x")),
            )
    with pytest.raises(InputError, match=f"not sent yet: {Words('en')(f'incidents.report.{report}')}"):
        close(ledgers, incident)


@pytest.mark.parametrize(
    ("run", "why"),
    [
        (None, "antruc.test was not reviewed since"),
        (clean(BEFORE), "antruc.test was not reviewed since"),
        (CLEAN.model_copy(update={"reviews": ()}), "antruc.test was not reviewed since"),
        (CLEAN.model_copy(update={"hunts": ()}), "no hunt on web1 since"),
        (CLEAN.model_copy(update={"hunts": clean(BEFORE).hunts}), "no hunt on web1 since"),
        *(
            (clean(LATER, finding(status, control=control)), f"{said} {control} on web1")
            for status, said in (
                ("not_evaluated", "the last audit could not evaluate"),
                ("manual", "could not evaluate"),
            )
            for control in ("compromise.shell", "compromise.hunted")
        ),
        *(
            (clean(LATER, finding(status, control=control)), f"{control} on web1 is still open")
            for status in ("fail", "partial")
            for control in ("compromise.shell", "compromise.hunted")
        ),
        (
            clean(LATER, finding("fail", control="content.injected", subject=SITE)),
            "content.injected on antruc.test is still open",
        ),
    ],
)
def test_not_before_a_review_and_a_hunt_since_then_found_nothing(
    ledgers: IncidentStore, run: Run | None, why: str
) -> None:
    incident = ready(ledgers)
    with pytest.raises(InputError, match=why):
        close(ledgers, incident, run)


def test_what_is_open_on_another_host_is_another_matter(ledgers: IncidentStore) -> None:
    elsewhere = [finding("fail", control="compromise.shell", subject=WEB2), *CLEAN.findings]
    assert close(ledgers, ready(ledgers), CLEAN.model_copy(update={"findings": tuple(elsewhere)}))


def held(means: Means, until: str | None) -> ContainedEvent:
    return ContainedEvent(number=1, host="web1", means=means, what="x", state="confirmed", until=until)


@pytest.mark.parametrize("means", get_args(Means))
def test_what_is_kept_shut_has_an_end_and_what_was_taken_away_may_stay_away(
    ledgers: IncidentStore, means: Means
) -> None:
    incident = ready(ledgers, held(means, None))
    if means in closure.REMOVING_MEANS | FOR_GOOD:
        assert close(ledgers, incident)
        return
    with pytest.raises(InputError, match=r"number 1.*, without an end date"):
        close(ledgers, incident)
    ledgers.write(INVENTORY, WHO, transitions.make_event_recording_decision(incident, held(means, LATER)))
    assert close(ledgers, incident)


def test_not_while_nobody_knows_what_became_of_containing_something(ledgers: IncidentStore) -> None:
    unknown = ContainedEvent(number=1, host="web1", means="address", what="203.0.113.7", state="unknown")
    with pytest.raises(InputError, match=r"unknown whether it is in force on web1: number 1, address 203\.0\.113\.7"):
        close(ledgers, ready(ledgers, unknown))


def test_not_without_the_closing_form(ledgers: IncidentStore) -> None:
    incident = ready(ledgers)
    entries = [entry for entry in ledgers.load_case_log_of_incident(INVENTORY, incident) if entry.deed != LAST_FORM]
    decide = closure.make_case_closing_decision(
        incident, RootCause("x"), CLEAN, lab().hosts, clock.parse_iso_moment(LATER)
    )
    with pytest.raises(InputError, match=f"the closing form of {incident} is missing"):
        decide({incident: tuple(entries)})


@pytest.mark.parametrize("status", ["fail", "partial", "not_evaluated", None])
def test_findings_that_opened_it_are_met_in_an_audit_since_then(ledgers: IncidentStore, status: str | None) -> None:
    found = FindingReference(control="ssh.root_login", subject="web1", run="r")
    findings: tuple[Finding, ...] = (finding(status, control="ssh.root_login"),) if status else ()
    incident = ready(ledgers, findings=(found,))
    said = "is still open" if status in ("fail", "partial") else "the last audit could not evaluate"
    with pytest.raises(InputError, match=said):
        close(ledgers, incident, clean(LATER, *findings))
    assert close(ledgers, incident)


def test_the_cause_is_a_control_that_passes_now_or_a_reason(ledgers: IncidentStore) -> None:
    incident = ready(ledgers)
    for control, subject in (("ssh.root_login", "web2"), ("ssh.no_such", "web1")):
        with pytest.raises(InputError, match=f"the last audit could not evaluate {control} on {subject}"):
            close(ledgers, incident, cause=RootCause("x", (control, subject)))
    closed = close(ledgers, incident, cause=RootCause("x", ("ssh.root_login", "web1")))
    assert closed.control == FindingReference(control="ssh.root_login", subject="web1", run=CLEAN.id)


def test_a_host_that_nobody_comes_to_is_named_before_what_it_would_say(ledgers: IncidentStore) -> None:
    incident = ready(ledgers, held("isolation", None))
    case, now = (
        fold_case(incident, ledgers.load_case_log_of_incident(INVENTORY, incident)),
        clock.parse_iso_moment(LATER),
    )
    for reason, command in ((KEY_CHANGED, ("enroll", "web1")), (Text(vi="x", en="y"), ("hunt", "--limit", "web1"))):
        down = HostOutcome(host="web1", reached=False, reason=reason)
        first, *rest = closure.find_obstacles_to_closing_case(
            case, CLEAN.model_copy(update={"outcomes": (down,)}), lab().hosts, now
        )
        assert first.command == command
        assert str(first.error).startswith(f"the last audit could not reach web1: {reason.en}")
        assert [one.command[:2] for one in rest] == [("incident", "release")]
