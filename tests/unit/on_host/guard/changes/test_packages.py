"""Packages taken back while somebody else is at work with dpkg, and in whatever order they need each other."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from ansible.module_utils.luytre_guard import service
from ansible.module_utils.luytre_guard.changes import packages
from ansible.module_utils.luytre_guard.files import store
from ansible.module_utils.luytre_guard.os import commands

HOLDS = "import fcntl,sys; h=open(sys.argv[1],'w'); fcntl.lockf(h, fcntl.LOCK_EX); print(1, flush=True); input()"
BUSY = "dpkg --purge ended with 2: dpkg: error: dpkg frontend lock was locked by another process with pid 9"
NEEDS = {"alib": "zprogram", "blib": "alib"}
"""Package to who needs it: the last name has to go first."""


def dpkg(refusing: Callable[[Sequence[str]], str | None]) -> tuple[list[list[str]], Callable[..., str | None]]:
    asked: list[list[str]] = []

    def said_no(argv: Sequence[str], _seconds: int = 60) -> str | None:
        asked.append(list(argv))
        return refusing(argv[len(packages.PURGE) + 1 :])

    return asked, said_no


def test_packages_go_in_whatever_order_they_need_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one of them can not go, which dpkg refuses for all together, the others do."""
    there = {"alib", "blib", "stuck", "zprogram"}

    def refusing(names: Sequence[str]) -> str | None:
        if "stuck" in names:
            return "dpkg ended with 1: libblock-dev needs stuck"
        if any(NEEDS.get(name) in there for name in names):
            return "dpkg ended with 1: dependency problems"
        there.difference_update(names)
        return None

    _, said_no = dpkg(refusing)
    monkeypatch.setattr(commands, "run_program_and_return_error_or_none", said_no)
    assert packages._purge_as_many_packages_as_possible(sorted(there), 0) == [
        "dpkg ended with 1: libblock-dev needs stuck"
    ]
    assert there == {"stuck"}


def test_who_holds_dpkgs_lock_is_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, said_no = dpkg(lambda _: BUSY)
    monkeypatch.setattr(commands, "run_program_and_return_error_or_none", said_no)
    assert packages._purge_as_many_packages_as_possible(["a", "b", "c"], 0) == [BUSY]
    assert len(asked) == 1


def test_a_rollback_that_needs_dpkg_begins_only_when_nobody_is_at_work_with_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    locks = [tmp_path / "lock-frontend", tmp_path / "lock"]
    monkeypatch.setattr(packages, "LOCKS", tuple(map(str, locks)))
    monkeypatch.setattr(packages, "LOCK_SECONDS", 0)
    chosen = {"installed": ["chrony"], "removed": []}
    service._check_no_other_package_work_is_running(chosen)
    for lock in locks:
        with subprocess.Popen(
            [sys.executable, "-c", HOLDS, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as other:
            assert other.stdout is not None
            other.stdout.readline()
            service._check_no_other_package_work_is_running({"installed": [], "removed": []})
            with pytest.raises(store.GuardRefusal, match=rf"process {other.pid}\)"):
                service._check_no_other_package_work_is_running(chosen)
            other.communicate(b"\n")
    service._check_no_other_package_work_is_running(chosen)
