"""Which record of its programs and settings each host had when it was made or first seen: out of the host's reach, by its digest."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from auditor.history.chain import RecordSeen
from auditor.history.database import append, links_of
from auditor.models import Run


def known(database: sqlite3.Connection, inventory: str) -> dict[str, str]:
    """The digest of each host's record, by the host's name."""
    found: dict[str, str] = {}
    for link in links_of(database, "record"):
        statement = link.read()
        if isinstance(statement, RecordSeen) and statement.inventory == inventory:
            found[statement.host] = statement.digest
    return found


def learn(database: sqlite3.Connection, inventory: str, run: Run, at: str) -> None:
    """Put in the chain the records that a run is the first to see, and those that its hardening made."""
    seen = known(database, inventory) if any(outcome.record for outcome in run.outcomes) else {}
    for host, digest in _seen(run):
        if digest != seen.get(host) and (host not in seen or _made(run, host)):
            append(database, RecordSeen(at=at, inventory=inventory, host=host, digest=digest))


def _seen(run: Run) -> Iterator[tuple[str, str]]:
    return ((outcome.host, outcome.record) for outcome in run.outcomes if outcome.record)


def _made(run: Run, host: str) -> bool:
    entry = run.hardening.of(host) if run.hardening else None
    return entry is not None and entry.made_record
