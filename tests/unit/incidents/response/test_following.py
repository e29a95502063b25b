"""The one next step of an incident: containing, evidence, reports, what people do, looking again, closing."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auditor.history.incidents import Incidents
from auditor.incidents import deciding
from auditor.incidents.case import Case, fold
from auditor.incidents.response.following import Step, following
from auditor.models import Run, clock
from auditor.models.incidents import AnyDeed, Collected, Contained, Found, Reported, Spared
from auditor.models.ranks import Means
from tests.unit.incidents.filled import LAST_FORM, T0, clean, lab
from tests.unit.results.test_verdict import finding

INVENTORY, WHO = "inventories/none", "Văn phòng"
SHELL = {"kind": "program", "where": "/srv/x.php", "key": "0" * 16, "rules": ["command"]}
CHANGED = {"kind": "changed", "where": "/srv/index.php", "key": "1" * 16}
PRELOAD = {"kind": "permission", "where": "/etc/sudoers.d/x (www-data)", "key": "2" * 16}
TAKEN = Contained(number=1, host="web1", means="file", what="/srv/x.php", state="confirmed")
COLLECTED = Collected(number=1, host="web1", folder="x", sha256="0" * 64, files=1, size=1, key="SHA256:x")
REPORTED = tuple(Reported(report=report, how="x") for report in ("now", "first", "full"))


@pytest.fixture
def ledgers(tmp_path: Path) -> Incidents:
    return Incidents(tmp_path / "history.sqlite", now=lambda: T0)


def case(ledgers: Incidents, *deeds: AnyDeed) -> Case:
    found = (Found(control="compromise.shell", subject="web1", run="x"),)
    incident, _ = ledgers.write(INVENTORY, WHO, deciding.opening(("web1",), found, T0, "2026", None, new=False))
    for deed in deeds:
        ledgers.write(INVENTORY, WHO, lambda _ledgers, deed=deed: (incident, deed))  # type: ignore[misc]
    return fold(incident, ledgers.one(INVENTORY, incident))


def run(hours: int, *members: Any) -> Run:
    status = "fail" if members else "pass"
    moment = clock.stamp(T0 + datetime.timedelta(hours=hours))
    return clean(moment, replace(finding(status, control="compromise.shell"), violations=members))


def step(of: Case, newest: Run | None, hours: int = 1) -> Step:
    hosts = [host for host in lab().hosts if host.name == "web1"]
    return following(of, newest, hosts, T0 + datetime.timedelta(hours=hours))


def words(of: Step) -> list[tuple[str, ...]]:
    return [command.words for command in of.commands]


def test_first_what_the_program_contains_by_itself(ledgers: Incidents) -> None:
    of = case(ledgers)
    assert words(step(of, run(0, SHELL, CHANGED))) == [("incident", "open", "--all-found", "web1")]


def test_what_somebody_was_cut_off_from_is_contained_before_all_else(ledgers: Incidents) -> None:
    of = case(ledgers, TAKEN.model_copy(update={"state": "begun"}))
    assert words(step(of, run(0, SHELL))) == [("incident", "open", "--all-found", "web1")]
    seen = TAKEN.model_copy(update={"number": 2, "what": "/srv/index.php", "state": "begun"})
    of = case(ledgers, TAKEN, COLLECTED, *REPORTED, seen)
    again = ("incident", "contain", of.id, "file", "/srv/index.php", "--host", "web1")
    assert words(step(of, run(0, SHELL, CHANGED))) == [again]


def test_then_evidence_then_word_at_once_then_the_first_notice(ledgers: Incidents) -> None:
    of = case(ledgers, TAKEN)
    assert words(step(of, run(0, SHELL))) == [("incident", "collect", of.id)]
    of = case(ledgers, COLLECTED)
    assert words(step(of, run(0, SHELL))) == [("incident", "form", of.id, "--form", "now")]
    of = case(ledgers, Spared(report="now", why="x"))
    assert words(step(of, run(0, SHELL))) == [("incident", "form", of.id, "--form", "first")]


def test_then_what_is_typed_then_what_is_done_by_hand_then_looking_again(ledgers: Incidents) -> None:
    of = case(ledgers, TAKEN, COLLECTED, *REPORTED)
    told = step(of, run(0, SHELL, CHANGED, PRELOAD))
    assert words(told) == [("incident", "contain", of.id, "file", "/srv/index.php", "--host", "web1")]
    of = case(ledgers, Contained(number=2, host="web1", means="file", what="/srv/index.php", state="confirmed"))
    told = step(of, run(0, SHELL, CHANGED, PRELOAD))
    assert (told.says, words(told)) == ("by_hand", [("hunt", "--limit", "web1")])
    assert [one.kind for one in told.by_hand] == ["permission"]
    assert words(step(of, run(0))) == [("hunt", "--limit", "web1")]


def test_in_the_end_the_form_and_closing(ledgers: Incidents) -> None:
    of = case(ledgers, TAKEN, COLLECTED, *REPORTED)
    assert words(step(of, run(5)))[-1] == ("incident", "form", of.id, "--form", "end")
    of = case(ledgers, LAST_FORM)
    told = step(of, run(5))
    assert (told.says, words(told)) == ("close", [("incident", "close", of.id)])


def test_what_a_host_refused_is_done_by_hand(ledgers: Incidents) -> None:
    second = {"kind": "account", "where": "/etc/passwd (hethong)", "exactly": "hethong", "key": "3" * 16}
    refused = Contained(number=1, host="web1", means="account", what="hethong", state="refused", why="no_shadow")
    of = case(ledgers, refused, COLLECTED, *REPORTED)
    told = step(of, run(0, second))
    assert [one.steps[0].says for one in told.by_hand] == ["passwd_line"]


@pytest.mark.parametrize(
    ("member", "means", "what", "says"),
    [
        (
            {"kind": "process", "where": "/opt/x (www-data)", "exactly": "7", "key": "4" * 16},
            "process",
            "7/opt/x",
            "process_end",
        ),
        (
            {
                "kind": "account",
                "where": "/etc/passwd (an)",
                "exactly": "an",
                "rules": ["second_root"],
                "key": "5" * 16,
            },
            "account",
            "an",
            "locked_account",
        ),
    ],
)
def test_what_is_contained_and_still_there_is_ended_once_there_is_evidence(
    ledgers: Incidents, member: dict[str, Any], means: Means, what: str, says: str
) -> None:
    of = case(ledgers, Contained(number=1, host="web1", means=means, what=what, state="confirmed"))
    assert words(step(of, run(0, member))) == [("incident", "collect", of.id)]
    of = case(ledgers, COLLECTED, *REPORTED)
    (one,) = step(of, run(0, member)).by_hand
    assert [each.says for each in one.steps] == [says]


def test_a_report_that_is_overdue_comes_before_what_is_done_by_hand(ledgers: Incidents) -> None:
    of = case(ledgers, TAKEN, COLLECTED, *REPORTED[:2])
    assert step(of, run(0, PRELOAD)).says == "by_hand"
    assert words(step(of, run(0, PRELOAD), hours=73)) == [("incident", "form", of.id, "--form", "full")]
