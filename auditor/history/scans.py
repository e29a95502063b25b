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

from auditor.errors import InputError, find_nearest_known_name
from auditor.history import chain, records, response_archive
from auditor.history.chain import AcceptanceWithdrawn, LookKept, StoredLook, TraceAccepted
from auditor.history.database import (
    append_statement_to_chain,
    decompress_document,
    get_default_history_path,
    load_links,
    load_newest_packed_look_by_subject,
    make_unique_inventory_key,
    open_history_database,
    store_look_and_delete_older,
)
from auditor.models import Scan, TraceAcceptance, clock
from auditor.scans.frontier import CrawlFrontier
from auditor.system import sqlite_file
from auditor.system.lock import hold_lock

MAX_SCANS = 3
"""Looks of one site."""


class ScanHistory:
    """The kept looks of one history."""

    def __init__(self, path: Path | None = None, now: Callable[[], datetime.datetime] = clock.now) -> None:
        self.path = path or get_default_history_path()
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
                    "cannot be written: {why}", file=path, mend="check the path and its permissions", why=error.strerror
                ) from error
            yield

    def store_look_and_frontier(self, inventory: str, look: Scan, frontier: CrawlFrontier) -> None:
        """Add a look and how far it got.

        With it as the chain's last link goes the oldest of the site, or nothing happens.
        """
        document = look.model_dump_json().encode()
        key = make_unique_inventory_key(inventory)
        with open_history_database(self.path) as database, sqlite_file.hold_write_transaction(database):
            row = (look.id, look.started, key, look.site, zlib.compress(document))
            kept_ids, older = store_look_and_delete_older(database, row, self._now(), newest_to_keep=MAX_SCANS)
            _upsert_crawl_frontier(database, key, frontier)
            append_statement_to_chain(
                database,
                LookKept(
                    at=clock.format_iso_moment(self._now()),
                    id=look.id,
                    started=look.started,
                    inventory=key,
                    subject=look.site,
                    document=chain.compute_sha256_hex(document),
                    dropped=older,
                ),
            )

        response_archive.delete_response_files_of_other_looks(
            self.get_answers_folder(inventory, look.site), set(kept_ids)
        )

    def get_answers_folder(self, inventory: str, site: str) -> Path:
        """Return the folder of the answers that are kept of a site; there is none where nothing was found."""
        of_inventory = hashlib.sha256(
            make_unique_inventory_key(inventory).encode("utf-8", "surrogateescape")
        ).hexdigest()[:16]
        return self.path.parent / "answers" / of_inventory / site

    def store_responses_file_of_site(self, inventory: str, site: str, file_name: str, content: bytes) -> str:
        """Keep the answers of one address as a file, and tell its name. Raises InputError."""
        return response_archive.write_private_response_file(
            self.get_answers_folder(inventory, site), file_name, content
        ).name

    def store_crawl_frontier(self, inventory: str, frontier: CrawlFrontier) -> None:
        """Keep how far a look has got, in place of what was kept of that."""
        with open_history_database(self.path) as database, sqlite_file.hold_write_transaction(database):
            _upsert_crawl_frontier(database, make_unique_inventory_key(inventory), frontier)

    def load_crawl_frontier_of_site(self, inventory: str, site: str) -> CrawlFrontier:
        """Return how far earlier looks got with a site; empty when there was none, or another version wrote it."""
        with open_history_database(self.path) as database:
            row = database.execute(
                "SELECT document FROM ledgers WHERE inventory = ? AND subject = ?",
                (make_unique_inventory_key(inventory), site),
            ).fetchone()
        try:
            return (
                CrawlFrontier.model_validate_json(decompress_document(row[0]) or b"")
                if row
                else CrawlFrontier(site=site)
            )
        except ValidationError:
            return CrawlFrontier(site=site)

    def load_latest_look_by_site(self, inventory: str) -> Mapping[str, Scan]:
        """Return the last look at each site that was ever looked at, by its domain.

        Raises InputError for one that is damaged.
        """
        with open_history_database(self.path) as database:
            rows = load_newest_packed_look_by_subject(database, inventory, self._now(), of_hosts=False)
        return {site: self._parse_stored_look(site, document) for site, document in rows}

    def load_undamaged_latest_look_by_site(self, inventory: str) -> Mapping[str, Scan]:
        """Return the last look at each site that was ever looked at, by its domain, without those that are damaged.

        A new look at the site rests on this, and takes the place of a damaged one.
        """
        with open_history_database(self.path) as database:
            rows = load_newest_packed_look_by_subject(database, inventory, self._now(), of_hosts=False)
        looks_by_site = {}
        for site, document in rows:
            with contextlib.suppress(InputError):
                looks_by_site[site] = self._parse_stored_look(site, document)
        return looks_by_site

    def load_record_digest_by_host(self, inventory: str) -> Mapping[str, str]:
        """Return the digest of the record of each host's files that was made or first seen."""
        with open_history_database(self.path) as database:
            return records.load_record_digest_by_host(database, make_unique_inventory_key(inventory))

    def _parse_stored_look(self, site: str, document: bytes) -> Scan:
        try:
            return Scan.model_validate_json(decompress_document(document) or b"")
        except ValidationError as error:
            raise InputError(
                "the last review of {site} is damaged, or was stored by another version",
                site=site,
                file=self.path,
                mend="see 'auditor history verify', and review the site again",
            ) from error

    def store_trace_acceptance(self, inventory: str, acceptance: TraceAcceptance) -> None:
        """Put an acceptance in the chain, in place of one of the same trace on the same site."""
        with open_history_database(self.path) as database, sqlite_file.hold_write_transaction(database):
            at = clock.format_iso_moment(self._now())
            append_statement_to_chain(
                database, TraceAccepted(at=at, inventory=make_unique_inventory_key(inventory), accepted=acceptance)
            )

    def withdraw_trace_acceptance(self, inventory: str, site: str, key: str, reason: str) -> None:
        """End an acceptance. Raises InputError when there is none."""
        inventory_key = make_unique_inventory_key(inventory)
        with open_history_database(self.path) as database, sqlite_file.hold_write_transaction(database):
            there = [
                acceptance.key for acceptance in _load_acceptances(database, inventory_key) if acceptance.site == site
            ]
            if key not in there:
                raise InputError(
                    "no trace with the key {key} is accepted on {site}",
                    key=key,
                    site=site,
                    mend="see 'auditor baseline list'",
                    guess=find_nearest_known_name(key, there),
                )
            at = clock.format_iso_moment(self._now())
            append_statement_to_chain(
                database, AcceptanceWithdrawn(at=at, inventory=inventory_key, subject=site, key=key, reason=reason)
            )

    def load_acceptances(self, inventory: str) -> tuple[TraceAcceptance, ...]:
        """Return what an inventory's offices accept and did not withdraw, whether or not it holds by now."""
        with open_history_database(self.path) as database:
            return _load_acceptances(database, make_unique_inventory_key(inventory))


def load_stored_look(database: sqlite3.Connection, look_id: str) -> StoredLook | None:
    """Return what is kept of a look beside its link."""
    row = database.execute(
        "SELECT started, inventory, subject, document FROM looks WHERE id = ?", (look_id,)
    ).fetchone()
    if row is None:
        return None
    started_at, inventory, subject, document = row
    return StoredLook(started_at, inventory, subject, decompress_document(document))


def list_look_ids(database: sqlite3.Connection, *, of_hosts: bool = False) -> tuple[str, ...]:
    """Return the ids of all kept looks, at sites and at hosts; ``of_hosts``: of the hunts alone."""
    query = "SELECT id FROM looks WHERE NOT ? OR subject LIKE 'host:%' ORDER BY started, id"
    return tuple(look_id for (look_id,) in database.execute(query, (of_hosts,)))


def _upsert_crawl_frontier(database: sqlite3.Connection, inventory: str, frontier: CrawlFrontier) -> None:
    packed_ledger = zlib.compress(frontier.model_dump_json(exclude_defaults=True).encode())
    database.execute("INSERT OR REPLACE INTO ledgers VALUES (?, ?, ?)", (inventory, frontier.site, packed_ledger))


def _load_acceptances(database: sqlite3.Connection, inventory: str) -> tuple[TraceAcceptance, ...]:
    acceptances: dict[tuple[str, str], TraceAcceptance] = {}
    for statement in _iter_acceptance_statements(database):
        if statement.inventory != inventory:
            continue
        if isinstance(statement, TraceAccepted):
            acceptances[statement.accepted.site, statement.accepted.key] = statement.accepted
        else:
            acceptances.pop((statement.subject, statement.key), None)
    return tuple(acceptances.values())


def _iter_acceptance_statements(database: sqlite3.Connection) -> Iterator[TraceAccepted | AcceptanceWithdrawn]:
    statements: Iterable[chain.AnyStatement | None] = (
        link.parse_statement() for link in load_links(database, "accept", "withdraw")
    )
    return (statement for statement in statements if isinstance(statement, TraceAccepted | AcceptanceWithdrawn))
