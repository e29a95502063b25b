"""The ledgers of incidents.

Each entry is a link of the chain and nothing else, so that none is changed, taken away or pruned.
"""

from __future__ import annotations

import datetime
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from auditor.errors import InputError, find_nearest_known_name
from auditor.history.chain import IncidentEntry
from auditor.history.database import (
    append_statement_to_chain,
    get_default_history_path,
    load_links,
    make_unique_inventory_key,
    open_history_database,
)
from auditor.models import clock
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
from auditor.models.response_actions import FOR_GOOD
from auditor.system import sqlite_file

type Ledgers = Mapping[str, tuple[CaseLogEntry, ...]]
"""Entries in their order, by the incident's id, the oldest incident first."""
type Decided = tuple[str, AnyEvent]
"""The incident that is written to, and what is written. A new one is asked for by ``NEW``."""
NEW = ""


class IncidentStore:
    """The incidents of one history."""

    def __init__(self, path: Path | None = None, now: Callable[[], datetime.datetime] = clock.now) -> None:
        self.path = path or get_default_history_path()
        self._now = now

    def load_case_logs_of_inventory(self, inventory: str) -> Ledgers:
        """Return the ledgers of an inventory."""
        with open_history_database(self.path) as database:
            return _load_case_logs_of_inventory(database, make_unique_inventory_key(inventory))

    def load_case_logs_of_known_inventory(self, inventory: str) -> Ledgers:
        """Return the ledgers of an inventory that this history knows.

        None of it can mean another folder, not that nothing happened.

        Raises InputError where no run and no incident of it is kept.
        """
        key = make_unique_inventory_key(inventory)
        if not self.path.exists():
            raise _make_unknown_inventory_error(self.path, key, ())
        with open_history_database(self.path) as database:
            ledgers = _load_case_logs_of_inventory(database, key)
            known_inventories = [name for (name,) in database.execute("SELECT DISTINCT inventory FROM runs ORDER BY 1")]
        if not ledgers and key not in known_inventories:
            raise _make_unknown_inventory_error(self.path, key, known_inventories)
        return ledgers

    def load_case_log_of_incident(self, inventory: str, incident: str) -> tuple[CaseLogEntry, ...]:
        """Return one ledger. Raises InputError when there is none of that id."""
        return get_case_log_of_incident(self.load_case_logs_of_inventory(inventory), incident)

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
        key = make_unique_inventory_key(inventory)
        with open_history_database(self.path) as database, sqlite_file.hold_write_transaction(database):
            now = self._now()
            incident, deed = decide(_load_case_logs_of_inventory(database, key))
            entry = CaseLogEntry(
                at=clock.format_iso_moment(now),
                happened=clock.format_iso_moment(happened_at or now),
                who=who,
                deed=deed,
            )
            incident = incident or _find_next_free_incident_id(database, now)
            append_statement_to_chain(
                database, IncidentEntry(at=entry.at, inventory=key, incident=incident, entry=entry)
            )
            return incident, deed


def _make_unknown_inventory_error(path: Path, key: str, known_inventories: Sequence[str]) -> InputError:
    return InputError(
        "{folder} has no audit and no incident of the inventory {inventory}",
        folder=path.parent,
        inventory=key,
        mend="set LUYTRE_STATE to the folder of its history, or audit it first; 'auditor doctor' compares the timers",
        guess=find_nearest_known_name(key, known_inventories),
    )


def get_case_log_of_incident(ledgers: Ledgers, incident: str) -> tuple[CaseLogEntry, ...]:
    """Return one of the ledgers. Raises InputError when there is none of that id."""
    if incident not in ledgers:
        raise InputError(
            "the inventory has no incident {incident}",
            incident=incident,
            mend="see 'auditor incident list'",
            guess=find_nearest_known_name(incident, ledgers),
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
                over = deed.state == "refused" or (deed.until is not None and clock.parse_iso_moment(deed.until) <= now)
                latest[incident, deed.number] = None if over else _build_action(incident, deed)
                if deed.has_process_ended:
                    latest.update(dict.fromkeys(_find_actions_that_stopped_gone_process(latest, deed)))
            elif isinstance(deed, LiftedEvent):
                before = latest.get((incident, deed.number))
                unclear = before.model_copy(update={"known": deed.state == "refused"}) if before else None
                latest[incident, deed.number] = None if deed.state == "released" else unclear
    return tuple(
        action for action in latest.values() if action is not None and not (action.known and action.means in FOR_GOOD)
    )


def _find_actions_that_stopped_gone_process(
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
            subjects=_list_subjects_of_incident(entries),
            in_force=in_force_counts[incident],
        )
        for incident, entries in ledgers.items()
        if entries and not any(isinstance(entry.deed, ClosedEvent) for entry in entries)
    )


def _get_detection_time(entries: Sequence[CaseLogEntry]) -> str:
    return next((entry.deed.detected for entry in entries if isinstance(entry.deed, OpenedEvent)), entries[0].happened)


def _list_subjects_of_incident(entries: Iterable[CaseLogEntry]) -> tuple[str, ...]:
    names = (
        name for entry in entries if isinstance(entry.deed, OpenedEvent | JoinedEvent) for name in entry.deed.subjects
    )
    return tuple(dict.fromkeys(names))


def _build_action(incident: str, deed: ContainedEvent) -> ActiveContainment:
    fields = {name: getattr(deed, name) for name in ("number", "host", "means", "what", "until")}
    return ActiveContainment(incident=incident, known=deed.state == "confirmed", **fields)


def _load_incident_statements(database: sqlite3.Connection) -> list[IncidentEntry]:
    statements = []
    for link in load_links(database, "incident"):
        statement = link.parse_statement()
        if not isinstance(statement, IncidentEntry):
            raise InputError(
                "link {n} of the history is not an unchanged incident entry",
                n=link.position,
                mend="see 'auditor history verify'",
            )
        statements.append(statement)
    return statements


def _load_case_logs_of_inventory(database: sqlite3.Connection, inventory: str) -> Ledgers:
    logs: dict[str, tuple[CaseLogEntry, ...]] = {}
    for statement in _load_incident_statements(database):
        if statement.inventory == inventory:
            logs[statement.incident] = (*logs.get(statement.incident, ()), statement.entry)
    return logs


def _find_next_free_incident_id(database: sqlite3.Connection, now: datetime.datetime) -> str:
    """Return the first that no inventory's incident has."""
    day = f"SC-{clock.format_compact_vietnam_day(now)}-"
    taken_numbers = {
        int(statement.incident.removeprefix(day))
        for statement in _load_incident_statements(database)
        if statement.incident.startswith(day)
    }
    return f"{day}{max(taken_numbers, default=0) + 1}"
