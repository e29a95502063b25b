"""The file that all that is kept lies in: its form, its versions, and the end of its chain.

The only door to the database.
"""

from __future__ import annotations

import contextlib
import datetime
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pydantic.dataclasses
from pydantic import ConfigDict, Field, ValidationError

from auditor.history import chain
from auditor.history.chain import AnyStatement, ChainLink, RunKept
from auditor.models import Evidence, Finding, Run, clock
from auditor.results import open_since
from auditor.system import sqlite_file

_LINK = "SELECT position, statement, hash FROM chain"


@pydantic.dataclasses.dataclass(frozen=True, slots=True, kw_only=True, config=ConfigDict(extra="ignore"))
class _BareFinding(Finding):
    evidence: tuple[Evidence, ...] = Field(default=(), validation_alias="never read")
    violations: tuple[Any, ...] = Field(default=(), validation_alias="never read")


class BareRun(Run):
    """A run whose evidence is never built: less than half of the size in memory."""

    findings: tuple[_BareFinding, ...]


class RunRow(NamedTuple):
    """A run as its row has it, its document aside."""

    id: str
    started: str
    inventory: str
    purpose: str
    trend: str


def _migrate_runs_into_chain(database: sqlite3.Connection) -> None:
    """Migrate to version 2: every run is a link of a chain; runs already kept become its first links."""
    database.execute(
        "CREATE TABLE chain (position INTEGER PRIMARY KEY, statement TEXT NOT NULL, hash TEXT NOT NULL UNIQUE) STRICT"
    )
    rows = database.execute("SELECT id, started, inventory, purpose, trend, document FROM runs ORDER BY started, id")
    for *row, document in rows.fetchall():
        append_statement_to_chain(database, make_run_statement(RunRow(*row), decompress_document(document) or document))


def _migrate_runs_to_open_since(database: sqlite3.Connection) -> None:
    """Migrate to version 3: every run also says since when each finding has been open.

    For runs already kept it is worked out now.
    """
    database.execute("ALTER TABLE runs ADD COLUMN since BLOB")
    rows = database.execute("SELECT rowid, inventory FROM runs ORDER BY started, rowid").fetchall()
    since_by_inventory: dict[str, open_since.Since] = {}
    for rowid, inventory in rows:
        (document,) = database.execute("SELECT document FROM runs WHERE rowid = ?", (rowid,)).fetchone()
        with contextlib.suppress(ValidationError):  # damaged, or written by another version: it says nothing
            run = BareRun.model_validate_json(decompress_document(document) or b"")
            since_by_inventory[inventory] = open_since.update_open_since_after_run(
                since_by_inventory.get(inventory, {}), run
            )
            packed_since = open_since.compress_open_since(since_by_inventory[inventory])
            database.execute("UPDATE runs SET since = ? WHERE rowid = ?", (packed_since, rowid))


_MIGRATIONS: tuple[sqlite_file.Migration, ...] = (
    sqlite_file.make_migration(
        "CREATE TABLE runs (id TEXT PRIMARY KEY, started TEXT NOT NULL, inventory TEXT NOT NULL, purpose TEXT NOT NULL,"
        " trend TEXT NOT NULL, document BLOB NOT NULL) STRICT",
        "CREATE INDEX runs_by_inventory ON runs (inventory, started)",
    ),
    _migrate_runs_into_chain,
    _migrate_runs_to_open_since,
    # Version 4: looks at sites, each a link of the chain; and how far a review has got with each site.
    sqlite_file.make_migration(
        "CREATE TABLE looks (id TEXT PRIMARY KEY, started TEXT NOT NULL, inventory TEXT NOT NULL, subject TEXT NOT "
        "NULL,"
        " document BLOB NOT NULL) STRICT",
        "CREATE INDEX looks_by_subject ON looks (inventory, subject, started)",
        "CREATE TABLE ledgers (inventory TEXT NOT NULL, subject TEXT NOT NULL, document BLOB NOT NULL,"
        " PRIMARY KEY (inventory, subject)) STRICT",
    ),
    # Version 5: links may be entries of incidents, which earlier versions cannot read.
    sqlite_file.make_migration(),
    # Version 6: and entries about evidence, likewise.
    sqlite_file.make_migration(),
    # Version 7: and the last entry may name what has left the inventory.
    sqlite_file.make_migration(),
)
VERSION = len(_MIGRATIONS)


def get_default_history_path() -> Path:
    """Return ``history.sqlite`` in the state folder."""
    return sqlite_file.get_state_folder() / "history.sqlite"


def make_unique_inventory_key(inventory_source: str) -> str:
    """Return what tells an inventory from others, wherever the command is run.

    Its full path, or the name of this machine.

    A folder and the only file of hosts in it are the same inventory.
    """
    path = Path(inventory_source)
    if not path.exists():
        return inventory_source
    path = path.resolve()
    return str(path.parent if path.is_file() and _is_only_hosts_file_in_folder(path) else path)


def _is_only_hosts_file_in_folder(file: Path) -> bool:
    """Return whether this is all that its folder holds of hosts."""
    return not any(
        other.suffix in (".yml", ".yaml") and other.is_file() for other in file.parent.iterdir() if other != file
    )


@contextmanager
def open_history_database(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the file at ``path``, made or migrated when need be."""
    with sqlite_file.open_and_migrate_database(path, _MIGRATIONS, "history") as database:
        yield database


def make_run_statement(row: RunRow, document: bytes, at: datetime.datetime | None = None) -> RunKept:
    """Return what the chain states of a run that is kept as these."""
    return RunKept(
        at=clock.format_iso_moment(at or clock.now()),
        id=row.id,
        started=row.started,
        inventory=row.inventory,
        purpose=row.purpose,
        document=chain.compute_sha256_hex(document),
        trend=chain.compute_sha256_hex(row.trend.encode()),
    )


def append_statement_to_chain(database: sqlite3.Connection, new_statement: AnyStatement) -> None:
    """Put the next link at the end of the chain; the caller holds the transaction."""
    link = chain.make_next_link(load_last_link(database), new_statement)
    database.execute("INSERT INTO chain VALUES (?, ?, ?)", (link.position, link.statement, link.hash))


def load_last_link(database: sqlite3.Connection) -> ChainLink | None:
    """Return the last link of the chain."""
    row = database.execute(f"{_LINK} ORDER BY position DESC LIMIT 1").fetchone()
    return ChainLink(*row) if row else None


def load_links(database: sqlite3.Connection, *statement_kinds: str) -> tuple[ChainLink, ...]:
    """Return the chain, first link first: all of it, or the links that state one of these kinds."""
    if not statement_kinds:
        return tuple(ChainLink(*row) for row in database.execute(f"{_LINK} ORDER BY position"))
    placeholders = ", ".join("?" * len(statement_kinds))
    query = (
        f"{_LINK} WHERE CASE WHEN json_valid(statement) THEN json_extract(statement, '$.kind') END IN "
        f"({placeholders}) ORDER BY position"
    )
    return tuple(ChainLink(*row) for row in database.execute(query, statement_kinds))


NEWEST_FIRST = "ORDER BY started > ?, started DESC, rowid DESC"
"""Takes ``format_latest_believable_start(now)``: what began later than it is now was kept while the clock was
wrong, and is the last for want of another alone.
"""
_NEWEST = (
    "SELECT subject, document FROM (SELECT subject, document,"  # noqa: S608  a constant of ours
    f" row_number() OVER (PARTITION BY subject {NEWEST_FIRST}) AS place FROM looks"
    " WHERE inventory = ? AND (subject LIKE 'host:%') = ?) WHERE place = 1 ORDER BY subject"
)


def load_newest_packed_look_by_subject(
    database: sqlite3.Connection, inventory: str, now: datetime.datetime, *, of_hosts: bool
) -> list[tuple[str, bytes]]:
    """Return the last look at each site of an inventory, or the last hunt on each host, by subject: as it is kept."""
    return database.execute(
        _NEWEST, (format_latest_believable_start(now), make_unique_inventory_key(inventory), int(of_hosts))
    ).fetchall()


def format_latest_believable_start(now: datetime.datetime) -> str:
    """Return the latest start that is believed, as it is kept."""
    return clock.format_iso_moment(now + clock.SKEW)


def store_look_and_delete_older(
    database: sqlite3.Connection,
    look_row: tuple[str, str, str, str, bytes],
    now: datetime.datetime,
    *,
    newest_to_keep: int,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Keep a look or a hunt, and remove all but the ``newest_to_keep`` newest.

    ``look_row`` is ``(id, started, inventory, subject, packed document)``.

    Return the ids of those that stay and of those that were removed, the newest first.
    """
    database.execute("INSERT INTO looks VALUES (?, ?, ?, ?, ?)", look_row)
    _, _, inventory, subject, _ = look_row
    query = f"SELECT id FROM looks WHERE inventory = ? AND subject = ? {NEWEST_FIRST}"  # noqa: S608  a constant of ours
    ids = tuple(
        look_id for (look_id,) in database.execute(query, (inventory, subject, format_latest_believable_start(now)))
    )
    database.executemany("DELETE FROM looks WHERE id = ?", [(look_id,) for look_id in ids[newest_to_keep:]])
    return ids[:newest_to_keep], ids[newest_to_keep:]


def decompress_document(packed_document: bytes) -> bytes | None:
    """Return what was packed; None when it is damaged."""
    try:
        return zlib.decompress(packed_document)
    except zlib.error:
        return None
