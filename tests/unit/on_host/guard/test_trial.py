"""What a daemon would not load is given back how it was; the rest is put back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre_guard import daemons, trial  # type: ignore[import-not-found]

NGINX = {"nginx.service": {"ActiveState": "active", "UnitFileState": "enabled"}}


class Work:
    """A way back on two files: one is put back, what the run made goes."""

    def __init__(self, folder: Path) -> None:
        self.new, self.old, self.other = folder / "nginx/made.conf", folder / "nginx/nginx.conf", folder / "else.conf"
        self.paths = {str(self.new): "new", str(self.old): "content", str(self.other): "content"}
        self.snap = type("Snap", (), {"entries": {}})()

    def of_root(self) -> dict[str, str]:
        return self.paths

    def files(self) -> None:
        self.new.unlink()
        self.old.write_text("before")
        self.other.write_text("before")

    def attempt(self, _path: str, work: Any) -> None:
        work()


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Work:
    (tmp_path / "nginx").mkdir()
    work = Work(tmp_path)
    for path in (work.new, work.old, work.other):
        path.write_text("hardened")
    monkeypatch.setattr(daemons, "of", lambda name: ((str(tmp_path / "nginx") + "/",), [["nginx", "-t"]]))
    return work


def test_a_daemon_that_loads_the_result_leaves_nothing_as_it_is(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daemons, "refusal", lambda _: None)
    assert trial.files(work, NGINX) == {}
    assert not work.new.exists() and work.old.read_text() == "before"


def test_a_daemon_that_does_not_keeps_its_own_files_and_no_others(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daemons, "refusal", lambda _: None if work.new.exists() else "open() made.conf failed")
    left = trial.files(work, NGINX)
    assert set(left) == {str(work.new), str(work.old)}
    assert all(why == "nginx would not load it: open() made.conf failed" for why in left.values())
    assert work.new.read_text() == work.old.read_text() == "hardened"
    assert work.other.read_text() == "before" and set(work.paths) == {str(work.other)}


def test_a_file_elsewhere_that_it_names_is_given_back_too(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        daemons, "refusal", lambda _: None if work.other.read_text() == "hardened" else f"bad word in {work.other}:1"
    )
    assert set(trial.files(work, NGINX)) == {str(work.new), str(work.old), str(work.other)}
    assert work.other.read_text() == "hardened"


def test_a_daemon_that_neither_runs_nor_starts_is_not_asked(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daemons, "refusal", lambda _: "no")
    stopped = {"nginx.service": {"ActiveState": "inactive", "UnitFileState": "disabled"}}
    assert trial.files(work, stopped) == {}
