"""Which record of its programs and settings each host had when it was made or first seen.

Out of the host's reach, by its digest.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from auditor.history.chain import RecordSeen
from auditor.history.database import append_statement_to_chain, load_links
from auditor.models import Run


def load_record_digest_by_host(database: sqlite3.Connection, inventory: str) -> dict[str, str]:
    """Return the digest of each host's record, by the host's name."""
    digests: dict[str, str] = {}
    for link in load_links(database, "record"):
        statement = link.parse_statement()
        if isinstance(statement, RecordSeen) and statement.inventory == inventory:
            digests[statement.host] = statement.digest
    return digests


def chain_new_host_records_of_run(database: sqlite3.Connection, inventory: str, run: Run, seen_at: str) -> None:
    """Put in the chain the records that a run is the first to see, and those that its hardening made."""
    known_digests = (
        load_record_digest_by_host(database, inventory) if any(outcome.record for outcome in run.outcomes) else {}
    )
    for host, digest in _iter_host_records_of_run(run):
        if digest != known_digests.get(host) and (
            host not in known_digests or _was_host_record_made_by_hardening(run, host)
        ):
            append_statement_to_chain(database, RecordSeen(at=seen_at, inventory=inventory, host=host, digest=digest))


def _iter_host_records_of_run(run: Run) -> Iterator[tuple[str, str]]:
    return ((outcome.host, outcome.record) for outcome in run.outcomes if outcome.record)


def _was_host_record_made_by_hardening(run: Run, host: str) -> bool:
    entry = run.hardening.find_host(host) if run.hardening else None
    return entry is not None and entry.has_recorded_programs_and_settings
