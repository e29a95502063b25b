"""The imported data in one SQLite file beside the history: a whole import or nothing. The only door to that file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from auditor.models.vulnerabilities import ImportedSource
from auditor.system import sqlite_file
from auditor.vulnerabilities.kinds import KIND_BY_NAME, PACKAGE_KINDS

MAX_KEPT = 6_000
_MIGRATIONS: tuple[sqlite_file.Migration, ...] = (
    sqlite_file.make_migration(
        "CREATE TABLE sources (kind TEXT NOT NULL, part TEXT NOT NULL, file TEXT NOT NULL, dated TEXT NOT NULL,"
        " imported TEXT NOT NULL, sha256 TEXT NOT NULL, licence TEXT NOT NULL, records INTEGER NOT NULL,"
        " PRIMARY KEY (kind, part)) STRICT",
        "CREATE TABLE packages (kind TEXT NOT NULL, release TEXT NOT NULL, source TEXT NOT NULL, records TEXT NOT NULL,"
        " PRIMARY KEY (kind, release, source)) STRICT, WITHOUT ROWID",
        "CREATE TABLE components (kind TEXT NOT NULL, name TEXT NOT NULL, records TEXT NOT NULL,"
        " PRIMARY KEY (kind, name)) STRICT, WITHOUT ROWID",
        "CREATE TABLE ids (id TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (id, kind, name))"
        " STRICT, WITHOUT ROWID",
        "CREATE TABLE exploited (id TEXT PRIMARY KEY, added TEXT NOT NULL, due TEXT NOT NULL, ransomware INTEGER NOT "
        "NULL,"
        " name TEXT NOT NULL) STRICT, WITHOUT ROWID",
        "CREATE TABLE scores (id TEXT PRIMARY KEY, score REAL NOT NULL) STRICT, WITHOUT ROWID",
        "CREATE TABLE support (release TEXT NOT NULL, source TEXT NOT NULL, kind TEXT NOT NULL, until TEXT NOT NULL,"
        " note TEXT NOT NULL, PRIMARY KEY (release, source, kind)) STRICT, WITHOUT ROWID",
    ),
    sqlite_file.make_migration(
        "CREATE TABLE told (kind TEXT NOT NULL, release TEXT NOT NULL, name TEXT NOT NULL, id TEXT NOT NULL,"
        " record TEXT NOT NULL, PRIMARY KEY (kind, release, name, id)) STRICT, WITHOUT ROWID",
        "CREATE TABLE releases (kind TEXT NOT NULL, release TEXT NOT NULL, PRIMARY KEY (kind, release)) STRICT, "
        "WITHOUT ROWID",
        "INSERT INTO releases SELECT DISTINCT kind, release FROM packages",
    ),
)


def get_vulnerability_database_path() -> Path:
    """Return ``vulnerabilities.sqlite`` in the state folder."""
    return sqlite_file.get_state_folder() / "vulnerabilities.sqlite"


@dataclass(frozen=True)
class KevEntry:
    """The entry of CISA on a vulnerability that is exploited."""

    added_on: str
    due: str
    ransomware: bool
    name: str


class DuplicateRowError(Exception):
    """A row is there already."""


class VulnerabilityWriter:
    """An import that goes on."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def remove_earlier_import_of_part(self, kind: str, part: str) -> None:
        """Take out what an earlier import of the same kind and part brought."""
        for table, column, key in KIND_BY_NAME[kind].tables:
            where = f" AND {column} = ?" if column else ""
            values = ([key.format(part=part)] if key else []) + ([part] if column else [])
            kind = "kind = ?" if key else "1"
            # Table and column are names of ours.
            self._database.execute(f"DELETE FROM {table} WHERE {kind}{where}", values)  # noqa: S608

    def put_packages(self, rows: Iterable[tuple[str, str, str, str]]) -> None:
        """Put rows of kind, release, source, records as JSON."""
        self._database.executemany("INSERT INTO packages VALUES (?, ?, ?, ?)", rows)

    def put_single_records(self, rows: Iterable[tuple[str, str, str, str, str]]) -> None:
        """Put rows of kind, release, name of a source or component, the record's own id, record as JSON.

        One at a time, of data that is ordered by id.
        """
        self._database.executemany("INSERT OR REPLACE INTO told VALUES (?, ?, ?, ?, ?)", rows)

    def put_covered_releases(self, rows: Iterable[tuple[str, str]]) -> None:
        """Put rows of kind, and a release that it tells of."""
        self._database.executemany("INSERT OR IGNORE INTO releases VALUES (?, ?)", rows)

    def put_components(self, rows: Iterable[tuple[str, str, str]]) -> None:
        """Put rows of kind, name, records as JSON."""
        self._database.executemany("INSERT INTO components VALUES (?, ?, ?)", rows)

    def put_subjects_of_vulnerability_ids(self, rows: Iterable[tuple[str, str, str]]) -> None:
        """Put rows of id, kind, and the name of a source package or component that it is about."""
        self._database.executemany("INSERT OR IGNORE INTO ids VALUES (?, ?, ?)", rows)

    def put_kev_entries(self, rows: Iterable[tuple[str, str, str, int, str]]) -> None:
        """Put rows of id, date of listing, date due, whether ransomware uses it, name."""
        self._database.executemany("INSERT OR REPLACE INTO exploited VALUES (?, ?, ?, ?, ?)", rows)

    def put_scores(self, rows: Iterable[tuple[str, float]]) -> None:
        """Put rows of id and probability. Raises DuplicateRowError at an id that was there before."""
        try:
            self._database.executemany("INSERT INTO scores VALUES (?, ?)", rows)
        except sqlite3.IntegrityError as error:
            raise DuplicateRowError from error

    def put_support_notes(self, rows: Iterable[tuple[str, str, str, str, str]]) -> None:
        """Put rows of release, source, ``ended`` or ``limited``, date, note."""
        self._database.executemany("INSERT OR REPLACE INTO support VALUES (?, ?, ?, ?, ?)", rows)

    def put_source(self, source: ImportedSource) -> None:
        """Store what was imported."""
        self._database.execute(
            "INSERT OR REPLACE INTO sources VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(source.kind, source.part, source.file, str(source.dated), source.imported),
                *(source.sha256, source.licence, source.records),
            ),
        )


@contextmanager
def open_writer(path: Path | None = None) -> Iterator[VulnerabilityWriter]:
    """Open the file for an import: everything is written, or nothing."""
    with sqlite_file.open_and_migrate_database(
        path or get_vulnerability_database_path(), _MIGRATIONS, "vulnerability data"
    ) as database:
        database.execute("PRAGMA secure_delete = OFF")  # published data: nothing to hide
        with sqlite_file.hold_write_transaction(database):
            yield VulnerabilityWriter(database)
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


class VulnerabilityDatabase:
    """The imported data, as it lay there when this was made; every record is read when first asked for.

    Without a database: nothing.
    """

    def __init__(self, database: sqlite3.Connection | None) -> None:
        self._database = database
        self._packages: dict[tuple[str, str, str], list[list[Any]]] = {}
        self._components: dict[tuple[str, str], list[list[Any]]] = {}
        self._kept: dict[Hashable, Any] = {}
        self._scores: dict[str, float | None] = {}
        self._sources = tuple(
            ImportedSource(**dict(zip(_SOURCE, row, strict=True))) for row in self._load_rows(_SOURCES)
        )

    def _load_rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        return self._database.execute(query, values).fetchall() if self._database else []

    def get_cached[Kept](self, key: Hashable, make: Callable[[], Kept]) -> Kept:
        """Return what somebody worked out of this data under a key, made once; MAX_KEPT are kept."""
        if key not in self._kept:
            if len(self._kept) >= MAX_KEPT:
                self._kept.clear()
            self._kept[key] = make()
        value: Kept = self._kept[key]
        return value

    @property
    def sources(self) -> tuple[ImportedSource, ...]:
        """Return what was imported; none: nothing."""
        return self._sources

    @cached_property
    def kind_by_release(self) -> Mapping[str, str]:
        """Return, by release, the kind of data that is believed on its packages."""
        there = set(self._load_rows("SELECT kind, release FROM releases"))
        releases = {release for _kind, release in there}
        return {name: next(kind for kind in PACKAGE_KINDS if (kind, name) in there) for name in releases}

    def load_package_records(self, kind: str, release: str, source: str) -> list[list[Any]]:
        """Return the records on a source package in a release."""
        key = (kind, release, source)
        if key not in self._packages:
            rows = self._load_rows("SELECT records FROM packages WHERE kind = ? AND release = ? AND source = ?", key)
            self._packages[key] = json.loads(rows[0][0]) if rows else self._load_single_records(*key)
        return self._packages[key]

    def _load_single_records(self, kind: str, release: str, name: str) -> list[list[Any]]:
        rows = self._load_rows(
            "SELECT record FROM told WHERE kind = ? AND release = ? AND name = ? ORDER BY id", (kind, release, name)
        )
        return [json.loads(record) for (record,) in rows]

    def load_component_records(self, kind: str, name: str) -> list[list[Any]]:
        """Return the records on a component."""
        key = (kind, name)
        if key not in self._components:
            rows = self._load_rows("SELECT records FROM components WHERE kind = ? AND name = ?", key)
            self._components[key] = json.loads(rows[0][0]) if rows else self._load_single_records(kind, "", name)
        return self._components[key]

    def find_subjects(self, vulnerability: str) -> tuple[tuple[str, str], ...]:
        """Return kind and name of every source package or component that an id is about."""
        rows = self._load_rows("SELECT kind, name FROM ids WHERE id = ?", (vulnerability,))
        return tuple(dict.fromkeys((kind.partition("/")[0], name) for kind, name in rows))

    @cached_property
    def kev_entries(self) -> Mapping[str, KevEntry]:
        """Return all that CISA lists."""
        rows = self._load_rows("SELECT id, added, due, ransomware, name FROM exploited")
        return {
            name: KevEntry(added_on, due, bool(ransomware), title) for name, added_on, due, ransomware, title in rows
        }

    def get_epss_score(self, vulnerability: str) -> float | None:
        """Return its EPSS probability."""
        if vulnerability not in self._scores:
            rows = self._load_rows("SELECT score FROM scores WHERE id = ?", (vulnerability,))
            self._scores[vulnerability] = rows[0][0] if rows else None
        return self._scores[vulnerability]

    def get_support_notes(self, release: str, source: str) -> Mapping[str, str]:
        """Return ``ended`` or ``limited`` with its note, of a source package in a release or in all.

        This is what held when it was imported.
        """
        return (
            self._support_notes_by_release_and_source.get((release, source))
            or self._support_notes_by_release_and_source.get(("", source))
            or {}
        )

    @cached_property
    def _support_notes_by_release_and_source(self) -> Mapping[tuple[str, str], Mapping[str, str]]:
        query = (
            "SELECT release, source, kind, note FROM support"
            " WHERE until <= (SELECT max(imported) FROM sources WHERE kind = 'support') ORDER BY kind"
        )
        notes_by_source: dict[tuple[str, str], dict[str, str]] = {}
        for release, source, kind, note in self._load_rows(query):
            notes_by_source.setdefault((release, source), {})[kind] = note
        return notes_by_source


@contextmanager
def open_database(path: Path | None = None) -> Iterator[VulnerabilityDatabase]:
    """Open the data at ``path``; where there is no such file, none."""
    path = path or get_vulnerability_database_path()
    if not path.exists():
        yield VulnerabilityDatabase(None)
        return
    with sqlite_file.open_and_migrate_database(path, _MIGRATIONS, "vulnerability data") as database:
        database.execute("BEGIN")
        yield VulnerabilityDatabase(database)
        database.rollback()


_SOURCE = ("kind", "part", "file", "dated", "imported", "sha256", "licence", "records")
_SOURCES = f"SELECT {', '.join(_SOURCE)} FROM sources ORDER BY kind, part"  # noqa: S608  names of ours
