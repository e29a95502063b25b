"""Addresses blocked on hosts, and files taken out of their place: written down before it is done, done, looked at, written down.

Whoever is cut off between two steps leaves an entry that says what was begun; an address that was not confirmed by
a connection made meanwhile is let in again by the host.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from auditor.fleet import fresh
from auditor.history.incidents import Incidents
from auditor.incidents import deciding
from auditor.incidents.case import Action
from auditor.inventory.reach import Reach
from auditor.models import Host, clock
from auditor.models.incidents import Contained, Released, Why
from auditor.models.ranks import Means
from auditor.system import resources

SECONDS = 40.0
"""For one connection: more than the host takes at most."""
_PROGRAMS: Mapping[Means, Path] = {
    "address": resources.root() / "on_host" / "contain" / "contain.py",
    "file": resources.root() / "on_host" / "contain" / "quarantine.py",
}


class _Answer(BaseModel):
    """What the program there says. The host may be somebody else's."""

    model_config = ConfigDict(strict=True, extra="ignore")

    state: Literal["none", "on_trial", "confirmed", "refused", "unknown"]
    why: Why = ""
    about: str = Field(default="", max_length=300)
    left: int = Field(default=0, ge=0, le=1 << 32, description="seconds that a block has left")
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$", description="of a file")


@dataclass(frozen=True)
class Containing:
    """What all steps of one command have in common."""

    inventory: str
    incident: str
    who: str
    reach: Mapping[str, Reach]
    ledgers: Incidents

    def block(self, host: Host, address: str, seconds: int) -> Contained:
        """Block an address on a host, and tell what that came to. Raises InputError for what must not be begun."""
        begun = self._begin(host, "address", address, seconds)
        question = {
            "id": self._name(begun.number),
            "address": address,
            "seconds": seconds,
            "trusted": host.trusted_networks,
        }
        answer = self._asked(host.name, "address", "contain", question)
        if answer.state == "on_trial":
            answer = self._asked(host.name, "address", "confirm", question)
        return self._ended(begun, answer)

    def take(self, host: Host, path: str) -> Contained:
        """Take a file out of its place on a host; ``path`` is as ``auditor.text.paths`` writes it. Likewise."""
        begun = self._begin(host, "file", path, None)
        roots = [site.document_root for site in host.sites if site.document_root]
        question = {"id": self._name(begun.number), "path": path, "roots": roots}
        return self._ended(begun, self._asked(host.name, "file", "contain", question))

    def release(self, action: Action) -> Released:
        """Let an address in again, or put a file back, and tell what that came to."""
        begun = Released(number=action.number, host=action.host, means=action.means, state="begun")
        self.ledgers.write(self.inventory, self.who, deciding.adding(self.incident, begun))
        answer = self._asked(action.host, action.means, "release", {"id": self._name(action.number)})
        state = "released" if answer.state == "none" else "unknown"
        if answer.state == "refused" and action.means == "file":
            state = "refused"
        ended = begun.model_copy(update={"state": state, "why": answer.why, "about": answer.about})
        self.ledgers.write(self.inventory, self.who, deciding.adding(self.incident, ended))
        return ended

    def _begin(self, host: Host, means: Means, what: str, seconds: int | None) -> Contained:
        decide = deciding.containing(self.incident, host.name, means, what, seconds, clock.now())
        _, begun = self.ledgers.write(self.inventory, self.who, decide)
        if not isinstance(begun, Contained):
            raise TypeError(begun.kind)
        return begun

    def _ended(self, begun: Contained, answer: _Answer) -> Contained:
        ended = begun.model_copy(update=_came_to(answer))
        self.ledgers.write(self.inventory, self.who, deciding.adding(self.incident, ended))
        return ended

    def _name(self, number: int) -> str:
        return f"{self.incident}/{number}"

    def _asked(self, host: str, means: Means, do: str, question: Mapping[str, Any]) -> _Answer:
        if host not in self.reach:
            return _Answer(state="unknown", why="no_host")
        try:
            said = fresh.asked_as_root(self.reach[host], _PROGRAMS[means], {"do": do, **question}, SECONDS)
            return _Answer.model_validate_json(said)
        except fresh.NoAnswer as no:
            return _Answer(state="unknown", why="no_answer", about=str(no)[:300])
        except ValidationError:
            return _Answer(state="unknown", why="not_understood")


def _came_to(answer: _Answer) -> dict[str, Any]:
    """What of an action's entry the host's last answer says."""
    told: dict[str, Any] = {"why": answer.why, "about": answer.about}
    if answer.state == "confirmed":
        until = clock.stamp(clock.now() + timedelta(seconds=answer.left)) if answer.left else None
        return {"state": "confirmed", "until": until, "sha256": answer.sha256, **told}
    if answer.state == "none":  # its time was over before it was confirmed
        return {"state": "refused", "why": "not_confirmed"}
    state = "refused" if answer.state == "refused" else "unknown"
    return {"state": state, **told}
