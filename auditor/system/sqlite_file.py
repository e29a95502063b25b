"""A SQLite file of ours: for its owner only, brought to this version's form, written in whole transactions."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from auditor.errors import InputError

Migration = Callable[[sqlite3.Connection], object]
"""Brings the file from the version that is its place in the list (from 0) to the next."""

_WAIT = 20
"""Seconds to wait for another process that is writing."""


def get_state_folder() -> Path:
    """Return ``$LUYTRE_STATE``, else ``$XDG_STATE_HOME/luytre``, else ``~/.local/state/luytre``."""
    state = os.environ.get("LUYTRE_STATE")
    return Path(state) if state else Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "luytre"


def make_migration(*texts: str) -> Migration:
    """Return a migration of plain SQL statements."""

    def migrate(database: sqlite3.Connection) -> None:
        for text in texts:
            database.execute(text)

    return migrate


@contextmanager
def open_and_migrate_database(
    path: Path, migrations: Sequence[Migration], database_title: str
) -> Iterator[sqlite3.Connection]:
    """Open the file, made or migrated when need be; errors call it ``database_title``.

    Raises InputError for a file of a newer version, one that is not a database, a full disk.
    """
    try:
        _make_file_private_to_owner(path)
        database = sqlite3.connect(path, timeout=_WAIT, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise InputError(
            "the {kind} cannot be opened: {error}", kind=database_title, error=error, file=path, mend="check the folder"
        ) from error
    try:
        _enable_write_ahead_log(database)
        database.execute("PRAGMA synchronous = FULL")
        database.execute("PRAGMA secure_delete = ON")
        if _get_schema_version(database) != len(migrations):
            _migrate(database, migrations, path, database_title)
        yield database
    except sqlite3.DatabaseError as error:
        raise InputError(
            "the {kind} cannot be used: {error}",
            kind=database_title,
            error=error,
            file=path,
            mend="check the disk; if the file itself is damaged, keep it and restore the newest backup in its place",
        ) from error
    finally:
        database.close()


def _enable_write_ahead_log(database: sqlite3.Connection) -> None:
    """Have a write-ahead log.

    Of several who make the file at once all but one are told that it is locked, at once and not after the wait.
    """
    until = time.monotonic() + _WAIT
    while database.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            database.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


@contextmanager
def hold_write_transaction(database: sqlite3.Connection) -> Iterator[None]:
    """Write all or nothing; nobody else writes from the first read to the commit."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        database.rollback()
        raise
    database.commit()


def find_damage_of_database_file(path: Path) -> str | None:
    """Return what SQLite finds wrong with a file, in its words; None: nothing. The file is read, never written."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", timeout=_WAIT, uri=True)) as database:
            result = str(database.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        return str(error)
    return None if result == "ok" else result


def _make_file_private_to_owner(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)


def _migrate(database: sqlite3.Connection, migrations: Sequence[Migration], path: Path, database_title: str) -> None:
    with hold_write_transaction(database):
        version = _get_schema_version(database)
        if version > len(migrations):
            raise InputError(
                "this {kind} was written by a newer version ({version})",
                kind=database_title,
                version=version,
                file=path,
                mend="update Lũy Tre",
            )
        for migrate in migrations[version:]:
            migrate(database)
        database.execute(f"PRAGMA user_version = {len(migrations)}")


def _get_schema_version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])
