"""What a host was asked to hold for an incident and, by its own word, does not any more: the case log says so, too."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import partial

from auditor.history.incidents import Decided, Incidents, Ledgers
from auditor.incidents.case import fold
from auditor.models import Run
from auditor.models.incidents import Contained, Standing

PROGRAM = "Lũy Tre"
"""Who says so: nobody of the office did."""
WHY, NOT_ON_RECORD = "not_in_force", "not_on_record"
_LAPSE = re.compile(r"\b(SC-[0-9]{8}-[1-9][0-9]{0,3})/([1-9][0-9]{0,5}) is not in force: ([^\n;]{0,300})")
"""As ``on_host/guard`` says it (``luytre_guard/incident.py``)."""
MOST = 200


def record(ledgers: Incidents, inventory: str, host: str, said: str) -> Iterator[Contained]:
    """Write of each action that a host names as not in force that it is not known any more, and yield what was written.

    Only what the ledger has as confirmed on that very host counts: a host says nothing of others. The action keeps its number, so that whoever
    contains the same thing again goes on with it.
    """
    for incident, number, about in _LAPSE.findall(said)[:MOST]:
        try:
            _, deed = ledgers.write(inventory, PROGRAM, partial(_lapsed, host, incident, int(number), about))
        except _Nothing:
            continue
        if isinstance(deed, Contained):
            yield deed


def record_missing(ledgers: Incidents, run: Run) -> None:
    """Write of each action that its host had not on record when a run read it, though it was confirmed before, that it is not known any more."""
    for one in run.contained:
        if one.known and one.there is False:
            with suppress(_Nothing):
                ledgers.write(run.inventory, PROGRAM, partial(_missing, one, run.began))


def _missing(one: Standing, began: datetime.datetime, ledgers: Ledgers) -> Decided:
    action = fold(one.incident, ledgers[one.incident]).actions.get(one.number) if one.incident in ledgers else None
    if action is None or action.state != "confirmed" or action.at is None or action.at >= began:
        raise _Nothing
    deed = Contained(
        number=one.number, host=one.host, means=one.means, what=one.what, state="unknown", why=NOT_ON_RECORD
    )
    return one.incident, deed


class _Nothing(Exception):
    """There is nothing to write."""


def _lapsed(host: str, incident: str, number: int, about: str, ledgers: Ledgers) -> Decided:
    action = fold(incident, ledgers[incident]).actions.get(number) if incident in ledgers else None
    if action is None or action.host != host or action.state != "confirmed":
        raise _Nothing
    deed = Contained(
        number=action.number, host=host, means=action.means, what=action.what, state="unknown", why=WHY, about=about
    )
    return incident, deed
