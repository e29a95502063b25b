"""Incidents: what they are about, what is owed, what was done. Escapes everything that others said."""

from __future__ import annotations

import datetime
import json
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.table import Table

from auditor.commands.shown.console import err, escape, out
from auditor.history.incidents import standing
from auditor.incidents import told
from auditor.models import Inventory, Lang, Run, clock
from auditor.models.incidents import Contained, Standing
from auditor.results import contained, intrusions
from auditor.text.words import Words

if TYPE_CHECKING:
    from auditor.incidents.case import Case
    from auditor.incidents.containing import Plan, Wanted
    from auditor.incidents.deadlines import Due
    from auditor.incidents.response.at_once import Response
    from auditor.incidents.visited import Fell, Serving, Unseen


def table(cases: Iterable[Case], now: datetime.datetime, words: Words) -> Table:
    """Incidents in rows: which, since when, about what, what is owed next."""
    grid = Table(box=None, pad_edge=False, show_header=False)
    for case in cases:
        owed = case.owed()
        state = (
            words("incidents.closed")
            if not case.open
            else due_line(owed[0], now, words)
            if owed
            else words("incidents.nothing_owed")
        )
        detected = words.moment(clock.stamp(case.detected))
        grid.add_row(case.id, detected, escape(", ".join(case.subjects)), escape(state))
    return grid


def due_line(due: Due, now: datetime.datetime, words: Words) -> str:
    """One report that is owed, by when, and whether its time is over."""
    name, by = words(f"incidents.report.{due.report}"), words.moment(clock.stamp(due.by))
    if due.report == "now":
        return words("incidents.owed_now", report=name)
    return words("incidents.overdue" if due.by <= now else "incidents.owed", report=name, by=by)


def case(shown: Case, lang: Lang) -> None:
    """One incident whole."""
    words, now = Words(lang), clock.now()
    out.print(f"[bold]{shown.id}[/]  {escape(', '.join(shown.subjects))}", soft_wrap=True)
    out.print(words("incidents.detected", when=words.moment(clock.stamp(shown.detected))))
    if shown.open and (hours := int((now - shown.detected).total_seconds() // 3600)):
        out.print(words("incidents.hours_gone", n=hours))
    for due in shown.owed() if shown.open else ():
        out.print(due_line(due, now, words), markup=False)
    for one in standing({shown.id: shown.entries}, now):
        out.print(escape(contained.line(one, words)), soft_wrap=True)
    for entry in shown.entries:
        line = f"{words.moment(entry.happened)}  {entry.who}: {told.deed(entry.deed, words)}"
        out.print(escape(line), soft_wrap=True)


def show_deed(one: Contained | Fell | Unseen, words: Words) -> bool:
    """What containing or cleaning something came to; whether it was done, and no site fell."""
    from auditor.incidents.visited import Fell

    if isinstance(one, Contained):
        said, well = [told.deed(one, words)], one.state == "confirmed"
    elif isinstance(one, Fell):
        said, well = list(told.fell(one, words)), False
    else:
        said, well = [told.unseen(one, words)], True
    for line in said:
        out.print(escape(line), soft_wrap=True)
    return well


class Visited:
    """What all visits of one command came to, which is said once, and only when no site fell or could not be told of."""

    def __init__(self) -> None:
        self._serving: list[Serving] = []
        self._all = True

    def add(self, one: object) -> None:
        """Take in what was done, or what a visit came to."""
        from auditor.incidents.visited import Fell, Serving, Unseen

        if isinstance(one, Serving):
            self._serving.append(one)
        self._all = self._all and not isinstance(one, Fell | Unseen)

    def show(self, words: Words) -> None:
        """Say that the sites still serve, where they were visited and all do."""
        if self._serving and self._all:
            out.print(told.serving(self._serving, words), markup=False, soft_wrap=True)


class Told:
    """What one command tells."""

    def __init__(self, words: Words, *, as_json: bool) -> None:
        self._words, self._as_json = words, as_json
        self._data: list[dict[str, Any]] = []
        self._visited = Visited()
        self.well = True
        """Whether all of it was done, or would be, and no site fell."""

    def deed(self, one: Contained | Fell | Unseen | Serving) -> None:
        """Tell what one thing came to, or what became of a site."""
        from auditor.incidents.visited import Fell, Serving, Unseen

        self._visited.add(one)
        if isinstance(one, Serving):
            return
        if not self._as_json:
            self.well = show_deed(one, self._words) and self.well
            return
        if isinstance(one, Contained):
            said = {"says": told.deed(one, self._words)}
            self._data.append({**one.model_dump(mode="json"), **said})
            self.well = self.well and one.state == "confirmed"
        elif isinstance(one, Fell):
            lost = [difference.url for difference in one.lost]
            said = {"says": " ".join(told.fell(one, self._words))}
            released = [action.number for action in one.released]
            self._data.append(
                {
                    **{"kind": "fell", "site": one.domain, "lost": lost, "released": released, "left": one.left},
                    **{"others": one.others, "shut": one.shut, **said},
                }
            )
            self.well = False
        elif isinstance(one, Unseen):
            self._data.append(
                {"kind": "unseen", "sites": one.domains, "shut": one.shut, "says": told.unseen(one, self._words)}
            )

    def plan(self, wanted: Wanted, host: str, made: Plan) -> None:
        """Tell what would be done on a host."""
        self.well = self.well and not made.why
        lines = list(told.plan(wanted, host, made, self._words))
        if self._as_json:
            planned = {"means": wanted.means, "what": wanted.what, "steps": made.steps, "why": made.why}
            self._data.append(
                {"kind": "planned", "host": host, **planned, "about": made.about, "says": "\n".join(lines)}
            )
            return
        for line in lines:
            out.print(escape(line), soft_wrap=True)

    def end(self) -> None:
        """Say that the sites serve, if all do; write all that was told, where a program reads it."""
        if self._as_json:
            typer.echo(json.dumps(self._data, ensure_ascii=False, indent=1))
        else:
            self._visited.show(self._words)


def show_found(found: Iterable[Response], words: Words) -> None:
    """What would be contained at once, and what is left to a person; of what visitors of a site are shown, only how much."""
    some = list(found)
    shown = Counter(one.subject for one in some if one.root and not one.wanted)
    parts = {
        "at_once": [told.thing(one, words) for one in some if one.wanted],
        "left": [
            *(words("incidents.of_site", n=n, site=site) for site, n in shown.items()),
            *(told.thing(one, words) for one in some if not (one.wanted or one.root)),
        ],
    }
    for part, lines in parts.items():
        if lines:
            out.print(words(f"incidents.all_found.{part}"), markup=False)
        for line in lines:
            out.print(f"  - {escape(line)}", soft_wrap=True)


def show_contained(some: Iterable[Standing], words: Words, console: Console = out) -> None:
    """What incidents contain on hosts: what is seen there is seen past that."""
    for incident, lines in contained.by_incident(some, words).items():
        console.print(f"[yellow]{escape(words('incidents.contained.by', incident=incident))}[/]")
        for line in lines:
            console.print(f"  {escape(line)}", soft_wrap=True)


def show_unrecorded(run: Run, words: Words, console: Console = out) -> None:
    """What hosts have on record that the case log does not have in force."""
    for line in contained.unrecorded(run.unrecorded, words):
        console.print(f"[yellow]{words('incidents.contained')}[/]: {escape(line)}", soft_wrap=True)


def show_intrusions(run: Run, words: Words, console: Console = out) -> None:
    """Each host and site with traces of intruders, and whether an incident is open on it; incidents without any."""
    found, commands = intrusions.intrusions(run), dict[str, None]()
    for one in found:
        label = words("standing.intruded" if one.certain else "standing.suspected")
        line = f"{one.subject.id}: {intrusions.counted(one, words)}. {intrusions.state(one.incidents, words)}"
        console.print(f"[bold red]{escape(label)}[/] {escape(line)}", soft_wrap=True)
        command = intrusions.next_step(one, run.inventory, words)
        if command not in commands:
            console.print(f"  {escape(command)}", soft_wrap=True)
        commands[command] = None
    if command := intrusions.review_sites(run, found):
        console.print(escape(words("intrusion.review", command=command)), soft_wrap=True)
    if (command := intrusions.open_all(found, run.inventory, words)) and command not in commands:
        console.print(escape(words("intrusion.in_one", command=command)), soft_wrap=True)
    if found:
        console.print(f"[bold red]{escape(words(f'intrusion.decision.{run.regime}'))}[/]", soft_wrap=True)
    elif run.incidents:
        said = f"{intrusions.state(run.incidents, words)} {intrusions.seen_since(run, run.incidents, words)}"
        console.print(f"[bold]{escape(words('intrusion.incidents'))}[/]: {escape(said)}", soft_wrap=True)


def record_lapses(known: Inventory, said: Iterable[tuple[str, str]], lang: Lang) -> None:
    """Write into the case log, and tell, what hosts do not hold for incidents any more after they were brought back; ``said``: hosts and what each says."""
    from auditor.history.incidents import Incidents
    from auditor.incidents import lapses

    for host, text in said:
        for deed in lapses.record(Incidents(), known.path, host, text):
            err.print(escape(told.deed(deed, Words(lang))), soft_wrap=True)


def as_data(of: Case) -> dict[str, Any]:
    """An incident as JSON has it."""
    return {
        "id": of.id,
        "open": of.open,
        "detected": clock.stamp(of.detected),
        "regime": of.regime,
        "subjects": of.subjects,
        "owed": [{"report": due.report, "by": clock.stamp(due.by)} for due in of.owed()],
        "actions": [
            {
                "number": action.number,
                "host": action.host,
                "means": action.means,
                "what": action.what,
                "state": action.state,
                "until": clock.stamp(action.until) if action.until else None,
            }
            for action in of.actions.values()
        ],
        "cause": of.cause,
        "entries": [entry.model_dump(mode="json") for entry in of.entries],
    }
