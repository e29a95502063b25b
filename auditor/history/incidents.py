"""The ledgers of incidents: each entry is a link of the chain and nothing else, so that none is changed or taken away, nor pruned."""

from __future__ import annotations

import datetime
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from auditor.errors import InputError, nearest
from auditor.history.chain import IncidentEntry
from auditor.history.database import append, default_path, key_of, links_of, opened
from auditor.models import Inventory, clock
from auditor.models.incidents import AnyDeed, Closed, Contained, Entry, Joined, Opened, OpenIncident, Released, Standing
from auditor.models.ranks import FOR_GOOD
from auditor.system import sqlite_file

type Ledgers = Mapping[str, tuple[Entry, ...]]
"""Entries in their order, by the incident's id, the oldest incident first."""
type Decided = tuple[str, AnyDeed]
"""The incident that is written to, and what is written. A new one is asked for by ``NEW``."""
NEW = ""


class Incidents:
    """The incidents of one history."""

    def __init__(self, path: Path | None = None, now: Callable[[], datetime.datetime] = clock.now) -> None:
        self.path = path or default_path()
        self._now = now

    def all(self, inventory: str) -> Ledgers:
        """The ledgers of an inventory."""
        with opened(self.path) as database:
            return _ledgers(database, key_of(inventory))

    def all_known(self, inventory: str) -> Ledgers:
        """Return the ledgers of an inventory that this history knows: none of it can mean another folder, not that nothing happened.

        Raises InputError where no run and no incident of it is kept.
        """
        key = key_of(inventory)
        if not self.path.exists():
            raise _unknown(self.path, key, ())
        with opened(self.path) as database:
            ledgers = _ledgers(database, key)
            known = [name for (name,) in database.execute("SELECT DISTINCT inventory FROM runs ORDER BY 1")]
        if not ledgers and key not in known:
            raise _unknown(self.path, key, known)
        return ledgers

    def one(self, inventory: str, incident: str) -> tuple[Entry, ...]:
        """One ledger. Raises InputError when there is none of that id."""
        return of(self.all(inventory), incident)

    def carried(self, inventory: Inventory) -> Inventory:
        """The inventory with its open incidents, and what they contain on its hosts."""
        ledgers, now = self.all(inventory.path), self._now()
        update = {"contained": standing(ledgers, now), "incidents": still_open(ledgers, now)}
        return inventory.model_copy(update=update)

    def write(
        self,
        inventory: str,
        who: str,
        decide: Callable[[Ledgers], Decided],
        happened: datetime.datetime | None = None,
    ) -> Decided:
        """Add the entry that is decided upon all that is there, while nobody else writes; it, with the incident's id.

        It is there whole, or nothing is, if ``decide`` raises. Without ``happened``, it happened now.
        """
        key = key_of(inventory)
        with opened(self.path) as database, sqlite_file.transaction(database):
            now = self._now()
            incident, deed = decide(_ledgers(database, key))
            entry = Entry(at=clock.stamp(now), happened=clock.stamp(happened or now), who=who, deed=deed)
            incident = incident or _next_id(database, now)
            append(database, IncidentEntry(at=entry.at, inventory=key, incident=incident, entry=entry))
            return incident, deed


def _unknown(path: Path, key: str, known: Sequence[str]) -> InputError:
    return InputError(
        "{folder} has no audit and no incident of the inventory {inventory}",
        folder=path.parent,
        inventory=key,
        mend="set LUYTRE_STATE to the folder of its history, or audit it first; 'auditor doctor' compares the timers",
        guess=nearest(key, known),
    )


def of(ledgers: Ledgers, incident: str) -> tuple[Entry, ...]:
    """One of the ledgers. Raises InputError when there is none of that id."""
    if incident not in ledgers:
        raise InputError(
            "the inventory has no incident {incident}",
            incident=incident,
            mend="see 'auditor incident list'",
            guess=nearest(incident, ledgers),
        )
    return ledgers[incident]


def standing(ledgers: Ledgers, now: datetime.datetime) -> tuple[Standing, ...]:
    """What is contained, or may be: of each action the last word is that it is, or none. What is known to be cleaned is how its site is."""
    found: dict[tuple[str, int], Standing | None] = {}
    for incident, entries in ledgers.items():
        for deed in (entry.deed for entry in entries):
            if isinstance(deed, Contained):
                over = deed.state == "refused" or (deed.until is not None and clock.read(deed.until) <= now)
                found[incident, deed.number] = None if over else _standing(incident, deed)
                if deed.ends_process:
                    found.update(dict.fromkeys(_stopped(found, deed)))
            elif isinstance(deed, Released):
                before = found.get((incident, deed.number))
                unclear = before.model_copy(update={"known": deed.state == "refused"}) if before else None
                found[incident, deed.number] = None if deed.state == "released" else unclear
    return tuple(one for one in found.values() if one is not None and not (one.known and one.means in FOR_GOOD))


def _stopped(found: Mapping[tuple[str, int], Standing | None], deed: Contained) -> list[tuple[str, int]]:
    """Which actions, of any incident, had stopped the process that a deed says is no more."""
    gone = (deed.host, "process", deed.what)
    return [name for name, one in found.items() if one is not None and (one.host, one.means, one.what) == gone]


def still_open(ledgers: Ledgers, now: datetime.datetime) -> tuple[OpenIncident, ...]:
    """Return the incidents that nobody has closed, the oldest first."""
    contained = Counter(one.incident for one in standing(ledgers, now) if one.known)
    return tuple(
        OpenIncident(
            id=incident, detected=_detected(entries), subjects=_subjects(entries), in_force=contained[incident]
        )
        for incident, entries in ledgers.items()
        if entries and not any(isinstance(entry.deed, Closed) for entry in entries)
    )


def _detected(entries: Sequence[Entry]) -> str:
    return next((one.deed.detected for one in entries if isinstance(one.deed, Opened)), entries[0].happened)


def _subjects(entries: Iterable[Entry]) -> tuple[str, ...]:
    named = (name for one in entries if isinstance(one.deed, Opened | Joined) for name in one.deed.subjects)
    return tuple(dict.fromkeys(named))


def _standing(incident: str, deed: Contained) -> Standing:
    shared = {name: getattr(deed, name) for name in ("number", "host", "means", "what", "until")}
    return Standing(incident=incident, known=deed.state == "confirmed", **shared)


def _stated(database: sqlite3.Connection) -> list[IncidentEntry]:
    found = []
    for link in links_of(database, "incident"):
        one = link.read()
        if not isinstance(one, IncidentEntry):
            raise InputError(
                "link {n} of the history is not an unchanged incident entry",
                n=link.position,
                mend="see 'auditor history verify'",
            )
        found.append(one)
    return found


def _ledgers(database: sqlite3.Connection, inventory: str) -> Ledgers:
    found: dict[str, tuple[Entry, ...]] = {}
    for one in _stated(database):
        if one.inventory == inventory:
            found[one.incident] = (*found.get(one.incident, ()), one.entry)
    return found


def _next_id(database: sqlite3.Connection, now: datetime.datetime) -> str:
    """The first that no inventory's incident has."""
    day = f"SC-{clock.compact_day(now)}-"
    taken = {int(one.incident.removeprefix(day)) for one in _stated(database) if one.incident.startswith(day)}
    return f"{day}{max(taken, default=0) + 1}"
