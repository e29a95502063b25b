from __future__ import annotations

import datetime
import json
import os
import signal
import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from auditor.errors import InputError
from auditor.history import chain, retention
from auditor.history.database import VERSION
from auditor.history.runs import RunEntry, RunHistory
from auditor.models import Run
from auditor.results.trend import make_trend_point
from tests import factory
from tests.unit.history.test_runs import run

SCHEMA_OF_VERSION_1 = """
CREATE TABLE runs (
  id TEXT PRIMARY KEY, started TEXT NOT NULL, inventory TEXT NOT NULL, purpose TEXT NOT NULL,
  trend TEXT NOT NULL, document BLOB NOT NULL
) STRICT;
CREATE INDEX runs_by_inventory ON runs (inventory, started);
"""


def version_1(path: Path, *run_ids: str) -> None:
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode = WAL")
    database.executescript(f"BEGIN IMMEDIATE; {SCHEMA_OF_VERSION_1} PRAGMA user_version = 1; COMMIT;")
    for number, run_id in enumerate(run_ids):
        kept = run(run_id, f"2026-11-{number + 1:02}T10:00:00+07:00")
        document = zlib.compress(kept.model_dump_json().encode())
        row = (kept.id, kept.started, kept.inventory, kept.purpose, make_trend_point(kept).model_dump_json(), document)
        database.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?)", row)
    database.commit()
    database.close()


def three(tmp_path: Path) -> RunHistory:
    history = RunHistory(tmp_path / "history.sqlite")
    for number in (1, 2, 3):
        history.keep(run(f"r{number}", f"2026-11-0{number}T10:00:00+07:00"))
    return history


def alter(history: RunHistory, statement: str, *arguments: object) -> None:
    database = sqlite3.connect(history.path)
    with database:
        assert database.execute(statement, arguments).rowcount == 1
    database.close()


def test_a_file_of_version_1_is_brought_up_to_date_with_every_run_in_the_chain(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    version_1(path, "a", "b")
    history = RunHistory(path)
    assert [entry.id for entry in history.entries()] == ["b", "a"]
    assert history.run("a") == run("a", "2026-11-01T10:00:00+07:00")
    history.keep(run("c", "2026-11-24T10:00:00+07:00"))
    told = history.verify()
    assert (told.links, told.runs, told.pruned, told.broken) == (3, 3, 0, None)
    database = sqlite3.connect(path)
    assert database.execute("PRAGMA user_version").fetchone()[0] == VERSION
    database.close()


def test_a_damaged_run_of_version_1_is_told_and_hides_no_other(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    version_1(path, "a", "b")
    database = sqlite3.connect(path)
    with database:
        database.execute("UPDATE runs SET document = x'00' WHERE id = 'a'")
    database.close()
    history = RunHistory(path)
    assert history.run("b").id == "b"
    with pytest.raises(InputError, match="damaged"):
        history.run("a")
    broken = history.verify().broken
    assert broken is not None
    assert (broken.position, broken.run_id) == (1, "a")


def test_an_interrupted_migration_leaves_version_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "history.sqlite"
    version_1(path, "a", "b")
    monkeypatch.setattr(chain, "make_next_link", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        RunHistory(path).entries()
    monkeypatch.undo()
    told = RunHistory(path).verify()
    assert (told.links, told.runs, told.broken) == (2, 2, None)


def test_what_is_exported_has_the_digest_that_the_chain_knows(tmp_path: Path) -> None:
    history = three(tmp_path)
    run_id, document = history.document("r2")
    statement = history.links()[1].parse_statement()
    assert isinstance(statement, chain.RunKept)
    assert (statement.id, statement.document) == (run_id, chain.compute_sha256_hex(document))
    lines = list(history.export())
    assert [json.loads(str(line["document"]))["id"] for line in lines] == ["r1", "r2", "r3"]
    previous = chain.START
    for line in lines:
        assert line["hash"] == chain.compute_sha256_hex(f"{previous}\n{line['statement']}".encode())
        previous = str(line["hash"])
    assert history.verify().head == previous


EMPTY = zlib.compress(b"{}")


@pytest.mark.parametrize(
    ("statement", "arguments", "position", "run_id"),
    [
        ("UPDATE runs SET document = ? WHERE id = 'r2'", (EMPTY,), 2, "r2"),
        ("UPDATE runs SET document = ? WHERE id = 'r2'", (b"not packed",), 2, "r2"),
        ("UPDATE runs SET trend = '{}' WHERE id = 'r2'", (), 2, "r2"),
        ("UPDATE runs SET started = '2025-01-01T10:00:00+07:00' WHERE id = 'r2'", (), 2, "r2"),
        ("UPDATE runs SET inventory = '/elsewhere' WHERE id = 'r1'", (), 1, "r1"),
        ("DELETE FROM runs WHERE id = 'r2'", (), 2, "r2"),
        ("DELETE FROM chain WHERE position = 2", (), 3, "r3"),
        ("DELETE FROM chain WHERE position = 1", (), 2, "r2"),
        ("DELETE FROM chain WHERE position = 3", (), 0, "r3"),
        ("UPDATE chain SET statement = replace(statement, 'r2', 'r9') WHERE position = 2", (), 2, "r9"),
        ("UPDATE chain SET hash = ? WHERE position = 2", ("0" * 64,), 2, "r2"),
        ("UPDATE chain SET statement = 'x' WHERE position = 2", (), 2, None),
        ("INSERT INTO runs SELECT 'r4', started, inventory, purpose, trend, document, since FROM runs WHERE id = 'r3'", (), 0,
         "r4"),
    ],
)  # fmt: skip
def test_the_first_broken_link_is_named(
    tmp_path: Path, statement: str, arguments: Sequence[object], position: int, run_id: str | None
) -> None:
    history = three(tmp_path)
    assert history.verify().broken is None
    alter(history, statement, *arguments)
    broken = history.verify().broken
    assert broken is not None
    assert (broken.position, broken.run_id) == (position, run_id)


def test_a_damaged_trend_point_stops_no_list(tmp_path: Path) -> None:
    history = three(tmp_path)
    alter(history, "UPDATE runs SET trend = 'x' WHERE id = 'r2'")
    assert [point.run_id for point in history.trend("/i")] == ["r1", "r3"]
    assert [entry.id for entry in history.entries()] == ["r3", "r2", "r1"]


def test_pruned_runs_leave_their_tombstone_and_the_chain_holds(tmp_path: Path) -> None:
    history = three(tmp_path)
    before = history.verify().head
    history.prune(["r1", "r2"], keep_days=730)
    told = history.verify()
    assert (told.links, told.runs, told.pruned, told.broken) == (4, 1, 2, None)
    assert before in {link.hash for link in history.links()}
    assert [tombstone.id for tombstone in history.list_pruned_runs()] == ["r2", "r1"]
    with pytest.raises(InputError, match="r1 was pruned on"):
        history.run("r1")
    assert [line["document"] is None for line in history.export()] == [True, True, False, True]


def test_what_was_pruned_is_not_left_in_free_pages(tmp_path: Path) -> None:
    history = three(tmp_path)
    packed = zlib.compress(history.document("r1")[1])
    assert packed in history.path.read_bytes()
    history.prune(["r1"], keep_days=730)
    assert packed not in history.path.read_bytes()


def test_pruning_what_is_not_there_takes_nothing(tmp_path: Path) -> None:
    history = three(tmp_path)
    with pytest.raises(InputError, match="no run r9"):
        history.prune(["r1", "r9"], keep_days=1)
    assert history.verify().runs == 3


def test_a_run_that_says_it_was_pruned_and_is_there_breaks_the_chain(tmp_path: Path) -> None:
    history = three(tmp_path)
    _run_id, document = history.document("r1")
    history.prune(["r1"], keep_days=730)
    alter(
        history,
        "INSERT INTO runs SELECT 'r1', started, inventory, purpose, trend, ?, since FROM runs WHERE id = 'r2'",
        zlib.compress(document),
    )
    broken = history.verify().broken
    assert broken is not None
    assert broken.run_id == "r1"


def kept(folder: Path, *runs: Run) -> tuple[RunEntry, ...]:
    history = RunHistory(folder / "kept.sqlite")
    for one in runs:
        history.keep(one)
    return history.entries(limit=None)


def test_retention_keeps_the_last_of_each_month_of_each_inventory(tmp_path: Path) -> None:
    now = datetime.datetime.fromisoformat("2026-11-24T00:00:00+07:00")
    runs = kept(
        tmp_path,
        run("old-1", "2024-01-30T10:00:00+07:00"),
        run("old-2", "2024-01-31T23:30:00+07:00"),
        run("february-in-vietnam", "2024-01-31T18:00:00+00:00"),
        run("other", "2024-01-01T10:00:00+07:00").model_copy(update={"inventory": "/other"}),
        run("february", "2024-02-01T00:10:00+07:00"),
        run("edge-older", "2024-11-24T16:59:59+00:00"),
        run("edge-kept", "2024-11-24T00:00:00+07:00"),
        run("young", "2026-11-01T00:00:00+07:00"),
        run("younger", "2026-11-02T00:00:00+07:00"),
    )
    assert [entry.id for entry in retention.select_runs_to_prune(runs, now)] == ["old-1", "february"]
    assert [entry.id for entry in retention.select_runs_to_prune(runs, now, keep_days=10)] == [
        "old-1",
        "february",
        "edge-kept",
        "young",
    ]
    assert retention.select_runs_to_prune([], now) == ()


def test_retention_keeps_the_newest_run_of_every_host_of_a_month(tmp_path: Path) -> None:
    whole = factory.run(run_id="all", started="2024-01-05T08:00:00+07:00")
    two = factory.run(run_id="two", started="2024-01-06T08:00:00+07:00", hosts=factory.HOSTS[:2])
    again = factory.run(run_id="again", started="2024-01-07T08:00:00+07:00", hosts=factory.HOSTS[:1])
    last = factory.run(run_id="last", started="2024-01-08T08:00:00+07:00", hosts=factory.HOSTS[:1])
    old = retention.select_runs_to_prune(kept(tmp_path, whole, two, again, last), datetime.datetime.now(datetime.UTC))
    assert [entry.id for entry in old] == ["again"]


def test_of_runs_of_one_second_retention_keeps_the_one_that_was_kept_last(tmp_path: Path) -> None:
    runs = kept(tmp_path, *(run(name, "2024-01-05T08:00:00+07:00") for name in "cab"))
    old = [entry.id for entry in retention.select_runs_to_prune(runs, datetime.datetime.now(datetime.UTC))]
    assert old == ["c", "a"]
    history = RunHistory(tmp_path / "kept.sqlite")
    history.prune(old, keep_days=1)
    assert [tombstone.id for tombstone in history.list_pruned_runs()] == ["a", "c"]


WRITER = """
import pathlib, sys
from auditor.history.runs import RunHistory
from tests import factory
from tests.unit.history.test_runs import run
history = RunHistory(pathlib.Path(sys.argv[1]))
for number in range(int(sys.argv[3])):
    history.keep(run(f"{sys.argv[2]}{number:06}"))
    print(f"+{sys.argv[2]}{number:06}", flush=True)
    if sys.argv[4:] and number % 3 == 2:
        gone = f"{sys.argv[2]}{number - 1:06}"
        history.prune([gone], keep_days=1)
        print(f"-{gone}", flush=True)
"""


def writer(path: Path, name: str, runs: int, *prune: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path), name, str(runs), *prune]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_two_writers_at_once_are_both_kept_in_one_chain(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    version_1(path, "z")
    with writer(path, "a", 15) as one, writer(path, "b", 15) as other:
        assert (one.wait(60), other.wait(60)) == (0, 0)
    told = RunHistory(path).verify()
    assert (told.links, told.runs, told.broken) == (31, 31, None)


@pytest.mark.parametrize("lines", [5, 12, 19])
def test_kill_9_while_keeping_and_pruning_loses_nothing(tmp_path: Path, lines: int) -> None:
    path = tmp_path / "history.sqlite"
    with writer(path, "a", 100_000, "prune") as process:
        assert process.stdout is not None
        said = [process.stdout.readline().strip() for _ in range(lines)]
        os.kill(process.pid, signal.SIGKILL)
        said += [line.strip() for line in process.stdout.readlines()]
    history = RunHistory(path)
    assert history.verify().broken is None
    kept = {entry.id for entry in history.entries(limit=None)}
    gone = {tombstone.id for tombstone in history.list_pruned_runs()}
    assert {line[1:] for line in said if line.startswith("-")} <= gone
    assert {line[1:] for line in said if line.startswith("+")} <= kept | gone
    assert not kept & gone
