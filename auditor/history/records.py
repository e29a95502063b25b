"""Which record of its programs and settings each host had when it was made or first seen.

Out of the host's reach, by its digest.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from auditor.history.chain import RecordSeen
from auditor.history.database import append, load_links
from auditor.models import Run


def load_known_digests(database: sqlite3.Connection, inventory: str) -> dict[str, str]:
    """Return the digest of each host's record, by the host's name."""
    digests: dict[str, str] = {}
    for link in load_links(database, "record"):
        statement = link.read()
        if isinstance(statement, RecordSeen) and statement.inventory == inventory:
            digests[statement.host] = statement.digest
    return digests


def learn(database: sqlite3.Connection, inventory: str, run: Run, at: str) -> None:
    """Put in the chain the records that a run is the first to see, and those that its hardening made."""
    known_digests = load_known_digests(database, inventory) if any(outcome.record for outcome in run.outcomes) else {}
    for host, digest in _iter_records(run):
        if digest != known_digests.get(host) and (host not in known_digests or _has_made_record(run, host)):
            append(database, RecordSeen(at=at, inventory=inventory, host=host, digest=digest))


def _iter_records(run: Run) -> Iterator[tuple[str, str]]:
    return ((outcome.host, outcome.record) for outcome in run.outcomes if outcome.record)


def _has_made_record(run: Run, host: str) -> bool:
    entry = run.hardening.find_host(host) if run.hardening else None
    return entry is not None and entry.made_record
