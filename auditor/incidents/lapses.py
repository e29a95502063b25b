"""What a host was asked to hold for an incident and, by its own word, does not any more: the case log says so, too."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import partial

from auditor.history.incidents import Decided, Incidents, Ledgers
from auditor.incidents.case import fold_case
from auditor.models import Run
from auditor.models.incidents import ActiveContainment, ContainedEvent

PROGRAM = "Lũy Tre"
"""Who says so: nobody of the office did."""
WHY, NOT_ON_RECORD = "not_in_force", "not_on_record"
_LAPSE = re.compile(r"\b(SC-[0-9]{8}-[1-9][0-9]{0,3})/([1-9][0-9]{0,5}) is not in force: ([^\n;]{0,300})")
"""As ``on_host/guard`` says it (``luytre_guard/incident.py``)."""
MAX_LAPSES = 200


def record_lapses(ledgers: Incidents, inventory: str, host: str, message: str) -> Iterator[ContainedEvent]:
    """Write of each action that a host names as not in force that it is not known any more, and yield what was written.

    Only what the ledger has as confirmed on that very host counts: a host says nothing of others. The action keeps its
    number, so that whoever contains the same thing again goes on with it.
    """
    for incident, number, about in _LAPSE.findall(message)[:MAX_LAPSES]:
        try:
            _, deed = ledgers.write(inventory, PROGRAM, partial(_decide_lapse, host, incident, int(number), about))
        except _NoEntry:
            continue
        if isinstance(deed, ContainedEvent):
            yield deed


def record_missing_actions(ledgers: Incidents, run: Run) -> None:
    """Write into the case log each confirmed action that its host no longer has on record.

    The run is the one that read the host: what the action came to is not known any more.
    """
    for action in run.contained:
        if action.known and action.there is False:
            with suppress(_NoEntry):
                ledgers.write(run.inventory, PROGRAM, partial(_decide_missing, action, run.started_at))


def _decide_missing(standing_action: ActiveContainment, began: datetime.datetime, ledgers: Ledgers) -> Decided:
    action = (
        fold_case(standing_action.incident, ledgers[standing_action.incident]).actions.get(standing_action.number)
        if standing_action.incident in ledgers
        else None
    )
    if action is None or action.state != "confirmed" or action.at is None or action.at >= began:
        raise _NoEntry
    deed = ContainedEvent(
        number=standing_action.number,
        host=standing_action.host,
        means=standing_action.means,
        what=standing_action.what,
        state="unknown",
        why=NOT_ON_RECORD,
    )
    return standing_action.incident, deed


class _NoEntry(Exception):
    """There is nothing to write."""


def _decide_lapse(host: str, incident: str, number: int, about: str, ledgers: Ledgers) -> Decided:
    action = fold_case(incident, ledgers[incident]).actions.get(number) if incident in ledgers else None
    if action is None or action.host != host or action.state != "confirmed":
        raise _NoEntry
    deed = ContainedEvent(
        number=action.number, host=host, means=action.means, what=action.what, state="unknown", why=WHY, about=about
    )
    return incident, deed
