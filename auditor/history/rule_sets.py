"""Sets of rules that others wrote, kept beside the history: sources, and what was compiled of them."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from auditor.compromise.rules.compilation import RuleError
from auditor.compromise.rules.compiler import build_rule_set
from auditor.compromise.rules.folder import MAX_BYTES, RuleFolder
from auditor.compromise.rules.rule_set import RuleSet, get_engine_version
from auditor.errors import InputError, find_nearest_known_name
from auditor.models import clock
from auditor.system import sqlite_file

RULE_SETS_FILE = "rule-sets.sqlite"
"""In the folder of the history."""
_MIGRATIONS = (
    sqlite_file.make_migration(
        "CREATE TABLE rule_sets (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, version TEXT NOT NULL, digest TEXT"
        " NOT NULL, licence TEXT NOT NULL, licence_text TEXT NOT NULL, origin TEXT NOT NULL, imported TEXT NOT NULL,"
        " rules INTEGER NOT NULL, errors TEXT NOT NULL, too_broad TEXT NOT NULL, muted TEXT NOT NULL, engine TEXT NOT"
        " NULL, sources BLOB NOT NULL, compiled BLOB NOT NULL, compiled_digest TEXT NOT NULL) STRICT"
    ),
)
_ERRORS = TypeAdapter(tuple[RuleError, ...])
_MUTED = TypeAdapter(tuple[str, ...])
_SOURCES = TypeAdapter(dict[str, str])
_SELECT = (
    "SELECT name, version, digest, licence, origin, rules, errors, too_broad, muted, engine, compiled, compiled_digest"
    " FROM rule_sets ORDER BY name"
)
_INSERT = (
    "INSERT OR REPLACE INTO rule_sets (imported, licence_text, sources, name, version, digest, licence, origin, rules,"
    " errors, too_broad, muted, engine, compiled, compiled_digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


@dataclass(frozen=True)
class RuleSetSummary:
    """A set as it is listed."""

    name: str
    version: str
    licence: str
    rules: int
    left_out: int
    """Rules and files that do not compile."""
    too_broad: int
    """Rules that fit legitimate files."""
    origin: str
    digest: str
    imported: str
    licence_text: str


class RuleSetStore:
    """The kept sets."""

    def __init__(self, path: Path | None = None, now: Callable[[], datetime] = clock.now) -> None:
        self.path = path or sqlite_file.get_state_folder() / RULE_SETS_FILE
        self._now = now

    def put(self, rule_set: RuleSet, folder: RuleFolder) -> None:
        """Keep a set; it takes the place of one of the same name."""
        with self._open_database() as database, sqlite_file.hold_write_transaction(database):
            self._store(database, rule_set, folder, clock.format_iso_moment(self._now()))

    def _store(self, database: sqlite3.Connection, rule_set: RuleSet, folder: RuleFolder, imported: str) -> None:
        sources = zlib.compress(_SOURCES.dump_json(dict(folder.sources)), 6)
        database.execute(
            _INSERT,
            (
                imported,
                folder.licence_text,
                sources,
                rule_set.name,
                rule_set.version,
                rule_set.digest,
                rule_set.licence,
                rule_set.origin,
                rule_set.rule_count,
                _ERRORS.dump_json(rule_set.errors).decode(),
                _ERRORS.dump_json(rule_set.too_broad).decode(),
                json.dumps(rule_set.muted),
                rule_set.engine,
                rule_set.compiled,
                hashlib.sha256(rule_set.compiled).hexdigest(),
            ),
        )

    def list_rule_sets(self) -> tuple[RuleSetSummary, ...]:
        """Return what is kept, by name."""
        if not self.path.exists():
            return ()
        with self._open_database() as database:
            rows = database.execute(
                "SELECT name, version, licence, rules, json_array_length(errors), json_array_length(too_broad), origin,"
                " digest, imported, licence_text FROM rule_sets ORDER BY name"
            )
            return tuple(RuleSetSummary(*row) for row in rows)

    def load_rule_sets(self) -> tuple[RuleSet, ...]:
        """Return all sets, ready for a hunt.

        What another version of the library compiled is compiled anew, and kept so. Raises InputError for one that is
        damaged.
        """
        if not self.path.exists():
            return ()
        with self._open_database() as database:
            rows = database.execute(_SELECT).fetchall()
            return tuple(self._parse_row(database, row) for row in rows)

    def _parse_row(self, database: sqlite3.Connection, row: tuple[str, ...]) -> RuleSet:
        name, version, digest, licence, origin, rules, errors, too_broad, muted, engine, compiled, compiled_digest = row
        try:
            rule_set = RuleSet(
                name=name,
                version=version,
                digest=digest,
                licence=licence,
                origin=origin,
                rule_count=int(rules),
                errors=_ERRORS.validate_json(errors),
                too_broad=_ERRORS.validate_json(too_broad),
                muted=_MUTED.validate_json(muted),
                engine=engine,
                compiled=bytes(compiled),  # type: ignore[arg-type]
            )
            if hashlib.sha256(rule_set.compiled).hexdigest() != compiled_digest:
                raise ValueError("another content")
            return rule_set if engine == get_engine_version() else self._compile_anew(database, rule_set)
        except (ValidationError, ValueError, zlib.error) as error:
            raise InputError(
                "the rule set {name} is damaged", name=name, file=self.path, mend="import it again"
            ) from error

    def _compile_anew(self, database: sqlite3.Connection, old: RuleSet) -> RuleSet:
        packed, licence_text, imported = database.execute(
            "SELECT sources, licence_text, imported FROM rule_sets WHERE name = ?", (old.name,)
        ).fetchone()
        sources = _SOURCES.validate_json(zlib.decompressobj().decompress(packed, 2 * MAX_BYTES))
        folder = RuleFolder(sources, (), old.version, old.licence, licence_text, old.digest)
        rule_set = build_rule_set(folder, old.name, old.version, Path(old.origin))
        with sqlite_file.hold_write_transaction(database):
            self._store(database, rule_set, folder, imported)
        return rule_set

    def remove(self, name: str) -> None:
        """Take one away. Raises InputError when there is none."""
        with self._open_database() as database, sqlite_file.hold_write_transaction(database):
            if not database.execute("DELETE FROM rule_sets WHERE name = ?", (name,)).rowcount:
                names = [other for (other,) in database.execute("SELECT name FROM rule_sets")]
                raise InputError(
                    "there is no rule set {name}",
                    name=name,
                    mend="see 'auditor rules list'",
                    guess=find_nearest_known_name(name, names),
                )

    @contextmanager
    def _open_database(self) -> Iterator[sqlite3.Connection]:
        with sqlite_file.open_and_migrate_database(self.path, _MIGRATIONS, "store of rule sets") as database:
            yield database
