"""What others do on a host for incidents while a command is at work there, by the ledgers as they are then."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from auditor.history.incidents import IncidentStore, Ledgers, list_actions_in_force
from auditor.models import clock
from auditor.models.incidents import ActiveContainment, ContainedEvent, LiftedEvent


class ActionsOfOthersOnHost:
    """The actions on one host that a command did not begin itself."""

    def __init__(self, ledgers: IncidentStore, inventory: str, host: str, incident: str, own: Collection[int]) -> None:
        """Begin at this moment; ``own``: the numbers of what the command begins for its incident, as it does."""
        self._ledgers, self._inventory, self._host, self._incident, self._own = ledgers, inventory, host, incident, own
        before = self._load_case_logs()
        self._read = {name: len(entries) for name, entries in before.items()}
        actions_before = self._select_actions_of_others(list_actions_in_force(before, clock.now()))
        self._isolated = {action.id_on_host for action in actions_before if action.means == "isolation"}

    def list_since(self) -> tuple[str, ...]:
        """Return the names of what others contained, cleaned or released since this began, or began to.

        Not of what the host refused.
        """
        names: dict[str, None] = {}
        for incident, entries in self._load_case_logs().items():
            for entry in entries[self._read.get(incident, 0) :]:
                deed, name = entry.deed, f"{incident}/{getattr(entry.deed, 'number', 0)}"
                if not isinstance(deed, ContainedEvent | LiftedEvent) or not self._is_action_of_others_on_host(
                    incident, deed
                ):
                    continue
                if deed.state == "refused":
                    names.pop(name, None)
                else:
                    names[name] = None
        return tuple(names)

    def list_in_force(self) -> tuple[ActiveContainment, ...]:
        """Return what others contain there by now, or may; not that the host was cut off already when this began.

        Whoever asks was let in then, too.
        """
        there = self._select_actions_of_others(list_actions_in_force(self._load_case_logs(), clock.now()))
        return tuple(action for action in there if action.id_on_host not in self._isolated)

    def _load_case_logs(self) -> Ledgers:
        return self._ledgers.load_case_logs_of_inventory(self._inventory)

    def _select_actions_of_others(self, actions: Iterable[ActiveContainment]) -> Iterator[ActiveContainment]:
        return (action for action in actions if self._is_action_of_others_on_host(action.incident, action))

    def _is_action_of_others_on_host(
        self, incident: str, action: ActiveContainment | ContainedEvent | LiftedEvent
    ) -> bool:
        return action.host == self._host and not (incident == self._incident and action.number in self._own)
