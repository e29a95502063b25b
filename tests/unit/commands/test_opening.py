"""``auditor incident open --all-found``: every alarm into one incident after one question, and what is told when there is none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from auditor.errors import InputError
from auditor.history.runs import RunHistory
from auditor.models import clock
from tests.unit.commands.test_incident import WHO, auditor, inventory, the_only
from tests.unit.incidents.filled import clean
from tests.unit.results.test_verdict import finding

__all__ = ["inventory"]
MEMBER = {"kind": "permission", "where": "/etc/sudoers.d/x (www-data)", "key": "0" * 16, "rules": ["service_may"]}


def keep(inventory: str, *members: Any) -> None:
    found = replace(finding("fail" if members else "pass", control="compromise.way_in"), violations=members)
    other = replace(finding("fail", control="ssh.root_login"), violations=())
    RunHistory().keep(clean("2026-01-30T08:00:00+07:00", found, other, inventory=inventory))


def test_all_that_gives_the_alarm_is_taken_into_one_incident_and_what_comes_next_is_told(
    inventory: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = clock.now()
    monkeypatch.setattr(clock, "now", lambda: moment)  # a minute may end between the two that are compared
    keep(inventory, MEMBER)
    told = auditor(inventory, "open", "--all-found", "web1", "--yes", *WHO, code=1)
    assert "os.unlink(n,dir_fd=f)' /etc/sudoers.d/x\n" in told.stdout
    incident = the_only(inventory)["id"]
    assert f"\n  auditor incident collect {incident} --who 'Văn phòng' -i {inventory}\n" in told.stderr
    assert told.stderr == auditor(inventory, "next", str(incident)).stdout
    assert the_only(inventory)["subjects"] == ["web1"]


def test_a_dry_run_opens_nothing(inventory: str) -> None:
    keep(inventory, MEMBER)
    assert "/etc/sudoers.d/x" in auditor(inventory, "open", "--all-found", "web1", "--dry-run", *WHO).stdout
    assert auditor(inventory, "list").stdout == "No incident is recorded.\n"


def test_nobody_to_ask_opens_nothing(inventory: str) -> None:
    keep(inventory, MEMBER)
    with pytest.raises(InputError, match="cannot ask"):
        auditor(inventory, "open", "--all-found", "web1", *WHO)


def test_no_trace_is_told_with_the_hunt_that_saw_none_and_no_hunt_is_an_error(inventory: str) -> None:
    keep(inventory)
    assert "The last hunt (30 Jan 2026, 08:00)" in auditor(inventory, "open", "--all-found", "web1", *WHO).stdout
    with pytest.raises(InputError, match="no hunt on web2 is stored"):
        auditor(inventory, "open", "--all-found", "web2", *WHO)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (("--all-found", "--finding", "compromise.way_in:web1"), "already includes every finding"),
        (("web1", "--dry-run"), "--dry-run works only with --all-found"),
    ],
)
def test_options_that_do_not_go_together_are_one_error(inventory: str, given: tuple[str, ...], why: str) -> None:
    keep(inventory, MEMBER)
    with pytest.raises(InputError, match=why):
        auditor(inventory, "open", *given, *WHO)
