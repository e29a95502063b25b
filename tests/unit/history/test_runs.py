from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.errors import InputError
from auditor.history.runs import RunHistory
from auditor.models import ExcludedHost, Host, Run, clock
from auditor.results.trend import select_last_trend_point_of_each_month
from tests import factory


def run(run_id: str, started: str = "2026-11-24T10:00:00+07:00") -> Run:
    return Run(
        id=run_id,
        started=started,
        seconds=1.0,
        version="0",
        inventory="/i",
        hosts=(Host(name="h", address="192.0.2.1"),),
        outcomes=(),
        findings=(),
    )


def test_keeps_and_finds_runs_by_prefix(tmp_path: Path) -> None:
    history = RunHistory(tmp_path / "state/history.sqlite")
    history.keep(run("20261124T1-a"))
    history.keep(run("20261124T2-b", "2026-11-24T11:00:00+07:00"))
    assert [entry.id for entry in history.entries("/i")] == ["20261124T2-b", "20261124T1-a"]
    assert history.run("20261124T1") == run("20261124T1-a")
    assert history.latest("/i") == run("20261124T2-b", "2026-11-24T11:00:00+07:00")
    assert history.latest("/other") is None
    assert [point.run_id for point in history.trend("/i")] == ["20261124T1-a", "20261124T2-b"]


def test_the_trend_holds_the_newest_runs_and_the_last_of_every_month(tmp_path: Path) -> None:
    history = RunHistory(tmp_path / "history.sqlite")
    days = ("2026-08-05", "2026-08-31", "2026-09-02", "2026-09-29", "2026-11-01", "2026-11-02", "2026-11-03")
    for day in days:
        history.keep(run(day, f"{day}T08:00:00+07:00"))
    assert [point.run_id for point in history.trend("/i", 2)] == ["2026-09-29", "2026-11-02", "2026-11-03"]
    assert [point.run_id for point in history.trend("/i", 3)] == ["2026-08-31", "2026-09-29", *days[-3:]]
    assert [point.run_id for point in history.trend("/i")] == list(days)


def test_a_month_of_the_trend_is_vietnam_s(tmp_path: Path) -> None:
    history = RunHistory(tmp_path / "history.sqlite")
    history.keep(run("october", "2026-10-30T18:00:00+00:00"))
    history.keep(run("november", "2026-10-31T18:00:00+00:00"))
    for day in ("02", "03"):
        history.keep(run(day, f"2026-12-{day}T01:00:00+07:00"))
    assert [point.run_id for point in history.trend("/i", 3)] == ["october", "november", "02", "03"]
    assert [point.run_id for point in select_last_trend_point_of_each_month(history.trend("/i"))] == [
        "october",
        "november",
        "03",
    ]


def opened(run: Run) -> int:
    return sum(finding.is_open for finding in run.findings)


def limited(run_id: str, started: str, left_out: tuple[ExcludedHost, ...] | None = None) -> Run:
    return factory.run(run_id=run_id, started=started, hosts=factory.HOSTS[:1], hardened=True).model_copy(
        update={"left_out": left_out}
    )


def test_a_limited_run_is_a_point_of_the_whole_fleet(tmp_path: Path) -> None:
    history = RunHistory(tmp_path / "history.sqlite")
    whole = factory.run(run_id="a", started="2026-11-05T08:00:00+07:00")
    some = limited("b", "2026-11-20T08:00:00+07:00")
    history.keep(whole)
    history.keep(some)
    _, point = history.trend(whole.inventory)
    rest = sum(finding.is_open and finding.host != "web1" for finding in whole.findings)
    assert sum(point.open.values()) == opened(some) + rest > opened(some)
    assert point.sites.keys() == {site.domain for host in whole.hosts for site in host.sites}
    assert (point.earlier, point.unknown) == (2, 0)


def test_what_a_run_says_it_left_out_comes_from_whichever_run_has_it_last(tmp_path: Path) -> None:
    history = RunHistory(tmp_path / "history.sqlite")
    whole = factory.run(run_id="a", started="2026-09-05T08:00:00+07:00")
    history.keep(whole)
    history.keep(limited("b", "2026-11-20T08:00:00+07:00", (ExcludedHost(host="web3"), ExcludedHost(host="new"))))
    history.keep(limited("c", "2026-11-21T08:00:00+07:00", ()))
    _, some, alone = history.trend(whole.inventory)
    assert some.hosts.keys() == {"web1", "web3"}  # web2 is not declared any more
    assert (some.earlier, some.unknown) == (1, 1)
    assert alone.hosts.keys() == {"web1"}


def test_a_month_without_a_run_of_a_host_does_not_borrow_it(tmp_path: Path) -> None:
    history = RunHistory(tmp_path / "history.sqlite")
    history.keep(factory.run(run_id="a", started="2026-10-31T08:00:00+07:00"))
    history.keep(limited("b", "2026-11-01T08:00:00+07:00"))
    assert history.trend(factory.run().inventory)[-1].hosts.keys() == {"web1"}


def test_the_run_before_is_the_newest_earlier_one_of_the_inventory(tmp_path: Path) -> None:
    history = RunHistory(tmp_path / "history.sqlite")
    first, second, third = (
        run(name, f"2026-11-{day}T08:00:00+07:00") for name, day in zip("abc", (20, 21, 22), strict=True)
    )
    for one in (third, first, second):
        history.keep(one)
    assert [before and before.id for before in map(history.before, (third, second, first))] == ["b", "a", None]


def test_of_runs_that_began_in_the_same_second_the_one_kept_last_is_newer(tmp_path: Path) -> None:
    history = RunHistory(tmp_path / "history.sqlite")
    for run_id in ("b", "c", "a"):
        history.keep(run(run_id))
    assert [entry.id for entry in history.entries()] == ["a", "c", "b"]
    newest = history.latest(run("a").inventory)
    assert newest is not None and newest.id == "a"
    before = [history.before(run(run_id)) for run_id in ("a", "c", "b")]
    assert [found.id if found else None for found in before] == ["c", "b", None]


def test_the_run_before_is_told_without_its_evidence(tmp_path: Path) -> None:
    history = RunHistory(tmp_path / "history.sqlite")
    first, second = factory.run(started="2026-11-20T08:00:00+07:00", run_id="a"), factory.run(run_id="b")
    history.keep(first)
    history.keep(second)
    before = history.before(second)
    assert before is not None and any(finding.evidence for finding in first.findings)
    assert not any(finding.evidence or finding.violations for finding in before.findings)
    said = [(f.control, f.subject, f.status, f.severity, f.reason) for f in first.findings]
    assert [(f.control, f.subject, f.status, f.severity, f.reason) for f in before.findings] == said


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    history = RunHistory(tmp_path / "state/history.sqlite")
    history.keep(run("a"))
    assert history.path.stat().st_mode & 0o077 == 0
    assert history.path.parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("wanted", ["2026", "nothing", "%", "_"])
def test_an_unclear_run_is_an_error(tmp_path: Path, wanted: str) -> None:
    history = RunHistory(tmp_path / "history.sqlite")
    history.keep(run("20261124T1-a"))
    history.keep(run("20261124T2-b"))
    with pytest.raises(InputError):
        history.run(wanted)


def test_a_newer_or_broken_file_is_one_clear_error(tmp_path: Path) -> None:
    newer = tmp_path / "newer.sqlite"
    with sqlite3.connect(newer) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(InputError, match="newer version"):
        RunHistory(newer).entries()
    broken = tmp_path / "broken.sqlite"
    broken.write_bytes(b"not a database at all" * 100)
    with pytest.raises(InputError, match="cannot be used"):
        RunHistory(broken).entries()


KEEP_FOREVER = """
import sys, pathlib
from auditor.history import History
from tests.unit.history.test_runs import run
history = History(pathlib.Path(sys.argv[1]))
for number in range(100000):
    history.keep(run(f"{number:06}"))
    print(number, flush=True)
"""


def test_what_was_kept_survives_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    with subprocess.Popen(
        [sys.executable, "-c", KEEP_FOREVER, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(20)]
        os.kill(process.pid, signal.SIGKILL)
        said += process.stdout.readlines()
    kept = {entry.id for entry in RunHistory(path).entries(limit=100_000)}
    assert {f"{int(line):06}" for line in said if line.strip()} <= kept


def test_a_run_of_a_time_to_come_is_not_the_newest(tmp_path: Path) -> None:
    history = RunHistory(tmp_path / "history.sqlite", now=lambda: clock.parse_iso_moment("2026-11-10T12:00:00+07:00"))
    history.keep(run("ahead", "2031-01-01T10:00:00+07:00"))
    ahead = history.latest(run("x").inventory)
    assert ahead is not None
    assert ahead.id == "ahead"
    history.keep(run("real", "2026-11-10T11:00:00+07:00"))
    newest = history.latest(run("x").inventory)
    assert newest is not None
    assert newest.id == "real"
