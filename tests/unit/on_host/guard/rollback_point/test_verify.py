"""After a rollback, what was to be put back is compared once more."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible.module_utils.luytre_guard.files import tree  # type: ignore[import-not-found]
from ansible.module_utils.luytre_guard.os import commands  # type: ignore[import-not-found]
from ansible.module_utils.luytre_guard.rollback_point import rollback, verify  # type: ignore[import-not-found]

FILE = {"type": "file", "mode": 0o644, "mtime": 1}
FOLDER = {"type": "folder", "mode": 0o755, "mtime": 1}


@pytest.fixture
def work() -> Any:
    """A plan that notes problems, each once."""
    noted: list[str] = []
    return SimpleNamespace(problems=noted, failed={}, note_problem_once=noted.append)


@pytest.mark.parametrize(
    ("before", "now", "restored", "failed", "known", "problems"),
    [
        (FILE, {**FILE, "mode": 0o600}, True, False, [], ["/etc/a: still differs (mode)"]),
        (FILE, {**FILE, "mode": 0o600}, False, False, [], []),  # it was not to be put back
        (FILE, {**FILE, "mode": 0o600}, True, True, [], []),  # which was said when it failed
        (FILE, {**FILE, "mode": 0o600}, True, False, ["/etc/a: is immutable"], []),
        (FOLDER, {**FOLDER, "mtime": 7}, True, False, [], []),  # others work in it
        (FOLDER, {**FOLDER, "mode": 0o700}, True, False, [], ["/etc/a: still differs (mode)"]),
    ],
)
def test_what_still_differs_is_named(
    before: dict[str, Any],
    now: dict[str, Any],
    restored: bool,
    failed: bool,
    known: list[str],
    problems: list[str],
    work: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rollback.verify, "find_root_differences", lambda _snap, _notes: {"/etc/a": "mode"})
    monkeypatch.setattr(tree, "read_entry_of_path", lambda _path: now)
    work.problems += known
    work.failed = {"/etc/a": "it is busy"} if failed else {}
    snap = SimpleNamespace(entries={"/etc/a": before})
    rollback._verify_restored_paths_and_note_differences(snap, {"/etc/a"} if restored else set(), work)
    assert work.problems == [*known, *problems]


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What is in force on a host, by what is asked."""
    state: dict[str, Any] = {"sysctls": {"kernel/a": "1"}, "mounts": {"/srv": ["nosuid"]}, "units": ([], [])}
    monkeypatch.setattr(verify.units, "SystemdUnitsQuery", lambda _units: SimpleNamespace(answer=dict))
    monkeypatch.setattr(verify.units, "find_units_to_start_and_to_stop", lambda *_: state["units"])
    monkeypatch.setattr(verify.runtime_state, "reread_sysctls", lambda _values: state["sysctls"])
    monkeypatch.setattr(verify.mounts, "read_mount_flags_of_shared_folders", lambda: state["mounts"])
    return state


SNAP = SimpleNamespace(
    manifest={"sysctls": {"kernel/a": "1"}, "mounts": {"/srv": ["nosuid"], "/gone": []}},
    scope=SimpleNamespace(units=["a.service"]),
    units={},
)


@pytest.mark.parametrize(
    ("changes", "differences"),
    [
        ({}, {}),
        ({"sysctls": {"kernel/a": "0"}}, {"sysctl kernel.a": "is 0, not 1"}),
        ({"mounts": {"/srv": ["nosuid", "noexec"]}}, {"mount /srv": "has nosuid,noexec, not nosuid"}),
        ({"mounts": {"/srv": []}}, {"mount /srv": "has no flag, not nosuid"}),
        ({"units": (["a.service"], [])}, {"a.service": "does not run"}),
        ({"units": ([], ["b.service"])}, {"b.service": "runs, and did not before"}),
    ],
)
def test_what_is_in_force_is_compared_too(
    changes: dict[str, Any], differences: dict[str, str], live: dict[str, Any]
) -> None:
    live.update(changes)
    found = verify.find_live_differences(SNAP, {})
    assert {name: how for names in found.values() for name, how in names.items()} == differences


def test_units_that_cannot_be_asked_are_not_called_the_same(
    live: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise commands.CommandFailure("no bus")

    monkeypatch.setattr(verify.units, "find_units_to_start_and_to_stop", fail)
    assert verify.find_live_differences(SNAP, {}) == {verify.UNITS: {"units": "they could not be asked: no bus"}}
