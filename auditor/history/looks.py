"""Looks at sites kept beside the runs, the last few of each site, each a link of the chain; and the traces that offices accept."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from auditor.errors import InputError, nearest
from auditor.history import answers, chain, records
from auditor.history.chain import AcceptanceWithdrawn, LookKept, StoredLook, TraceAccepted
from auditor.history.database import append, default_path, key_of, links_of, newest, opened, put_look, unpacked
from auditor.looks.ledger import Ledger
from auditor.models import Accepted, Inventory, Look, clock
from auditor.system import sqlite_file
from auditor.system.lock import locked

KEPT = 3
"""Looks of one site."""


class Looks:
    """The kept looks of one history."""

    def __init__(self, path: Path | None = None, now: Callable[[], datetime.datetime] = clock.now) -> None:
        self.path = path or default_path()
        self._now = now

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Hold what one review at a time may hold: two would go twice as fast, and forget what the other saw.

        Raises InputError at once when another one has it.
        """
        path = self.path.with_name("review.lock")
        with contextlib.ExitStack() as until_then:
            try:
                until_then.enter_context(locked(path, wait=False))
            except BlockingIOError:
                raise InputError(
                    "another review is in progress here", mend="wait until it has ended, then run this one again"
                ) from None
            except OSError as error:
                raise InputError(
                    f"cannot be written: {error.strerror}", file=path, mend="check the path and its permissions"
                ) from error
            yield

    def keep(self, inventory: str, look: Look, ledger: Ledger) -> None:
        """Add a look and how far it got; with it as the chain's last link goes the oldest of the site, or nothing happens."""
        document = look.model_dump_json().encode()
        key = key_of(inventory)
        with opened(self.path) as database, sqlite_file.transaction(database):
            row = (look.id, look.started, key, look.site, zlib.compress(document))
            kept, older = put_look(database, row, self._now(), keep=KEPT)
            _put(database, key, ledger)
            append(
                database,
                LookKept(
                    at=clock.stamp(self._now()),
                    id=look.id,
                    started=look.started,
                    inventory=key,
                    subject=look.site,
                    document=chain.digest(document),
                    dropped=older,
                ),
            )

        answers.forget(self.answers(inventory, look.site), set(kept))

    def answers(self, inventory: str, site: str) -> Path:
        """The folder of the answers that are kept of a site; there is none where nothing was found."""
        of_inventory = hashlib.sha256(key_of(inventory).encode("utf-8", "surrogateescape")).hexdigest()[:16]
        return self.path.parent / "answers" / of_inventory / site

    def store(self, inventory: str, site: str, name: str, content: bytes) -> str:
        """Keep the answers of one address as a file, and tell its name. Raises InputError."""
        return answers.keep(self.answers(inventory, site), name, content).name

    def put(self, inventory: str, ledger: Ledger) -> None:
        """Keep how far a look has got, in place of what was kept of that."""
        with opened(self.path) as database, sqlite_file.transaction(database):
            _put(database, key_of(inventory), ledger)

    def ledger(self, inventory: str, site: str) -> Ledger:
        """How far earlier looks got with a site; empty when there was none, or another version wrote it."""
        with opened(self.path) as database:
            row = database.execute(
                "SELECT document FROM ledgers WHERE inventory = ? AND subject = ?", (key_of(inventory), site)
            ).fetchone()
        try:
            return Ledger.model_validate_json(unpacked(row[0]) or b"") if row else Ledger(site=site)
        except ValidationError:
            return Ledger(site=site)

    def latest(self, inventory: str) -> Mapping[str, Look]:
        """The last look at each site that was ever looked at, by its domain. Raises InputError for one that is damaged."""
        with opened(self.path) as database:
            rows = newest(database, inventory, self._now(), hosts=False)
        return {site: self._read(site, document) for site, document in rows}

    def readable(self, inventory: str) -> Mapping[str, Look]:
        """The same without those that are damaged: what a new look of the site rests on, which then takes their place."""
        with opened(self.path) as database:
            rows = newest(database, inventory, self._now(), hosts=False)
        found = {}
        for site, document in rows:
            with contextlib.suppress(InputError):
                found[site] = self._read(site, document)
        return found

    def carried(self, inventory: Inventory) -> Inventory:
        """The inventory with the last looks at its sites, what is accepted of them, and the records that its hosts had."""
        looks = tuple(self.latest(inventory.path).values())
        with opened(self.path) as database:
            known = records.known(database, key_of(inventory.path))
        return inventory.model_copy(
            update={"looks": looks, "accepted": self.accepted(inventory.path), "records": known}
        )

    def _read(self, site: str, document: bytes) -> Look:
        try:
            return Look.model_validate_json(unpacked(document) or b"")
        except ValidationError as error:
            raise InputError(
                "the last review of {site} is damaged, or was stored by another version",
                site=site,
                file=self.path,
                mend="see 'auditor history verify', and review the site again",
            ) from error

    def accept(self, inventory: str, accepted: Accepted) -> None:
        """Put an acceptance in the chain, in place of one of the same trace on the same site."""
        with opened(self.path) as database, sqlite_file.transaction(database):
            at = clock.stamp(self._now())
            append(database, TraceAccepted(at=at, inventory=key_of(inventory), accepted=accepted))

    def withdraw(self, inventory: str, site: str, key: str, reason: str) -> None:
        """End an acceptance. Raises InputError when there is none."""
        wanted = key_of(inventory)
        with opened(self.path) as database, sqlite_file.transaction(database):
            there = [one.key for one in _accepted(database, wanted) if one.site == site]
            if key not in there:
                raise InputError(
                    "no trace with the key {key} is accepted on {site}",
                    key=key,
                    site=site,
                    mend="see 'auditor baseline list'",
                    guess=nearest(key, there),
                )
            at = clock.stamp(self._now())
            append(database, AcceptanceWithdrawn(at=at, inventory=wanted, subject=site, key=key, reason=reason))

    def accepted(self, inventory: str) -> tuple[Accepted, ...]:
        """What an inventory's offices accept and did not withdraw, whether or not it holds by now."""
        with opened(self.path) as database:
            return _accepted(database, key_of(inventory))


def shelf(database: sqlite3.Connection, look_id: str) -> StoredLook | None:
    """What is kept of a look beside its link."""
    row = database.execute(
        "SELECT started, inventory, subject, document FROM looks WHERE id = ?", (look_id,)
    ).fetchone()
    if row is None:
        return None
    started, inventory, subject, document = row
    return StoredLook(started, inventory, subject, unpacked(document))


def shelved(database: sqlite3.Connection, *, of_hosts: bool = False) -> tuple[str, ...]:
    """The ids of all kept looks, at sites and at hosts; ``of_hosts``: of the hunts alone."""
    query = "SELECT id FROM looks WHERE NOT ? OR subject LIKE 'host:%' ORDER BY started, id"
    return tuple(look_id for (look_id,) in database.execute(query, (of_hosts,)))


def _put(database: sqlite3.Connection, inventory: str, ledger: Ledger) -> None:
    packed = zlib.compress(ledger.model_dump_json(exclude_defaults=True).encode())
    database.execute("INSERT OR REPLACE INTO ledgers VALUES (?, ?, ?)", (inventory, ledger.site, packed))


def _accepted(database: sqlite3.Connection, inventory: str) -> tuple[Accepted, ...]:
    found: dict[tuple[str, str], Accepted] = {}
    for statement in _of_baseline(database):
        if statement.inventory != inventory:
            continue
        if isinstance(statement, TraceAccepted):
            found[statement.accepted.site, statement.accepted.key] = statement.accepted
        else:
            found.pop((statement.subject, statement.key), None)
    return tuple(found.values())


def _of_baseline(database: sqlite3.Connection) -> Iterator[TraceAccepted | AcceptanceWithdrawn]:
    statements: Iterable[chain.AnyStatement | None] = (link.read() for link in links_of(database, "accept", "withdraw"))
    return (one for one in statements if isinstance(one, TraceAccepted | AcceptanceWithdrawn))
