"""Hunts on hosts kept beside the runs, the last few of each host, each a link of the chain.

And what is remembered between them.
"""

from __future__ import annotations

import contextlib
import datetime
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import ValidationError

from auditor.compromise.scan_cache import ScanCache
from auditor.errors import InputError
from auditor.history import chain
from auditor.history.chain import LookKept
from auditor.history.database import (
    append_statement_to_chain,
    decompress_document,
    get_default_history_path,
    load_newest_packed_look_by_subject,
    make_unique_inventory_key,
    open_history_database,
    store_look_and_delete_older,
)
from auditor.models import clock
from auditor.models.hunts import Hunt
from auditor.system import sqlite_file

MAX_HUNTS = 3
"""Hunts of one host."""
_QUICKLY = 3
"""How hard what is remembered is packed, each time anew: a fifteenth larger, in half the time."""


class HuntHistory:
    """The kept hunts of one history."""

    def __init__(self, path: Path | None = None, now: Callable[[], datetime.datetime] = clock.now) -> None:
        self.path = path or get_default_history_path()
        self._now = now

    def store_hunt(self, inventory: str, hunt: Hunt, scan_cache: ScanCache) -> None:
        """Add a hunt and what is remembered.

        With it as the chain's last link goes the oldest of the host, or nothing happens.
        """
        document = hunt.model_dump_json().encode()
        key, subject = make_unique_inventory_key(inventory), _make_history_subject_of_host(hunt.host)
        with open_history_database(self.path) as database, sqlite_file.hold_write_transaction(database):
            row = (hunt.id, hunt.started, key, subject, zlib.compress(document))
            _, older = store_look_and_delete_older(database, row, self._now(), newest_to_keep=MAX_HUNTS)
            text = scan_cache.model_dump_json(exclude_defaults=True).encode("utf-8", "surrogatepass")
            packed_cache = zlib.compress(text, _QUICKLY)
            database.execute("INSERT OR REPLACE INTO ledgers VALUES (?, ?, ?)", (key, subject, packed_cache))
            append_statement_to_chain(
                database,
                LookKept(
                    at=clock.format_iso_moment(self._now()),
                    id=hunt.id,
                    started=hunt.started,
                    inventory=key,
                    subject=subject,
                    document=chain.compute_sha256_hex(document),
                    dropped=older,
                ),
            )

    def load_scan_cache_of_host(self, inventory: str, host: str) -> ScanCache:
        """Return what earlier hunts read of a host; nothing when there was none, or another version wrote it."""
        with open_history_database(self.path) as database:
            row = database.execute(
                "SELECT document FROM ledgers WHERE inventory = ? AND subject = ?",
                (make_unique_inventory_key(inventory), _make_history_subject_of_host(host)),
            ).fetchone()
        with contextlib.suppress(ValidationError):
            if row:
                return ScanCache.model_validate_json(decompress_document(row[0]) or b"")
        return ScanCache(host=host)

    def load_latest_hunt_by_host(self, inventory: str) -> Mapping[str, Hunt]:
        """Return the last hunt on each host that was ever hunted on, by its name.

        Raises InputError for one that is damaged.
        """
        with open_history_database(self.path) as database:
            rows = load_newest_packed_look_by_subject(database, inventory, self._now(), of_hosts=True)
        return {subject.removeprefix(_HOST): self._parse_stored_hunt(subject, document) for subject, document in rows}

    def _parse_stored_hunt(self, subject: str, document: bytes) -> Hunt:
        try:
            return Hunt.model_validate_json(decompress_document(document) or b"")
        except ValidationError as error:
            raise InputError(
                "the last hunt on {host} is damaged, or was stored by another version",
                host=subject.removeprefix(_HOST),
                file=self.path,
                mend="see 'auditor history verify', and hunt there again",
            ) from error


_HOST = "host:"


def _make_history_subject_of_host(host: str) -> str:
    """Return what a host's hunts are kept under; no site's domain has a colon."""
    return _HOST + host
