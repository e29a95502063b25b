"""What locks an account: whom it refuses, what it changes, and that it takes back that and nothing else."""

from __future__ import annotations

import itertools
import pwd
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ansible.module_utils.luytre_shared.incidents import action_runner, auto_revert, keys, systemd_units
from ansible.module_utils.luytre_shared.os import accounts

from tests.unit.on_host.contain.programs import program

US = ("198.51.100.1", "50000", "192.0.2.10", "22")
UIDS = {"root": 0, "luytre": 1000, "an": 1001, "binh": 1002, "www": 33}
SESSIONS_END = accounts.kill_all_sessions_of_accounts
UNDOES = "luytre-contain-accounts.service"


class Host:
    """/etc/shadow, and what usermod, chage and systemctl do."""

    def __init__(self) -> None:
        self.lines = {name: ["$y$x", "20000", "0", "99999", "7", "", "", ""] for name in UIDS}
        self.units: list[str] = []
        self.now = 1_000.0
        self.sessions: dict[int, list[int]] = {}
        self.broken: str | None = None

    def shadow(self, name: str) -> list[str] | None:
        return list(self.lines[name]) if name in self.lines else None

    def ran(self, argv: Sequence[str], given: str = "") -> str | None:
        words = argv[1:]
        if argv[0].endswith("systemctl"):
            self.units.append(" ".join(words))
            return None if self.broken == words[0] else ""
        line = self.lines[words[-1]]
        if self.broken == words[0]:
            return None
        match words[0]:
            case "--lock":
                line[0] = "!" + line[0]
            case "--unlock":
                line[0] = line[0][1:]
            case "--password":
                line[0] = words[1]
            case "--expiredate":
                line[6] = "" if words[1] == "-1" else words[1]
        return ""

    def sessions_end(self, uid: int) -> list[int]:
        self.sessions.pop(uid, None)
        return []


@pytest.fixture
def there() -> Host:
    return Host()


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: Host) -> ModuleType:
    own = program("account.py")
    home = str(tmp_path / "luytre/accounts")

    def entry(name: str) -> pwd.struct_passwd:
        return pwd.struct_passwd((name, "x", UIDS[name], UIDS[name], "", f"/home/{name}", "/bin/bash"))

    for where, name, value in (
        (
            own,
            "TRIALS",
            auto_revert.ContainmentTrials(home, own.UNIT, own.restore_account, own.describe_locked_account),
        ),
        *((systemd_units, "FOLDER", str(tmp_path / "systemd/system")), (auto_revert, "read_uptime", lambda: there.now)),
        *((action_runner, "run_program", there.ran), (action_runner, "read_own_archive", lambda _loader: b"ours")),
        *(
            (accounts, "read_shadow", there.shadow),
            (accounts, "list_accounts_that_may_become_root", lambda declared: {"an", "luytre", *declared}),
        ),
        *(
            (accounts, "kill_all_sessions_of_accounts", there.sessions_end),
            (accounts, "list_session_pids_of_uid_but_own", lambda uid: there.sessions.get(uid, [])),
        ),
        *(
            (accounts, "list_pids_of_uid_but_own", lambda uid: there.sessions.get(uid, [])),
            (own.pwd, "getpwnam", entry),
        ),
        *(
            (accounts, "is_uid_shared_with_other_account", lambda name: name == "www"),
            (own.pwd, "getpwuid", lambda _uid: entry("root")),
        ),
        (keys, "list_fingerprints", lambda name: ["SHA256:x"] if name == "luytre" else []),
    ):
        monkeypatch.setattr(where, name, value)
    monkeypatch.delenv("SUDO_USER", raising=False)
    return own


def asked(what: str = "an", number: int = 1, **more: Any) -> dict[str, Any]:
    return {"id": f"SC-20261127-1/{number}", "what": what, "automation": "luytre", "admins": ["binh"], **more}


@pytest.mark.parametrize(
    ("field", "expires", "locked"),
    [("$y$x", "", "!$y$x"), ("!$y$x", "30000", "!$y$x"), ("*", "", "!*"), ("!", "", "!")],
)
def test_an_account_is_locked_and_comes_back_as_it_was(
    host: ModuleType, there: Host, tmp_path: Path, field: str, expires: str, locked: str
) -> None:
    there.lines["an"][0], there.lines["an"][6] = field, expires
    before = {name: list(line) for name, line in there.lines.items()}
    there.sessions[1001] = [77]
    assert "SIGKILL 77" in host.plan_account_lock(asked(), US)["would"]
    assert (there.lines, there.units) == (before, [])
    assert host.lock_account_on_trial(asked(), US) == {"state": "on_trial", "why": "", "about": ""}
    assert (there.lines["an"][0], there.lines["an"][6], there.sessions) == (locked, "1", {})
    assert there.units == ["daemon-reload", f"restart {UNDOES}"]
    assert host.TRIALS.confirm_requested_action(asked(), US)["state"] == "confirmed"
    assert there.units[2:] == [f"stop {UNDOES}", "daemon-reload"]
    there.now += 10**6
    assert host.TRIALS.report_state_of_requested_action(asked(), US)["state"] == "confirmed"
    assert host.TRIALS.release_requested_action(asked(), US) == {"state": "none"}
    assert there.lines == before
    assert list(tmp_path.iterdir()) == []


def test_what_undoes_it_is_there_before_anything_is_changed(host: ModuleType, there: Host, tmp_path: Path) -> None:
    there.broken = "restart"
    before = {name: list(line) for name, line in there.lines.items()}
    with pytest.raises(action_runner.ActionRefusal, match="no_unit"):
        host.lock_account_on_trial(asked(), US)
    assert there.lines == before


@pytest.mark.parametrize("elapsed", [61.0, -990.0])
def test_what_is_not_confirmed_is_undone_in_time_and_by_a_new_start(
    host: ModuleType, there: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, elapsed: float
) -> None:
    before = {name: list(line) for name, line in there.lines.items()}
    host.lock_account_on_trial(asked(), US)

    def later(_seconds: float) -> None:
        assert there.lines != before
        there.now += elapsed

    monkeypatch.setattr(auto_revert.time, "sleep", later)
    host.main([])
    assert there.lines == before
    assert list(tmp_path.iterdir()) == []
    assert host.TRIALS.confirm_requested_action(asked(), US) == {"state": "none"}


def test_what_has_not_come_back_is_tried_again(
    host: ModuleType, there: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    host.lock_account_on_trial(asked(), US)
    there.now, there.broken = there.now + 61, "--unlock"
    with pytest.raises(action_runner.ActionRefusal, match="not_undone"):
        host.main([])
    there.broken = None
    host.main([])
    assert there.lines["an"][0] == "$y$x"
    assert list(tmp_path.iterdir()) == []


def test_a_confirmation_that_comes_too_late_undoes(host: ModuleType, there: Host) -> None:
    host.lock_account_on_trial(asked(), US)
    there.now += 61
    assert host.TRIALS.confirm_requested_action(asked(), US) == {"state": "none"}
    assert (there.lines["an"][0], there.lines["an"][6]) == ("$y$x", "")


def test_what_somebody_changed_since_stays(host: ModuleType, there: Host) -> None:
    host.lock_account_on_trial(asked(), US)
    host.TRIALS.confirm_requested_action(asked(), US)
    there.lines["an"][0], there.lines["an"][6] = "$y$new", "25000"
    with pytest.raises(action_runner.ActionRefusal, match="not_locked"):
        host.TRIALS.report_state_of_requested_action(asked(), US)
    host.TRIALS.release_requested_action(asked(), US)
    assert (there.lines["an"][0], there.lines["an"][6]) == ("$y$new", "25000")


@pytest.mark.parametrize(
    ("field", "changed", "why"),
    [
        ("$y$x", "!", "other_password"),  # passwd -d, then passwd -l
        ("$y$x", "!!", "other_password"),  # usermod -p '!', then usermod -L
        ("$y$x", "!$y$new", "other_password"),
        ("", "!", "no_password"),
    ],
)
def test_a_release_never_empties_a_password_and_brings_none_back_that_was_changed(
    host: ModuleType, there: Host, tmp_path: Path, field: str, changed: str, why: str
) -> None:
    there.lines["an"][0] = field
    host.lock_account_on_trial(asked(), US)
    host.TRIALS.confirm_requested_action(asked(), US)
    there.lines["an"][0] = changed
    assert host.TRIALS.release_requested_action(asked(), US) == {"state": "none", "why": why}
    assert (there.lines["an"][0], there.lines["an"][6]) == (changed, "")
    assert list(tmp_path.iterdir()) == []


def test_no_password_is_on_record(host: ModuleType, there: Host, tmp_path: Path) -> None:
    host.lock_account_on_trial(asked(), US)
    assert "$y$x" not in (tmp_path / "luytre/accounts/actions.json").read_text()


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_an_account_that_two_incidents_lock_is_open_when_both_release_it(
    host: ModuleType, there: Host, order: tuple[int, int]
) -> None:
    for number in (1, 2):
        host.lock_account_on_trial(asked(number=number), US)
        host.TRIALS.confirm_requested_action(asked(number=number), US)
    host.TRIALS.release_requested_action(asked(number=order[0]), US)
    assert host.TRIALS.report_state_of_requested_action(asked(number=order[1]), US)["state"] == "confirmed"
    host.TRIALS.release_requested_action(asked(number=order[1]), US)
    assert (there.lines["an"][0], there.lines["an"][6]) == ("$y$x", "")


def test_an_account_that_is_gone_is_no_longer_locked(host: ModuleType, there: Host) -> None:
    host.lock_account_on_trial(asked(), US)
    del there.lines["an"]
    assert host.TRIALS.release_requested_action(asked(), US) == {"state": "none"}


@pytest.mark.parametrize(("what", "why"), [("root", "keeper"), ("luytre", "automation"), ("nobody-here", "no_account")])
def test_who_is_never_locked(host: ModuleType, there: Host, what: str, why: str) -> None:
    with pytest.raises(action_runner.ActionRefusal) as refusal:
        host.lock_account_on_trial(asked(what), US)
    assert refusal.value.args == (why, what)
    assert there.units == []


def test_never_the_account_that_asks(host: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "binh")
    with pytest.raises(action_runner.ActionRefusal, match="automation"):
        host.lock_account_on_trial(asked("binh", automation=""), US)


@pytest.mark.parametrize(("field", "expires"), [("!$y$x", ""), ("*", ""), ("$y$x", "1")])
def test_never_the_last_administrator_who_can_come_in(host: ModuleType, there: Host, field: str, expires: str) -> None:
    there.lines["binh"][0], there.lines["binh"][6] = field, expires
    with pytest.raises(action_runner.ActionRefusal, match="last_admin"):
        host.lock_account_on_trial(asked(), US)
    assert host.lock_account_on_trial(asked("www"), US)["state"] == "on_trial"


def test_what_may_be_anothers_is_not_ended(host: ModuleType, there: Host) -> None:
    there.sessions[33] = [77]
    assert not any("SIGKILL" in one for one in host.plan_account_lock(asked("www"), US)["would"])
    assert host.lock_account_on_trial(asked("www"), US) == {"state": "on_trial", "why": "shared_number", "about": "33"}
    assert there.sessions == {33: [77]}


def test_what_goes_on_outside_sessions_is_told(host: ModuleType, there: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "list_pids_of_uid_but_own", lambda _uid: [8, 9])
    assert host.lock_account_on_trial(asked(), US) == {"state": "on_trial", "why": "runs_on", "about": "8 9"}


def test_whoever_never_ends_has_no_veto_against_being_locked(
    host: ModuleType, there: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No processes, only their numbers: each time others."""
    numbers = itertools.count(1 << 30)
    monkeypatch.setattr(accounts, "list_session_pids_of_uid_but_own", lambda _uid: [next(numbers)])
    monkeypatch.setattr(accounts, "kill_all_sessions_of_accounts", SESSIONS_END)
    monkeypatch.setattr(accounts, "END_SECONDS", 0.2)
    monkeypatch.setattr(accounts, "CGROUPS", str(tmp_path))
    ends = tmp_path / f"user.slice/user-{UIDS['an']}.slice/cgroup.kill"
    ends.parent.mkdir(parents=True)
    assert host.lock_account_on_trial(asked(), US)["state"] == "on_trial"
    assert there.lines["an"][0].startswith("!")
    assert ends.read_text() == "1"
    assert next(numbers) > (1 << 30) + 2
