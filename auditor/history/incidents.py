"""The ledgers of incidents.

Each entry is a link of the chain and nothing else, so that none is changed, taken away or pruned.
"""

from __future__ import annotations

import datetime
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from auditor.errors import InputError, find_nearest
from auditor.history.chain import IncidentEntry
from auditor.history.database import append, default_path, key_of, load_links, open_history
from auditor.models import Inventory, clock
from auditor.models.incidents import (
    ActiveContainment,
    AnyEvent,
    CaseLogEntry,
    ClosedEvent,
    ContainedEvent,
    JoinedEvent,
    LiftedEvent,
    OpenedEvent,
    OpenIncident,
)
from auditor.models.ranks import FOR_GOOD
from auditor.system import sqlite_file

type Ledgers = Mapping[str, tuple[CaseLogEntry, ...]]
"""Entries in their order, by the incident's id, the oldest incident first."""
type Decided = tuple[str, AnyEvent]
"""The incident that is written to, and what is written. A new one is asked for by ``NEW``."""
NEW = ""


class Incidents:
    """The incidents of one history."""

    def __init__(self, path: Path | None = None, now: Callable[[], datetime.datetime] = clock.now) -> None:
        self.path = path or default_path()
        self._now = now

    def load_logs(self, inventory: str) -> Ledgers:
        """Return the ledgers of an inventory."""
        with open_history(self.path) as database:
            return _load_logs(database, key_of(inventory))

    def load_known_logs(self, inventory: str) -> Ledgers:
        """Return the ledgers of an inventory that this history knows.

        None of it can mean another folder, not that nothing happened.

        Raises InputError where no run and no incident of it is kept.
        """
        key = key_of(inventory)
        if not self.path.exists():
            raise _make_unknown_error(self.path, key, ())
        with open_history(self.path) as database:
            ledgers = _load_logs(database, key)
            known_inventories = [name for (name,) in database.execute("SELECT DISTINCT inventory FROM runs ORDER BY 1")]
        if not ledgers and key not in known_inventories:
            raise _make_unknown_error(self.path, key, known_inventories)
        return ledgers

    def load_log(self, inventory: str, incident: str) -> tuple[CaseLogEntry, ...]:
        """Return one ledger. Raises InputError when there is none of that id."""
        return get_log(self.load_logs(inventory), incident)

    def attach_to(self, inventory: Inventory) -> Inventory:
        """Return the inventory with its open incidents, and what they contain on its hosts."""
        ledgers, now = self.load_logs(inventory.path), self._now()
        update = {"contained": list_actions_in_force(ledgers, now), "incidents": list_open_incidents(ledgers, now)}
        return inventory.model_copy(update=update)

    def write(
        self,
        inventory: str,
        who: str,
        decide: Callable[[Ledgers], Decided],
        happened_at: datetime.datetime | None = None,
    ) -> Decided:
        """Add the entry that is decided upon all that is there, while nobody else writes; it, with the incident's id.

        It is there whole, or nothing is, if ``decide`` raises. Without ``happened_at``, it happened now.
        """
        key = key_of(inventory)
        with open_history(self.path) as database, sqlite_file.transaction(database):
            now = self._now()
            incident, deed = decide(_load_logs(database, key))
            entry = CaseLogEntry(
                at=clock.format_stamp(now), happened=clock.format_stamp(happened_at or now), who=who, deed=deed
            )
            incident = incident or _next_id(database, now)
            append(database, IncidentEntry(at=entry.at, inventory=key, incident=incident, entry=entry))
            return incident, deed


def _make_unknown_error(path: Path, key: str, known_inventories: Sequence[str]) -> InputError:
    return InputError(
        "{folder} has no audit and no incident of the inventory {inventory}",
        folder=path.parent,
        inventory=key,
        mend="set LUYTRE_STATE to the folder of its history, or audit it first; 'auditor doctor' compares the timers",
        guess=find_nearest(key, known_inventories),
    )


def get_log(ledgers: Ledgers, incident: str) -> tuple[CaseLogEntry, ...]:
    """Return one of the ledgers. Raises InputError when there is none of that id."""
    if incident not in ledgers:
        raise InputError(
            "the inventory has no incident {incident}",
            incident=incident,
            mend="see 'auditor incident list'",
            guess=find_nearest(incident, ledgers),
        )
    return ledgers[incident]


def list_actions_in_force(ledgers: Ledgers, now: datetime.datetime) -> tuple[ActiveContainment, ...]:
    """Return what is contained, or may be: of each action the last word is that it is, or none.

    What is known to be cleaned is how its site is.
    """
    latest: dict[tuple[str, int], ActiveContainment | None] = {}
    for incident, entries in ledgers.items():
        for deed in (entry.deed for entry in entries):
            if isinstance(deed, ContainedEvent):
                over = deed.state == "refused" or (deed.until is not None and clock.read(deed.until) <= now)
                latest[incident, deed.number] = None if over else _build_action(incident, deed)
                if deed.ends_process:
                    latest.update(dict.fromkeys(_find_stopped_actions(latest, deed)))
            elif isinstance(deed, LiftedEvent):
                before = latest.get((incident, deed.number))
                unclear = before.model_copy(update={"known": deed.state == "refused"}) if before else None
                latest[incident, deed.number] = None if deed.state == "released" else unclear
    return tuple(
        action for action in latest.values() if action is not None and not (action.known and action.means in FOR_GOOD)
    )


def _find_stopped_actions(
    latest: Mapping[tuple[str, int], ActiveContainment | None], deed: ContainedEvent
) -> list[tuple[str, int]]:
    """Return which actions, of any incident, had stopped the process that a deed says is no more."""
    ended_process = (deed.host, "process", deed.what)
    return [
        name
        for name, action in latest.items()
        if action is not None and (action.host, action.means, action.what) == ended_process
    ]


def list_open_incidents(ledgers: Ledgers, now: datetime.datetime) -> tuple[OpenIncident, ...]:
    """Return the incidents that nobody has closed, the oldest first."""
    in_force_counts = Counter(action.incident for action in list_actions_in_force(ledgers, now) if action.known)
    return tuple(
        OpenIncident(
            id=incident,
            detected=_get_detection_time(entries),
            subjects=_subjects(entries),
            in_force=in_force_counts[incident],
        )
        for incident, entries in ledgers.items()
        if entries and not any(isinstance(entry.deed, ClosedEvent) for entry in entries)
    )


def _get_detection_time(entries: Sequence[CaseLogEntry]) -> str:
    return next((entry.deed.detected for entry in entries if isinstance(entry.deed, OpenedEvent)), entries[0].happened)


def _subjects(entries: Iterable[CaseLogEntry]) -> tuple[str, ...]:
    names = (
        name for entry in entries if isinstance(entry.deed, OpenedEvent | JoinedEvent) for name in entry.deed.subjects
    )
    return tuple(dict.fromkeys(names))


def _build_action(incident: str, deed: ContainedEvent) -> ActiveContainment:
    fields = {name: getattr(deed, name) for name in ("number", "host", "means", "what", "until")}
    return ActiveContainment(incident=incident, known=deed.state == "confirmed", **fields)


def _load_statements(database: sqlite3.Connection) -> list[IncidentEntry]:
    statements = []
    for link in load_links(database, "incident"):
        statement = link.read()
        if not isinstance(statement, IncidentEntry):
            raise InputError(
                "link {n} of the history is not an unchanged incident entry",
                n=link.position,
                mend="see 'auditor history verify'",
            )
        statements.append(statement)
    return statements


def _load_logs(database: sqlite3.Connection, inventory: str) -> Ledgers:
    logs: dict[str, tuple[CaseLogEntry, ...]] = {}
    for statement in _load_statements(database):
        if statement.inventory == inventory:
            logs[statement.incident] = (*logs.get(statement.incident, ()), statement.entry)
    return logs


def _next_id(database: sqlite3.Connection, now: datetime.datetime) -> str:
    """Return the first that no inventory's incident has."""
    day = f"SC-{clock.format_compact_day(now)}-"
    taken_numbers = {
        int(statement.incident.removeprefix(day))
        for statement in _load_statements(database)
        if statement.incident.startswith(day)
    }
    return f"{day}{max(taken_numbers, default=0) + 1}"
