"""Code of PHP that is kept in memory is forgotten where that leaves the service running. Services are a mock."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre_change import start_test
from ansible.module_utils.luytre_contain.sites import php_code
from ansible.module_utils.luytre_shared.incidents import action_runner
from ansible.module_utils.luytre_shared.os.area_reader import UnreadableFact

FPM = "php8.4-fpm.service"


@pytest.fixture
def reloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    units: list[str] = []

    def ran(argv: list[str], **_: Any) -> str:
        if argv[1] == "list-units":
            return f"{FPM} loaded active running PHP\n"
        if argv[1] == "show":
            return "0\n"
        units.append(argv[-1])
        return ""

    (tmp_path / "php8.4.load").touch()
    monkeypatch.setattr(action_runner, "run_program", ran)
    monkeypatch.setattr(php_code, "MOD_PHP", str(tmp_path))
    monkeypatch.setattr(start_test, "find_reason_daemon_would_not_start", lambda _unit, _reading: None)
    return units


def test_all_that_keep_code_are_told(reloaded: list[str]) -> None:
    assert (
        php_code.find_php_units_that_would_not_start(),
        php_code.reload_php_services_to_clear_code_cache(),
        reloaded,
    ) == ([], True, [FPM, "apache2.service"])


@pytest.mark.parametrize(
    "said", ["unknown entry", UnreadableFact("another could change it")], ids=["faulty", "untested"]
)
def test_a_service_that_would_not_start_again_goes_on_with_what_it_has(
    reloaded: list[str], monkeypatch: pytest.MonkeyPatch, said: str | UnreadableFact
) -> None:
    def fault(unit: str, _reading: object) -> str | None:
        if unit != FPM:
            return None
        if isinstance(said, UnreadableFact):
            raise said
        return said

    monkeypatch.setattr(start_test, "find_reason_daemon_would_not_start", fault)
    assert (
        php_code.find_php_units_that_would_not_start(),
        php_code.reload_php_services_to_clear_code_cache(),
        reloaded,
    ) == ([FPM], False, ["apache2.service"])


SERVICE = """
import os, signal, subprocess, sys
child = subprocess.Popen(["sleep", "60"])
def again(*_):
    child.kill()
    child.wait()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
signal.signal(signal.SIGUSR2, again)
print(child.pid, flush=True)
while True:
    signal.pause()
"""


def test_a_service_is_over_when_it_has_begun_anew_and_what_it_had_started_has_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with subprocess.Popen([sys.executable, "-c", SERVICE], stdout=subprocess.PIPE) as service:
        try:
            assert service.stdout is not None
            service.stdout.readline()
            monkeypatch.setattr(php_code, "_get_main_pid", lambda _unit: service.pid)
            running = php_code.ServiceProcesses(FPM)
            assert len(running.children) == 1
            assert not running.has_been_replaced_by_new_processes()
            service.send_signal(signal.SIGUSR2)
            service.stdout.readline()
            assert running.has_been_replaced_by_new_processes()
            assert not php_code.ServiceProcesses(FPM).has_been_replaced_by_new_processes()
        finally:
            for child, _ in php_code.ServiceProcesses(FPM).children:
                os.kill(child, signal.SIGKILL)
            service.kill()


def test_a_reload_is_waited_for_and_not_for_ever(reloaded: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    looks = {FPM: 3, "apache2.service": 10**9}

    class Running:
        def __init__(self, unit: str) -> None:
            self.unit = unit

        def has_been_replaced_by_new_processes(self) -> bool:
            looks[self.unit] -= 1
            return looks[self.unit] <= 0

    monkeypatch.setattr(php_code, "ServiceProcesses", Running)
    monkeypatch.setattr(php_code, "RELOAD_SECONDS", 0.3)
    assert php_code.reload_php_services_to_clear_code_cache()
    assert looks[FPM] <= 0 < looks["apache2.service"] < 10**9
