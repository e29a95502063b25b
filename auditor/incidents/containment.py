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

from auditor.fleet import error_messages, ssh_exec
from auditor.history.concurrent_actions import OtherActions
from auditor.history.incidents import Decided, Incidents, Ledgers
from auditor.incidents import transitions
from auditor.incidents.actions import administrator
from auditor.incidents.actions.registry import ACTION_KINDS
from auditor.incidents.case import Action
from auditor.inventory.reach import Reach
from auditor.models import Host, clock
from auditor.models.incidents import ContainedEvent, LiftedEvent, Why
from auditor.models.ranks import Means
from auditor.system import resources

STILL_CONTAINED = "still_contained"
"""Why what is released stays out of force: another incident contains it, too."""
_NOT_THERE = frozenset({"no_file", "no_job", "no_key", "no_such_administrator"})
"""Refusals of what is not to be found, as it is when another incident has it contained."""


_NUMBER_IN_USE = "number_taken"
"""Refusal of a number by which the host keeps something else: the case log is older than the host."""
RECREATABLE_MEANS: frozenset[Means] = frozenset({"file", "cron", "job", "key"})
"""What somebody may put there anew once it was taken away, and whose program says by ``plan`` whether it is there."""
_MAX_NUMBERS = 3
"""How many are tried: the host says above which the next one is."""
_Line = Annotated[str, Field(max_length=20_000)]


class _Answer(BaseModel):
    """The answer of the program there. The host may be somebody else's."""

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
class ActionRequest:
    """A request to contain or clean something."""

    means: Means
    what: str
    """As the ``read`` of its kind writes it."""
    seconds: int | None
    """For how long; None: until it is released."""
    files: Mapping[str, bytes] = field(default_factory=dict, compare=False)
    """What the program is given besides its question, by names in the archive that it comes in."""
    only_host: str = ""
    """The only host where it is; empty: its kind says on which."""
    again: bool = field(default=False, compare=False)
    """Whether it is there again, though it is contained."""


@dataclass(frozen=True)
class ActionPlan:
    """The steps by which containing something would change a host, or why it would not.

    The host names them after it looked.
    """

    steps: tuple[str | tuple[str, ...], ...]
    """Each a command, or what is done and with what."""
    why: str
    """The name of a reason; empty: it would be done."""
    about: str
    found_paths: tuple[str, ...] = ()
    """As in ``Contained``."""


@dataclass(frozen=True)
class Responder:
    """The settings that all steps of one command have in common."""

    inventory: str
    incident: str
    who: str
    reach: Mapping[str, Reach]
    ledgers: Incidents
    unjudged_sites: Collection[str] = ()
    """Domains of sites for whose answers, and for what lies in whose folders, nothing is left undone."""
    numbers: set[int] = field(default_factory=set)
    """Of what this command has begun."""

    def build_others(self, host: str) -> OtherActions:
        """Return what others do on a host for incidents from now on."""
        return OtherActions(self.ledgers, self.inventory, host, self.incident, self.numbers)

    def contain(self, host: Host, request: ActionRequest) -> ContainedEvent:
        """Contain something on a host, and tell what that came to. Raises InputError for what must not be begun."""
        more, above = ACTION_KINDS[request.means].build_question(host, request.what), 0
        request = self._resolve_request(host, request)
        for _ in range(_MAX_NUMBERS):
            result = self._attempt(host, request, more, above)
            if (result.state, result.why) != ("refused", _NUMBER_IN_USE):
                break
            above = int(result.about) if result.about.isdecimal() else result.number
        return result

    def _attempt(self, host: Host, request: ActionRequest, more: Mapping[str, Any], above: int) -> ContainedEvent:
        """Contain something by a number above that one, unless the host keeps something else by it."""
        decide = self._decide(host, request, above)
        _, started_action = self.ledgers.write(self.inventory, self.who, decide)
        if not isinstance(started_action, ContainedEvent):
            raise TypeError(started_action.kind)
        self.numbers.add(started_action.number)
        question = self._build_question(started_action, more)
        answer = self._ask(host.name, request.means, "contain", question, request.files)
        if answer.state == "on_trial":
            answer = self._ask(host.name, request.means, "confirm", question)
        result = started_action.model_copy(update=_read_outcome(answer))
        if result.state == "refused" and result.why in _NOT_THERE:
            result = result.model_copy(
                update=self._describe_other_incident(result, request.what, "of_another_incident")
            )
        self.ledgers.write(self.inventory, self.who, transitions.decide_event(self.incident, result))
        return result

    def plan(self, host: Host, request: ActionRequest) -> ActionPlan:
        """Return what ``contain`` would do now, looked at there; nothing is written here or there.

        Raises InputError likewise.
        """
        more = ACTION_KINDS[request.means].build_question(host, request.what)
        return self._make_plan(host, self._resolve_request(host, request), more)

    def _resolve_request(self, host: Host, request: ActionRequest) -> ActionRequest:
        """Return the same, ``again`` where it is contained and the host says that it is there."""
        key = (self.incident, host.name, request.means, request.what)
        if request.means in RECREATABLE_MEANS and transitions.is_contained(
            *key, clock.now(), self.ledgers.load_logs(self.inventory)
        ):
            again = replace(request, again=True)
            if not self._make_plan(host, again, ACTION_KINDS[request.means].build_question(host, request.what)).why:
                return again
        return request

    def _make_plan(self, host: Host, request: ActionRequest, more: Mapping[str, Any]) -> ActionPlan:
        _, started_action = self._decide(host, request)(self.ledgers.load_logs(self.inventory))
        if not isinstance(started_action, ContainedEvent):
            raise TypeError(started_action.kind)
        answer = self._ask(host.name, request.means, "plan", self._build_question(started_action, more), request.files)
        why = answer.why if answer.state == "planned" else answer.why or "not_understood"
        return ActionPlan(answer.would, why, answer.about, answer.found)

    def release(self, action: Action) -> LiftedEvent:
        """Undo what was contained, and tell what that came to."""
        started_release = LiftedEvent(number=action.number, host=action.host, means=action.means, state="begun")
        self.ledgers.write(self.inventory, self.who, transitions.decide_event(self.incident, started_release))
        question = {"id": self._format_name(action.number), "what": action.what}
        answer = self._ask(action.host, action.means, "release", question)
        state = "released" if answer.state == "none" else "unknown"
        if answer.state == "refused" and ACTION_KINDS[action.means].release_is_whole:
            state = "refused"
        result = started_release.model_copy(update={"state": state, "why": answer.why, "about": answer.about})
        if state == "released" and not answer.why:
            result = result.model_copy(update=self._describe_other_incident(result, action.what, STILL_CONTAINED))
        self.ledgers.write(self.inventory, self.who, transitions.decide_event(self.incident, result))
        return result

    def forget_code(self, host: str) -> bool:
        """Have PHP on a host forget the code that it keeps in memory; return whether it did."""
        if host not in self.reach:
            return False
        program = resources.get_root() / "on_host" / "contain" / "forget.py"
        with contextlib.suppress(ssh_exec.NoAnswer, ValidationError):
            output = ssh_exec.run_as_root(
                self.reach[host], program, {"do": "forget"}, administrator.SECONDS, administrator.collect_modules()
            )
            return _Answer.model_validate_json(output).state == "confirmed"
        return False

    def _describe_other_incident(self, deed: ContainedEvent | LiftedEvent, what: str, why: str) -> Mapping[str, str]:
        """Return why a deed came to no more, and the action of another incident by which the same thing is contained.

        Nothing where none is.
        """
        ledgers = self.ledgers.load_logs(self.inventory)
        other = transitions.find_other_action(self.incident, deed.host, deed.means, what, clock.now(), ledgers)
        return {} if other is None else {"why": why, "about": f"{other[0]}/{other[1]}"}

    def _decide(self, host: Host, request: ActionRequest, above: int = 0) -> Callable[[Ledgers], Decided]:
        key = (self.incident, host.name, request.means, request.what)
        return transitions.decide_action(*key, request.seconds, clock.now(), above, again=request.again)

    def _build_question(self, started_action: ContainedEvent, more: Mapping[str, Any]) -> Mapping[str, Any]:
        own = {
            "id": self._format_name(started_action.number),
            "what": started_action.what,
            "seconds": started_action.seconds,
        }
        return {**more, **own, "unjudged": sorted(self.unjudged_sites)}

    def _format_name(self, number: int) -> str:
        return f"{self.incident}/{number}"

    def _ask(
        self,
        host: str,
        means: Means,
        do: str,
        question: Mapping[str, Any],
        extra_files: Mapping[str, bytes] | None = None,
    ) -> _Answer:
        if host not in self.reach:
            return _Answer(state="unknown", why="no_host")
        try:
            kind = ACTION_KINDS[means]
            beside: dict[str, Path | bytes] = {**kind.collect_modules(), **(extra_files or {})}
            output = ssh_exec.run_as_root(self.reach[host], kind.path, {"do": do, **question}, kind.seconds, beside)
            return _Answer.model_validate_json(output)
        except ssh_exec.NoAnswer as no:
            if error_messages.explain(str(no)) == error_messages.KEY_CHANGED:
                return _Answer(state="unknown", why="key_changed")
            return _Answer(state="unknown", why="no_answer", about=str(no)[:300])
        except ValidationError:
            return _Answer(state="unknown", why="not_understood")


def _read_outcome(answer: _Answer) -> dict[str, Any]:
    """Return what of an action's entry the host's last answer says."""
    reason: dict[str, Any] = {"why": answer.why, "about": answer.about}
    if answer.state == "confirmed":
        until = clock.format_stamp(clock.now() + timedelta(seconds=answer.left)) if answer.left else None
        return {"state": "confirmed", "until": until, "sha256": answer.sha256, "found": answer.found, **reason}
    if answer.state == "none":  # its time was over before it was confirmed
        return {"state": "refused", "why": "not_confirmed"}
    state = "refused" if answer.state == "refused" else "unknown"
    return {"state": state, "found": answer.found, **reason}
