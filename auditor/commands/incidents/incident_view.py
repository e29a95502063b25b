"""The next step of an incident, and what is in the way of closing it: lines for a terminal, and the same as JSON."""

from __future__ import annotations

import datetime
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from auditor.incidents import descriptions
from auditor.incidents.case import IncidentCase, ResponseAction
from auditor.incidents.closure import Obstacle
from auditor.incidents.deadlines import ReportDeadline
from auditor.incidents.forms.schema import CHOICES
from auditor.incidents.lapses import PROGRAM
from auditor.incidents.response import commands, instructions
from auditor.incidents.response.auto_containment import TraceResponse
from auditor.incidents.response.next_steps import (
    NextStep,
    NextStepCommand,
    build_commands_to_contain_sign_responses,
    build_site_close_command_unless_closed,
    build_step_for_responses_left_to_person,
)
from auditor.incidents.sentences import validate_and_redact_user_sentence
from auditor.models import clock
from auditor.models.incidents import FindingReference, NotedEvent
from auditor.results.containment import describe_action_in_force, describe_containment_target
from auditor.scans.traces import defang_address
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import Words
from auditor.text.usage import format_input_error_without_mend


@dataclass(frozen=True)
class IncidentView:
    """One incident as it is shown."""

    case: IncidentCase
    inventory: str
    words: Words
    now: datetime.datetime
    who: str = ""
    """The office role that commands are given; empty: the one that acted last."""
    resolved_findings: tuple[FindingReference, ...] = ()
    """Findings that it is about and that an audit since then does not find any more."""
    release: str = ""
    """The archive from which the files of a release are known to be good; empty: of none."""
    rooted_hosts: tuple[str, ...] = ()
    """Hosts on which an intruder was root."""
    note: str = ""
    """What is noted of what was done by hand."""

    def format_command_line(self, command: NextStepCommand) -> str:
        """Return a command as it is typed."""
        arguments: tuple[str, ...] = ("auditor", *command.words)
        if command.needs == "answers":
            questions = command.words[3:]
            arguments = ("auditor", *command.words[:3], *(f"{question}=…" for question in questions))
        elif command.needs == "note":
            arguments = (*arguments, self.note)
        elif command.needs == "release":
            arguments = (*arguments, "--from", self.release or _ARCHIVE)
        elif command.needs == "how":
            arguments = (
                *arguments,
                "--how",
                self.words(f"incidents.next.how{'.now' if command.words[-1] == 'now' else ''}"),
            )
        elif command.needs == "cause":
            cause_texts = self.case.answers.get("cause") or (self.words("incidents.next.cause"),)
            arguments = (*arguments, "--cause", cause_texts[0])
        if command.speaks:
            arguments = (*arguments, "--who", self.who or self._get_role_of_last_entry())
        return shlex.join((*arguments, "-i", self.inventory))

    def _get_role_of_last_entry(self) -> str:
        office_roles = (entry.who for entry in reversed(self.case.entries) if entry.who != PROGRAM)
        return next(office_roles, self.words("incidents.on_duty"))

    def describe_step(self, step: NextStep) -> str:
        """Return what is to be done, in a sentence."""
        if step.obstacle is not None:
            return self._explain_obstacle(step.obstacle)
        about = {**step.about}
        if "report" in about:
            about["report"] = self.words(f"incidents.report.{about['report']}")
        if "kind" in about:
            about["kind"] = self.words(f"content.kind.{about['kind']}")
        key = "report.out" if step.says == "report" and step.commands[0].needs else step.says
        return self.words(f"incidents.next.{key}", **about)

    def iter_step_and_deadline_lines(self, step: NextStep) -> Iterator[str]:
        """Return the step, its commands, and the time that is left of each report."""
        yield f"{self.case.id}: {escape_text_to_one_line(self.describe_step(step), descriptions.MAX_COMMAND)}"
        for host in step.unreached_hosts:
            why = host.reason.get(self.words.lang) if host.reason else ""
            yield f"  {host.host}: {escape_text_to_one_line(why, descriptions.MAX_COMMAND)}"
        yield from (f"  - {line}" for line in self._iter_form_question_lines(step))
        yield from self._iter_lines_of_traces_to_review(step.reviewed_responses)
        yield from (f"  - {self._describe_process_to_contain(action)}" for action in step.stopped_processes)
        yield from self._iter_lines_of_manual_work(step)
        yield from (f"  {line}" for line in self.iter_commands(step))
        if step.reviewed_responses:
            yield self.words("incidents.next.own")
        if step.signs:
            yield self.words("incidents.next.signs")
            yield from self._iter_lines_of_traces_to_review(step.signs)
            yield from (
                f"  {self._format_command_on_one_line(command)}"
                for command in build_commands_to_contain_sign_responses(self.case, step.signs)
            )
            yield self.words("incidents.next.own.sign")
        if self.rooted_hosts:
            yield self.words("incidents.next.root", hosts=", ".join(self.rooted_hosts))
        if self.resolved_findings:
            where = ", ".join(dict.fromkeys(finding.subject for finding in self.resolved_findings))
            yield self.words("incidents.past", n=len(self.resolved_findings), where=where)
        yield from map(self._describe_due, self.case.list_unsent_owed_reports())

    def iter_lines_of_manual_leftovers(self, leftovers: Sequence[TraceResponse]) -> Iterator[str]:
        """Return what containing at once left to a person, a thing at a time, with the commands for all of it."""
        step = build_step_for_responses_left_to_person(self.case, leftovers)
        if step.reviewed_responses:
            yield self.words("incidents.next.left_over")
            yield from self._iter_lines_of_traces_to_review(step.reviewed_responses)
            yield from (f"  {line}" for line in self.iter_commands(step))
        yield from self._iter_lines_of_manual_work(step)

    def _iter_lines_of_traces_to_review(self, responses: Sequence[TraceResponse]) -> Iterator[str]:
        """Yield what a person looks at, each with the key by which the office accepts it as its own.

        Then how files are read on their hosts, inert.
        """
        yield from (
            f"  - {descriptions.describe_trace_kind_and_place(response, self.words)}"
            f"{f' [{response.key}]' if response.key else ''}"
            for response in responses
        )
        files = [
            response
            for response in responses
            if response.manual_action is not None and response.manual_action[0] == "file"
        ]
        for host in dict.fromkeys(response.host for response in files):
            yield f"    {self.words('incidents.next.read', host=host)}"
            command = commands.build_command_to_show_file_starts(
                [response.where for response in files if response.host == host]
            )
            yield f"      {escape_text_to_one_line(command, descriptions.MAX_COMMAND)}"

    def iter_commands(self, step: NextStep) -> Iterator[str]:
        """Return the commands of a step as they are typed, without a note that is written already."""
        notes = {entry.deed.text for entry in self.case.entries if isinstance(entry.deed, NotedEvent)}
        for command in step.commands:
            view = replace(self, note=self._format_note_of_manual_step(step)) if command.needs == "note" else self
            if not view.note or view.note not in notes:
                yield view._format_command_on_one_line(command)

    def _format_command_on_one_line(self, command: NextStepCommand) -> str:
        return escape_text_to_one_line(self.format_command_line(command), descriptions.MAX_COMMAND)

    def _format_note_of_manual_step(self, step: NextStep) -> str:
        """Return what is noted when a person has done by hand what the step says."""
        things = (
            self._describe_what_site_shows(response)
            if response.root
            else descriptions.describe_trace_kind_and_place(response, self.words)
            for response in step.by_hand
        )
        return validate_and_redact_user_sentence(
            "TEXT", self.words("incidents.next.note", what="; ".join(dict.fromkeys(things)))
        )

    def _describe_what_site_shows(self, response: TraceResponse) -> str:
        return self.words("incidents.next.shown", site=response.subject)

    def _describe_process_to_contain(self, action: ResponseAction) -> str:
        return describe_action_in_force(
            "process",
            self.words,
            number=str(action.number),
            what=escape_text_to_one_line(describe_containment_target(action.means, action.what, self.words)),
            host=action.host,
        )

    def _iter_lines_of_manual_work(self, step: NextStep) -> Iterator[str]:
        """Yield what a person does: on hosts a thing at a time, in a site all that its visitors are shown at once."""
        for host_response in (response for response in step.by_hand if not response.root):
            yield from descriptions.describe_trace_left_to_person(host_response, self.words)
        site_responses = [response for response in step.by_hand if response.root]
        for subject in dict.fromkeys(response.subject for response in site_responses):
            same_site = [response for response in site_responses if response.subject == subject]
            yield f"{self._describe_what_site_shows(same_site[0])}:"
            if (shut := build_site_close_command_unless_closed(self.case, subject, same_site[0].host)) is not None:
                yield f"  {self.words('incidents.next.shut', command=self._format_command_on_one_line(shut))}"
            yield from (
                f"  - {what}"
                for what in dict.fromkeys(self._describe_content_trace(response) for response in same_site)
            )
            pages = [
                response.where
                for response in same_site
                if response.requests or (response.manual_action is not None and response.manual_action[0] == "path")
            ]
            taken_out = instructions.instruct_to_search_site_for_foreign_names(
                same_site[0].root, [response.target for response in same_site], pages
            )
            yield from descriptions.format_manual_step_with_commands(taken_out, same_site[0].host, self.words)

    def _describe_content_trace(self, response: TraceResponse) -> str:
        kind, target = self.words(f"content.kind.{response.kind}"), defang_address(response.target)
        return f"{kind}: {target}" if target else f"{kind} ({escape_text_to_one_line(response.where)})"

    def _iter_form_question_lines(self, step: NextStep) -> Iterator[str]:
        """Yield what the forms ask, with the boxes that there are to tick."""
        for question in step.commands[0].words[3:] if step.commands[0].needs == "answers" else ():
            boxes = [f"{box} ({self.words(f'form.choice.{question}.{box}')})" for box in CHOICES.get(question, ())]
            choices_text = self.words("incidents.next.answer.boxes", boxes=", ".join(boxes)) if boxes else ""
            question_text = f"{question}: {self.words(f'form.field.{question}')}{choices_text}"
            yield (
                self.words("incidents.next.answer.later", question=question_text)
                if question in step.later
                else question_text
            )

    def iter_lines_of_obstacles_to_closing(self, remaining_obstacles: Sequence[Obstacle]) -> Iterator[str]:
        """Return all that is in the way of closing, each with its command."""
        yield self.words("incidents.next.in_the_way", incident=self.case.id)
        for obstacle in remaining_obstacles:
            yield f"- {escape_text_to_one_line(self._explain_obstacle(obstacle), descriptions.MAX_COMMAND)}"
            command_line = self.format_command_line(_make_command_to_remove_obstacle(obstacle))
            yield f"    {escape_text_to_one_line(command_line, descriptions.MAX_COMMAND)}"

    def build_next_step_json(self, step: NextStep) -> dict[str, Any]:
        """Return the step as JSON has it."""
        return {
            "incident": self.case.id,
            "step": step.says,
            "says": self.describe_step(step),
            "commands": list(self.iter_commands(step)),
            "unreached": [outcome.host for outcome in step.unreached_hosts],
            "root": list(self.rooted_hosts),
            "questions": list(self._iter_form_question_lines(step)),
            "past": [f"{finding.control}:{finding.subject}" for finding in self.resolved_findings],
            "look": [
                descriptions.describe_trace_kind_and_place(response, self.words) for response in step.reviewed_responses
            ],
            "signs": {
                "things": [descriptions.describe_trace_kind_and_place(sign, self.words) for sign in step.signs],
                "commands": [
                    self._format_command_on_one_line(command)
                    for command in build_commands_to_contain_sign_responses(self.case, step.signs)
                ]
                if step.signs
                else [],
            },
            "by_hand": [
                {"host": response.host, "kind": response.kind, "where": response.where, "commands": list(each.commands)}
                for response in step.by_hand
                for each in response.steps
            ],
            "owed": [
                {
                    "report": due.report,
                    "by": clock.format_iso_moment(due.by),
                    "seconds_left": int((due.by - self.now).total_seconds()),
                }
                for due in self.case.list_unsent_owed_reports()
            ],
        }

    def build_obstacle_data(self, obstacle: Obstacle) -> dict[str, str]:
        """Return one thing that is in the way as JSON has it."""
        return {
            "why": self._explain_obstacle(obstacle),
            "command": self.format_command_line(_make_command_to_remove_obstacle(obstacle)),
        }

    def _explain_obstacle(self, obstacle: Obstacle) -> str:
        return format_input_error_without_mend(obstacle.error, self.words.lang)

    def _describe_due(self, due: ReportDeadline) -> str:
        report = self.words(f"incidents.report.{due.report}")
        if due.report == "now":
            return self.words("incidents.owed_now", report=report)
        return f"{self._format_time_left_until(due.by)}: {report}"

    def _format_time_left_until(self, by: datetime.datetime) -> str:
        seconds = int((by - self.now).total_seconds())
        hours, minutes = divmod(abs(seconds) // 60, 60)
        return self.words("incidents.next.over" if seconds <= 0 else "incidents.next.left", h=hours, m=minutes)


_ARCHIVE = "wordpress-….zip"
"""A release of which nobody has imported the archive."""


def _make_command_to_remove_obstacle(obstacle: Obstacle) -> NextStepCommand:
    needs: Mapping[str, Literal["how", "cause"]] = {"reported": "how", "close": "cause"}
    return NextStepCommand(obstacle.command, obstacle.speaks, needs.get(obstacle.command[1], ""))
