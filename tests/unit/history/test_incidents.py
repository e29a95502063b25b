"""What others do on a host while a command is at work there is told from what the command does."""

from __future__ import annotations

from typing import Any

from auditor.history.concurrent_actions import ActionsOfOthersOnHost
from auditor.history.incidents import IncidentStore
from auditor.models.incidents import ContainedEvent, LiftedEvent
from auditor.models.response_actions import Means
from tests.unit.incidents.test_transitions import INVENTORY, WHO, ledgers, opened

__all__ = ["ledgers"]


def write(ledgers: IncidentStore, incident: str, deed: Any) -> None:
    ledgers.write(INVENTORY, WHO, lambda _ledgers: (incident, deed))


def deed(number: int, state: Any, means: Means = "site", host: str = "web1") -> ContainedEvent:
    return ContainedEvent(number=number, host=host, means=means, what="antruc.test", state=state)


def test_only_what_others_did_there_since_then_is_named(ledgers: IncidentStore) -> None:
    own, other = opened(ledgers, "web1"), opened(ledgers, "web1", new=True)
    write(ledgers, other, deed(1, "confirmed"))
    write(ledgers, other, deed(2, "confirmed", "isolation"))
    numbers = {1}
    others = ActionsOfOthersOnHost(ledgers, INVENTORY, "web1", own, numbers)
    assert others.list_since() == ()
    assert [one.id_on_host for one in others.list_in_force()] == [f"{other}/1"], (
        "who asks was let in by the isolation, too"
    )
    for incident, one in (
        (own, deed(1, "confirmed")),
        (own, deed(2, "begun")),
        (other, deed(3, "begun")),
        (other, deed(3, "refused")),
        (other, deed(4, "confirmed", "isolation")),
        (other, deed(5, "confirmed", host="web2")),
        (other, LiftedEvent(number=1, host="web1", means="site", state="released")),
    ):
        write(ledgers, incident, one)
    assert others.list_since() == (f"{own}/2", f"{other}/4", f"{other}/1")
    assert [one.id_on_host for one in others.list_in_force()] == [f"{own}/2", f"{other}/4"]
