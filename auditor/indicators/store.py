"""Lists of indicators in one SQLite file beside the history: a whole import or nothing. The only door to that file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from auditor.errors import InputError, find_nearest_known_name
from auditor.indicators.indicator import MAX_INDICATORS, Indicator
from auditor.models import clock
from auditor.system import sqlite_file

_MIGRATIONS: tuple[sqlite_file.Migration, ...] = (
    sqlite_file.make_migration(
        "CREATE TABLE lists (name TEXT PRIMARY KEY, file TEXT NOT NULL, kind TEXT NOT NULL, source TEXT NOT NULL,"
        " dated TEXT NOT NULL, imported TEXT NOT NULL, sha256 TEXT NOT NULL, indicators INTEGER NOT NULL,"
        " unmatched INTEGER NOT NULL, never INTEGER NOT NULL, wrong INTEGER NOT NULL) STRICT",
        "CREATE TABLE indicators (list TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, id TEXT NOT NULL,"
        " tlp TEXT NOT NULL, first TEXT NOT NULL, last TEXT, note TEXT NOT NULL, PRIMARY KEY (list, kind, value))"
        " STRICT, WITHOUT ROWID",
        "CREATE TABLE patterns (list TEXT NOT NULL, id TEXT NOT NULL, words TEXT NOT NULL) STRICT",
    ),
    sqlite_file.make_migration("CREATE TABLE polled (list TEXT PRIMARY KEY, url TEXT NOT NULL, after TEXT) STRICT"),
)


@dataclass(frozen=True)
class IndicatorList:
    """A list, as it was imported."""

    name: str
    file: str
    kind: str
    source: str
    """Whose it is, in its own words."""
    dated: date
    """The day that it speaks of: its newest entry's, or that of the file."""
    imported: str
    """ISO 8601 with offset."""
    sha256: str
    indicators: int
    unmatched: int
    """Kept, and too complex to be matched."""
    never: int
    """Left out: private, too wide, or what everybody uses."""
    wrong: int
    """Entries that are none."""


def get_indicator_database_path() -> Path:
    """Return ``indicators.sqlite`` in the state folder."""
    return sqlite_file.get_state_folder() / "indicators.sqlite"


@contextmanager
def _open_database(path: Path | None) -> Iterator[sqlite3.Connection]:
    with sqlite_file.open_and_migrate_database(
        path or get_indicator_database_path(), _MIGRATIONS, "list of indicators"
    ) as database:
        yield database


@contextmanager
def open_writer(path: Path | None = None) -> Iterator[IndicatorWriter]:
    """Open the file for an import: everything is written, or nothing."""
    with _open_database(path) as database, sqlite_file.hold_write_transaction(database):
        yield IndicatorWriter(database)


class IndicatorWriter:
    """An import that goes on."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def replace_list_of_same_name(
        self,
        indicator_list: IndicatorList,
        indicators: Iterable[Indicator],
        unmatched_patterns: Iterable[tuple[str, str]],
    ) -> None:
        """Put a list in place of the one of its name."""
        self.remove_list(indicator_list.name)
        values = [str(value) if isinstance(value, date) else value for value in astuple(indicator_list)]
        marks = ", ".join("?" * len(values))
        self._database.execute(f"INSERT INTO lists VALUES ({marks})", values)  # noqa: S608  marks only
        self._database.executemany(
            "INSERT INTO indicators VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    *(
                        indicator_list.name,
                        indicator.kind,
                        indicator.text,
                        indicator.id,
                        indicator.tlp,
                        str(indicator.first),
                    ),
                    *(str(indicator.last) if indicator.last else None, indicator.note),
                )
                for indicator in indicators
            ),
        )
        self._database.executemany(
            "INSERT INTO patterns VALUES (?, ?, ?)",
            ((indicator_list.name, name, words) for name, words in unmatched_patterns),
        )

    def remove_list(self, name: str) -> bool:
        """Take a list out; whether it was there."""
        for table in ("indicators", "patterns", "polled"):
            self._database.execute(f"DELETE FROM {table} WHERE list = ?", (name,))  # noqa: S608  names of ours
        return bool(self._database.execute("DELETE FROM lists WHERE name = ?", (name,)).rowcount)

    def note_poll_position(self, name: str, url: str, after: str | None) -> None:
        """Note the moment up to which a list has all of a collection."""
        self._database.execute("INSERT OR REPLACE INTO polled VALUES (?, ?, ?)", (name, url, after))

    def check_total_indicator_limit(self) -> None:
        """Raise InputError when all lists together have more than there may be."""
        there = int(self._database.execute("SELECT count(*) FROM indicators").fetchone()[0])
        if there > MAX_INDICATORS:
            raise InputError(
                "all lists together have {n} indicators, more than {most}",
                n=there,
                most=MAX_INDICATORS,
                mend="remove a list that you do not need: 'auditor indicators remove NAME'",
            )


def remove_indicator_list(name: str, path: Path | None = None) -> None:
    """Take a list out. Raises InputError when there is none of the name."""
    there = [entry.name for entry in load_lists(path)]
    if name not in there:
        raise InputError(
            "there is no list {name}",
            name=name,
            mend="see 'auditor indicators list'",
            guess=find_nearest_known_name(name, there),
        )
    with open_writer(path) as into:
        into.remove_list(name)


def load_lists(path: Path | None = None) -> tuple[IndicatorList, ...]:
    """Return what was imported, by name; without a file nothing."""
    if not (path or get_indicator_database_path()).exists():
        return ()
    with _open_database(path) as database:
        rows = database.execute("SELECT * FROM lists ORDER BY name").fetchall()
    return tuple(_build_indicator_list_from_row(row) for row in rows)


def find_poll_position(name: str, url: str, path: Path | None = None) -> str | None:
    """Return the moment up to which a list has all of a collection; None: nothing of it."""
    rows = _load_rows("SELECT after FROM polled WHERE list = ? AND url = ?", (name, url), path)
    return rows[0][0] if rows else None


def load_unmatched_patterns_of_list(name: str, path: Path | None = None) -> tuple[tuple[str, str], ...]:
    """Return id and words of what a list has that is not matched."""
    return tuple(_load_rows("SELECT id, words FROM patterns WHERE list = ?", (name,), path))


def _load_rows(query: str, values: tuple[str, ...], path: Path | None) -> list[tuple[Any, ...]]:
    if not (path or get_indicator_database_path()).exists():
        return []
    with _open_database(path) as database:
        return database.execute(query, values).fetchall()


def _build_indicator_list_from_row(row: tuple[Any, ...]) -> IndicatorList:
    values = dict(zip((column.name for column in fields(IndicatorList)), row, strict=True))
    return IndicatorList(**{**values, "dated": clock.parse_day(values["dated"])})


def load_indicators(path: Path | None = None, name: str | None = None) -> tuple[Indicator, ...]:
    """Return all of them, or those of one list, whether or not they hold by now."""
    if not (path or get_indicator_database_path()).exists():
        return ()
    where, values = (" WHERE list = ?", [name]) if name else ("", [])
    # ``where`` is one of two texts of ours.
    query = f"SELECT kind, value, id, tlp, first, last, note, list FROM indicators{where}"  # noqa: S608
    query += " ORDER BY list, kind, value"
    with _open_database(path) as database:
        rows = database.execute(query, values).fetchall()
    return tuple(
        Indicator(kind, value, id, tlp, clock.parse_day(first), clock.parse_day(last) if last else None, note, of)
        for kind, value, id, tlp, first, last, note, of in rows
    )
