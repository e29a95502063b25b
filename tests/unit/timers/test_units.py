"""The units say what is meant, whatever paths are made of, and systemd takes them."""

from __future__ import annotations

import os
import pwd
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.errors import InputError
from auditor.timers import installation
from auditor.timers.units import SCHEDULES, TimerSettings, quote_argument_for_exec_start, render_units
from tests.command_lines import parsed


@pytest.fixture
def settings(tmp_path: Path) -> TimerSettings:
    inventory = tmp_path / "bảng kiểm kê %h"
    inventory.mkdir()
    user = pwd.getpwuid(os.getuid())
    return TimerSettings(Path(sys.executable), tmp_path / "state $HOME", inventory, user.pw_name, Path(user.pw_dir))


def test_each_command_is_ours(settings: TimerSettings) -> None:
    names = [
        parsed(list(settings.build_command_line_of_service(schedule.name)[1:])).command.name for schedule in SCHEDULES
    ]
    assert names == ["audit", "notify", "due", "run"]


def test_what_is_due_is_asked_also_where_no_mail_can_be_sent(settings: TimerSettings) -> None:
    """systemd runs no further command of a service once one has failed: each service runs one."""
    services = [text for name, text in render_units(settings).items() if name.endswith(".service")]
    assert [text.count("\nExecStart=") for text in services] == [1] * len(SCHEDULES)
    assert not any("After=luytre" in text or "Requires=" in text for text in services)


def test_systemd_takes_them_and_reads_the_paths_as_they_are(settings: TimerSettings, tmp_path: Path) -> None:
    for name, text in render_units(settings).items():
        (tmp_path / name).write_text(text, "utf-8")
    units = [str(tmp_path / name) for name in render_units(settings)]
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_services_are_kept_on_a_short_leash(settings: TimerSettings, tmp_path: Path) -> None:
    (tmp_path / "luytre-audit.service").write_text(render_units(settings)["luytre-audit.service"], "utf-8")
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=30", "--no-pager"]
    done = subprocess.run(
        [*command, str(tmp_path / "luytre-audit.service")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout.splitlines()[-1]


def test_the_audit_begins_at_one_in_the_morning_in_vietnam() -> None:
    command = ["systemd-analyze", "calendar", "--base-time=2026-11-24 00:00:00 UTC", SCHEDULES[0].calendar]
    done = subprocess.run(command, env={**os.environ, "TZ": "UTC"}, capture_output=True, text=True, check=True)
    assert "Tue 2026-11-24 18:00:00 UTC" in done.stdout


def test_a_percent_sign_and_a_dollar_mean_nothing() -> None:
    assert quote_argument_for_exec_start('/srv/100% $A "b"\\') == '"/srv/100%% $$A \\"b\\"\\\\"'


def succeed(calls: list[Sequence[str]]) -> installation.Run:
    def run(words: Sequence[str]) -> subprocess.CompletedProcess[str]:
        calls.append(words)
        return subprocess.CompletedProcess(words, 0, "", "")

    return run


def test_what_is_installed_fits_and_is_started(settings: TimerSettings, tmp_path: Path) -> None:
    folder, calls = tmp_path / "units", list[Sequence[str]]()
    folder.mkdir()
    assert not installation.is_any_timer_unit_installed(folder)
    written = installation.install_and_start_systemd_timers(settings, folder, succeed(calls))
    assert sorted(path.name for path in written) == sorted(path.name for path in folder.iterdir())
    assert calls[-1][:3] == ["systemctl", "enable", "--now"]
    assert installation.is_any_timer_unit_installed(folder)
    assert list(installation.find_problems_of_installed_units(settings, folder)) == []


def test_units_of_an_older_version_are_named_and_replaced(settings: TimerSettings, tmp_path: Path) -> None:
    folder = tmp_path / "units"
    folder.mkdir()
    wanted = render_units(settings)
    notifies = wanted["luytre-incidents.service"]
    before = notifies.replace("\nTimeoutStartSec", '\nExecStart="/opt/auditor" "incident" "due"\nTimeoutStartSec')
    assert before != notifies
    for name, text in {**wanted, "luytre-incidents.service": before}.items():
        if not name.startswith("luytre-due"):
            (folder / name).write_text(text, "utf-8")
    problems = {"luytre-incidents.service": "other", "luytre-due.service": "missing", "luytre-due.timer": "missing"}
    assert dict(installation.find_problems_of_installed_units(settings, folder)) == problems
    installation.install_and_start_systemd_timers(settings, folder, succeed([]))
    assert {path.name: path.read_text("utf-8") for path in folder.iterdir()} == wanted
    assert list(installation.find_problems_of_installed_units(settings, folder)) == []


def test_another_state_folder_is_named(settings: TimerSettings, tmp_path: Path) -> None:
    folder = tmp_path / "units"
    folder.mkdir()
    installation.install_and_start_systemd_timers(settings, folder, succeed([]))
    other = replace(settings, state=tmp_path / "other")
    assert {
        problem
        for name, problem in installation.find_problems_of_installed_units(other, folder)
        if name.endswith("service")
    } == {"state"}
    gone = replace(settings, auditor=Path("/usr/bin/true"))
    assert "other" in {problem for _, problem in installation.find_problems_of_installed_units(gone, folder)}


def test_a_program_that_has_gone_is_named(settings: TimerSettings, tmp_path: Path) -> None:
    folder, program = tmp_path / "units", tmp_path / "auditor"
    folder.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    installation.install_and_start_systemd_timers(replace(settings, auditor=program), folder, succeed([]))
    program.unlink()
    assert "program" in {problem for _, problem in installation.find_problems_of_installed_units(settings, folder)}


def test_what_systemd_refuses_is_not_written(settings: TimerSettings, tmp_path: Path) -> None:
    folder = tmp_path / "units"
    folder.mkdir()

    def refuse(words: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(words, 1, "", "bad unit")

    with pytest.raises(InputError, match="systemd refuses the units: bad unit"):
        installation.install_and_start_systemd_timers(settings, folder, refuse)
    assert list(folder.iterdir()) == []


def test_the_state_folder_of_a_person_who_uses_sudo_is_that_persons(
    settings: TimerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = pwd.getpwnam("nobody")
    monkeypatch.delenv("LUYTRE_STATE", raising=False)
    monkeypatch.setenv("SUDO_UID", str(nobody.pw_uid))
    found = installation.get_timer_settings_of_account(settings.inventory)
    assert (found.user, found.state) == ("nobody", Path(nobody.pw_dir) / ".local/state/luytre")
    assert shlex.split(shlex.quote(str(found.inventory))) == [str(settings.inventory)]
