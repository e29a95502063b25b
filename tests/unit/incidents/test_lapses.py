"""What a host no longer holds after it was brought back is not known any more by the case log; a host says nothing of others."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from auditor.history.incidents import IncidentStore
from auditor.incidents import descriptions, lapses, transitions
from auditor.incidents.case import fold_case
from auditor.models import clock
from auditor.models.incidents import ActiveContainment, ContainedEvent
from auditor.text.translations import Words
from tests.unit.incidents.filled import clean
from tests.unit.incidents.test_transitions import INVENTORY, T0, WHO, opened


@pytest.fixture
def ledgers(tmp_path: Path) -> IncidentStore:
    return IncidentStore(tmp_path / "history.sqlite", now=lambda: T0)


def contained(ledgers: IncidentStore, number: int, host: str, state: str = "confirmed") -> str:
    incident = opened(ledgers, "web1")
    deed = ContainedEvent.model_validate(
        {"number": number, "host": host, "means": "job", "what": "/etc/cron.d/x:3", "state": state}
    )
    ledgers.write(INVENTORY, WHO, lambda _: (incident, deed))
    return incident


def test_what_the_guard_names_is_not_known_any_more_and_is_gone_on_with_by_its_number(ledgers: IncidentStore) -> None:
    incident = contained(ledgers, 3, "web1")
    said = f"x; {incident}/3 is not in force: /etc/cron.d/x has its line; {incident}/9 is not in force: y"
    (deed,) = lapses.record_actions_host_says_not_in_force(ledgers, INVENTORY, "web1", said)
    assert (deed.number, deed.state, deed.about) == (3, "unknown", "/etc/cron.d/x has its line")
    case = fold_case(incident, ledgers.load_case_log_of_incident(INVENTORY, incident))
    assert not case.actions[3].is_outcome_known
    assert "after the host was restored, this action is no longer in force" in descriptions.describe_case_log_event(
        deed, Words("en")
    )
    assert case.entries[-1].who == "Lũy Tre"
    _, again = transitions.make_action_start_decision(
        incident, transitions.ActionTarget("web1", "job", "/etc/cron.d/x:3"), None, T0
    )(ledgers.load_case_logs_of_inventory(INVENTORY))
    assert isinstance(again, ContainedEvent)
    assert again.number == 3
    assert list(lapses.record_actions_host_says_not_in_force(ledgers, INVENTORY, "web1", said)) == []


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("web2", "SC-20261231-1/3 is not in force: x"),
        ("web1", "SC-20261231-1/33 is not in force: x"),
        ("web1", "SC-20261231-9/3 is not in force: x"),
        ("web1", "SC-20261231-1/3 is in force"),
        ("web1", "SC-20261231-1/3 is not in force " * 10_000),
    ],
)
def test_nothing_else_that_a_host_says_is_written(ledgers: IncidentStore, host: str, said: str) -> None:
    incident = contained(ledgers, 3, "web1")
    assert incident == "SC-20261231-1"
    assert list(lapses.record_actions_host_says_not_in_force(ledgers, INVENTORY, host, said)) == []


@pytest.mark.parametrize(
    ("there", "known", "minutes", "state"),
    [
        (False, True, 1, "unknown"),
        (True, True, 1, "confirmed"),
        (None, True, 1, "confirmed"),
        (False, False, 1, "confirmed"),
        (False, True, -1, "confirmed"),
    ],
    ids=["not on record", "on record", "not read", "not known anyway", "confirmed while the host was read"],
)
def test_what_a_host_has_not_on_record_any_more_is_not_known_any_more(
    ledgers: IncidentStore, there: bool | None, known: bool, minutes: int, state: str
) -> None:
    incident = contained(ledgers, 3, "web1")
    one = ActiveContainment(
        incident=incident, number=3, host="web1", means="job", what="/etc/cron.d/x:3", known=known, there=there
    )
    began = clock.format_iso_moment(T0 + datetime.timedelta(minutes=minutes))
    run = clean(began, inventory=INVENTORY).model_copy(update={"contained": (one,)})
    for _ in range(2):
        lapses.record_actions_missing_on_host(ledgers, run)
    case = fold_case(incident, ledgers.load_case_log_of_incident(INVENTORY, incident))
    assert (case.actions[3].state, case.actions[3].is_lost_by_host) == (state, state == "unknown")
    if state == "unknown":
        assert "the host has no record of it" in descriptions.describe_case_log_event(
            case.entries[-1].deed, Words("en")
        )
        assert [one.who for one in case.entries].count(lapses.PROGRAM) == 1
