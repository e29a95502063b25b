"""What an incident contains on hosts: written down before it is done, done, looked at, written down.

Whoever is cut off between two steps leaves an entry that says what was begun; what could shut us out
and was not confirmed by a connection made meanwhile is undone by the host.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from auditor.fleet import fresh, reasons
from auditor.history.incidents import Decided, Incidents, Ledgers
from auditor.history.others import Others
from auditor.incidents import deciding
from auditor.incidents.case import Action
from auditor.incidents.means import administrator
from auditor.incidents.means.table import MEANS
from auditor.inventory.reach import Reach
from auditor.models import Host, clock
from auditor.models.incidents import Contained, Released, Why
from auditor.models.ranks import Means
from auditor.system import resources

STILL_CONTAINED = "still_contained"
"""Why what is released stays out of force: another incident contains it, too."""
_NOT_THERE = frozenset({"no_file", "no_job", "no_key", "no_such_administrator"})
"""Refusals of what is not to be found, as it is when another incident has it contained."""


_TAKEN = "number_taken"
"""Refusal of a number by which the host keeps something else: the case log is older than the host."""
COMES_BACK: frozenset[Means] = frozenset({"file", "cron", "job", "key"})
"""What somebody may put there anew once it was taken away, and whose program says by ``plan`` whether it is there."""
_NUMBERS = 3
"""How many are tried: the host says above which the next one is."""
_Line = Annotated[str, Field(max_length=20_000)]


class _Answer(BaseModel):
    """What the program there says. The host may be somebody else's."""

    model_config = ConfigDict(strict=True, extra="ignore")

    state: Literal["none", "planned", "on_trial", "confirmed", "refused", "unknown"]
    why: Why = ""
    about: str = Field(default="", max_length=300)
    left: int = Field(default=0, ge=0, le=1 << 32, description="seconds that it has left")
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$", description="of a file")
    would: tuple[_Line | Annotated[tuple[_Line, ...], Field(min_length=2, max_length=4)], ...] = Field(
        default=(),
        max_length=100,
        description="each step that containing it takes there: a command, or what is done and with what",
    )
    found: tuple[Annotated[str, Field(max_length=4_000)], ...] = Field(default=(), max_length=100, strict=False)


@dataclass(frozen=True)
class Wanted:
    """What is to be contained or cleaned."""

    means: Means
    what: str
    """As the ``read`` of its kind writes it."""
    seconds: int | None
    """For how long; None: until it is released."""
    sent: Mapping[str, bytes] = field(default_factory=dict, compare=False)
    """What the program is given besides its question, by names in the archive that it comes in."""
    only: str = ""
    """The only host where it is; empty: its kind says on which."""
    again: bool = field(default=False, compare=False)
    """Whether it is there again, though it is contained."""


@dataclass(frozen=True)
class Plan:
    """What containing something would do on a host, as the host says after it looked; or why it would not."""

    steps: tuple[str | tuple[str, ...], ...]
    """Each a command, or what is done and with what."""
    why: str
    """The name of a reason; empty: it would be done."""
    about: str
    found: tuple[str, ...] = ()
    """As in ``Contained``."""


@dataclass(frozen=True)
class Containing:
    """What all steps of one command have in common."""

    inventory: str
    incident: str
    who: str
    reach: Mapping[str, Reach]
    ledgers: Incidents
    unjudged: Collection[str] = ()
    """Domains of sites for whose answers, and for what lies in whose folders, nothing is left undone."""
    numbers: set[int] = field(default_factory=set)
    """Of what this command has begun."""

    def others(self, host: str) -> Others:
        """Return what others do on a host for incidents from now on."""
        return Others(self.ledgers, self.inventory, host, self.incident, self.numbers)

    def contain(self, host: Host, wanted: Wanted) -> Contained:
        """Contain something on a host, and tell what that came to. Raises InputError for what must not be begun."""
        more, above = MEANS[wanted.means].asked(host, wanted.what), 0
        wanted = self._looked_for(host, wanted)
        for _ in range(_NUMBERS):
            ended = self._attempted(host, wanted, more, above)
            if (ended.state, ended.why) != ("refused", _TAKEN):
                break
            above = int(ended.about) if ended.about.isdecimal() else ended.number
        return ended

    def _attempted(self, host: Host, wanted: Wanted, more: Mapping[str, Any], above: int) -> Contained:
        """Contain something by a number above that one, unless the host keeps something else by it."""
        decide = self._decided(host, wanted, above)
        _, begun = self.ledgers.write(self.inventory, self.who, decide)
        if not isinstance(begun, Contained):
            raise TypeError(begun.kind)
        self.numbers.add(begun.number)
        question = self._question(begun, more)
        answer = self._asked(host.name, wanted.means, "contain", question, wanted.sent)
        if answer.state == "on_trial":
            answer = self._asked(host.name, wanted.means, "confirm", question)
        ended = begun.model_copy(update=_came_to(answer))
        if ended.state == "refused" and ended.why in _NOT_THERE:
            ended = ended.model_copy(update=self._another(ended, wanted.what, "of_another_incident"))
        self.ledgers.write(self.inventory, self.who, deciding.adding(self.incident, ended))
        return ended

    def plan(self, host: Host, wanted: Wanted) -> Plan:
        """What ``contain`` would do now, looked at there; nothing is written here or there. Raises InputError likewise."""
        more = MEANS[wanted.means].asked(host, wanted.what)
        return self._planned(host, self._looked_for(host, wanted), more)

    def _looked_for(self, host: Host, wanted: Wanted) -> Wanted:
        """The same, ``again`` where it is contained and the host says that it is there."""
        named = (self.incident, host.name, wanted.means, wanted.what)
        if wanted.means in COMES_BACK and deciding.is_contained(*named, clock.now(), self.ledgers.all(self.inventory)):
            again = replace(wanted, again=True)
            if not self._planned(host, again, MEANS[wanted.means].asked(host, wanted.what)).why:
                return again
        return wanted

    def _planned(self, host: Host, wanted: Wanted, more: Mapping[str, Any]) -> Plan:
        _, begun = self._decided(host, wanted)(self.ledgers.all(self.inventory))
        if not isinstance(begun, Contained):
            raise TypeError(begun.kind)
        answer = self._asked(host.name, wanted.means, "plan", self._question(begun, more), wanted.sent)
        why = answer.why if answer.state == "planned" else answer.why or "not_understood"
        return Plan(answer.would, why, answer.about, answer.found)

    def release(self, action: Action) -> Released:
        """Undo what was contained, and tell what that came to."""
        begun = Released(number=action.number, host=action.host, means=action.means, state="begun")
        self.ledgers.write(self.inventory, self.who, deciding.adding(self.incident, begun))
        question = {"id": self._name(action.number), "what": action.what}
        answer = self._asked(action.host, action.means, "release", question)
        state = "released" if answer.state == "none" else "unknown"
        if answer.state == "refused" and MEANS[action.means].release_is_whole:
            state = "refused"
        ended = begun.model_copy(update={"state": state, "why": answer.why, "about": answer.about})
        if state == "released" and not answer.why:
            ended = ended.model_copy(update=self._another(ended, action.what, STILL_CONTAINED))
        self.ledgers.write(self.inventory, self.who, deciding.adding(self.incident, ended))
        return ended

    def forget_code(self, host: str) -> bool:
        """Have PHP on a host forget the code that it keeps in memory; return whether it did."""
        if host not in self.reach:
            return False
        program = resources.root() / "on_host" / "contain" / "forget.py"
        with contextlib.suppress(fresh.NoAnswer, ValidationError):
            said = fresh.asked_as_root(
                self.reach[host], program, {"do": "forget"}, administrator.SECONDS, administrator.beside()
            )
            return _Answer.model_validate_json(said).state == "confirmed"
        return False

    def _another(self, deed: Contained | Released, what: str, why: str) -> Mapping[str, str]:
        """Return why a deed came to no more, and the action of another incident by which the same thing is contained; nothing where none is."""
        ledgers = self.ledgers.all(self.inventory)
        other = deciding.another(self.incident, deed.host, deed.means, what, clock.now(), ledgers)
        return {} if other is None else {"why": why, "about": f"{other[0]}/{other[1]}"}

    def _decided(self, host: Host, wanted: Wanted, above: int = 0) -> Callable[[Ledgers], Decided]:
        named = (self.incident, host.name, wanted.means, wanted.what)
        return deciding.containing(*named, wanted.seconds, clock.now(), above, again=wanted.again)

    def _question(self, begun: Contained, more: Mapping[str, Any]) -> Mapping[str, Any]:
        own = {"id": self._name(begun.number), "what": begun.what, "seconds": begun.seconds}
        return {**more, **own, "unjudged": sorted(self.unjudged)}

    def _name(self, number: int) -> str:
        return f"{self.incident}/{number}"

    def _asked(
        self, host: str, means: Means, do: str, question: Mapping[str, Any], sent: Mapping[str, bytes] | None = None
    ) -> _Answer:
        if host not in self.reach:
            return _Answer(state="unknown", why="no_host")
        try:
            kind = MEANS[means]
            beside: dict[str, Path | bytes] = {**kind.beside(), **(sent or {})}
            said = fresh.asked_as_root(self.reach[host], kind.path, {"do": do, **question}, kind.seconds, beside)
            return _Answer.model_validate_json(said)
        except fresh.NoAnswer as no:
            if reasons.explain(str(no)) == reasons.KEY_CHANGED:
                return _Answer(state="unknown", why="key_changed")
            return _Answer(state="unknown", why="no_answer", about=str(no)[:300])
        except ValidationError:
            return _Answer(state="unknown", why="not_understood")


def _came_to(answer: _Answer) -> dict[str, Any]:
    """What of an action's entry the host's last answer says."""
    told: dict[str, Any] = {"why": answer.why, "about": answer.about}
    if answer.state == "confirmed":
        until = clock.stamp(clock.now() + timedelta(seconds=answer.left)) if answer.left else None
        return {"state": "confirmed", "until": until, "sha256": answer.sha256, "found": answer.found, **told}
    if answer.state == "none":  # its time was over before it was confirmed
        return {"state": "refused", "why": "not_confirmed"}
    state = "refused" if answer.state == "refused" else "unknown"
    return {"state": state, "found": answer.found, **told}
