"""Runs kept in SQLite: one file, written in one transaction per run, chained."""

from __future__ import annotations

import contextlib
import datetime
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import ValidationError

from auditor.errors import InputError, nearest
from auditor.history import chain, records
from auditor.history.chain import Broken, Link, LookKept, RunKept, RunsPruned, Stored, StoredLook
from auditor.history.database import (
    NEWEST_FIRST,
    BareRun,
    append,
    believable,
    default_path,
    head,
    key_of,
    links_of,
    opened,
    run_kept,
    unpacked,
)
from auditor.history.looks import shelf, shelved
from auditor.models import Run, Text, clock
from auditor.results import open_since
from auditor.results.trend import TrendPoint, completed, trend_point
from auditor.system import sqlite_file
from auditor.system.memory import growing
from auditor.text import moments

_MONTH = "strftime('%Y-%m', started, '+7 hours')"
"""By Vietnam's clock: SQLite has turned the moment into UTC first."""


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
    looks: int
    hunts: int
    pruned: int
    head: str
    """The last link's hash: written down elsewhere, it shows later that nothing up to here was changed."""
    broken: Broken | None
    seen_at: int | None
    """The position of the link whose hash was asked for; None: not asked, or not there."""


def nearest_run(wrong: str, run_ids: Sequence[str]) -> str | None:
    """The run, newest first, whose id begins most like that."""
    beginnings = {run_id[: len(wrong)]: run_id for run_id in reversed(run_ids)}
    close = nearest(wrong, beginnings)
    return beginnings[close] if close else None


class History:
    """The kept runs of one file."""

    def __init__(self, path: Path | None = None, now: Callable[[], datetime.datetime] = clock.now) -> None:
        self.path = path or default_path()
        self._now = now

    def check(self) -> None:
        """Raise InputError when no run could be kept, before any time is spent on making one."""
        with opened(self.path) as database, sqlite_file.transaction(database):
            database.execute("SELECT count(*) FROM runs")

    def keep(self, run: Run) -> None:
        """Add a run; it is there whole, as the chain's last link, or not at all."""
        trend, document = trend_point(run).model_dump_json(), run.model_dump_json().encode()
        row = (run.id, run.started, key_of(run.inventory), run.purpose, trend)
        packed = zlib.compress(document)
        with opened(self.path) as database, sqlite_file.transaction(database):
            since = open_since.packed(open_since.following(_since_before(database, run), run))
            database.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)", (*row, packed, since))
            append(database, run_kept(*row, document, at=self._now()))
            records.learn(database, key_of(run.inventory), run, clock.stamp(self._now()))

    def entries(self, inventory: str | None = None, limit: int | None = 100) -> tuple[Entry, ...]:
        """The newest runs first, those that were kept while the clock was ahead last; ``limit`` None: all."""
        where, arguments = ("WHERE inventory = ?", [key_of(inventory)]) if inventory else ("", [])
        query = f"SELECT id, started, inventory, purpose, trend FROM runs {where} {NEWEST_FIRST} LIMIT ?"  # noqa: S608  texts of ours
        with opened(self.path) as database:
            rows = database.execute(
                query, [*arguments, believable(self._now()), -1 if limit is None else limit]
            ).fetchall()
        return tuple(
            _entry(run_id, started, of, purpose, _point(trend)) for run_id, started, of, purpose, trend in rows
        )

    def inventories(self) -> tuple[str, ...]:
        """Of which inventories runs are kept, by name."""
        with opened(self.path) as database:
            return tuple(name for (name,) in database.execute("SELECT DISTINCT inventory FROM runs ORDER BY inventory"))

    def tombstones(self) -> tuple[Tombstone, ...]:
        """The pruned runs, newest first."""
        with opened(self.path) as database:
            links = links_of(database)
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
        return self._read(run_id, BareRun)

    def _read(self, run_id: str, kind: type[Run]) -> Run:
        found, document = self.document(run_id)
        try:
            with growing():
                return kind.model_validate_json(document)
        except ValidationError as error:
            raise InputError(
                "run {run} was written by another version and cannot be read",
                run=found,
                file=self.path,
                mend="update Lũy Tre, or export it with 'auditor history export'",
            ) from error

    def document(self, run_id: str) -> tuple[str, bytes]:
        """The id and the JSON of a kept run, byte for byte as the chain knows it. Raises InputError as ``run`` does."""
        escaped = run_id.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        with opened(self.path) as database:
            rows = database.execute(
                "SELECT id, document FROM runs WHERE id LIKE ? ESCAPE '\\' LIMIT 2", (f"{escaped}%",)
            ).fetchall()
        if len(rows) != 1:
            raise self._no_single_run(run_id, many=bool(rows))
        document = unpacked(rows[0][1])
        if document is None:
            raise InputError(
                "run {run} is damaged", run=rows[0][0], file=self.path, mend="see 'auditor history verify'"
            )
        return rows[0][0], document

    def since(self, run_id: str) -> open_since.Since:
        """The month since which each open finding of a run has been open, by the run's whole id; empty where that is not known."""
        with opened(self.path) as database:
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
        with opened(self.path) as database:
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
        with opened(self.path) as database:
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
        with opened(self.path) as database:
            with sqlite_file.transaction(database):
                for run_id in run_ids:
                    if not database.execute("DELETE FROM runs WHERE id = ?", (run_id,)).rowcount:
                        raise InputError("the history has no run {run}", run=run_id, mend="see 'auditor history list'")
                at = clock.stamp(self._now())
                append(database, RunsPruned(at=at, keep_days=keep_days, runs=tuple(run_ids)))
            with contextlib.suppress(sqlite3.OperationalError):  # a full disk: the pages are free, the file stays long
                database.execute("VACUUM")

    def verify(self, seen: str | None = None) -> Verified:
        """Walk the chain and compare each link with what is kept; ``seen`` is a hash that was written down earlier."""
        with opened(self.path) as database:
            database.execute("BEGIN")
            links = links_of(database)
            run_ids = [run_id for (run_id,) in database.execute("SELECT id FROM runs ORDER BY started, id")]
            look_ids = shelved(database)
            hunts = shelved(database, of_hosts=True)
            shelves = chain.Shelves(
                run=lambda run_id: _stored(database, run_id),
                look=lambda look_id: shelf(database, look_id),
                run_ids=run_ids,
                look_ids=look_ids,
            )
            broken = chain.first_broken(links, shelves)
            database.rollback()
        return Verified(
            links=len(links),
            runs=len(run_ids),
            looks=len(look_ids) - len(hunts),
            hunts=len(hunts),
            pruned=len(chain.pruned(links)),
            head=links[-1].hash if links else chain.START,
            broken=broken,
            seen_at=next((link.position for link in links if seen and link.hash == seen.strip().lower()), None),
        )

    def link(self, run_id: str) -> Link | None:
        """The link of a run, by its whole id."""
        links = self.links()
        return next((link for link in links if any(kept.id == run_id for kept in _runs_kept([link]))), None)

    def head(self) -> str | None:
        """The hash of the chain's last link, which rests on all others; None when nothing was kept yet."""
        with opened(self.path) as database:
            last = head(database)
        return last.hash if last else None

    def links(self) -> tuple[Link, ...]:
        """The whole chain, first link first."""
        with opened(self.path) as database:
            return links_of(database)

    def export(self) -> Iterator[dict[str, object]]:
        """Every link from the first on, with the JSON of its run or look when that is still kept."""
        with opened(self.path) as database:
            database.execute("BEGIN")
            for link in links_of(database):
                stored = _beside(database, link)
                document = stored.document.decode() if stored and stored.document is not None else None
                yield {**vars(link), "document": document}

    def _no_single_run(self, run_id: str, *, many: bool) -> InputError:
        gone = [tombstone for tombstone in self.tombstones() if tombstone.id.startswith(run_id)] if run_id else []
        if not many and len(gone) == 1:
            return InputError(_pruned_at(gone[0]), mend="see 'auditor history list' for the stored runs")
        if many:
            return InputError("several stored runs begin with {run}", run=run_id, mend="type more of the ID")
        return InputError(
            "no stored run begins with {run}",
            run=run_id,
            mend="see 'auditor history list'",
            guess=nearest_run(run_id, [entry.id for entry in self.entries()]),
        )


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
    return Stored(started, inventory, purpose, trend.encode(), unpacked(document))


def _beside(database: sqlite3.Connection, link: Link) -> Stored | StoredLook | None:
    """What is kept of the run or look that a link speaks of."""
    statement = link.read()
    if isinstance(statement, RunKept):
        return _stored(database, statement.id)
    return shelf(database, statement.id) if isinstance(statement, LookKept) else None


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
