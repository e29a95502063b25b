"""What a host was asked to hold for an incident and, by its own word, does not any more: the case log says so, too."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import partial

from auditor.history.incidents import Decided, IncidentStore, Ledgers
from auditor.incidents.case import fold_case
from auditor.models import Run
from auditor.models.incidents import ActiveContainment, ContainedEvent

PROGRAM = "Lũy Tre"
"""Who says so: nobody of the office did."""
WHY, NOT_ON_RECORD = "not_in_force", "not_on_record"
_LAPSE = re.compile(r"\b(SC-[0-9]{8}-[1-9][0-9]{0,3})/([1-9][0-9]{0,5}) is not in force: ([^\n;]{0,300})")
"""As ``on_host/guard`` says it (``luytre_guard/incident.py``)."""
MAX_LAPSES = 200


def record_actions_host_says_not_in_force(
    ledgers: IncidentStore, inventory: str, host: str, host_message: str
) -> Iterator[ContainedEvent]:
    """Write of each action that a host names as not in force that it is not known any more, and yield what was written.

    Only what the ledger has as confirmed on that very host counts: a host says nothing of others. The action keeps its
    number, so that whoever contains the same thing again goes on with it.
    """
    for incident, number, about in _LAPSE.findall(host_message)[:MAX_LAPSES]:
        try:
            _, deed = ledgers.write(
                inventory, PROGRAM, partial(_make_entry_for_action_not_in_force, host, incident, int(number), about)
            )
        except _NoEntry:
            continue
        if isinstance(deed, ContainedEvent):
            yield deed


def record_actions_missing_on_host(ledgers: IncidentStore, run: Run) -> None:
    """Write into the case log each confirmed action that its host no longer has on record.

    The run is the one that read the host: what the action came to is not known any more.
    """
    for action in run.contained:
        if action.known and action.there is False:
            with suppress(_NoEntry):
                ledgers.write(
                    run.inventory, PROGRAM, partial(_make_entry_for_action_missing_on_host, action, run.started_at)
                )


def _make_entry_for_action_missing_on_host(
    action_on_record: ActiveContainment, run_start: datetime.datetime, ledgers: Ledgers
) -> Decided:
    action = (
        fold_case(action_on_record.incident, ledgers[action_on_record.incident]).actions.get(action_on_record.number)
        if action_on_record.incident in ledgers
        else None
    )
    if action is None or action.state != "confirmed" or action.at is None or action.at >= run_start:
        raise _NoEntry
    deed = ContainedEvent(
        number=action_on_record.number,
        host=action_on_record.host,
        means=action_on_record.means,
        what=action_on_record.what,
        state="unknown",
        why=NOT_ON_RECORD,
    )
    return action_on_record.incident, deed


class _NoEntry(Exception):
    """There is nothing to write."""


def _make_entry_for_action_not_in_force(
    host: str, incident: str, number: int, details: str, ledgers: Ledgers
) -> Decided:
    action = fold_case(incident, ledgers[incident]).actions.get(number) if incident in ledgers else None
    if action is None or action.host != host or action.state != "confirmed":
        raise _NoEntry
    deed = ContainedEvent(
        number=action.number, host=host, means=action.means, what=action.what, state="unknown", why=WHY, about=details
    )
    return incident, deed
