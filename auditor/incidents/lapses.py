"""What a host was asked to hold for an incident and, by its own word after it was brought back, does not: the case log says so, too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from auditor.history.incidents import Decided, Incidents, Ledgers
from auditor.incidents.case import fold
from auditor.models.incidents import Contained

PROGRAM = "Lũy Tre"
"""Who says so: nobody of the office did."""
WHY = "not_in_force"
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
