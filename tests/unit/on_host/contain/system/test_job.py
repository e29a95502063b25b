"""A job is taken out of a crontab by its line, and comes back to the byte and the second; cron has to see both. What a real cron makes of it is tried in the lab."""

from __future__ import annotations

import hashlib
import itertools
import os
import pwd
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ansible.module_utils.luytre_shared.incidents import action_runner

from tests.unit.on_host.contain.programs import program

US = ("198.51.100.1", "50000", "192.0.2.10", "22")
BAD, GOOD = b"*/5 * * * * root /tmp/.x 'a\xff'", b"17 * * * * root /opt/backup"
WAS = 10**18 + 7
SECOND = 10**9


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    own = program("job.py")
    (tmp_path / "cron.d").mkdir()
    (tmp_path / "spool").mkdir()
    for name, value in (
        *(("TABLE", str(tmp_path / "crontab")), ("TABLES", str(tmp_path / "cron.d"))),
        *(("SPOOL", str(tmp_path / "spool")), ("RECORD", action_runner.ActionRecord(str(tmp_path / "luytre/jobs")))),
    ):
        monkeypatch.setattr(own, name, value)
    monkeypatch.setattr(own, "list_uids_allowed_to_own_crontab", lambda _path: (os.getuid(),))
    return own


@pytest.fixture
def table(host: ModuleType, tmp_path: Path) -> Path:
    path = tmp_path / "cron.d/x"
    path.write_bytes(b"# m h\nMAILTO=root\n" + BAD + b"\n" + GOOD + b"\n")
    path.chmod(0o640)
    os.utime(path, ns=(WAS, WAS))
    return path


def asked(table: Path, line: str = "3", number: int = 1) -> dict[str, Any]:
    return {"id": f"SC-20261127-1/{number}", "what": f"{table}:{line}"}


def state(path: Path) -> tuple[bytes, int, int, int, int]:
    status = path.stat()
    return path.read_bytes(), status.st_mode, status.st_uid, status.st_gid, status.st_mtime_ns


def refused(host: ModuleType, ask: dict[str, Any]) -> str:
    with pytest.raises(action_runner.ActionRefusal) as refusal:
        host.comment_out_cron_job_once(ask, US)
    return str(refusal.value.args[0])


def test_a_job_is_a_comment_in_its_place_and_a_job_again_with_the_files_time(host: ModuleType, table: Path) -> None:
    before = state(table)
    assert host.plan_commenting_out_of_cron_job(asked(table), US)["would"] == [
        ["comment", f"{table}:3", "# SC-20261127-1/1: "]
    ]
    assert state(table) == before
    for _ in range(2):
        assert host.comment_out_cron_job_once(asked(table), US) == {"state": "confirmed", "why": "", "about": ""}
    assert table.read_bytes() == before[0].replace(BAD, b"# SC-20261127-1/1: " + BAD)
    assert table.stat().st_mtime_ns // SECOND != WAS // SECOND
    assert host.report_state_of_contained_cron_job(asked(table), US)["state"] == "confirmed"
    assert host.put_cron_job_back(asked(table), US) == {"state": "none"}
    assert state(table) == before
    assert host.report_state_of_contained_cron_job(asked(table), US) == {"state": "none"}
    assert host.put_cron_job_back(asked(table), US)["why"] == "none_kept"
    assert sorted(one.name for one in table.parent.parent.iterdir()) == ["cron.d", "spool"]
    assert [one.name for one in table.parent.iterdir()] == ["x"]


def test_a_file_that_was_written_this_second_gets_another_one_all_the_same(host: ModuleType, table: Path) -> None:
    table.touch()
    written = table.stat().st_mtime_ns
    host.comment_out_cron_job_once(asked(table), US)
    assert table.stat().st_mtime_ns // SECOND > written // SECOND


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_two_jobs_of_one_crontab_come_back_in_any_order_as_they_were(
    host: ModuleType, table: Path, order: tuple[int, int]
) -> None:
    before, seconds = state(table), [WAS // SECOND]
    for number, line in ((1, "3"), (2, "4")):
        host.comment_out_cron_job_once(asked(table, line, number), US)
        seconds.append(table.stat().st_mtime_ns // SECOND)
    for number in order:
        host.put_cron_job_back(asked(table, str(number + 2), number), US)
        seconds.append(table.stat().st_mtime_ns // SECOND)
    assert state(table) == before
    assert all(one != later for one, later in itertools.pairwise(seconds))


def test_what_somebody_changed_meanwhile_stays_and_cron_is_to_see_the_line_come_back(
    host: ModuleType, table: Path
) -> None:
    host.comment_out_cron_job_once(asked(table), US)
    theirs = table.read_bytes().replace(GOOD, b"@reboot root /opt/new\n# SC-20261127-1/1: not ours")
    table.write_bytes(theirs)
    os.utime(table, ns=(WAS + SECOND, WAS + SECOND))
    host.put_cron_job_back(asked(table), US)
    assert table.read_bytes() == theirs.replace(b"# SC-20261127-1/1: " + BAD, BAD)
    assert table.stat().st_mtime_ns // SECOND not in (WAS // SECOND, WAS // SECOND + 1)


def test_a_line_is_found_by_its_digest_where_others_have_come_before_it(host: ModuleType, table: Path) -> None:
    digest = hashlib.sha256(BAD).hexdigest()[:12]
    table.write_bytes(GOOD + b"\n" + table.read_bytes())
    host.comment_out_cron_job_once(asked(table, f"3@{digest}"), US)
    assert b": " + BAD in table.read_bytes()
    assert table.read_bytes().count(b"# SC-") == 1
    assert refused(host, asked(table, f"3@{digest[::-1]}", 2)) == "no_job"


def test_the_same_line_twice_runs_no_more_and_one_that_is_put_in_again_is_told(host: ModuleType, table: Path) -> None:
    table.write_bytes((BAD + b"\n") * 2)
    host.comment_out_cron_job_once(asked(table, "1"), US)
    assert table.read_bytes() == (b"# SC-20261127-1/1: " + BAD + b"\n") * 2
    table.write_bytes(table.read_bytes() + BAD + b"\n")
    with pytest.raises(action_runner.ActionRefusal, match="job_again"):
        host.report_state_of_contained_cron_job(asked(table, "1"), US)


def test_cron_ends_lines_at_line_feeds_alone(host: ModuleType, table: Path) -> None:
    table.write_bytes(b"# a\r" + BAD + b"\x0b\n" + GOOD + b"\n")
    assert refused(host, asked(table, "1")) == "no_job"
    host.comment_out_cron_job_once(asked(table, "2"), US)
    assert table.read_bytes().endswith(b"\n# SC-20261127-1/1: " + GOOD + b"\n")


def test_nothing_is_written_where_there_is_no_job_or_no_crontab(host: ModuleType, table: Path, tmp_path: Path) -> None:
    before = state(table)
    (tmp_path / "secret").write_bytes(BAD + b"\n")
    (table.parent / "link").symlink_to(tmp_path / "secret")
    if os.getuid() == 0:  # root's own links count
        os.chown(table.parent / "link", 12, 12, follow_symlinks=False)
    for path, line, why in (
        *((table, "1", "no_job"), (table, "9", "no_job"), (table.parent / "gone", "1", "no_job")),
        *((tmp_path / "secret", "1", "elsewhere"), (Path(f"{table.parent}/../secret"), "1", "elsewhere")),
        (table.parent / "link", "1", "unsafe"),
    ):
        assert refused(host, asked(path, line)) == why
    os.link(table, tmp_path / "second")
    assert refused(host, asked(table)) == "unsafe"
    (tmp_path / "second").unlink()
    assert state(table) == before
    assert (tmp_path / "secret").read_bytes() == BAD + b"\n"
    assert not (tmp_path / "luytre").exists()


def test_a_crontab_is_its_accounts_or_roots(host: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    own = program("job.py")
    assert (
        own.list_uids_allowed_to_own_crontab("/etc/cron.d/x")
        == own.list_uids_allowed_to_own_crontab(f"{own.SPOOL}/nobody-of-that-name")
        == (0,)
    )
    assert own.list_uids_allowed_to_own_crontab(f"{own.SPOOL}/daemon") == (0, pwd.getpwnam("daemon").pw_uid)


def test_whoever_is_cut_off_before_the_change_is_gone_on_for(
    host: ModuleType, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(table)

    def cut(*_given: Any) -> None:
        raise KeyboardInterrupt

    for step in ("rewrite_each_line_of_crontab_of_job", "check_that_cron_job_is_commented_out"):
        with monkeypatch.context() as once, pytest.raises(KeyboardInterrupt):
            once.setattr(host, step, cut)
            host.comment_out_cron_job_once(asked(table), US)
    assert host.comment_out_cron_job_once(asked(table), US)["state"] == "confirmed"
    assert host.put_cron_job_back(asked(table), US) == {"state": "none"}
    assert state(table) == before


def test_a_crontab_that_is_gone_runs_nothing(host: ModuleType, table: Path) -> None:
    host.comment_out_cron_job_once(asked(table), US)
    table.unlink()
    assert host.report_state_of_contained_cron_job(asked(table), US)["state"] == "confirmed"
    assert host.put_cron_job_back(asked(table), US) == {"state": "none"}


def test_a_number_by_which_another_job_is_contained_contains_nothing_else(host: ModuleType, table: Path) -> None:
    host.comment_out_cron_job_once(asked(table), US)
    there = state(table)
    assert refused(host, asked(table, "4")) == "number_taken"
    assert host.put_cron_job_back(asked(table, "4"), US)["why"] == "none_kept"
    assert state(table) == there
