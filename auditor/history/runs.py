"""Runs kept in SQLite: one file, written in one transaction per run, chained. The only door to the database."""

from __future__ import annotations

import contextlib
import datetime
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pydantic.dataclasses
from pydantic import ConfigDict, Field, ValidationError

from auditor.errors import InputError, nearest
from auditor.history import chain
from auditor.history.chain import Broken, Link, RunKept, RunsPruned, Stored
from auditor.models import Evidence, Finding, Run, Text, clock
from auditor.results import open_since
from auditor.results.trend import TrendPoint, completed, trend_point
from auditor.system import sqlite_file
from auditor.system.memory import growing
from auditor.text import moments

_LINK = "SELECT position, statement, hash FROM chain"
_MONTH = "strftime('%Y-%m', started, '+7 hours')"
"""By Vietnam's clock: SQLite has turned the moment into UTC first."""


def _chain_runs(database: sqlite3.Connection) -> None:
    """Version 2: every run is a link of a chain; runs already kept become its first links."""
    database.execute(
        "CREATE TABLE chain (position INTEGER PRIMARY KEY, statement TEXT NOT NULL, hash TEXT NOT NULL UNIQUE) STRICT"
    )
    rows = database.execute("SELECT id, started, inventory, purpose, trend, document FROM runs ORDER BY started, id")
    for run_id, started, inventory, purpose, trend, document in rows.fetchall():
        _append(database, _kept(run_id, started, inventory, purpose, trend, _unpacked(document) or document))


def _know_since_when(database: sqlite3.Connection) -> None:
    """Version 3: every run also says since when each finding has been open; for runs already kept it is worked out now."""
    database.execute("ALTER TABLE runs ADD COLUMN since BLOB")
    rows = database.execute("SELECT rowid, inventory FROM runs ORDER BY started, rowid").fetchall()
    known: dict[str, open_since.Since] = {}
    for rowid, inventory in rows:
        (kept,) = database.execute("SELECT document FROM runs WHERE rowid = ?", (rowid,)).fetchone()
        with contextlib.suppress(ValidationError):  # damaged, or written by another version: it says nothing
            run = _BareRun.model_validate_json(_unpacked(kept) or b"")
            known[inventory] = open_since.following(known.get(inventory, {}), run)
            packed = open_since.packed(known[inventory])
            database.execute("UPDATE runs SET since = ? WHERE rowid = ?", (packed, rowid))


_MIGRATIONS: tuple[sqlite_file.Migration, ...] = (
    sqlite_file.statements(
        "CREATE TABLE runs (id TEXT PRIMARY KEY, started TEXT NOT NULL, inventory TEXT NOT NULL, purpose TEXT NOT NULL,"
        " trend TEXT NOT NULL, document BLOB NOT NULL) STRICT",
        "CREATE INDEX runs_by_inventory ON runs (inventory, started)",
    ),
    _chain_runs,
    _know_since_when,
)
VERSION = len(_MIGRATIONS)


@dataclass(frozen=True)
class Entry:
    """One kept run, without its findings."""

    id: str
    started: str
    inventory: str
    purpose: str
    open: dict[str, int]
    """Open findings by severity."""
    hosts: tuple[str, ...]
    """The hosts in it; none: kept before they were told apart."""
    sites: tuple[str, ...]
    left_out: tuple[str, ...] | None
    """Declared hosts that it was not to read; None: not known."""


@dataclass(frozen=True)
class Tombstone:
    """What is left of a pruned run."""

    id: str
    started: str
    inventory: str
    purpose: str
    pruned: str
    """When, ISO 8601 with offset."""


@dataclass(frozen=True)
class Verified:
    """What a walk along the chain came to."""

    links: int
    runs: int
    pruned: int
    head: str
    """The last link's hash: written down elsewhere, it shows later that nothing up to here was changed."""
    broken: Broken | None
    seen_at: int | None
    """The position of the link whose hash was asked for; None: not asked, or not there."""


def default_path() -> Path:
    """``history.sqlite`` in the state folder."""
    return sqlite_file.state_folder() / "history.sqlite"


def key_of(inventory: str) -> str:
    """What tells an inventory from others, wherever the command is run: its full path, or the name of this machine.

    A folder and the only file of hosts in it are the same inventory.
    """
    path = Path(inventory)
    if not path.exists():
        return inventory
    path = path.resolve()
    return str(path.parent if path.is_file() and _only_hosts(path) else path)


def _only_hosts(file: Path) -> bool:
    """Whether this is all that its folder holds of hosts."""
    return not any(
        other.suffix in (".yml", ".yaml") and other.is_file() for other in file.parent.iterdir() if other != file
    )


def nearest_run(wrong: str, run_ids: Sequence[str]) -> str | None:
    """The run, newest first, whose id begins most like that."""
    beginnings = {run_id[: len(wrong)]: run_id for run_id in reversed(run_ids)}
    close = nearest(wrong, beginnings)
    return beginnings[close] if close else None


@pydantic.dataclasses.dataclass(frozen=True, slots=True, kw_only=True, config=ConfigDict(extra="ignore"))
class _BareFinding(Finding):
    evidence: tuple[Evidence, ...] = Field(default=(), validation_alias="never read")
    violations: tuple[Any, ...] = Field(default=(), validation_alias="never read")


class _BareRun(Run):
    """A run whose evidence is never built: less than half of the size in memory."""

    findings: tuple[_BareFinding, ...]


class History:
    """The kept runs of one file."""

    def __init__(self, path: Path | None = None, now: Callable[[], datetime.datetime] = clock.now) -> None:
        self.path = path or default_path()
        self._now = now

    def check(self) -> None:
        """Raise InputError when no run could be kept, before any time is spent on making one."""
        with self._open() as database, sqlite_file.transaction(database):
            database.execute("SELECT count(*) FROM runs")

    def keep(self, run: Run) -> None:
        """Add a run; it is there whole, as the chain's last link, or not at all."""
        trend, document = trend_point(run).model_dump_json(), run.model_dump_json().encode()
        row = (run.id, run.started, key_of(run.inventory), run.purpose, trend)
        packed = zlib.compress(document)
        with self._open() as database, sqlite_file.transaction(database):
            since = open_since.packed(open_since.following(_since_before(database, run), run))
            database.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)", (*row, packed, since))
            _append(database, _kept(*row, document, at=self._now()))

    def entries(self, inventory: str | None = None, limit: int | None = 100) -> tuple[Entry, ...]:
        """The newest runs first; ``limit`` None: all."""
        where, arguments = ("WHERE inventory = ?", [key_of(inventory)]) if inventory else ("", [])
        query = (
            f"SELECT id, started, inventory, purpose, trend FROM runs {where} ORDER BY started DESC, rowid DESC LIMIT ?"  # noqa: S608  one of the two texts above
        )
        with self._open() as database:
            rows = database.execute(query, [*arguments, -1 if limit is None else limit]).fetchall()
        return tuple(
            _entry(run_id, started, of, purpose, _point(trend)) for run_id, started, of, purpose, trend in rows
        )

    def inventories(self) -> tuple[str, ...]:
        """Of which inventories runs are kept, by name."""
        with self._open() as database:
            return tuple(name for (name,) in database.execute("SELECT DISTINCT inventory FROM runs ORDER BY inventory"))

    def tombstones(self) -> tuple[Tombstone, ...]:
        """The pruned runs, newest first."""
        with self._open() as database:
            links = _links(database)
        gone = chain.pruned(links)
        as_begun = sorted(_runs_kept(links), key=lambda kept: kept.started)
        return tuple(
            Tombstone(kept.id, kept.started, kept.inventory, kept.purpose, gone[kept.id].at)
            for kept in reversed(as_begun)
            if kept.id in gone
        )

    def run(self, run_id: str) -> Run:
        """A kept run by its id or a prefix that only one has. Raises InputError when there is none."""
        return self._read(run_id, Run)

    def bare(self, run_id: str) -> Run:
        """The same without the evidence, as ``before`` gives it."""
        return self._read(run_id, _BareRun)

    def _read(self, run_id: str, kind: type[Run]) -> Run:
        found, document = self.document(run_id)
        try:
            with growing():
                return kind.model_validate_json(document)
        except ValidationError as error:
            raise InputError(
                "run {run} was written by another version and cannot be understood",
                run=found,
                file=self.path,
                mend="update Lũy Tre, or take it out with 'auditor history export'",
            ) from error

    def document(self, run_id: str) -> tuple[str, bytes]:
        """The id and the JSON of a kept run, byte for byte as the chain knows it. Raises InputError as ``run`` does."""
        escaped = run_id.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        with self._open() as database:
            rows = database.execute(
                "SELECT id, document FROM runs WHERE id LIKE ? ESCAPE '\\' LIMIT 2", (f"{escaped}%",)
            ).fetchall()
        if len(rows) != 1:
            raise self._no_single_run(run_id, many=bool(rows))
        document = _unpacked(rows[0][1])
        if document is None:
            raise InputError(
                "run {run} is damaged", run=rows[0][0], file=self.path, mend="see 'auditor history verify'"
            )
        return rows[0][0], document

    def since(self, run_id: str) -> open_since.Since:
        """The month since which each open finding of a run has been open, by the run's whole id; empty where that is not known."""
        with self._open() as database:
            row = database.execute("SELECT since FROM runs WHERE id = ?", (run_id,)).fetchone()
        return open_since.unpacked(row[0]) if row and row[0] else {}

    def latest(self, inventory: str) -> Run | None:
        """The newest run of an inventory."""
        newest = self.entries(inventory, limit=1)
        return self.run(newest[0].id) if newest else None

    def before(self, run: Run) -> Run | None:
        """What the run before this one, of the same inventory, found; without the evidence."""
        query = (
            "SELECT id FROM runs WHERE inventory = ?"
            " AND (started < ? OR (started = ? AND rowid < (SELECT rowid FROM runs WHERE id = ?)))"
            " ORDER BY started DESC, rowid DESC LIMIT 1"
        )
        with self._open() as database:
            found = database.execute(query, (key_of(run.inventory), run.started, run.started, run.id)).fetchone()
        return self.bare(found[0]) if found else None

    def trend(self, inventory: str, runs: int = 24) -> tuple[TrendPoint, ...]:
        """The newest ``runs`` runs of an inventory and the last of each of as many months, oldest first.

        Each is the state of the fleet at that moment: see ``completed``.
        """
        query = (
            "SELECT trend,"  # noqa: S608  a constant of ours
            " row_number() OVER (ORDER BY started DESC, rowid DESC) <= :runs"
            f" OR (row_number() OVER (PARTITION BY {_MONTH} ORDER BY started DESC, rowid DESC) = 1"
            f" AND dense_rank() OVER (ORDER BY {_MONTH} DESC) <= :runs)"
            " FROM runs WHERE inventory = :inventory ORDER BY started DESC, rowid DESC"
        )
        with self._open() as database:
            rows = database.execute(query, {"runs": runs, "inventory": key_of(inventory)}).fetchall()
        read = cache(lambda number: _point(rows[number][0]))
        newest_first = (
            completed(point, filter(None, map(read, range(number + 1, len(rows)))))
            for number, (_, wanted) in enumerate(rows)
            if wanted and (point := read(number))
        )
        return tuple(newest_first)[::-1]

    def prune(self, run_ids: Sequence[str], keep_days: int) -> None:
        """Take these runs away and say so in the chain, in one step; ``keep_days`` is the policy that chose them."""
        if not run_ids:
            return
        with self._open() as database:
            with sqlite_file.transaction(database):
                for run_id in run_ids:
                    if not database.execute("DELETE FROM runs WHERE id = ?", (run_id,)).rowcount:
                        raise InputError("no run {run} in the history", run=run_id, mend="see 'auditor history list'")
                at = clock.stamp(self._now())
                _append(database, RunsPruned(at=at, keep_days=keep_days, runs=tuple(run_ids)))
            with contextlib.suppress(sqlite3.OperationalError):  # a full disk: the pages are free, the file stays long
                database.execute("VACUUM")

    def verify(self, seen: str | None = None) -> Verified:
        """Walk the chain and compare each link with what is kept; ``seen`` is a hash that was written down earlier."""
        with self._open() as database:
            database.execute("BEGIN")
            links = _links(database)
            run_ids = [run_id for (run_id,) in database.execute("SELECT id FROM runs ORDER BY started, id")]
            broken = chain.first_broken(links, lambda run_id: _stored(database, run_id), run_ids)
            database.rollback()
        return Verified(
            links=len(links),
            runs=len(run_ids),
            pruned=len(chain.pruned(links)),
            head=links[-1].hash if links else chain.START,
            broken=broken,
            seen_at=next((link.position for link in links if seen and link.hash == seen.strip().lower()), None),
        )

    def link(self, run_id: str) -> Link | None:
        """The link of a run, by its whole id."""
        links = self.links()
        return next((link for link in links if any(kept.id == run_id for kept in _runs_kept([link]))), None)

    def links(self) -> tuple[Link, ...]:
        """The whole chain, first link first."""
        with self._open() as database:
            return _links(database)

    def export(self) -> Iterator[dict[str, object]]:
        """Every link from the first on, with the JSON of its run when that is still kept."""
        with self._open() as database:
            database.execute("BEGIN")
            for link in _links(database):
                kept = next(_runs_kept([link]), None)
                stored = _stored(database, kept.id) if kept else None
                document = stored.document.decode() if stored and stored.document is not None else None
                yield {**vars(link), "document": document}

    def _no_single_run(self, run_id: str, *, many: bool) -> InputError:
        gone = [tombstone for tombstone in self.tombstones() if tombstone.id.startswith(run_id)] if run_id else []
        if not many and len(gone) == 1:
            return InputError(_pruned_at(gone[0]), mend="see 'auditor history list' for those kept")
        if many:
            return InputError("several kept runs begin with {run}", run=run_id, mend="type more of the id")
        return InputError(
            "no kept run begins with {run}",
            run=run_id,
            mend="see 'auditor history list'",
            guess=nearest_run(run_id, [entry.id for entry in self.entries()]),
        )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with sqlite_file.opened(self.path, _MIGRATIONS, "history") as database:
            yield database


def _pruned_at(gone: Tombstone) -> Text:
    pruned = clock.read(gone.pruned)
    return Text(
        vi=f"dữ liệu của lần rà soát {gone.id} đã xóa lúc {moments.written(pruned, 'vi')}",
        en=f"run {gone.id} was pruned on {moments.written(pruned, 'en')}",
    )


def _since_before(database: sqlite3.Connection, run: Run) -> open_since.Since:
    """What was known before a run that is about to be kept."""
    row = database.execute(
        "SELECT since FROM runs WHERE inventory = ? AND started <= ? AND since IS NOT NULL"
        " ORDER BY started DESC, rowid DESC LIMIT 1",
        (key_of(run.inventory), run.started),
    ).fetchone()
    return open_since.unpacked(row[0]) if row else {}


def _kept(
    run_id: str,
    started: str,
    inventory: str,
    purpose: str,
    trend: str,
    document: bytes,
    at: datetime.datetime | None = None,
) -> RunKept:
    return RunKept(
        at=clock.stamp(at or clock.now()),
        id=run_id,
        started=started,
        inventory=inventory,
        purpose=purpose,
        document=chain.digest(document),
        trend=chain.digest(trend.encode()),
    )


def _append(database: sqlite3.Connection, statement: RunKept | RunsPruned) -> None:
    """Put the next link at the end of the chain; the caller holds the transaction."""
    row = database.execute(f"{_LINK} ORDER BY position DESC LIMIT 1").fetchone()
    link = chain.following(Link(*row) if row else None, statement)
    database.execute("INSERT INTO chain VALUES (?, ?, ?)", (link.position, link.statement, link.hash))


def _links(database: sqlite3.Connection) -> tuple[Link, ...]:
    return tuple(Link(*row) for row in database.execute(f"{_LINK} ORDER BY position"))


def _runs_kept(links: Iterable[Link]) -> Iterator[RunKept]:
    for statement in (link.read() for link in links):
        if isinstance(statement, RunKept):
            yield statement


def _stored(database: sqlite3.Connection, run_id: str) -> Stored | None:
    row = database.execute(
        "SELECT started, inventory, purpose, trend, document FROM runs WHERE id = ?", (run_id,)
    ).fetchone()
    if row is None:
        return None
    started, inventory, purpose, trend, document = row
    return Stored(started, inventory, purpose, trend.encode(), _unpacked(document))


def _point(text: str) -> TrendPoint | None:
    """A trend point; None when what is kept is damaged, which ``verify`` tells."""
    try:
        return TrendPoint.model_validate_json(text)
    except ValidationError:
        return None


def _entry(run_id: str, started: str, inventory: str, purpose: str, point: TrendPoint | None) -> Entry:
    return Entry(
        id=run_id,
        started=started,
        inventory=inventory,
        purpose=purpose,
        open={severity.value: number for severity, number in point.open.items()} if point else {},
        hosts=tuple(point.hosts) if point else (),
        sites=tuple(point.sites) if point else (),
        left_out=point.left_out if point else None,
    )


def _unpacked(document: bytes) -> bytes | None:
    try:
        return zlib.decompress(document)
    except zlib.error:
        return None
