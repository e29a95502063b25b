"""Since which month a finding is open: as the runs of an inventory saw it, one after another."""

from __future__ import annotations

import sqlite3
import zlib
from dataclasses import replace

import pytest

from auditor.history.runs import RunHistory
from auditor.models import AppliedWaiver, Status
from auditor.results import open_since
from tests import factory

KEY = ("ssh.root_by_password", "web1")


def run(started, status=Status.FAIL, **more):
    """The factory's run in which root's login on web1 has this status."""
    made = factory.run(started=started, run_id=started, **more)
    changed = (replace(f, status=status) if (f.control, f.subject.id) == KEY else f for f in made.findings)
    return made.model_copy(update={"findings": tuple(changed)})


def after(*runs):
    since = {}
    for one in runs:
        since = open_since.update_open_since_after_run(since, one)
    return since.get(KEY)


@pytest.mark.parametrize(
    ("between", "month"),
    [
        ({"status": Status.FAIL}, "2026-08"),
        ({"status": Status.PARTIAL}, "2026-08"),
        ({"status": Status.NOT_EVALUATED}, "2026-08"),
        ({"hosts": factory.HOSTS[1:]}, "2026-08"),
        ({"status": Status.PASS}, "2026-10"),
        ({"status": Status.NOT_APPLICABLE}, "2026-10"),
    ],
)
def test_only_a_run_that_saw_it_met_is_a_break(between, month):
    last = run("2026-10-10T08:00:00+07:00")
    assert after(run("2026-08-10T08:00:00+07:00"), run("2026-09-10T08:00:00+07:00", **between), last) == month


def test_what_a_waiver_let_be_counts_anew():
    waived = AppliedWaiver(id="1", reason="r", approver="a", granted="2026-09-01", expires="2026-09-30", days_left=1,
        validity="expiring", compensating=None)  # fmt: skip
    middle = run("2026-09-10T08:00:00+07:00")
    middle = middle.model_copy(
        update={"findings": tuple(replace(f, waiver=waived) if f.status.is_open else f for f in middle.findings)}
    )
    assert after(run("2026-08-10T08:00:00+07:00"), middle, run("2026-10-10T08:00:00+07:00")) == "2026-10"


def test_the_months_are_vietnam_s():
    assert after(run("2026-08-31T18:00:00+00:00")) == "2026-09"


def test_it_is_kept_with_each_run_and_read_again(tmp_path):
    history = RunHistory(tmp_path / "history.sqlite")
    history.keep(run("2026-08-10T08:00:00+07:00"))
    history.keep(run("2026-09-10T08:00:00+07:00"))
    for started in ("2026-08-10T08:00:00+07:00", "2026-09-10T08:00:00+07:00"):
        assert history.since(started)[KEY] == "2026-08"
    elsewhere = run("2026-10-10T08:00:00+07:00").model_copy(update={"inventory": "/elsewhere"})
    history.keep(elsewhere)
    assert history.since("2026-10-10T08:00:00+07:00")[KEY] == "2026-10"
    assert history.since("unknown") == {}


def test_a_history_from_before_learns_it_from_its_runs(tmp_path):
    path = tmp_path / "history.sqlite"
    history = RunHistory(path)
    months = [f"2026-{month:02}-10T08:00:00+07:00" for month in (7, 8, 9)]
    for started in months:
        history.keep(run(started))
    known = [history.since(started) for started in months[1:]]
    with sqlite3.connect(path) as database:
        database.execute("ALTER TABLE runs DROP COLUMN since")
        database.execute("UPDATE runs SET document = ? WHERE id = ?", (zlib.compress(b"{}"), months[0]))
        for table in ("looks", "ledgers"):
            database.execute(f"DROP TABLE {table}")
        database.execute("PRAGMA user_version = 2")
    database.close()
    again = [RunHistory(path).since(started) for started in months]
    assert again[0] == {}
    assert [dict.fromkeys(one, "2026-08") for one in known] == again[1:]
