"""Load what an audit knows beforehand: earlier scans and hunts, accepted traces, records of files, and incidents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from auditor.history.hunts import HuntHistory
from auditor.history.incidents import IncidentStore, list_actions_in_force, list_open_incidents
from auditor.history.known_good import KNOWN_GOOD_FILE, KnownGoodStore
from auditor.history.scans import ScanHistory
from auditor.models import clock
from auditor.models.prior_state import PriorState


def load_prior_state(inventory: str, history: Path | None = None) -> PriorState:
    """Return all that the history keeps of an inventory that an audit goes by.

    Raises InputError for a history that cannot be read.
    """
    scan_history = ScanHistory(history)
    scans = tuple(scan_history.load_latest_look_by_site(inventory).values())
    record_digests = scan_history.load_record_digest_by_host(inventory)
    acceptances = scan_history.load_acceptances(inventory)
    hunts = tuple(HuntHistory(history).load_latest_hunt_by_host(inventory).values())
    known_good = KnownGoodStore(history.parent / KNOWN_GOOD_FILE if history is not None else None)
    return replace(
        load_state_of_incidents(inventory, history),
        scans=scans,
        hunts=hunts,
        acceptances=acceptances,
        record_digests=record_digests,
        trusted_folders=tuple(folder.terms for folder in known_good.list_trusted_folders()),
    )


def load_state_of_incidents(
    inventory: str, history: Path | None = None, now: Callable[[], datetime] = clock.now
) -> PriorState:
    """Return the open incidents alone, and what they contain: that is all that a plan and a drift go by."""
    ledgers, at = IncidentStore(history).load_case_logs_of_inventory(inventory), now()
    return PriorState(containments=list_actions_in_force(ledgers, at), open_incidents=list_open_incidents(ledgers, at))
