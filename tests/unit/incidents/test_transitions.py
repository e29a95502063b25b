"""Incidents: a ledger that only grows, deadlines by Vietnam's clock, and what may be written when."""

from __future__ import annotations

import contextlib
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from auditor.errors import InputError
from auditor.history.incidents import IncidentStore
from auditor.history.runs import RunHistory
from auditor.incidents import deadlines, transitions
from auditor.incidents.case import IncidentCase, fold_case
from auditor.models import Lang, Regime, clock
from auditor.models.incidents import FindingReference, NotedEvent, ReportedEvent, WaivedReportEvent
from auditor.models.ranks import Report
from auditor.text.translations import Words
from auditor.text.usage import format_input_error_without_mend
from tests import factory
from tests.unit.results.test_verdict import finding, run_of

T0 = clock.parse_vietnam_minute("2026-12-31 20:15")
WHO = "Văn phòng"
INVENTORY = "inventories/none"
DIES = """
import os, signal, sys
from pathlib import Path
from auditor.history.incidents import IncidentStore
kill = lambda ledgers: os.kill(os.getpid(), signal.SIGKILL)
IncidentStore(Path(sys.argv[1])).write(sys.argv[2], "x", kill)
"""


@pytest.fixture
def ledgers(tmp_path: Path) -> IncidentStore:
    return IncidentStore(tmp_path / "history.sqlite", now=lambda: T0)


def opened(
    ledgers: IncidentStore, *subjects: str, new: bool = False, findings: tuple[FindingReference, ...] = ()
) -> str:
    decide = transitions.make_case_opening_decision(
        factory.opening(subjects, findings, T0, "2026", None), force_new=new
    )
    return ledgers.write(INVENTORY, WHO, decide)[0]


def case(ledgers: IncidentStore, incident: str) -> IncidentCase:
    return fold_case(incident, ledgers.load_case_log_of_incident(INVENTORY, incident))


@pytest.mark.parametrize(
    ("regime", "report", "by"),
    [
        ("2026", "now", "2026-12-31T20:15:00+07:00"),
        ("2026", "first", "2027-01-01T20:15:00+07:00"),
        ("2026", "full", "2027-01-03T20:15:00+07:00"),
        ("2022", "full", "2027-01-05T20:15:00+07:00"),
    ],
)
def test_a_deadline_falls_to_the_minute_also_over_the_year(regime: Regime, report: Report, by: str) -> None:
    assert {due.report: clock.format_iso_moment(due.by) for due in deadlines.compute_deadlines(regime, T0)}[
        report
    ] == by


def test_an_incident_is_opened_and_what_is_about_the_same_joins_it(ledgers: IncidentStore) -> None:
    first = opened(ledgers, "a.test", "web1")
    assert first == "SC-20261231-1"
    assert opened(ledgers, "b.test") == "SC-20261231-2"
    assert opened(ledgers, "web1", "c.test") == first
    assert case(ledgers, first).subjects == ("a.test", "web1", "c.test")
    assert opened(ledgers, "web1", new=True) == "SC-20261231-3"


def test_what_is_owed_goes_as_it_is_reported_or_spared_with_a_reason(ledgers: IncidentStore) -> None:
    incident = opened(ledgers, "a.test")
    assert [due.report for due in case(ledgers, incident).list_overdue_unsent_reports(T0)] == ["now"]
    ledgers.write(
        INVENTORY,
        WHO,
        transitions.make_event_recording_decision(
            incident, WaivedReportEvent(report="now", why="không ảnh hưởng trật tự")
        ),
    )
    ledgers.write(
        INVENTORY,
        WHO,
        transitions.make_event_recording_decision(incident, ReportedEvent(report="first", how="45/BC-UBND")),
    )
    assert [due.report for due in case(ledgers, incident).list_unsent_owed_reports()] == ["full"]
    with pytest.raises(InputError, match="is not due for") as refused:
        ledgers.write(
            INVENTORY,
            WHO,
            transitions.make_event_recording_decision(incident, ReportedEvent(report="now", how="điện thoại")),
        )
    languages: tuple[Lang, ...] = ("vi", "en")
    for lang in languages:  # by its name, never by the word that is typed for it
        assert format_input_error_without_mend(refused.value, lang).endswith(f": {Words(lang)('incidents.report.now')}")
    assert len(ledgers.load_case_log_of_incident(INVENTORY, incident)) == 3


def test_a_finding_that_is_not_open_opens_nothing() -> None:
    run = run_of(finding("not_evaluated", control="ssh.root_login"))
    with pytest.raises(InputError, match="no open finding"):
        transitions.get_open_finding(run, run.findings[0].control, run.findings[0].subject.id)


def test_entries_are_links_of_the_chain_and_a_changed_one_is_named(ledgers: IncidentStore) -> None:
    incident = opened(ledgers, "a.test")
    ledgers.write(
        INVENTORY, WHO, transitions.make_event_recording_decision(incident, NotedEvent(text="đã gọi đơn vị vận hành"))
    )
    history = RunHistory(ledgers.path)
    assert history.verify().broken is None
    with sqlite3.connect(ledgers.path) as database:
        database.execute("UPDATE chain SET statement = replace(statement, 'đã gọi', 'chưa gọi') WHERE position = 2")
    database.close()
    broken = history.verify().broken
    assert broken is not None
    assert broken.position == 2


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM chain WHERE position = 1",
        "UPDATE chain SET statement = replace(statement, '\"SC-', '\"XX-')",
        "UPDATE chain SET statement = replace(statement, '\"contained\"', '\"released\"') WHERE position = 2",
        "UPDATE chain SET position = 9 WHERE position = 1",
    ],
    ids=["deleted", "renamed", "another deed", "reordered"],
)
def test_a_ledger_that_somebody_changed_is_one_line_and_no_other_story(ledgers: IncidentStore, change: str) -> None:
    incident = opened(ledgers, "web1")
    decide = transitions.make_action_start_decision(
        incident, transitions.ActionTarget("web1", "address", "203.0.113.7"), 600, T0
    )
    ledgers.write(INVENTORY, WHO, decide)
    with contextlib.closing(sqlite3.connect(ledgers.path)) as database:
        database.execute(change)
        database.commit()
    with pytest.raises(InputError, match=r"after they were recorded|not an unchanged incident entry"):
        case(ledgers, incident)
    with pytest.raises(InputError, match=r"after they were recorded|not an unchanged incident entry"):
        opened(ledgers, "b.test")


def test_two_people_at_once_open_two_incidents_with_two_names(ledgers: IncidentStore) -> None:
    opened(ledgers, "first.test")
    people = [threading.Thread(target=opened, args=(ledgers, f"{n}.test")) for n in range(4)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert sorted(ledgers.load_case_logs_of_inventory(INVENTORY)) == [f"SC-20261231-{n}" for n in range(1, 6)]
    assert RunHistory(ledgers.path).verify().broken is None


def test_whoever_is_killed_while_writing_leaves_the_ledger_whole(ledgers: IncidentStore) -> None:
    incident = opened(ledgers, "a.test")

    ended = subprocess.run([sys.executable, "-c", DIES, str(ledgers.path), INVENTORY], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert len(ledgers.load_case_log_of_incident(INVENTORY, incident)) == 1
    ledgers.write(INVENTORY, WHO, transitions.make_event_recording_decision(incident, NotedEvent(text="after")))
    assert RunHistory(ledgers.path).verify().broken is None


def test_an_incident_that_is_not_there_is_guessed(ledgers: IncidentStore) -> None:
    opened(ledgers, "a.test")
    with pytest.raises(InputError, match="did you mean 'SC-20261231-1'"):
        ledgers.load_case_log_of_incident(INVENTORY, "SC-20261231-11")
