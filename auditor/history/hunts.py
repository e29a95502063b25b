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
from auditor.history.database import append, default_path, key_of, load_newest, open_history, put_look, unpack
from auditor.models import Inventory, clock
from auditor.models.hunts import Hunt
from auditor.system import sqlite_file

MAX_HUNTS = 3
"""Hunts of one host."""
_QUICKLY = 3
"""How hard what is remembered is packed, each time anew: a fifteenth larger, in half the time."""


class HuntHistory:
    """The kept hunts of one history."""

    def __init__(self, path: Path | None = None, now: Callable[[], datetime.datetime] = clock.now) -> None:
        self.path = path or default_path()
        self._now = now

    def keep(self, inventory: str, hunt: Hunt, scan_cache: ScanCache) -> None:
        """Add a hunt and what is remembered.

        With it as the chain's last link goes the oldest of the host, or nothing happens.
        """
        document = hunt.model_dump_json().encode()
        key, subject = key_of(inventory), _subject(hunt.host)
        with open_history(self.path) as database, sqlite_file.transaction(database):
            row = (hunt.id, hunt.started, key, subject, zlib.compress(document))
            _, older = put_look(database, row, self._now(), keep=MAX_HUNTS)
            text = scan_cache.model_dump_json(exclude_defaults=True).encode("utf-8", "surrogatepass")
            packed_cache = zlib.compress(text, _QUICKLY)
            database.execute("INSERT OR REPLACE INTO ledgers VALUES (?, ?, ?)", (key, subject, packed_cache))
            append(
                database,
                LookKept(
                    at=clock.format_stamp(self._now()),
                    id=hunt.id,
                    started=hunt.started,
                    inventory=key,
                    subject=subject,
                    document=chain.digest(document),
                    dropped=older,
                ),
            )

    def load_scan_cache(self, inventory: str, host: str) -> ScanCache:
        """Return what earlier hunts read of a host; nothing when there was none, or another version wrote it."""
        with open_history(self.path) as database:
            row = database.execute(
                "SELECT document FROM ledgers WHERE inventory = ? AND subject = ?", (key_of(inventory), _subject(host))
            ).fetchone()
        with contextlib.suppress(ValidationError):
            if row:
                return ScanCache.model_validate_json(unpack(row[0]) or b"")
        return ScanCache(host=host)

    def latest(self, inventory: str) -> Mapping[str, Hunt]:
        """Return the last hunt on each host that was ever hunted on, by its name.

        Raises InputError for one that is damaged.
        """
        with open_history(self.path) as database:
            rows = load_newest(database, inventory, self._now(), hosts=True)
        return {subject.removeprefix(_HOST): self._read(subject, document) for subject, document in rows}

    def attach_to(self, inventory: Inventory) -> Inventory:
        """Return the inventory with the last hunts on its hosts."""
        return inventory.model_copy(update={"hunts": tuple(self.latest(inventory.path).values())})

    def _read(self, subject: str, document: bytes) -> Hunt:
        try:
            return Hunt.model_validate_json(unpack(document) or b"")
        except ValidationError as error:
            raise InputError(
                "the last hunt on {host} is damaged, or was stored by another version",
                host=subject.removeprefix(_HOST),
                file=self.path,
                mend="see 'auditor history verify', and hunt there again",
            ) from error


_HOST = "host:"


def _subject(host: str) -> str:
    """Return what a host's hunts are kept under; no site's domain has a colon."""
    return _HOST + host
