"""What an incident contains on hosts: written down before it is done, done, looked at, written down.

Whoever is cut off between two steps leaves an entry that says what was begun; what could shut us out
and was not confirmed by a connection made meanwhile is undone by the host.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from auditor.fleet import error_messages, ssh_exec
from auditor.history.concurrent_actions import ActionsOfOthersOnHost
from auditor.history.incidents import Decided, IncidentStore, Ledgers
from auditor.incidents import transitions
from auditor.incidents.actions import administrator
from auditor.incidents.actions.registry import ACTION_KINDS
from auditor.incidents.case import ResponseAction
from auditor.inventory.reach import Reach
from auditor.models import Host, clock
from auditor.models.incidents import ContainedEvent, LiftedEvent, Why
from auditor.models.response_actions import Means
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


class _ActionProgramAnswer(BaseModel):
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
    ledgers: IncidentStore
    unjudged_sites: Collection[str] = ()
    """Domains of sites for whose answers, and for what lies in whose folders, nothing is left undone."""
    numbers: set[int] = field(default_factory=set)
    """Of what this command has begun."""

    def watch_actions_of_others_on_host(self, host_name: str) -> ActionsOfOthersOnHost:
        """Return what others do on a host for incidents from now on."""
        return ActionsOfOthersOnHost(self.ledgers, self.inventory, host_name, self.incident, self.numbers)

    def contain(self, host: Host, request: ActionRequest) -> ContainedEvent:
        """Contain something on a host, and tell what that came to. Raises InputError for what must not be begun."""
        more, above = ACTION_KINDS[request.means].build_question(host, request.what), 0
        request = self._mark_request_again_if_contained(host, request)
        for _ in range(_MAX_NUMBERS):
            result = self._contain_with_number_above(host, request, more, above)
            if (result.state, result.why) != ("refused", _NUMBER_IN_USE):
                break
            above = int(result.about) if result.about.isdecimal() else result.number
        return result

    def _contain_with_number_above(
        self, host: Host, request: ActionRequest, action_input: Mapping[str, Any], above_number: int
    ) -> ContainedEvent:
        """Contain something by a number above that one, unless the host keeps something else by it."""
        decide = self._make_action_start_decision(host, request, above_number)
        _, started_action = self.ledgers.write(self.inventory, self.who, decide)
        if not isinstance(started_action, ContainedEvent):
            raise TypeError(started_action.kind)
        self.numbers.add(started_action.number)
        question = self._build_containment_program_input(started_action, action_input)
        answer = self._run_action_program_on_host(host.name, request.means, "contain", question, request.files)
        if answer.state == "on_trial":
            answer = self._run_action_program_on_host(host.name, request.means, "confirm", question)
        result = started_action.model_copy(update=_get_log_fields_from_program_answer(answer))
        if result.state == "refused" and result.why in _NOT_THERE:
            result = result.model_copy(
                update=self._name_other_incident_containing_same(result, request.what, "of_another_incident")
            )
        self.ledgers.write(self.inventory, self.who, transitions.make_event_recording_decision(self.incident, result))
        return result

    def plan(self, host: Host, request: ActionRequest) -> ActionPlan:
        """Return what ``contain`` would do now, looked at there; nothing is written here or there.

        Raises InputError likewise.
        """
        more = ACTION_KINDS[request.means].build_question(host, request.what)
        return self._ask_host_for_action_plan(host, self._mark_request_again_if_contained(host, request), more)

    def _mark_request_again_if_contained(self, host: Host, request: ActionRequest) -> ActionRequest:
        """Return the same, ``again`` where it is contained and the host says that it is there."""
        target = transitions.ActionTarget(host.name, request.means, request.what)
        if request.means in RECREATABLE_MEANS and transitions.is_target_contained_by_incident(
            self.incident, target, clock.now(), self.ledgers.load_case_logs_of_inventory(self.inventory)
        ):
            again = replace(request, again=True)
            if not self._ask_host_for_action_plan(
                host, again, ACTION_KINDS[request.means].build_question(host, request.what)
            ).why:
                return again
        return request

    def _ask_host_for_action_plan(
        self, host: Host, request: ActionRequest, action_input: Mapping[str, Any]
    ) -> ActionPlan:
        _, started_action = self._make_action_start_decision(host, request)(
            self.ledgers.load_case_logs_of_inventory(self.inventory)
        )
        if not isinstance(started_action, ContainedEvent):
            raise TypeError(started_action.kind)
        answer = self._run_action_program_on_host(
            host.name,
            request.means,
            "plan",
            self._build_containment_program_input(started_action, action_input),
            request.files,
        )
        why = answer.why if answer.state == "planned" else answer.why or "not_understood"
        return ActionPlan(answer.would, why, answer.about, answer.found)

    def release(self, action: ResponseAction) -> LiftedEvent:
        """Undo what was contained, and tell what that came to."""
        started_release = LiftedEvent(number=action.number, host=action.host, means=action.means, state="begun")
        self.ledgers.write(
            self.inventory, self.who, transitions.make_event_recording_decision(self.incident, started_release)
        )
        question = {"id": self._format_action_id(action.number), "what": action.what}
        answer = self._run_action_program_on_host(action.host, action.means, "release", question)
        state = "released" if answer.state == "none" else "unknown"
        if answer.state == "refused" and ACTION_KINDS[action.means].release_is_whole:
            state = "refused"
        result = started_release.model_copy(update={"state": state, "why": answer.why, "about": answer.about})
        if state == "released" and not answer.why:
            result = result.model_copy(
                update=self._name_other_incident_containing_same(result, action.what, STILL_CONTAINED)
            )
        self.ledgers.write(self.inventory, self.who, transitions.make_event_recording_decision(self.incident, result))
        return result

    def reset_php_code_cache_on_host(self, host_name: str) -> bool:
        """Have PHP on a host forget the code that it keeps in memory; return whether it did."""
        if host_name not in self.reach:
            return False
        program = resources.get_resources_folder() / "on_host" / "contain" / "system/forget.py"
        with contextlib.suppress(ssh_exec.NoAnswer, ValidationError):
            output = ssh_exec.run_as_root(
                self.reach[host_name],
                program,
                {"do": "forget"},
                administrator.SECONDS,
            )
            return _ActionProgramAnswer.model_validate_json(output).state == "confirmed"
        return False

    def _name_other_incident_containing_same(
        self, event: ContainedEvent | LiftedEvent, target: str, reason: str
    ) -> Mapping[str, str]:
        """Return why a deed came to no more, and the action of another incident by which the same thing is contained.

        Nothing where none is.
        """
        ledgers = self.ledgers.load_case_logs_of_inventory(self.inventory)
        other = transitions.find_other_incident_containing_target(
            self.incident, transitions.ActionTarget(event.host, event.means, target), clock.now(), ledgers
        )
        return {} if other is None else {"why": reason, "about": f"{other[0]}/{other[1]}"}

    def _make_action_start_decision(
        self, host: Host, request: ActionRequest, above_number: int = 0
    ) -> Callable[[Ledgers], Decided]:
        target = transitions.ActionTarget(host.name, request.means, request.what)
        return transitions.make_action_start_decision(
            self.incident, target, request.seconds, clock.now(), above_number, again=request.again
        )

    def _build_containment_program_input(
        self, started_action: ContainedEvent, action_input: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        own = {
            "id": self._format_action_id(started_action.number),
            "what": started_action.what,
            "seconds": started_action.seconds,
        }
        return {**action_input, **own, "unjudged": sorted(self.unjudged_sites)}

    def _format_action_id(self, action_number: int) -> str:
        return f"{self.incident}/{action_number}"

    def _run_action_program_on_host(
        self,
        host_name: str,
        means: Means,
        operation: str,
        program_input: Mapping[str, Any],
        extra_files: Mapping[str, bytes] | None = None,
    ) -> _ActionProgramAnswer:
        if host_name not in self.reach:
            return _ActionProgramAnswer(state="unknown", why="no_host")
        try:
            kind = ACTION_KINDS[means]
            output = ssh_exec.run_as_root(
                self.reach[host_name], kind.program_path, {"do": operation, **program_input}, kind.seconds, extra_files
            )
            return _ActionProgramAnswer.model_validate_json(output)
        except ssh_exec.NoAnswer as no:
            if error_messages.explain_ansible_or_ssh_message(str(no)) == error_messages.KEY_CHANGED:
                return _ActionProgramAnswer(state="unknown", why="key_changed")
            return _ActionProgramAnswer(state="unknown", why="no_answer", about=str(no)[:300])
        except ValidationError:
            return _ActionProgramAnswer(state="unknown", why="not_understood")


def _get_log_fields_from_program_answer(program_answer: _ActionProgramAnswer) -> dict[str, Any]:
    """Return what of an action's entry the host's last answer says."""
    reason: dict[str, Any] = {"why": program_answer.why, "about": program_answer.about}
    if program_answer.state == "confirmed":
        until = (
            clock.format_iso_moment(clock.now() + timedelta(seconds=program_answer.left))
            if program_answer.left
            else None
        )
        return {
            "state": "confirmed",
            "until": until,
            "sha256": program_answer.sha256,
            "found": program_answer.found,
            **reason,
        }
    if program_answer.state == "none":  # its time was over before it was confirmed
        return {"state": "refused", "why": "not_confirmed"}
    state = "refused" if program_answer.state == "refused" else "unknown"
    return {"state": state, "found": program_answer.found, **reason}
