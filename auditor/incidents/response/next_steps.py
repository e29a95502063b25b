"""The one next step of an incident, from containing to closing, as its ledger and the newest audit say. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from auditor.errors import InputError
from auditor.incidents.actions.registry import ACTION_KINDS, CONTAINMENT_KINDS, ERADICATION_KINDS
from auditor.incidents.actions.site import select_hosts_serving_site
from auditor.incidents.case import SHUT, IncidentCase, ResponseAction, State
from auditor.incidents.closure import (
    Obstacle,
    build_close_command,
    build_next_command_for_owed_report,
    find_obstacles_to_closing_case,
    iter_recheck_commands_for_unreached_hosts,
    list_unreached_hosts,
)
from auditor.incidents.forms.schema import FINAL_FORM, OF_REPORT
from auditor.incidents.response.alarms import find_open_trace_findings_on_hosts
from auditor.incidents.response.auto_containment import (
    TraceResponse,
    build_responses,
    find_actionable_weak_traces_of_hunts,
    find_actions_on_things_since_recreated,
)
from auditor.models import Host, HostOutcome, Run
from auditor.models.ranks import Form, Question, Report
from auditor.models.response_actions import Means

Says = Literal[
    "contain",
    "collect",
    "answer",
    "report",
    "unreached",
    "look",
    "by_hand",
    "obstacle",
    "form",
    "close_blank",
    "close",
    "close_gone",
]
"""What is to be done; its words: ``incidents.next.SAYS``."""
_SOON = frozenset({"now", "first", "personal"})
"""Reports that go out before a site is clean."""
_SILENT = frozenset({"no_answer", "key_changed"})
"""Why it is not known of what a host was asked: nobody came to it."""


@dataclass(frozen=True)
class NextStepCommand:
    """A command that is printed."""

    words: tuple[str, ...]
    """After ``auditor``, without the role and the inventory."""
    speaks: bool = True
    """Whether it is given the office role that says so."""
    needs: Literal["", "how", "cause", "release", "note", "answers"] = ""
    """What is given besides: by what way a report went, how the intruder came in, the archive of a release, what was
    done by hand, what the forms ask.
    """


@dataclass(frozen=True)
class NextStep:
    """One step."""

    says: Says
    commands: tuple[NextStepCommand, ...]
    about: Mapping[str, str] = field(default_factory=dict)
    """What fills its words."""
    reviewed_responses: tuple[TraceResponse, ...] = ()
    """What a person looks at before typing that."""
    stopped_processes: tuple[ResponseAction, ...] = ()
    """Processes that are stopped, and are ended by that."""
    by_hand: tuple[TraceResponse, ...] = ()
    """What a person does on hosts before that."""
    signs: tuple[TraceResponse, ...] = ()
    """What is only a sign, and stands where an intruder was."""
    later: frozenset[Question] = frozenset()
    """Of the questions that are answered, those that only a later report asks."""
    obstacle: Obstacle | None = None
    unreached_hosts: tuple[HostOutcome, ...] = ()
    """Hosts that nobody comes to, and why."""


type Unanswered = Mapping[Form, Sequence[Question]]
"""What each form asks, and nobody has said yet."""


@dataclass(frozen=True)
class CaseSituation:
    """An open incident as it stands: what its next step depends on."""

    case: IncidentCase
    newest_audit: Run | None
    hosts: Sequence[Host]
    now: datetime.datetime
    removed_subjects: Sequence[str] = ()
    """Those of its sites and hosts that are not in the inventory any more."""
    open_questions: Unanswered = field(default_factory=dict)
    shares_subjects_with_other_case: bool = False
    """Whether another open incident is about some of the same."""

    def list_responses_of_reached_hosts(self, unreached_hosts: Collection[str]) -> list[TraceResponse]:
        """Return what answers the traces that are open by the newest audit."""
        if self.newest_audit is None:
            return []
        findings = find_open_trace_findings_on_hosts(self.newest_audit, self.hosts)
        return [response for response in build_responses(findings, self.hosts) if response.host not in unreached_hosts]

    def map_states_of_settled_actions(self) -> dict[tuple[str, Means, str], State]:
        """Return the states of actions that no command goes on with, and whose things have not come back."""
        newest = self.newest_audit
        back = find_actions_on_things_since_recreated(self.case, newest.hunts) if newest else frozenset()
        return {
            (action.host, action.means, action.what): action.state
            for action in self.case.actions.values()
            if action.number not in back and not _is_resumed_by_same_command(action, newest)
        }


def find_next_step(situation: CaseSituation) -> NextStep:
    """Return the next step of an open incident on these hosts."""
    return next(_iter_remaining_steps_of_case(situation))


def _iter_remaining_steps_of_case(situation: CaseSituation) -> Iterator[NextStep]:
    case, newest_audit, hosts = situation.case, situation.newest_audit, situation.hosts
    silent = list_unreached_hosts(newest_audit, hosts)
    names = {outcome.host for outcome in silent}
    there = situation.list_responses_of_reached_hosts(names)
    state_by_action = situation.map_states_of_settled_actions()
    refused_actions = _find_automatic_actions_never_allowed(there, hosts)
    at_once = [response for response in there if _list_action_keys(response) - {*state_by_action, *refused_actions}]
    if at_once:
        yield _make_containing_step(situation, at_once)
    if (case.actions or there) and not case.collections and len(silent) < len(hosts):
        yield NextStep("collect", (NextStepCommand(("incident", "collect", case.id)),))
    for due in case.list_unsent_owed_reports():
        if due.report in _SOON or due.by <= situation.now:
            yield from _iter_steps_to_send_report(case, due.report, situation.open_questions)
    if silent:
        commands = tuple(
            NextStepCommand(words, speaks=False) for words in iter_recheck_commands_for_unreached_hosts(silent)
        )
        yield NextStep("unreached", commands, {"hosts": ", ".join(sorted(names))}, unreached_hosts=silent)
    there = [
        replace(response, steps=()) if _list_action_keys(response) & refused_actions else response for response in there
    ]
    yield from _iter_steps_left_to_person(
        case,
        there,
        find_actionable_weak_traces_of_hunts(newest_audit, hosts) if newest_audit and there else (),
        {**state_by_action, **dict.fromkeys(refused_actions, "refused")},
    )
    yield from _iter_steps_to_close_case(situation)


def _make_containing_step(situation: CaseSituation, responses: Sequence[TraceResponse]) -> NextStep:
    where = tuple(dict.fromkeys(response.host for response in responses))
    join = ("--join", situation.case.id) if situation.shares_subjects_with_other_case else ()
    command = NextStepCommand(("incident", "open", "--all-found", *where, *join))
    return NextStep("contain", (command,), {"hosts": ", ".join(where)})


def _iter_steps_to_close_case(situation: CaseSituation) -> Iterator[NextStep]:
    """Yield what stands against closing, the reports and forms that are owed, then the end."""
    case, open_questions, removed_subjects = situation.case, situation.open_questions, situation.removed_subjects
    rest = list(
        find_obstacles_to_closing_case(
            case, situation.newest_audit, situation.hosts, situation.now, removed_subjects=removed_subjects
        )
    )
    yield from _iter_step_to_release_endless_actions(case, rest)
    yield from (
        _make_obstacle_step(obstacle)
        for obstacle in rest
        if obstacle.command[1] not in ("reported", "form", "release", "close")
    )
    for due in case.list_unsent_owed_reports():
        yield from _iter_steps_to_send_report(case, due.report, open_questions)
    form = FINAL_FORM[case.regime]
    for blocker in rest:
        if blocker.command[1] == "form":
            yield from _iter_steps_to_answer_form_questions(case, form, open_questions)
            yield NextStep(
                "form", (NextStepCommand(("incident", "todo", case.id), speaks=False), NextStepCommand(blocker.command))
            )
    close = NextStepCommand(build_close_command(case, removed_subjects), needs="cause")
    if form in case.forms and (blank := case.forms[form].missing):
        answer_commands = tuple(
            answer_step.commands[0]
            for answer_step in _iter_steps_to_answer_form_questions(case, form, {form: open_questions.get(form, ())})
        )
        again = NextStepCommand(("incident", "form", case.id, "--form", form))
        yield NextStep("close_blank", (*answer_commands, again, close), {"blank": str(blank)})
    says: Says = "close_gone" if removed_subjects else "close"
    yield NextStep(says, (close,), {"names": ", ".join(removed_subjects)})


def _is_resumed_by_same_command(action: ResponseAction, newest_audit: Run | None) -> bool:
    """Return whether the same command goes on with it.

    Somebody was cut off, its host does not hold it any more, or gave no answer then and has been reached since.
    """
    if action.state == "begun" or action.is_lost_by_host:
        return True
    if newest_audit is None or action.at is None or action.state != "unknown":
        return False
    return action.why in _SILENT and newest_audit.started_at > action.at


def _find_automatic_actions_never_allowed(
    responses: Sequence[TraceResponse], hosts: Sequence[Host]
) -> frozenset[tuple[str, Means, str]]:
    """Return what is never begun, such as locking the account by which the program comes in.

    Asking for it again changes nothing.
    """
    by_name, refused_actions = {host.name: host for host in hosts}, set()
    for response in responses:
        for ask in response.requests:
            try:
                ACTION_KINDS[ask.means].build_question(by_name[response.host], ask.what)
            except InputError:
                refused_actions.add((response.host, ask.means, ask.what))
    return frozenset(refused_actions)


def _list_action_keys(response: TraceResponse) -> frozenset[tuple[str, Means, str]]:
    return frozenset((response.host, ask.means, ask.what) for ask in response.requests)


def _iter_steps_to_send_report(case: IncidentCase, report: Report, open_questions: Unanswered) -> Iterator[NextStep]:
    """Yield what a form asks is answered, it is filled in, then it goes out."""
    words = build_next_command_for_owed_report(case, report)
    if words[1] == "form":
        yield from _iter_steps_to_answer_form_questions(case, OF_REPORT[case.regime][report], open_questions)
    needs: Literal["", "how"] = "how" if words[1] == "reported" else ""
    yield NextStep("report", (NextStepCommand(words, needs=needs),), {"report": report})


def _iter_steps_to_answer_form_questions(
    case: IncidentCase, form: Form, open_questions: Unanswered
) -> Iterator[NextStep]:
    """Yield what people answer for a form, and for those after it while they are at it."""
    now = tuple(open_questions.get(form, ()))
    if now:
        later = tuple(
            dict.fromkeys(
                question
                for form_questions in open_questions.values()
                for question in form_questions
                if question not in now
            )
        )
        words = ("incident", "answer", case.id, *now, *later)
        yield NextStep("answer", (NextStepCommand(words, needs="answers"),), later=frozenset(later))


def _iter_steps_left_to_person(
    case: IncidentCase,
    responses: Sequence[TraceResponse],
    sign_responses: Sequence[TraceResponse],
    state_by_action: Mapping[tuple[str, Means, str], State],
) -> Iterator[NextStep]:
    """Yield what is left to a person.

    First what is typed after looking, all of it in one command, then what is done on hosts, after which these are
    looked at again.
    """
    reviewed_responses = _select_responses_with_open_final_action(responses, state_by_action)
    stopped_processes = [
        action
        for action in case.actions.values()
        if _is_stopped_process(action) and _make_process_end_action_key(action) not in state_by_action
    ]
    stopped_processes = stopped_processes if case.collections else []
    shown_signs = _select_responses_with_open_final_action(sign_responses, state_by_action)
    if reviewed_responses or stopped_processes:
        manual_actions = [
            *(
                manual_action
                for response in reviewed_responses
                if (manual_action := _choose_final_manual_action_of_response(response)) is not None
            ),
            *map(_make_process_end_action_key, stopped_processes),
        ]
        yield NextStep(
            "look",
            tuple(_iter_contain_and_clean_commands(case, manual_actions)),
            reviewed_responses=reviewed_responses,
            stopped_processes=tuple(stopped_processes),
            signs=shown_signs,
        )
    open_ones = [
        response
        for response in responses
        if (response.steps or response.requests) and _needs_manual_work_on_host(response, state_by_action)
    ]
    stopped_ones = [
        replace(response, steps=response.afterwards)
        for response in responses
        if response.afterwards and _are_all_requests_of_response_confirmed(response, state_by_action)
    ]
    by_hand = tuple(sorted((*open_ones, *stopped_ones), key=lambda response: bool(response.root)))
    if by_hand:
        yield NextStep(
            "by_hand",
            tuple(_iter_commands_after_manual_work(case, by_hand, state_by_action)),
            by_hand=by_hand,
            signs=shown_signs,
        )


def _select_responses_with_open_final_action(
    responses: Sequence[TraceResponse], state_by_action: Mapping[tuple[str, Means, str], State]
) -> tuple[TraceResponse, ...]:
    return tuple(
        response
        for response in responses
        if (manual_action := _choose_final_manual_action_of_response(response)) is not None
        and manual_action not in state_by_action
    )


def build_step_for_responses_left_to_person(case: IncidentCase, responses: Sequence[TraceResponse]) -> NextStep:
    """Return what containment at once left to a person.

    These are the commands to type after a look at each thing, and the steps to take on hosts.
    """
    reviewed_responses = tuple(
        response
        for response in responses
        if (response.requests and not response.steps) or (_choose_first_manual_action_of_response(response) is not None)
    )
    manual_actions = [
        manual_action
        for response in reviewed_responses
        if (manual_action := _choose_first_manual_action_of_response(response)) is not None
    ]
    by_hand = tuple(response for response in responses if response not in reviewed_responses)
    return NextStep(
        "look",
        tuple(_iter_contain_and_clean_commands(case, manual_actions)),
        reviewed_responses=reviewed_responses,
        by_hand=by_hand,
    )


def _choose_first_manual_action_of_response(response: TraceResponse) -> tuple[str, Means, str] | None:
    """Return what a person types about a thing at first: a process is stopped, as its memory is evidence."""
    if response.requests or response.manual_action is None or response.manual_action[0] in SHUT:
        return None
    means, what = response.manual_action
    return response.host, means, ACTION_KINDS[means].read(what)


def build_site_close_command_unless_closed(case: IncidentCase, site: str, host_name: str) -> NextStepCommand | None:
    """Return the command that keeps a whole site from visitors while a person takes out what they are shown.

    None when it is kept from them already.
    """
    shut = any(
        (action.means, action.what, action.host, action.state) == ("site", site, host_name, "confirmed")
        for action in case.actions.values()
    )
    return None if shut else NextStepCommand(("incident", "contain", case.id, "site", site, "--host", host_name))


def _choose_final_manual_action_of_response(response: TraceResponse) -> tuple[str, Means, str] | None:
    """Return what a person types about a thing, which is not contained at once and is not only kept from visitors."""
    if response.requests or response.manual_action is None or response.manual_action[0] == "site":
        return None
    means, what = response.manual_action
    end: Means = "process-end" if means == "process" else means
    return response.host, end, ACTION_KINDS[end].read(what)


def _make_process_end_action_key(action: ResponseAction) -> tuple[str, Means, str]:
    return action.host, "process-end", action.what


def _is_stopped_process(action: ResponseAction) -> bool:
    return action.means == "process" and action.state == "confirmed"


def _iter_contain_and_clean_commands(
    case: IncidentCase, manual_actions: Sequence[tuple[str, Means, str]]
) -> Iterator[NextStepCommand]:
    """Yield the commands that contain and clean these, on all hosts at once."""
    hosts = {host for host, _, _ in manual_actions}
    for verb, kinds in (("contain", CONTAINMENT_KINDS), ("clean", ERADICATION_KINDS)):
        pairs = [
            word
            for host, means, what in dict.fromkeys(manual_actions)
            if means in kinds
            for word in (
                means,
                what if len(hosts) == 1 or ACTION_KINDS[means].hosts is select_hosts_serving_site else f"{host}:{what}",
            )
        ]
        if pairs:
            where = ("--host", *hosts) if len(hosts) == 1 else ()
            yield NextStepCommand(
                ("incident", verb, case.id, *pairs, *where), needs="release" if "core" in pairs else ""
            )


def build_commands_to_contain_sign_responses(
    case: IncidentCase, sign_responses: Sequence[TraceResponse]
) -> tuple[NextStepCommand, ...]:
    """Return the command that contains those of these signs that are not the office's own."""
    return tuple(
        _iter_contain_and_clean_commands(
            case,
            [
                manual_action
                for sign in sign_responses
                if (manual_action := _choose_final_manual_action_of_response(sign)) is not None
            ],
        )
    )


def _needs_manual_work_on_host(
    response: TraceResponse, state_by_action: Mapping[tuple[str, Means, str], State]
) -> bool:
    """Return whether a person does something on the host about it.

    No means contains it, the host refused that, or it is only kept from visitors.
    """
    if response.manual_action is not None and response.manual_action[0] in SHUT:
        return True
    actions = [(response.host, ask.means, ask.what) for ask in response.requests]
    manual_action = _choose_final_manual_action_of_response(response)
    actions += [manual_action] if manual_action is not None else []
    return not actions or any(state_by_action.get(each) in ("refused", "unknown", "released") for each in actions)


def _are_all_requests_of_response_confirmed(
    response: TraceResponse, state_by_action: Mapping[tuple[str, Means, str], State]
) -> bool:
    return bool(response.requests) and all(
        state_by_action.get((response.host, ask.means, ask.what)) == "confirmed" for ask in response.requests
    )


def _iter_commands_after_manual_work(
    case: IncidentCase,
    handled_responses: Sequence[TraceResponse],
    state_by_action: Mapping[tuple[str, Means, str], State],
) -> Iterator[NextStepCommand]:
    """Yield what is typed when that is done.

    What was done is noted, what was kept from visitors is shown to them again, and these are looked at again.
    """
    yield NextStepCommand(("incident", "note", case.id), needs="note")
    sites = tuple(
        dict.fromkeys(
            response.subject
            for response in handled_responses
            if response.manual_action is not None and response.manual_action[0] in SHUT
        )
    )
    shut = [
        str(number)
        for number, action in case.actions.items()
        if action.means in SHUT and action.state == "confirmed" and action.what.partition("/")[0] in sites
    ]
    if shut:
        yield NextStepCommand(("incident", "release", case.id, *shut))
    if hosts := tuple(dict.fromkeys(response.host for response in handled_responses if response.subject not in sites)):
        yield NextStepCommand(("hunt", "--limit", ",".join(hosts)), speaks=False)
    if sites:
        yield NextStepCommand(("review", "--limit", ",".join(sites)), speaks=False)


def _iter_step_to_release_endless_actions(case: IncidentCase, obstacles: Sequence[Obstacle]) -> Iterator[NextStep]:
    """Yield the release of everything that is contained without an end, in one command."""
    lift_obstacles = [obstacle for obstacle in obstacles if obstacle.command[1] == "release"]
    if lift_obstacles:
        numbers = tuple(number for lift_obstacle in lift_obstacles for number in lift_obstacle.command[3:])
        yield NextStep(
            "obstacle", (NextStepCommand(("incident", "release", case.id, *numbers)),), obstacle=lift_obstacles[0]
        )


def _make_obstacle_step(obstacle: Obstacle) -> NextStep:
    return NextStep("obstacle", (NextStepCommand(obstacle.command, obstacle.speaks),), obstacle=obstacle)
