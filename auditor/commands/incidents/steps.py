"""The next step of an incident, and what is in the way of closing it: lines for a terminal, and the same as JSON."""

from __future__ import annotations

import datetime
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from auditor.incidents import told
from auditor.incidents.case import Case
from auditor.incidents.closing import Obstacle
from auditor.incidents.deadlines import Due
from auditor.incidents.response.following import Command, Step
from auditor.models import clock
from auditor.models.incidents import Found
from auditor.text.usage import reason
from auditor.text.visible import one_line
from auditor.text.words import Words


@dataclass(frozen=True)
class Shown:
    """One incident as it is shown."""

    case: Case
    inventory: str
    words: Words
    now: datetime.datetime
    who: str = ""
    """The office role that commands are given; empty: whoever is on duty."""
    past: tuple[Found, ...] = ()
    """Findings that it is about and that an audit since then does not find any more."""

    def command(self, of: Command) -> str:
        """Return a command as it is typed."""
        given: tuple[str, ...] = ("auditor", *of.words)
        if of.needs == "how":
            given = (*given, "--how", self.words(f"incidents.next.how{'.now' if of.words[-1] == 'now' else ''}"))
        elif of.needs == "cause":
            said = self.case.answers.get("cause") or (self.words("incidents.next.cause"),)
            given = (*given, "--cause", said[0])
        if of.speaks:
            given = (*given, "--who", self.who or self.words("incidents.on_duty"))
        return shlex.join((*given, "-i", self.inventory))

    def says(self, step: Step) -> str:
        """Return what is to be done, in a sentence."""
        if step.obstacle is not None:
            return self._why(step.obstacle)
        about = dict(step.about)
        if "report" in about:
            about["report"] = self.words(f"incidents.report.{about['report']}")
        if "kind" in about:
            about["kind"] = self.words(f"content.kind.{about['kind']}")
        key = "report.out" if step.says == "report" and step.commands[0].needs else step.says
        return self.words(f"incidents.next.{key}", **about)

    def lines(self, step: Step) -> Iterator[str]:
        """Return the step, its commands, and the time that is left of each report."""
        yield f"{self.case.id}: {one_line(self.says(step), told.MOST_TYPED)}"
        for host in step.unreached:
            why = host.reason.get(self.words.lang) if host.reason else ""
            yield f"  {host.host}: {one_line(why, told.MOST_TYPED)}"
        for one in step.by_hand:
            yield from told.left(one, "", self.words)
        yield from (f"  {one_line(self.command(one), told.MOST_TYPED)}" for one in step.commands)
        yield from (self.words("incidents.next.past", control=one.control, subject=one.subject) for one in self.past)
        yield from map(self._due, self.case.owed())

    def obstacles(self, left: Sequence[Obstacle]) -> Iterator[str]:
        """Return all that is in the way of closing, each with its command."""
        yield self.words("incidents.next.in_the_way", incident=self.case.id)
        for one in left:
            yield f"- {one_line(self._why(one), told.MOST_TYPED)}"
            yield f"    {one_line(self.command(_command(one)), told.MOST_TYPED)}"

    def as_data(self, step: Step) -> dict[str, Any]:
        """Return the step as JSON has it."""
        return {
            "incident": self.case.id,
            "step": step.says,
            "says": self.says(step),
            "commands": [self.command(one) for one in step.commands],
            "unreached": [one.host for one in step.unreached],
            "past": [f"{one.control}:{one.subject}" for one in self.past],
            "by_hand": [
                {"host": one.host, "kind": one.kind, "where": one.where, "commands": list(each.commands)}
                for one in step.by_hand
                for each in one.steps
            ],
            "owed": [
                {
                    "report": due.report,
                    "by": clock.stamp(due.by),
                    "seconds_left": int((due.by - self.now).total_seconds()),
                }
                for due in self.case.owed()
            ],
        }

    def obstacle_data(self, one: Obstacle) -> dict[str, str]:
        """Return one thing that is in the way as JSON has it."""
        return {"why": self._why(one), "command": self.command(_command(one))}

    def _why(self, one: Obstacle) -> str:
        return reason(one.error, self.words.lang)

    def _due(self, due: Due) -> str:
        report = self.words(f"incidents.report.{due.report}")
        if due.report == "now":
            return self.words("incidents.owed_now", report=report)
        return f"{self._left(due.by)}: {report}"

    def _left(self, by: datetime.datetime) -> str:
        seconds = int((by - self.now).total_seconds())
        hours, minutes = divmod(abs(seconds) // 60, 60)
        return self.words("incidents.next.over" if seconds <= 0 else "incidents.next.left", h=hours, m=minutes)


def _command(one: Obstacle) -> Command:
    needs: Mapping[str, Literal["how", "cause"]] = {"reported": "how", "close": "cause"}
    return Command(one.command, one.speaks, needs.get(one.command[1], ""))
