"""What others do on a host for incidents while a command is at work there, by the ledgers as they are then."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from auditor.history.incidents import Incidents, Ledgers, standing
from auditor.models import clock
from auditor.models.incidents import Contained, Released, Standing


class Others:
    """The actions on one host that a command did not begin itself."""

    def __init__(self, ledgers: Incidents, inventory: str, host: str, incident: str, own: Collection[int]) -> None:
        """Begin at this moment; ``own``: the numbers of what the command begins for its incident, as it does."""
        self._ledgers, self._inventory, self._host, self._incident, self._own = ledgers, inventory, host, incident, own
        before = self._all()
        self._read = {name: len(entries) for name, entries in before.items()}
        stood = self._theirs(standing(before, clock.now()))
        self._isolated = {one.name for one in stood if one.means == "isolation"}

    def since(self) -> tuple[str, ...]:
        """Return the names of what others contained, cleaned or released since this began, or began to; not of what the host refused."""
        found: dict[str, None] = {}
        for incident, entries in self._all().items():
            for entry in entries[self._read.get(incident, 0) :]:
                deed, name = entry.deed, f"{incident}/{getattr(entry.deed, 'number', 0)}"
                if not isinstance(deed, Contained | Released) or not self._is_theirs(incident, deed):
                    continue
                if deed.state == "refused":
                    found.pop(name, None)
                else:
                    found[name] = None
        return tuple(found)

    def standing(self) -> tuple[Standing, ...]:
        """Return what others contain there by now, or may; not that the host was cut off already when this began: whoever asks was let in then, too."""
        there = self._theirs(standing(self._all(), clock.now()))
        return tuple(one for one in there if one.name not in self._isolated)

    def _all(self) -> Ledgers:
        return self._ledgers.all(self._inventory)

    def _theirs(self, some: Iterable[Standing]) -> Iterator[Standing]:
        return (one for one in some if self._is_theirs(one.incident, one))

    def _is_theirs(self, incident: str, one: Standing | Contained | Released) -> bool:
        return one.host == self._host and not (incident == self._incident and one.number in self._own)
