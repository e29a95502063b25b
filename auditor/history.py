"""Runs kept in SQLite: one file, written in one transaction per run. The only door to the database."""

from __future__ import annotations

import os
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from auditor.errors import InputError
from auditor.models import Run
from auditor.report.summary import TrendPoint, trend_point

VERSION = 1
_SCHEMA = """
CREATE TABLE runs (
  id TEXT PRIMARY KEY, started TEXT NOT NULL, inventory TEXT NOT NULL, purpose TEXT NOT NULL,
  trend TEXT NOT NULL, document BLOB NOT NULL
) STRICT;
CREATE INDEX runs_by_inventory ON runs (inventory, started);
"""


@dataclass(frozen=True)
class Entry:
    """One kept run, without its findings."""

    id: str
    started: str
    inventory: str
    purpose: str


def default_path() -> Path:
    """``$LUYTRE_STATE``, else ``$XDG_STATE_HOME/luytre``, else ``~/.local/state/luytre``; the file in it."""
    state = os.environ.get("LUYTRE_STATE")
    base = Path(state) if state else Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "luytre"
    return base / "history.sqlite"


def key_of(inventory: str) -> str:
    """What tells an inventory from others, wherever the command is run: its full path, or the name of this machine."""
    path = Path(inventory)
    return str(path.resolve()) if path.exists() else inventory


class History:
    """The kept runs of one file."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or default_path()

    def keep(self, run: Run) -> None:
        """Add a run; it is there whole or not at all."""
        row = (run.id, run.started, key_of(run.inventory), run.purpose, trend_point(run).model_dump_json())
        document = zlib.compress(run.model_dump_json().encode())
        with self._open() as database, database:
            database.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?)", (*row, document))

    def entries(self, inventory: str | None = None, limit: int = 100) -> tuple[Entry, ...]:
        """The newest runs first."""
        where, arguments = ("WHERE inventory = ?", [key_of(inventory)]) if inventory else ("", [])
        query = f"SELECT id, started, inventory, purpose FROM runs {where} ORDER BY started DESC, id DESC LIMIT ?"  # noqa: S608
        with self._open() as database:
            return tuple(Entry(*row) for row in database.execute(query, [*arguments, limit]))

    def run(self, run_id: str) -> Run:
        """A kept run by its id or a prefix that only one has. Raises InputError when there is none."""
        escaped = run_id.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        with self._open() as database:
            rows = database.execute(
                "SELECT document FROM runs WHERE id LIKE ? ESCAPE '\\' LIMIT 2", (f"{escaped}%",)
            ).fetchall()
        if len(rows) != 1:
            raise InputError(f"no single run {run_id!r} in the history", mend="see 'auditor history list'")
        return Run.model_validate_json(zlib.decompress(rows[0][0]))

    def latest(self, inventory: str) -> Run | None:
        """The newest run of an inventory."""
        newest = self.entries(inventory, limit=1)
        return self.run(newest[0].id) if newest else None

    def trend(self, inventory: str, runs: int = 24) -> tuple[TrendPoint, ...]:
        """The newest ``runs`` runs of an inventory as points in time, oldest first."""
        query = "SELECT trend FROM runs WHERE inventory = ? ORDER BY started DESC, id DESC LIMIT ?"
        with self._open() as database:
            points = database.execute(query, (key_of(inventory), runs)).fetchall()
        return tuple(TrendPoint.model_validate_json(point) for (point,) in reversed(points))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self.path.exists():
            self.path.touch(mode=0o600)
        database = sqlite3.connect(self.path, timeout=20)
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            version = database.execute("PRAGMA user_version").fetchone()[0]
            if version > VERSION:
                raise InputError(
                    f"this history was written by a newer version ({version})", file=self.path, mend="update Lũy Tre"
                )
            if version == 0:
                database.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
            yield database
        except sqlite3.DatabaseError as error:
            raise InputError(
                f"the history cannot be used: {error}", file=self.path, mend="check the disk, or move the file away"
            ) from error
        finally:
            database.close()
