"""What offices hold for good: manifests of releases, kept beside the history.

Digests are kept once, whatever number of releases has them.
"""

from __future__ import annotations

import sqlite3
import zlib
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from auditor.compromise.known_good.manifest import ReleaseManifest
from auditor.errors import InputError, find_nearest_known_name
from auditor.models import clock
from auditor.models.exceptions.record import ExceptionTerms
from auditor.system import sqlite_file

KNOWN_GOOD_FILE = "known-good.sqlite"
"""In the folder of the history."""
_MIGRATIONS = (
    sqlite_file.make_migration(
        "CREATE TABLE contents (id INTEGER PRIMARY KEY, sha256 BLOB NOT NULL) STRICT",
        "CREATE TABLE manifests (id INTEGER PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL, origin TEXT NOT "
        "NULL,"
        " imported TEXT NOT NULL, reason TEXT NOT NULL, approver TEXT NOT NULL, files INTEGER NOT NULL, paths BLOB "
        "NOT NULL,"
        " contents BLOB NOT NULL, UNIQUE (name, version)) STRICT",
    ),
    sqlite_file.make_migration("ALTER TABLE manifests ADD COLUMN lies TEXT NOT NULL DEFAULT ''"),
)


@dataclass(frozen=True)
class ManifestSummary:
    """A manifest as it is listed."""

    name: str
    version: str
    origin: str
    imported: str
    reason: str
    approver: str
    files: int
    lies: str = ""
    """Where it lay on this machine."""

    @property
    def terms(self) -> ExceptionTerms:
        """Return it as an exception: a folder that an office trusts as it was found there."""
        release = f"{self.name} {self.version}"
        return ExceptionTerms(
            kind="known_good",
            name=release,
            about=release,
            role=self.approver,
            reason=self.reason,
            first_day=clock.convert_moment_to_vietnam_day(clock.parse_iso_moment(self.imported)),
            details={"origin": self.origin, "files": str(self.files)},
        )


class KnownGoodStore:
    """The kept manifests."""

    def __init__(self, path: Path | None = None, now: Callable[[], datetime] = clock.now) -> None:
        self.path = path or sqlite_file.get_state_folder() / KNOWN_GOOD_FILE
        self._now = now

    def put(self, manifests: tuple[ReleaseManifest, ...]) -> None:
        """Keep them all or none; each takes the place of one of the same name and version."""
        with self._open_known_good_database() as database, sqlite_file.hold_write_transaction(database):
            for manifest in manifests:
                self._store_manifest(database, manifest)
            _delete_digests_of_no_manifest(database)

    def _store_manifest(self, database: sqlite3.Connection, manifest: ReleaseManifest) -> None:
        digests = [bytes.fromhex(digest) for digest in manifest.entries.values()]
        known_digests = {sha256: number for number, sha256 in database.execute("SELECT id, sha256 FROM contents")}
        first = max(known_digests.values(), default=0) + 1
        new = {
            digest: first + at for at, digest in enumerate(dict.fromkeys(d for d in digests if d not in known_digests))
        }
        database.executemany("INSERT INTO contents VALUES (?, ?)", [(number, digest) for digest, number in new.items()])
        ids = array("I", [known_digests.get(digest) or new[digest] for digest in digests])
        paths = "\0".join(manifest.entries).encode("utf-8", "surrogateescape")
        database.execute(
            "INSERT OR REPLACE INTO manifests (name, version, origin, imported, reason, approver, files, paths, "
            "contents, lies)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                manifest.name,
                manifest.version,
                manifest.origin,
                clock.format_iso_moment(self._now()),
                manifest.reason,
                manifest.approver,
                len(ids),
                zlib.compress(paths, 9),
                zlib.compress(ids.tobytes(), 9),
                manifest.lies,
            ),
        )

    def list_manifests(self) -> tuple[ManifestSummary, ...]:
        """Return all of them, by name and version."""
        with self._open_known_good_database() as database:
            rows = database.execute(
                "SELECT name, version, origin, imported, reason, approver, files, lies FROM manifests"
                " ORDER BY name, version"
            )
            return tuple(ManifestSummary(*row) for row in rows)

    def list_trusted_folders(self) -> tuple[ManifestSummary, ...]:
        """Return those that are known to be good by an office's word alone, not by their release."""
        return tuple(manifest for manifest in self.list_manifests() if manifest.approver) if self.path.exists() else ()

    def load_manifests(self) -> tuple[ReleaseManifest, ...]:
        """Return all of them with their entries. Raises InputError for one that is damaged."""
        with self._open_known_good_database() as database:
            digests = {number: sha256.hex() for number, sha256 in database.execute("SELECT id, sha256 FROM contents")}
            rows = database.execute(
                "SELECT name, version, origin, reason, approver, paths, contents, lies FROM manifests ORDER BY name, "
                "version"
            )
            return tuple(self._parse_manifest_row(row, digests) for row in rows.fetchall())

    def _parse_manifest_row(
        self, manifest_row: tuple[str, str, str, str, str, bytes, bytes, str], digests_by_number: dict[int, str]
    ) -> ReleaseManifest:
        name, version, origin, reason, approver, paths, contents, lies = manifest_row
        try:
            ids = array("I", zlib.decompress(contents))
            names = zlib.decompress(paths).decode("utf-8", "surrogateescape").split("\0")
            entries = {path: digests_by_number[number] for path, number in zip(names, ids, strict=True)}
        except (zlib.error, ValueError, KeyError) as error:
            raise InputError(
                "the manifest of {name} {version} is damaged",
                name=name,
                version=version,
                file=self.path,
                mend="import it again",
            ) from error
        return ReleaseManifest(name, version, origin, entries, reason, approver, lies)

    def remove(self, name: str, version: str) -> None:
        """Take one away. Raises InputError when there is none."""
        with self._open_known_good_database() as database, sqlite_file.hold_write_transaction(database):
            deleted_count = database.execute(
                "DELETE FROM manifests WHERE name = ? AND version = ?", (name, version)
            ).rowcount
            if not deleted_count:
                there = [
                    f"{manifest_name} {other}"
                    for manifest_name, other in database.execute("SELECT name, version FROM manifests")
                ]
                raise InputError(
                    "there is no manifest of {name} {version}",
                    name=name,
                    version=version,
                    mend="see 'auditor known-good list'",
                    guess=find_nearest_known_name(f"{name} {version}", there),
                )
            _delete_digests_of_no_manifest(database)

    @contextmanager
    def _open_known_good_database(self) -> Iterator[sqlite3.Connection]:
        with sqlite_file.open_and_migrate_database(
            self.path, _MIGRATIONS, "store of what is known to be good"
        ) as database:
            yield database


def _delete_digests_of_no_manifest(database: sqlite3.Connection) -> None:
    """Take away the digests that no manifest has any more."""
    used = {
        number
        for (packed_ids,) in database.execute("SELECT contents FROM manifests")
        for number in array("I", zlib.decompress(packed_ids))
    }
    there = {number for (number,) in database.execute("SELECT id FROM contents")}
    database.executemany("DELETE FROM contents WHERE id = ?", [(number,) for number in there - used])
