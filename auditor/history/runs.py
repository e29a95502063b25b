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

from auditor.errors import InputError, find_nearest_known_name
from auditor.history import chain, records
from auditor.history.chain import BrokenLink, ChainLink, LookKept, RunKept, RunsPruned, StoredLook, StoredRun
from auditor.history.database import (
    NEWEST_FIRST,
    BareRun,
    RunRow,
    append_statement_to_chain,
    decompress_document,
    format_latest_believable_start,
    get_default_history_path,
    load_last_link,
    load_links,
    make_run_statement,
    make_unique_inventory_key,
    open_history_database,
)
from auditor.history.scans import list_look_ids, load_stored_look
from auditor.models import Run, Text, clock
from auditor.results import open_since
from auditor.results.trend import TrendPoint, complete_trend_point_from_earlier_ones, make_trend_point
from auditor.system import sqlite_file
from auditor.system.memory import defer_garbage_collection
from auditor.text import dates
from auditor.text.translations import make_text

_MONTH = "strftime('%Y-%m', started, '+7 hours')"
"""By Vietnam's clock: SQLite has turned the moment into UTC first."""


@dataclass(frozen=True)
class RunEntry:
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
    """The remains of a pruned run."""

    id: str
    started: str
    inventory: str
    purpose: str
    pruned: str
    """When, ISO 8601 with offset."""


@dataclass(frozen=True)
class ChainVerification:
    """The result of a walk along the chain."""

    links: int
    runs: int
    looks: int
    hunts: int
    pruned: int
    head: str
    """The last link's hash: written down elsewhere, it shows later that nothing up to here was changed."""
    broken: BrokenLink | None
    seen_at: int | None
    """The position of the link whose hash was asked for; None: not asked, or not there."""


def find_run_id_with_most_similar_start(wrong_id: str, run_ids: Sequence[str]) -> str | None:
    """Return the run, newest first, whose id begins most like that."""
    beginnings = {run_id[: len(wrong_id)]: run_id for run_id in reversed(run_ids)}
    close = find_nearest_known_name(wrong_id, beginnings)
    return beginnings[close] if close else None


class RunHistory:
    """The kept runs of one file."""

    def __init__(self, path: Path | None = None, now: Callable[[], datetime.datetime] = clock.now) -> None:
        self.path = path or get_default_history_path()
        self._now = now

    def check(self) -> None:
        """Raise InputError when no run could be kept, before any time is spent on making one."""
        with open_history_database(self.path) as database, sqlite_file.hold_write_transaction(database):
            database.execute("SELECT count(*) FROM runs")

    def keep(self, run: Run) -> None:
        """Add a run; it is there whole, as the chain's last link, or not at all."""
        trend, document = make_trend_point(run).model_dump_json(), run.model_dump_json().encode()
        row = RunRow(run.id, run.started, make_unique_inventory_key(run.inventory), run.purpose, trend)
        packed_document = zlib.compress(document)
        with open_history_database(self.path) as database, sqlite_file.hold_write_transaction(database):
            since = open_since.compress_open_since(
                open_since.update_open_since_after_run(_load_open_since_before_run(database, run), run)
            )
            database.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)", (*row, packed_document, since))
            append_statement_to_chain(database, make_run_statement(row, document, at=self._now()))
            records.chain_new_host_records_of_run(
                database, make_unique_inventory_key(run.inventory), run, clock.format_iso_moment(self._now())
            )

    def entries(self, inventory: str | None = None, limit: int | None = 100) -> tuple[RunEntry, ...]:
        """Return the newest runs first, those that were kept while the clock was ahead last; ``limit`` None: all."""
        where, arguments = ("WHERE inventory = ?", [make_unique_inventory_key(inventory)]) if inventory else ("", [])
        # What is put into the query are texts of ours.
        query = f"SELECT id, started, inventory, purpose, trend FROM runs {where} {NEWEST_FIRST} LIMIT ?"  # noqa: S608
        with open_history_database(self.path) as database:
            rows = database.execute(
                query, [*arguments, format_latest_believable_start(self._now()), -1 if limit is None else limit]
            ).fetchall()
        return tuple(
            _make_run_entry(run_id, started_at, of, purpose, _parse_stored_trend_point(trend))
            for run_id, started_at, of, purpose, trend in rows
        )

    def inventories(self) -> tuple[str, ...]:
        """Return the names of the inventories of which runs are kept."""
        with open_history_database(self.path) as database:
            return tuple(name for (name,) in database.execute("SELECT DISTINCT inventory FROM runs ORDER BY inventory"))

    def list_pruned_runs(self) -> tuple[Tombstone, ...]:
        """Return the pruned runs, newest first."""
        with open_history_database(self.path) as database:
            links = load_links(database)
        pruned_runs = chain.find_pruned_runs(links)
        as_begun = sorted(_iter_run_kept_statements(links), key=lambda event: event.started)
        return tuple(
            Tombstone(
                statement.id, statement.started, statement.inventory, statement.purpose, pruned_runs[statement.id].at
            )
            for statement in reversed(as_begun)
            if statement.id in pruned_runs
        )

    def run(self, run_id: str) -> Run:
        """Return a kept run by its id or a prefix that only one has. Raises InputError when there is none."""
        return self._load_run_as_class(run_id, Run)

    def bare(self, run_id: str) -> Run:
        """Return a kept run without its evidence, by its id or a prefix that only one has.

        Raises InputError when there is none.
        """
        return self._load_run_as_class(run_id, BareRun)

    def _load_run_as_class(self, run_id: str, run_class: type[Run]) -> Run:
        full_id, document = self.document(run_id)
        try:
            with defer_garbage_collection():
                return run_class.model_validate_json(document)
        except ValidationError as error:
            raise InputError(
                "run {run} was written by another version and cannot be read",
                run=full_id,
                file=self.path,
                mend="update Lũy Tre, or export it with 'auditor history export'",
            ) from error

    def document(self, run_id: str) -> tuple[str, bytes]:
        """Return the id and the JSON of a kept run, byte for byte as the chain knows it.

        Raises InputError as ``run`` does.
        """
        pattern = run_id.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        with open_history_database(self.path) as database:
            rows = database.execute(
                "SELECT id, document FROM runs WHERE id LIKE ? ESCAPE '\\' LIMIT 2", (f"{pattern}%",)
            ).fetchall()
        if len(rows) != 1:
            raise self._make_error_of_no_single_run(run_id, many=bool(rows))
        document = decompress_document(rows[0][1])
        if document is None:
            raise InputError(
                "run {run} is damaged", run=rows[0][0], file=self.path, mend="see 'auditor history verify'"
            )
        return rows[0][0], document

    def since(self, run_id: str) -> open_since.Since:
        """Return the month since which each open finding of a run has been open, by the run's whole id.

        Empty where that is not known.
        """
        with open_history_database(self.path) as database:
            row = database.execute("SELECT since FROM runs WHERE id = ?", (run_id,)).fetchone()
        return open_since.decompress_open_since(row[0]) if row and row[0] else {}

    def latest(self, inventory: str) -> Run | None:
        """Return the newest run of an inventory."""
        newest = self.entries(inventory, limit=1)
        return self.run(newest[0].id) if newest else None

    def before(self, run: Run) -> Run | None:
        """Return what the run before this one, of the same inventory, found; without the evidence."""
        query = (
            "SELECT id FROM runs WHERE inventory = ?"
            " AND (started < ? OR (started = ? AND rowid < (SELECT rowid FROM runs WHERE id = ?)))"
            " ORDER BY started DESC, rowid DESC LIMIT 1"
        )
        with open_history_database(self.path) as database:
            row = database.execute(
                query, (make_unique_inventory_key(run.inventory), run.started, run.started, run.id)
            ).fetchone()
        return self.bare(row[0]) if row else None

    def trend(self, inventory: str, newest_runs: int = 24) -> tuple[TrendPoint, ...]:
        """Return the ``newest_runs`` newest runs of an inventory and the last of each of as many months, oldest first.

        Each is the state of the fleet at that moment: see ``complete_trend_point_from_earlier_ones``.
        """
        query = (
            "SELECT trend,"  # noqa: S608  a constant of ours
            " row_number() OVER (ORDER BY started DESC, rowid DESC) <= :runs"
            f" OR (row_number() OVER (PARTITION BY {_MONTH} ORDER BY started DESC, rowid DESC) = 1"
            f" AND dense_rank() OVER (ORDER BY {_MONTH} DESC) <= :runs)"
            " FROM runs WHERE inventory = :inventory ORDER BY started DESC, rowid DESC"
        )
        with open_history_database(self.path) as database:
            rows = database.execute(
                query, {"runs": newest_runs, "inventory": make_unique_inventory_key(inventory)}
            ).fetchall()
        read = cache(lambda number: _parse_stored_trend_point(rows[number][0]))
        newest_first = (
            complete_trend_point_from_earlier_ones(point, filter(None, map(read, range(number + 1, len(rows)))))
            for number, (_, is_wanted) in enumerate(rows)
            if is_wanted and (point := read(number))
        )
        return tuple(newest_first)[::-1]

    def prune(self, run_ids: Sequence[str], keep_days: int) -> None:
        """Remove these runs and say so in the chain, in one step; ``keep_days`` is the policy that chose them."""
        if not run_ids:
            return
        with open_history_database(self.path) as database:
            with sqlite_file.hold_write_transaction(database):
                for run_id in run_ids:
                    if not database.execute("DELETE FROM runs WHERE id = ?", (run_id,)).rowcount:
                        raise InputError("the history has no run {run}", run=run_id, mend="see 'auditor history list'")
                at = clock.format_iso_moment(self._now())
                append_statement_to_chain(database, RunsPruned(at=at, keep_days=keep_days, runs=tuple(run_ids)))
            with contextlib.suppress(sqlite3.OperationalError):  # a full disk: the pages are free, the file stays long
                database.execute("VACUUM")

    def verify(self, known_hash: str | None = None) -> ChainVerification:
        """Walk the chain and compare each link with what is kept.

        ``known_hash`` is a hash that was written down earlier.
        """
        with open_history_database(self.path) as database:
            database.execute("BEGIN")
            links = load_links(database)
            run_ids = [run_id for (run_id,) in database.execute("SELECT id FROM runs ORDER BY started, id")]
            look_ids = list_look_ids(database)
            hunts = list_look_ids(database, of_hosts=True)
            shelves = chain.StoredRecords(
                run=lambda run_id: _load_stored_run(database, run_id),
                look=lambda look_id: load_stored_look(database, look_id),
                run_ids=run_ids,
                look_ids=look_ids,
            )
            broken_link = chain.find_first_broken_link(links, shelves)
            database.rollback()
        return ChainVerification(
            links=len(links),
            runs=len(run_ids),
            looks=len(look_ids) - len(hunts),
            hunts=len(hunts),
            pruned=len(chain.find_pruned_runs(links)),
            head=links[-1].hash if links else chain.START,
            broken=broken_link,
            seen_at=next(
                (link.position for link in links if known_hash and link.hash == known_hash.strip().lower()), None
            ),
        )

    def link(self, run_id: str) -> ChainLink | None:
        """Return the link of a run, by its whole id."""
        links = self.links()
        return next(
            (link for link in links if any(statement.id == run_id for statement in _iter_run_kept_statements([link]))),
            None,
        )

    def head(self) -> str | None:
        """Return the hash of the chain's last link, which rests on all others; None when nothing was kept yet."""
        with open_history_database(self.path) as database:
            last = load_last_link(database)
        return last.hash if last else None

    def links(self) -> tuple[ChainLink, ...]:
        """Return the whole chain, first link first."""
        with open_history_database(self.path) as database:
            return load_links(database)

    def export(self) -> Iterator[dict[str, object]]:
        """Yield every link from the first on, with the JSON of its run or look when that is still kept."""
        with open_history_database(self.path) as database:
            database.execute("BEGIN")
            for link in load_links(database):
                record = _load_stored_run_or_look(database, link)
                document = record.document.decode() if record and record.document is not None else None
                yield {**vars(link), "document": document}

    def _make_error_of_no_single_run(self, run_id: str, *, many: bool) -> InputError:
        pruned_matches = (
            [tombstone for tombstone in self.list_pruned_runs() if tombstone.id.startswith(run_id)] if run_id else []
        )
        if not many and len(pruned_matches) == 1:
            return InputError(
                _describe_pruned_run(pruned_matches[0]), mend="see 'auditor history list' for the stored runs"
            )
        if many:
            return InputError("several stored runs begin with {run}", run=run_id, mend="type more of the ID")
        return InputError(
            "no stored run begins with {run}",
            run=run_id,
            mend="see 'auditor history list'",
            guess=find_run_id_with_most_similar_start(run_id, [entry.id for entry in self.entries()]),
        )


def _describe_pruned_run(tombstone: Tombstone) -> Text:
    pruned_at = clock.parse_iso_moment(tombstone.pruned)
    return make_text("run {run} was pruned on {moment}", run=tombstone.id, moment=dates.make_moment_text(pruned_at))


def _load_open_since_before_run(database: sqlite3.Connection, run: Run) -> open_since.Since:
    """Return what was known before a run that is about to be kept."""
    row = database.execute(
        "SELECT since FROM runs WHERE inventory = ? AND started <= ? AND since IS NOT NULL"
        " ORDER BY started DESC, rowid DESC LIMIT 1",
        (make_unique_inventory_key(run.inventory), run.started),
    ).fetchone()
    return open_since.decompress_open_since(row[0]) if row else {}


def _iter_run_kept_statements(links: Iterable[ChainLink]) -> Iterator[RunKept]:
    for statement in (link.parse_statement() for link in links):
        if isinstance(statement, RunKept):
            yield statement


def _load_stored_run(database: sqlite3.Connection, run_id: str) -> StoredRun | None:
    row = database.execute(
        "SELECT started, inventory, purpose, trend, document FROM runs WHERE id = ?", (run_id,)
    ).fetchone()
    if row is None:
        return None
    started_at, inventory, purpose, trend, document = row
    return StoredRun(started_at, inventory, purpose, trend.encode(), decompress_document(document))


def _load_stored_run_or_look(database: sqlite3.Connection, link: ChainLink) -> StoredRun | StoredLook | None:
    """Return what is kept of the run or look that a link speaks of."""
    statement = link.parse_statement()
    if isinstance(statement, RunKept):
        return _load_stored_run(database, statement.id)
    return load_stored_look(database, statement.id) if isinstance(statement, LookKept) else None


def _parse_stored_trend_point(trend_json: str) -> TrendPoint | None:
    """Return a trend point; None when what is kept is damaged, which ``verify`` tells."""
    try:
        return TrendPoint.model_validate_json(trend_json)
    except ValidationError:
        return None


def _make_run_entry(run_id: str, started_at: str, inventory: str, purpose: str, point: TrendPoint | None) -> RunEntry:
    return RunEntry(
        id=run_id,
        started=started_at,
        inventory=inventory,
        purpose=purpose,
        open={severity.value: number for severity, number in point.open.items()} if point else {},
        hosts=tuple(point.hosts) if point else (),
        sites=tuple(point.sites) if point else (),
        left_out=point.left_out if point else None,
    )
