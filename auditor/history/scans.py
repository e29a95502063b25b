"""Looks at sites kept beside the runs, the last few of each site, each a link of the chain.

And the traces that offices accept.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from auditor.errors import InputError, find_nearest
from auditor.history import chain, records, response_archive
from auditor.history.chain import AcceptanceWithdrawn, LookKept, StoredLook, TraceAccepted
from auditor.history.database import (
    append,
    default_path,
    key_of,
    load_links,
    load_newest,
    open_history,
    put_look,
    unpack,
)
from auditor.models import Inventory, Scan, TraceAcceptance, clock
from auditor.scans.frontier import CrawlFrontier
from auditor.system import sqlite_file
from auditor.system.lock import hold_lock

MAX_SCANS = 3
"""Looks of one site."""


class ScanHistory:
    """The kept looks of one history."""

    def __init__(self, path: Path | None = None, now: Callable[[], datetime.datetime] = clock.now) -> None:
        self.path = path or default_path()
        self._now = now

    @contextlib.contextmanager
    def hold_review_lock(self) -> Iterator[None]:
        """Hold what one review at a time may hold: two would go twice as fast, and forget what the other saw.

        Raises InputError at once when another one has it.
        """
        path = self.path.with_name("review.lock")
        with contextlib.ExitStack() as until_then:
            try:
                until_then.enter_context(hold_lock(path, wait=False))
            except BlockingIOError:
                raise InputError(
                    "another review is in progress here", mend="wait until it has ended, then run this one again"
                ) from None
            except OSError as error:
                raise InputError(
                    f"cannot be written: {error.strerror}", file=path, mend="check the path and its permissions"
                ) from error
            yield

    def keep(self, inventory: str, look: Scan, ledger: CrawlFrontier) -> None:
        """Add a look and how far it got.

        With it as the chain's last link goes the oldest of the site, or nothing happens.
        """
        document = look.model_dump_json().encode()
        key = key_of(inventory)
        with open_history(self.path) as database, sqlite_file.transaction(database):
            row = (look.id, look.started, key, look.site, zlib.compress(document))
            kept_ids, older = put_look(database, row, self._now(), keep=MAX_SCANS)
            _put(database, key, ledger)
            append(
                database,
                LookKept(
                    at=clock.format_stamp(self._now()),
                    id=look.id,
                    started=look.started,
                    inventory=key,
                    subject=look.site,
                    document=chain.digest(document),
                    dropped=older,
                ),
            )

        response_archive.forget(self.get_answers_folder(inventory, look.site), set(kept_ids))

    def get_answers_folder(self, inventory: str, site: str) -> Path:
        """Return the folder of the answers that are kept of a site; there is none where nothing was found."""
        of_inventory = hashlib.sha256(key_of(inventory).encode("utf-8", "surrogateescape")).hexdigest()[:16]
        return self.path.parent / "answers" / of_inventory / site

    def store(self, inventory: str, site: str, name: str, content: bytes) -> str:
        """Keep the answers of one address as a file, and tell its name. Raises InputError."""
        return response_archive.keep(self.get_answers_folder(inventory, site), name, content).name

    def put(self, inventory: str, ledger: CrawlFrontier) -> None:
        """Keep how far a look has got, in place of what was kept of that."""
        with open_history(self.path) as database, sqlite_file.transaction(database):
            _put(database, key_of(inventory), ledger)

    def ledger(self, inventory: str, site: str) -> CrawlFrontier:
        """Return how far earlier looks got with a site; empty when there was none, or another version wrote it."""
        with open_history(self.path) as database:
            row = database.execute(
                "SELECT document FROM ledgers WHERE inventory = ? AND subject = ?", (key_of(inventory), site)
            ).fetchone()
        try:
            return CrawlFrontier.model_validate_json(unpack(row[0]) or b"") if row else CrawlFrontier(site=site)
        except ValidationError:
            return CrawlFrontier(site=site)

    def latest(self, inventory: str) -> Mapping[str, Scan]:
        """Return the last look at each site that was ever looked at, by its domain.

        Raises InputError for one that is damaged.
        """
        with open_history(self.path) as database:
            rows = load_newest(database, inventory, self._now(), hosts=False)
        return {site: self._read(site, document) for site, document in rows}

    def load_readable(self, inventory: str) -> Mapping[str, Scan]:
        """Return the same without those that are damaged.

        What a new look of the site rests on, which then takes their place.
        """
        with open_history(self.path) as database:
            rows = load_newest(database, inventory, self._now(), hosts=False)
        looks_by_site = {}
        for site, document in rows:
            with contextlib.suppress(InputError):
                looks_by_site[site] = self._read(site, document)
        return looks_by_site

    def attach_to(self, inventory: Inventory) -> Inventory:
        """Return the inventory with the last looks at its sites, their acceptances, and the records of its hosts."""
        looks = tuple(self.latest(inventory.path).values())
        with open_history(self.path) as database:
            known_records = records.load_known_digests(database, key_of(inventory.path))
        return inventory.model_copy(
            update={"looks": looks, "accepted": self.load_acceptances(inventory.path), "records": known_records}
        )

    def _read(self, site: str, document: bytes) -> Scan:
        try:
            return Scan.model_validate_json(unpack(document) or b"")
        except ValidationError as error:
            raise InputError(
                "the last review of {site} is damaged, or was stored by another version",
                site=site,
                file=self.path,
                mend="see 'auditor history verify', and review the site again",
            ) from error

    def accept(self, inventory: str, acceptance: TraceAcceptance) -> None:
        """Put an acceptance in the chain, in place of one of the same trace on the same site."""
        with open_history(self.path) as database, sqlite_file.transaction(database):
            at = clock.format_stamp(self._now())
            append(database, TraceAccepted(at=at, inventory=key_of(inventory), accepted=acceptance))

    def withdraw(self, inventory: str, site: str, key: str, reason: str) -> None:
        """End an acceptance. Raises InputError when there is none."""
        inventory_key = key_of(inventory)
        with open_history(self.path) as database, sqlite_file.transaction(database):
            there = [
                acceptance.key for acceptance in _load_acceptances(database, inventory_key) if acceptance.site == site
            ]
            if key not in there:
                raise InputError(
                    "no trace with the key {key} is accepted on {site}",
                    key=key,
                    site=site,
                    mend="see 'auditor baseline list'",
                    guess=find_nearest(key, there),
                )
            at = clock.format_stamp(self._now())
            append(database, AcceptanceWithdrawn(at=at, inventory=inventory_key, subject=site, key=key, reason=reason))

    def load_acceptances(self, inventory: str) -> tuple[TraceAcceptance, ...]:
        """Return what an inventory's offices accept and did not withdraw, whether or not it holds by now."""
        with open_history(self.path) as database:
            return _load_acceptances(database, key_of(inventory))


def load_stored_look(database: sqlite3.Connection, look_id: str) -> StoredLook | None:
    """Return what is kept of a look beside its link."""
    row = database.execute(
        "SELECT started, inventory, subject, document FROM looks WHERE id = ?", (look_id,)
    ).fetchone()
    if row is None:
        return None
    started_at, inventory, subject, document = row
    return StoredLook(started_at, inventory, subject, unpack(document))


def list_look_ids(database: sqlite3.Connection, *, of_hosts: bool = False) -> tuple[str, ...]:
    """Return the ids of all kept looks, at sites and at hosts; ``of_hosts``: of the hunts alone."""
    query = "SELECT id FROM looks WHERE NOT ? OR subject LIKE 'host:%' ORDER BY started, id"
    return tuple(look_id for (look_id,) in database.execute(query, (of_hosts,)))


def _put(database: sqlite3.Connection, inventory: str, ledger: CrawlFrontier) -> None:
    packed_ledger = zlib.compress(ledger.model_dump_json(exclude_defaults=True).encode())
    database.execute("INSERT OR REPLACE INTO ledgers VALUES (?, ?, ?)", (inventory, ledger.site, packed_ledger))


def _load_acceptances(database: sqlite3.Connection, inventory: str) -> tuple[TraceAcceptance, ...]:
    acceptances: dict[tuple[str, str], TraceAcceptance] = {}
    for statement in _of_baseline(database):
        if statement.inventory != inventory:
            continue
        if isinstance(statement, TraceAccepted):
            acceptances[statement.accepted.site, statement.accepted.key] = statement.accepted
        else:
            acceptances.pop((statement.subject, statement.key), None)
    return tuple(acceptances.values())


def _of_baseline(database: sqlite3.Connection) -> Iterator[TraceAccepted | AcceptanceWithdrawn]:
    statements: Iterable[chain.AnyStatement | None] = (
        link.read() for link in load_links(database, "accept", "withdraw")
    )
    return (statement for statement in statements if isinstance(statement, TraceAccepted | AcceptanceWithdrawn))
