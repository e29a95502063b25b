"""The next step of an incident, and what is in the way of closing it: lines for a terminal, and the same as JSON."""

from __future__ import annotations

import datetime
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from auditor.incidents import told
from auditor.incidents.case import Action, Case
from auditor.incidents.closing import Obstacle
from auditor.incidents.deadlines import Due
from auditor.incidents.forms.asked import CHOICES
from auditor.incidents.lapses import PROGRAM
from auditor.incidents.response import commands, manual
from auditor.incidents.response.at_once import Response
from auditor.incidents.response.following import Command, Step, closing_site, left_over, sign_commands
from auditor.incidents.sentences import sentence
from auditor.looks.traces import defanged
from auditor.models import clock
from auditor.models.incidents import Found, Noted
from auditor.results.contained import what_of
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
    """The office role that commands are given; empty: the one that acted last."""
    past: tuple[Found, ...] = ()
    """Findings that it is about and that an audit since then does not find any more."""
    release: str = ""
    """The archive from which the files of a release are known to be good; empty: of none."""
    root: tuple[str, ...] = ()
    """Hosts on which an intruder was root."""
    note: str = ""
    """What is noted of what was done by hand."""

    def command(self, of: Command) -> str:
        """Return a command as it is typed."""
        given: tuple[str, ...] = ("auditor", *of.words)
        if of.needs == "answers":
            questions = of.words[3:]
            given = ("auditor", *of.words[:3], *(f"{question}=…" for question in questions))
        elif of.needs == "note":
            given = (*given, self.note)
        elif of.needs == "release":
            given = (*given, "--from", self.release or _ARCHIVE)
        elif of.needs == "how":
            given = (*given, "--how", self.words(f"incidents.next.how{'.now' if of.words[-1] == 'now' else ''}"))
        elif of.needs == "cause":
            said = self.case.answers.get("cause") or (self.words("incidents.next.cause"),)
            given = (*given, "--cause", said[0])
        if of.speaks:
            given = (*given, "--who", self.who or self._acted_last())
        return shlex.join((*given, "-i", self.inventory))

    def _acted_last(self) -> str:
        acted = (one.who for one in reversed(self.case.entries) if one.who != PROGRAM)
        return next(acted, self.words("incidents.on_duty"))

    def says(self, step: Step) -> str:
        """Return what is to be done, in a sentence."""
        if step.obstacle is not None:
            return self._why(step.obstacle)
        about = {**step.about}
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
        yield from (f"  - {line}" for line in self._questions(step))
        yield from self._looked(step.looked)
        yield from (f"  - {self._stopped(one)}" for one in step.stopped)
        yield from self._by_hand(step)
        yield from (f"  {line}" for line in self.commands(step))
        if step.looked:
            yield self.words("incidents.next.own")
        if step.signs:
            yield self.words("incidents.next.signs")
            yield from self._looked(step.signs)
            yield from (f"  {self._typed(one)}" for one in sign_commands(self.case, step.signs))
            yield self.words("incidents.next.own.sign")
        if self.root:
            yield self.words("incidents.next.root", hosts=", ".join(self.root))
        if self.past:
            where = ", ".join(dict.fromkeys(one.subject for one in self.past))
            yield self.words("incidents.past", n=len(self.past), where=where)
        yield from map(self._due, self.case.owed())

    def left(self, some: Sequence[Response]) -> Iterator[str]:
        """Return what containing at once left to a person, a thing at a time, with the commands for all of it."""
        step = left_over(self.case, some)
        if step.looked:
            yield self.words("incidents.next.left_over")
            yield from self._looked(step.looked)
            yield from (f"  {line}" for line in self.commands(step))
        yield from self._by_hand(step)

    def _looked(self, some: Sequence[Response]) -> Iterator[str]:
        """What a person looks at, each with the key by which the office accepts it as its own; then how files are read on their hosts, inert."""
        yield from (f"  - {told.thing(one, self.words)}{f' [{one.key}]' if one.key else ''}" for one in some)
        files = [one for one in some if one.typed is not None and one.typed[0] == "file"]
        for host in dict.fromkeys(one.host for one in files):
            yield f"    {self.words('incidents.next.read', host=host)}"
            yield f"      {one_line(commands.read([one.where for one in files if one.host == host]), told.MOST_TYPED)}"

    def commands(self, step: Step) -> Iterator[str]:
        """Return the commands of a step as they are typed, without a note that is written already."""
        noted = {entry.deed.text for entry in self.case.entries if isinstance(entry.deed, Noted)}
        for one in step.commands:
            shown = replace(self, note=self._note(step)) if one.needs == "note" else self
            if not shown.note or shown.note not in noted:
                yield shown._typed(one)

    def _typed(self, one: Command) -> str:
        return one_line(self.command(one), told.MOST_TYPED)

    def _note(self, step: Step) -> str:
        """What is noted when a person has done by hand what the step says."""
        things = (self._of_site(one) if one.root else told.thing(one, self.words) for one in step.by_hand)
        return sentence("TEXT", self.words("incidents.next.note", what="; ".join(dict.fromkeys(things))))

    def _of_site(self, one: Response) -> str:
        return self.words("incidents.next.shown", site=one.subject)

    def _stopped(self, one: Action) -> str:
        return self.words(
            "incidents.now.process",
            number=str(one.number),
            what=one_line(what_of(one.means, one.what, self.words)),
            host=one.host,
        )

    def _by_hand(self, step: Step) -> Iterator[str]:
        """What a person does: on hosts a thing at a time, in a site all that its visitors are shown at once."""
        for one in (one for one in step.by_hand if not one.root):
            yield from told.left(one, self.words)
        shown = [one for one in step.by_hand if one.root]
        for subject in dict.fromkeys(one.subject for one in shown):
            some = [one for one in shown if one.subject == subject]
            yield f"{self._of_site(some[0])}:"
            if (shut := closing_site(self.case, subject, some[0].host)) is not None:
                yield f"  {self.words('incidents.next.shut', command=self._typed(shut))}"
            yield from (f"  - {what}" for what in dict.fromkeys(self._shown(one) for one in some))
            pages = [one.where for one in some if one.wanted or (one.typed is not None and one.typed[0] == "path")]
            taken_out = manual.site_content(some[0].root, [one.target for one in some], pages)
            yield from told.step(taken_out, some[0].host, self.words)

    def _shown(self, one: Response) -> str:
        kind, target = self.words(f"content.kind.{one.kind}"), defanged(one.target)
        return f"{kind}: {target}" if target else f"{kind} ({one_line(one.where)})"

    def _questions(self, step: Step) -> Iterator[str]:
        """What the forms ask, with the boxes that there are to tick."""
        for question in step.commands[0].words[3:] if step.commands[0].needs == "answers" else ():
            boxes = [f"{box} ({self.words(f'form.choice.{question}.{box}')})" for box in CHOICES.get(question, ())]
            given = self.words("incidents.next.answer.boxes", boxes=", ".join(boxes)) if boxes else ""
            said = f"{question}: {self.words(f'form.field.{question}')}{given}"
            yield self.words("incidents.next.answer.later", question=said) if question in step.later else said

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
            "commands": list(self.commands(step)),
            "unreached": [one.host for one in step.unreached],
            "root": list(self.root),
            "questions": list(self._questions(step)),
            "past": [f"{one.control}:{one.subject}" for one in self.past],
            "look": [told.thing(one, self.words) for one in step.looked],
            "signs": {
                "things": [told.thing(one, self.words) for one in step.signs],
                "commands": [self._typed(one) for one in sign_commands(self.case, step.signs)] if step.signs else [],
            },
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


_ARCHIVE = "wordpress-….zip"
"""A release of which nobody has imported the archive."""


def _command(one: Obstacle) -> Command:
    needs: Mapping[str, Literal["how", "cause"]] = {"reported": "how", "close": "cause"}
    return Command(one.command, one.speaks, needs.get(one.command[1], ""))
