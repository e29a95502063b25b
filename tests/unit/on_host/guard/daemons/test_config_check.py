"""What a daemon would not load is given back how it was; the rest is put back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre_guard.daemons import config_check, daemons  # type: ignore[import-not-found]
from ansible.module_utils.luytre_guard.os import commands  # type: ignore[import-not-found]

NGINX = {"nginx.service": {"ActiveState": "active", "UnitFileState": "enabled"}}


class Work:
    """A way back on two files: one is put back, what the run made goes."""

    def __init__(self, folder: Path) -> None:
        self.new, self.old, self.other = folder / "nginx/made.conf", folder / "nginx/nginx.conf", folder / "else.conf"
        self.paths = {str(self.new): "new", str(self.old): "content", str(self.other): "content"}
        entry = {"type": "file", "uid": 0, "gid": 0, "mode": 0o644}
        self.snap = type("Snap", (), {"entries": {str(self.old): entry}})()
        self.place = str(folder / "trial.json")

    def select_paths_of_root(self) -> dict[str, str]:
        return self.paths

    def put_back_files_of_root(self) -> None:
        self.put_back_paths(self.paths)

    def put_back_paths(self, paths: dict[str, str]) -> None:
        for path, word in paths.items():
            if Path(path).is_dir():
                continue
            Path(path).unlink(missing_ok=True) if word == "new" else Path(path).write_text("before")

    def attempt_change_of_path_and_note_failure(self, _path: str, work: Any) -> None:
        work()


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Work:
    (tmp_path / "nginx").mkdir()
    work = Work(tmp_path)
    for path in (work.new, work.old, work.other):
        path.write_text("hardened")
    monkeypatch.setattr(commands, "find_program", lambda name: name)
    of = {"nginx.service": ((str(tmp_path / "nginx") + "/",), [["nginx", "-t"]])}
    monkeypatch.setattr(daemons, "get_config_prefixes_and_tests_of_unit", lambda name: of.get(name, ((), [])))
    return work


def test_a_daemon_that_loads_the_result_leaves_nothing_as_it_is(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daemons, "find_config_error", lambda _: None)
    assert config_check.put_back_files_that_daemons_load(work, NGINX, work.place) == {}
    assert not work.new.exists() and work.old.read_text() == "before"


def test_a_daemon_that_came_with_the_run_keeps_nothing_of_it(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        daemons, "find_config_error", lambda _: None if work.new.exists() else "Init of command line failed"
    )
    work.snap.entries.clear()
    assert config_check.put_back_files_that_daemons_load(work, NGINX, work.place) == {}
    assert not work.new.exists()


def test_a_daemon_that_does_not_keeps_those_of_its_own_files_that_it_needs_and_no_others(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        daemons, "find_config_error", lambda _: None if work.new.exists() else "open() made.conf failed"
    )
    left = config_check.put_back_files_that_daemons_load(work, NGINX, work.place)
    assert left == {str(work.new): "nginx would not load it: open() made.conf failed"}
    assert work.new.read_text() == "hardened"
    assert work.old.read_text() == work.other.read_text() == "before"
    assert set(work.paths) == {str(work.old), str(work.other)}


def test_what_it_needs_only_because_of_what_stays_stays_too(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a virtual host that somebody edited, with a line for a file of ours that takes a value from another."""
    inner = work.new.parent / "conf.d" / "inner.conf"
    inner.parent.mkdir()
    inner.write_text("hardened")
    work.paths |= {str(inner): "new", str(inner.parent): "attributes"}
    monkeypatch.setattr(
        daemons, "find_config_error", lambda _: None if work.new.exists() and inner.exists() else "no such value"
    )
    assert set(config_check.put_back_files_that_daemons_load(work, NGINX, work.place)) == {
        str(work.new),
        str(inner),
        str(inner.parent),
    }
    assert work.old.read_text() == "before"


def test_a_file_elsewhere_that_it_names_is_given_back_too(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        daemons,
        "find_config_error",
        lambda _: None if work.other.read_text() == "hardened" else f"bad word in {work.other}:1",
    )
    assert set(config_check.put_back_files_that_daemons_load(work, NGINX, work.place)) == {str(work.other)}
    assert work.other.read_text() == "hardened" and not work.new.exists()


def test_a_daemon_that_neither_runs_nor_starts_is_not_asked(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daemons, "find_config_error", lambda _: "no")
    stopped = {"nginx.service": {"ActiveState": "inactive", "UnitFileState": "disabled"}}
    assert config_check.put_back_files_that_daemons_load(work, stopped, work.place) == {}


def test_who_goes_on_after_a_power_cut_knows_how_it_was_and_what_stays(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemons, "find_config_error", lambda _: None if work.new.exists() else "no such zone")
    paths = dict(work.paths)
    config_check.ConfigTrial(work, NGINX, work.place)
    work.put_back_files_of_root()  # and the power goes
    work.paths = dict(paths)
    left = config_check.put_back_files_that_daemons_load(work, NGINX, work.place)
    assert set(left) == {str(work.new)} and work.new.read_text() == "hardened"
    work.paths = dict(paths)
    assert config_check.put_back_files_that_daemons_load(work, NGINX, work.place) == left
    assert work.new.exists() and work.old.read_text() == "before"


def test_what_is_put_back_once_more_does_not_bring_back_what_stays(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    """As what work on packages changed, after the daemon was asked."""
    monkeypatch.setattr(
        daemons, "find_config_error", lambda _: None if work.old.read_text() == "hardened" else "duplicate default"
    )
    left = config_check.put_back_files_that_daemons_load(work, NGINX, work.place)
    work.paths = {**work.paths, str(work.old): "content"}
    assert config_check.put_back_files_that_daemons_load(work, NGINX, work.place) == left and str(work.old) in left
    assert work.old.read_text() == "hardened"


def test_where_a_daemon_refuses_either_state_a_revert_has_the_one_before(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemons, "find_config_error", lambda _: "somebody's own mistake")
    tried, words = config_check.ConfigTrial(work, NGINX, work.place), dict(work.paths)
    work.put_back_files_of_root()
    assert tried.take_back_files_that_daemons_refuse(words, last=True) == {}
    assert not work.new.exists() and work.old.read_text() == "before"


def test_a_daemon_that_a_socket_starts_is_asked(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        daemons,
        "get_config_prefixes_and_tests_of_unit",
        lambda name: ((str(work.new.parent) + "/",), [["sshd", "-t"]]) if name == "ssh.service" else ((), []),
    )
    stopped, listens = (
        {"ActiveState": "inactive", "UnitFileState": "disabled"},
        {"ActiveState": "active", "UnitFileState": "enabled"},
    )
    assert config_check._find_units_that_test_restored_files(work, {"ssh.service": stopped, "ssh.socket": listens}) == [
        "ssh.service"
    ]
    assert (
        config_check._find_units_that_test_restored_files(work, {"ssh.service": stopped, "ssh.socket": stopped}) == []
    )


@pytest.mark.parametrize("name", ["fail2ban.service", "nftables.service", "rsyslog.service", "sudo", "mariadb.service"])
def test_what_reads_its_files_only_at_a_start_is_asked_too(name: str) -> None:
    prefixes, tests = daemons.get_config_prefixes_and_tests_of_unit(name)
    assert prefixes and tests
