"""Blocks are written down before they are made and after, and what is not known is said to be so."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest

from auditor.commands.incidents.contain import iter_carried_out_actions_on_host
from auditor.errors import InputError
from auditor.fleet import ssh_exec
from auditor.history.incidents import IncidentStore
from auditor.history.prior_state import load_state_of_incidents
from auditor.incidents import closure, descriptions, transitions
from auditor.incidents.actions.registry import CONTAINMENT_KINDS, ERADICATION_KINDS
from auditor.incidents.case import IncidentCase, fold_case
from auditor.incidents.containment import ActionPlan, ActionRequest, Responder
from auditor.inventory.reach import Reach
from auditor.models import Host, Site, clock
from auditor.models.incidents import ClosedEvent, ContainedEvent, LiftedEvent
from auditor.models.response_actions import FOR_GOOD, Means
from auditor.text.translations import Words
from tests.unit.incidents.filled import LAST_FORM
from tests.unit.incidents.test_transitions import INVENTORY, T0, WHO, opened

SITES = tuple(Site(domain=domain, host="web1") for domain in ("antruc.test", "khac.test"))
WEB1 = Host(name="web1", address="192.0.2.10", trusted_networks=("10.9.0.0/16",), sites=SITES)
REACH = {"web1": Reach("192.0.2.10", 22, "luytre", None, (), None, None)}
GONE = closure.RootCause("x", removed_subjects=("web1",))
"""Nobody looks at the host: the audit that it takes is another test's."""
BLOCK = ActionRequest("address", "203.0.113.7", 86_400)


def test_what_stays_for_good_is_what_is_typed_below_clean() -> None:
    assert set(ERADICATION_KINDS) == FOR_GOOD
    assert set(CONTAINMENT_KINDS) | set(ERADICATION_KINDS) == set(get_args(Means))
    assert not set(CONTAINMENT_KINDS) & set(ERADICATION_KINDS)


class There:
    """A host that answers as it is told, and remembers what it was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers: list[Any] = []
        self.asked: list[Mapping[str, Any]] = []
        monkeypatch.setattr(ssh_exec, "run_as_root", self._asked)

    def _asked(self, reach: Reach, program: Path, question: Mapping[str, Any], *_: object) -> bytes:
        assert program.is_file()
        self.asked.append(question)
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer if isinstance(answer, bytes) else json.dumps(answer).encode()


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> There:
    return There(monkeypatch)


@pytest.fixture
def command(tmp_path: Path) -> Responder:
    ledgers = IncidentStore(tmp_path / "history.sqlite", now=lambda: T0)
    return Responder(INVENTORY, opened(ledgers, "web1"), WHO, REACH, ledgers)


def case(command: Responder) -> IncidentCase:
    return fold_case(command.incident, command.ledgers.load_case_log_of_incident(INVENTORY, command.incident))


ON_TRIAL, CONFIRMED = {"state": "on_trial", "left": 60}, {"state": "confirmed", "left": 86_400}


def test_a_block_is_written_made_confirmed_over_another_connection_and_written(
    there: There, command: Responder
) -> None:
    there.answers = [ON_TRIAL, CONFIRMED]
    done = command.contain(WEB1, BLOCK)
    assert [question["do"] for question in there.asked] == ["contain", "confirm"]
    assert there.asked[0]["trusted"] == ("10.9.0.0/16",)
    assert done.state == "confirmed"
    deeds = [entry.deed for entry in case(command).entries[1:]]
    assert [deed.state for deed in deeds if isinstance(deed, ContainedEvent)] == ["begun", "confirmed"]
    (action,) = case(command).actions.values()
    assert action.is_possibly_in_force(clock.now())
    with pytest.raises(InputError, match="is already contained on web1, number 1"):
        command.contain(WEB1, BLOCK)


@pytest.mark.parametrize(
    ("answers", "state", "why"),
    [
        ([{"state": "refused", "why": "proxy", "about": "104.16.0.0/13"}], "refused", "proxy"),
        ([ON_TRIAL, {"state": "none"}], "refused", "not_confirmed"),
        ([ON_TRIAL, ssh_exec.NoAnswer("Connection timed out")], "unknown", "no_answer"),
        ([b"\xff{"], "unknown", "not_understood"),
        ([{"state": "confirmed", "left": -1}], "unknown", "not_understood"),
        ([{"state": "refused", "why": "[red]", "about": ""}], "unknown", "not_understood"),
        ([{"state": "refused", "why": "fault", "about": "x" * 301}], "unknown", "not_understood"),
    ],
)
def test_what_was_not_confirmed_is_not_said_to_be(
    there: There, command: Responder, answers: list[Any], state: str, why: str
) -> None:
    there.answers = answers
    done = command.contain(WEB1, BLOCK)
    assert (done.state, done.why) == (state, why)
    assert case(command).actions[1].is_outcome_known == (state == "refused")


def test_what_another_incident_contains_too_is_not_said_to_be_back(there: There, command: Responder) -> None:
    second = dataclasses.replace(command, incident=opened(command.ledgers, "web1", new=True))
    process, job = ActionRequest("process", "7/bin/x", None), ActionRequest("job", "/etc/cron.d/x:1", None)
    there.answers = [{"state": "confirmed"}] * 3 + [{"state": "refused", "why": "no_job"}]
    command.contain(WEB1, job)
    command.contain(WEB1, process)
    second.contain(WEB1, process)
    refused = second.contain(WEB1, job)
    assert (refused.state, refused.why, refused.about) == ("refused", "of_another_incident", f"{command.incident}/1")
    there.answers = [{"state": "none"}] * 2
    first = second.release(case(second).actions[1])
    assert (first.state, first.why, first.about) == ("released", "still_contained", f"{command.incident}/2")
    assert descriptions.describe_case_log_event(first, Words("en")).endswith(
        f"another incident does; number {command.incident}/2"
    )
    assert command.release(case(command).actions[2]).why == ""


def test_what_is_contained_already_keeps_nothing_else_from_it(there: There, command: Responder) -> None:
    there.answers = [ON_TRIAL, CONFIRMED] * 2
    command.contain(WEB1, BLOCK)
    left: list[InputError] = []
    (done,) = iter_carried_out_actions_on_host(
        command, WEB1, [BLOCK, ActionRequest("address", "203.0.113.8", 86_400)], left
    )
    assert (done.what, done.state) == ("203.0.113.8", "confirmed")
    assert [error.what for error in left] == ["203.0.113.7 is already contained on web1, number 1"]


def test_whoever_is_cut_off_leaves_what_was_begun_and_the_next_goes_on_with_it(
    there: There, command: Responder
) -> None:
    there.answers = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        command.contain(WEB1, BLOCK)
    assert case(command).actions[1].state == "begun"
    for report in ("now", "first", "full"):
        command.ledgers.write(
            INVENTORY,
            WHO,
            transitions.make_event_recording_decision(
                command.incident, transitions.ReportedEvent(report=report, how="45/BC-UBND")
            ),
        )
    command.ledgers.write(INVENTORY, WHO, transitions.make_filled_form_recording_decision(command.incident, LAST_FORM))
    with pytest.raises(InputError, match="unknown whether"):
        command.ledgers.write(
            INVENTORY,
            WHO,
            closure.make_case_closing_decision(command.incident, closure.RootCause("x"), None, (WEB1,), clock.now()),
        )
    there.answers = [ON_TRIAL, CONFIRMED]
    assert command.contain(WEB1, BLOCK).number == 1
    assert {question["id"] for question in there.asked} == {"SC-20261231-1/1"}
    command.ledgers.write(
        INVENTORY, WHO, closure.make_case_closing_decision(command.incident, GONE, None, (), clock.now())
    )
    assert isinstance(case(command).entries[-1].deed, ClosedEvent)


def test_what_is_open_is_released_and_what_cannot_be_told_is_not_said_to_be(there: There, command: Responder) -> None:
    there.answers = [ON_TRIAL, CONFIRMED]
    command.contain(WEB1, BLOCK)
    (action,) = transitions.select_actions_to_release(
        command.incident, (), clock.now(), command.ledgers.load_case_logs_of_inventory(INVENTORY)
    )
    there.answers = [ssh_exec.NoAnswer("no route")]
    assert command.release(action) == LiftedEvent(
        number=1, host="web1", means="address", state="unknown", why="no_answer", about="no route"
    )
    (again,) = transitions.select_actions_to_release(
        command.incident, (1, 1), clock.now(), command.ledgers.load_case_logs_of_inventory(INVENTORY)
    )
    assert not again.is_outcome_known
    there.answers = [{"state": "none"}]
    assert command.release(again).state == "released"
    assert (
        transitions.select_actions_to_release(
            command.incident, (), clock.now(), command.ledgers.load_case_logs_of_inventory(INVENTORY)
        )
        == ()
    )
    with pytest.raises(InputError, match="no action number 2"):
        transitions.select_actions_to_release(
            command.incident, (2,), clock.now(), command.ledgers.load_case_logs_of_inventory(INVENTORY)
        )


def test_a_file_is_taken_away_and_put_back_also_when_the_incident_is_over(there: There, command: Responder) -> None:
    digest = "a" * 64
    there.answers = [{"state": "confirmed", "sha256": digest, "why": "back_again", "about": "/srv/x.php"}]
    done = command.contain(WEB1, ActionRequest("file", "/srv/x.php", None))
    assert (done.state, done.sha256, done.why, done.until) == ("confirmed", digest, "back_again", None)
    for report in ("now", "first", "full"):
        command.ledgers.write(
            INVENTORY,
            WHO,
            transitions.make_event_recording_decision(
                command.incident, transitions.ReportedEvent(report=report, how="45/BC-UBND")
            ),
        )
    command.ledgers.write(INVENTORY, WHO, transitions.make_filled_form_recording_decision(command.incident, LAST_FORM))
    command.ledgers.write(
        INVENTORY, WHO, closure.make_case_closing_decision(command.incident, GONE, None, (), clock.now())
    )
    for answer, state, still_open in (
        ({"state": "refused", "why": "name_taken"}, "refused", True),
        ({"state": "none"}, "released", False),
    ):
        there.answers = [answer]
        assert command.release(case(command).actions[1]).state == state
        assert case(command).actions[1].is_possibly_in_force(clock.now()) is still_open


def test_a_host_that_is_no_longer_in_the_inventory_is_told_and_holds_nobody_up(
    command: Responder, there: There
) -> None:
    there.answers = [ON_TRIAL, CONFIRMED]
    command.contain(WEB1, BLOCK)
    (action,) = case(command).actions.values()
    gone = dataclasses.replace(command, reach={})
    assert (gone.release(action).state, gone.release(action).why) == ("unknown", "no_host")
    assert case(command).actions[1].state == "unknown"


def test_a_plan_asks_what_the_real_run_asks_and_writes_nothing(there: There, command: Responder) -> None:
    there.answers = [
        {"state": "planned", "would": ["nft -f -", "write /x"]},
        {"state": "refused", "why": "proxy", "about": "104.16.0.0/13"},
        {"state": "confirmed"},
        ON_TRIAL,
        CONFIRMED,
    ]
    assert command.plan(WEB1, BLOCK) == ActionPlan(("nft -f -", "write /x"), "", "")
    assert command.plan(WEB1, BLOCK) == ActionPlan((), "proxy", "104.16.0.0/13")
    assert command.plan(WEB1, BLOCK).why == "not_understood"
    assert case(command).actions == {}
    command.contain(WEB1, BLOCK)
    planned, real = there.asked[0], there.asked[3]
    assert (planned["do"], real["do"]) == ("plan", "contain")
    assert {**planned, "do": ""} == {**real, "do": ""}
    with pytest.raises(InputError, match="is already contained on web1"):
        command.plan(WEB1, BLOCK)


def test_what_stands_is_known_to_audits_until_it_is_over(there: There, command: Responder) -> None:
    def standing() -> list[tuple[int, str | None, bool]]:
        found = load_state_of_incidents(INVENTORY, command.ledgers.path, command.ledgers._now).containments
        return [(one.number, one.closed_site_domain, one.known) for one in found]

    there.answers = [{"state": "confirmed"}, ON_TRIAL, CONFIRMED, {"state": "refused", "why": "no_block"}]
    command.contain(WEB1, ActionRequest("path", "antruc.test/x", None))
    command.contain(WEB1, BLOCK)
    command.contain(WEB1, ActionRequest("site", "khac.test", None))
    there.answers = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        command.contain(WEB1, ActionRequest("site", "antruc.test", None))
    assert standing() == [(1, "antruc.test", True), (4, "antruc.test", False)]  # the block's day is over by this clock
    for answer, known in (({"state": "refused"}, True), (ssh_exec.NoAnswer("no route"), False)):
        there.answers = [answer]
        command.release(case(command).actions[1])
        assert standing()[0] == (1, "antruc.test", known)
    there.answers = [{"state": "none"}, {"state": "none"}]
    for number in (1, 4):
        command.release(case(command).actions[number])
    assert standing() == []


def test_what_came_last_is_released_first_in_whatever_order_it_is_asked_for(there: There, command: Responder) -> None:
    """What was changed after another change of the same file keeps that from being undone."""
    there.answers = [ON_TRIAL, CONFIRMED] * 2
    command.contain(WEB1, BLOCK)
    command.contain(WEB1, dataclasses.replace(BLOCK, what="203.0.113.9"))
    asked = transitions.select_actions_to_release(
        command.incident, (1, 2, 1), clock.now(), command.ledgers.load_case_logs_of_inventory(INVENTORY)
    )
    assert [action.number for action in asked] == [2, 1]


def test_what_was_not_on_record_is_not_said_to_be_undone() -> None:
    said = descriptions.describe_case_log_event(
        LiftedEvent(number=1, host="web1", means="row", state="released", why="none_kept"), Words("en")
    )
    assert said == "number 1: web1 has no record of it, so nothing was done"


def test_a_number_that_the_host_keeps_for_something_else_is_passed_over_and_nothing_is_said_to_be_done(
    there: There, command: Responder
) -> None:
    there.answers = [{"state": "refused", "why": "number_taken", "about": "7"}, {"state": "confirmed"}]
    done = command.contain(WEB1, ActionRequest("job", "/etc/cron.d/x:1", None))
    assert (done.number, done.state) == (8, "confirmed")
    assert [question["id"].rpartition("/")[2] for question in there.asked] == ["1", "8"]
    assert case(command).actions[1].state == "refused"
    assert "the case log is older than the host" in descriptions.describe_case_log_event(
        case(command).entries[2].deed, Words("en")
    )
    there.answers = [{"state": "confirmed"}]
    assert command.contain(WEB1, ActionRequest("job", "/etc/cron.d/x:2", None)).number == 9


def test_a_host_of_an_intruder_spends_no_numbers(there: There, command: Responder) -> None:
    for line in range(1, 5):
        there.answers = [{"state": "refused", "why": "number_taken", "about": "999998"}] * 3
        assert command.contain(WEB1, ActionRequest("job", f"/etc/cron.d/x:{line}", None)).state == "refused"
    assert max(case(command).actions) < 1_100


FILE = ActionRequest("file", "/var/www/a/x.php", None)


def test_what_somebody_laid_there_again_is_contained_again(there: There, command: Responder) -> None:
    there.answers = [{"state": "confirmed"}, {"state": "planned"}, {"state": "confirmed"}]
    assert command.contain(WEB1, FILE).number == 1
    done = command.contain(WEB1, FILE)
    assert (done.number, done.state) == (2, "confirmed")
    assert [question["do"] for question in there.asked] == ["contain", "plan", "contain"]
    assert there.asked[1]["id"] == there.asked[2]["id"] == f"{command.incident}/2"


@pytest.mark.parametrize(
    "said", [{"state": "refused", "why": "no_file"}, ssh_exec.NoAnswer("x"), b"{", {"state": "none"}]
)
def test_what_is_not_seen_there_again_is_contained_already(there: There, command: Responder, said: Any) -> None:
    there.answers = [{"state": "confirmed"}, said, said]
    command.contain(WEB1, FILE)
    with pytest.raises(InputError, match="is already contained on web1, number 1"):
        command.contain(WEB1, FILE)
    with pytest.raises(InputError, match="is already contained on web1, number 1"):
        command.plan(WEB1, FILE)
    assert list(case(command).actions) == [1]
