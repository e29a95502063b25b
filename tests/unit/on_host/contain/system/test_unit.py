"""What stops a unit: which it leaves alone, what it lays in its place, and that the very file comes back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ansible.module_utils.luytre_shared.incidents import action_runner, auto_revert, systemd_units

from tests.unit.on_host.contain.programs import program

US = ("198.51.100.1", "50000", "192.0.2.10", "22")
EVIL = "evil.service"


class Systemd:
    """What systemctl says of units that lie in one folder or another, and does with them."""

    def __init__(self, place: Path, vendor: Path) -> None:
        self.place, self.vendor = place, vendor
        self.running = {EVIL, "cron.service"}
        self.stubborn = False
        self.said: list[str] = []

    def ran(self, argv: Sequence[str], given: str = "", seconds: float = 0) -> str | None:
        words = list(argv[1:])
        if "dpkg" in argv[0]:
            return "" if Path(words[-1]).parent == self.vendor else None
        if words[0] == "show":
            return self._shown(words[-1])
        self.said.append(" ".join(words))
        if words[0] == "stop" and self.stubborn:
            return None
        if words[0] == "stop":
            self.running.discard(words[-1])
        if words[0] == "start":
            self.running.add(words[-1])
        return ""

    def _shown(self, name: str) -> str:
        path = next((one for one in (self.place / name, self.vendor / name) if one.exists() or one.is_symlink()), None)
        load = "not-found" if path is None else "masked" if path.is_symlink() else "loaded"
        active = "active" if name in self.running else "inactive"
        return f"Id={name}\nLoadState={load}\nActiveState={active}\nFragmentPath={path or ''}\nControlGroup=/x/{name}\n"


@pytest.fixture
def systemd(tmp_path: Path) -> Systemd:
    for name in ("etc", "vendor"):
        (tmp_path / name).mkdir()
    (tmp_path / "etc" / EVIL).write_text("[Service]\nExecStart=/tmp/x\n")
    (tmp_path / "vendor/cron.service").write_text("")
    return Systemd(tmp_path / "etc", tmp_path / "vendor")


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, systemd: Systemd) -> ModuleType:
    own = program("unit.py")
    for where, name, value in (
        (
            own,
            "TRIALS",
            auto_revert.ContainmentTrials(
                str(tmp_path / "luytre/units"),
                own.UNIT,
                own.unmask_and_restart_unit,
                own.check_that_unit_is_stopped_and_masked,
            ),
        ),
        *((own, "PLACE", str(systemd.place)), (systemd_units, "FOLDER", str(tmp_path / "systemd/system"))),
        *((action_runner, "run_program", systemd.ran), (action_runner, "read_own_archive", lambda _loader: b"ours")),
    ):
        monkeypatch.setattr(where, name, value)
    return own


def asked(what: str = EVIL, number: int = 1) -> dict[str, Any]:
    return {"id": f"SC-20261127-1/{number}", "what": what}


def test_a_unit_is_masked_and_stopped_and_its_very_file_comes_back(
    host: ModuleType, systemd: Systemd, tmp_path: Path
) -> None:
    before = (systemd.place / EVIL).stat()
    would = host.plan_stopping_and_masking_of_unit(asked(), US)["would"]
    assert ["rename", f"{systemd.place}/{EVIL}", f"{systemd.place}/.luytre-contained-{EVIL}"] in would
    assert systemd.said == []
    assert host.stop_and_mask_unit_on_trial(asked(), US)["state"] == "on_trial"
    assert str((systemd.place / EVIL).readlink()) == "/dev/null"
    assert EVIL not in systemd.running
    assert host.TRIALS.confirm_requested_action(asked(), US)["state"] == "confirmed"
    assert host.TRIALS.report_state_of_requested_action(asked(), US)["state"] == "confirmed"
    assert host.TRIALS.release_requested_action(asked(), US) == {"state": "none"}
    after = (systemd.place / EVIL).stat()
    assert (after.st_ino, after.st_mtime_ns, after.st_mode) == (before.st_ino, before.st_mtime_ns, before.st_mode)
    assert EVIL in systemd.running
    assert sorted(path.name for path in tmp_path.iterdir()) == ["etc", "vendor"]
    assert [path.name for path in systemd.place.iterdir()] == [EVIL]


def test_a_packages_unit_has_a_mask_alone(host: ModuleType, systemd: Systemd) -> None:
    host.stop_and_mask_unit_on_trial(asked("cron.service"), US)
    assert (systemd.place / "cron.service").is_symlink()
    host.TRIALS.release_requested_action(asked("cron.service"), US)
    assert [path.name for path in systemd.place.iterdir()] == [EVIL]
    assert "cron.service" in systemd.running


def test_what_is_not_confirmed_comes_back(
    host: ModuleType, systemd: Systemd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.stop_and_mask_unit_on_trial(asked(), US)
    later = auto_revert.read_uptime() + 61
    monkeypatch.setattr(auto_revert, "read_uptime", lambda: later)
    host.main([])
    assert EVIL in systemd.running
    assert sorted(path.name for path in tmp_path.iterdir()) == ["etc", "vendor"]


def test_one_that_does_not_stop_is_not_said_to_be_stopped(host: ModuleType, systemd: Systemd) -> None:
    systemd.stubborn = True
    with pytest.raises(action_runner.ActionRefusal, match="not_stopped"):
        host.stop_and_mask_unit_on_trial(asked(), US)
    assert f"kill --signal=KILL -- {EVIL}" in systemd.said
    assert not (systemd.place / EVIL).is_symlink()


def test_what_has_come_in_its_place_stays(host: ModuleType, systemd: Systemd) -> None:
    host.stop_and_mask_unit_on_trial(asked(), US)
    host.TRIALS.confirm_requested_action(asked(), US)
    (systemd.place / EVIL).unlink()
    (systemd.place / EVIL).write_text("new")
    with pytest.raises(action_runner.ActionRefusal, match="not_stopped"):
        host.TRIALS.report_state_of_requested_action(asked(), US)
    with pytest.raises(action_runner.ActionRefusal, match="name_taken"):
        host.TRIALS.release_requested_action(asked(), US)
    assert (systemd.place / EVIL).read_text() == "new"
    (systemd.place / EVIL).unlink()
    assert host.TRIALS.release_requested_action(asked(), US) == {"state": "none"}
    assert "ExecStart" in (systemd.place / EVIL).read_text()


def test_a_unit_that_two_incidents_stop_is_back_when_both_release_it(host: ModuleType, systemd: Systemd) -> None:
    for number in (1, 2):
        host.stop_and_mask_unit_on_trial(asked(number=number), US)
        host.TRIALS.confirm_requested_action(asked(number=number), US)
    host.TRIALS.release_requested_action(asked(number=1), US)
    assert host.TRIALS.report_state_of_requested_action(asked(number=2), US)["state"] == "confirmed"
    host.TRIALS.release_requested_action(asked(number=2), US)
    assert EVIL in systemd.running
    assert [path.name for path in systemd.place.iterdir()] == [EVIL]


@pytest.mark.parametrize(
    "what", ["ssh.service", "ssh.socket", "systemd-networkd.service", "dbus.service", "getty@tty1.service"]
)
def test_never_what_the_host_lives_by_but_for_what_only_bears_its_name(
    host: ModuleType, systemd: Systemd, what: str
) -> None:
    (systemd.vendor / what).write_text("")
    with pytest.raises(action_runner.ActionRefusal, match="keeper"):
        host.stop_and_mask_unit_on_trial(asked(what), US)
    (systemd.place / what).write_text("")
    assert host.stop_and_mask_unit_on_trial(asked(what), US)["state"] == "on_trial"


@pytest.mark.parametrize(
    "what", ["luytre-guard-boot.service", "luytre-contain-keys.service", "luytre-firewall.service"]
)
def test_never_ours(host: ModuleType, systemd: Systemd, what: str) -> None:
    (systemd.vendor / what).write_text("")
    with pytest.raises(action_runner.ActionRefusal, match="ours"):
        host.stop_and_mask_unit_on_trial(asked(what), US)


@pytest.mark.parametrize(
    "what", ["gone.service", "x.mount", "a/../b.service", "--all.service", "-.slice", "x\n.service"]
)
def test_what_is_no_unit_is_told(host: ModuleType, systemd: Systemd, what: str) -> None:
    with pytest.raises(action_runner.ActionRefusal, match="no_such_unit"):
        host.stop_and_mask_unit_on_trial(asked(what), US)
    assert systemd.said == []
