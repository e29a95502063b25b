"""What a hardening, its way back and drift came to, host by host. Escapes everything that a host said."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from auditor.audit.controls import Catalogue
from auditor.commands.shown.console import err, escape, out
from auditor.commands.shown.styles import STYLE
from auditor.hardening.drift import Change, Drift
from auditor.hardening.rollback import Step
from auditor.models import ControlId, Hardening, HostState, Lang, Text
from auditor.text import usage
from auditor.text.words import Words

_STATE: Mapping[HostState, str] = {
    "waiting": "dim",
    "applying": "magenta",
    "armed": "magenta",
    "confirmed": "green",
    "reverted": "red",
    "in_part": "red",
    "rolled_back": "yellow",
    "refused": "yellow",
    "lost": "red",
}


def show_going_back(hosts: Sequence[str], why: Text, lang: Lang) -> None:
    """At once, before that is over: which hosts are brought back, and why."""
    words = Words(lang)
    err.print(escape(words("hardening.going_back", why=why.get(lang), hosts=", ".join(hosts))), soft_wrap=True)


def show_interrupted(hardening: Hardening, lang: Lang) -> None:
    """What a hardening that did not get to its end came to, when hosts that are open bring themselves back, and what to do."""
    words = Words(lang)
    err.print(f"[bold]{words('hardening.interrupted', run=hardening.id)}[/]")
    show_hardening(hardening, lang, err)
    left = hardening.having("applying", "armed", "lost")
    for entry in left:
        until = words.moment(entry.deadline) if entry.deadline else None
        said = (
            words("hardening.back_at", moment=until) if until else words("hardening.back_in", seconds=hardening.seconds)
        )
        err.print(f"[bold]{escape(entry.host)}[/]: {said}")
    if left:
        err.print(words("hardening.find_out", command=f"auditor harden -i {escape(hardening.inventory)}"))


def show_hardening(hardening: Hardening, lang: Lang, console: Console = out) -> None:
    """Per host whether its changes were kept, taken back, or never made, and why."""
    words = Words(lang)
    for entry in hardening.hosts:
        made = set(entry.controls) - {left.control for left in entry.not_done}
        changes = f" ({words('plan.changes', n=len(made))})" if entry.state == "confirmed" else ""
        said = words(f"state.{entry.state}")
        console.print(f"[bold]{escape(entry.host)}[/]: [{_STATE[entry.state]}]{said}[/]{changes}")
        if entry.why is not None:
            console.print(f"    {escape(entry.why.get(lang))}")
        for note in entry.notes[:_SHOWN]:
            console.print(f"    {escape(note.get(lang))}")
        for left in entry.not_done[:_SHOWN]:
            own = f" {left.subject.id}" if left.subject.kind == "site" else ""
            what = f"[red]{words('hardening.not_done')}[/]: {left.control}{escape(own)}"
            console.print(f"    {what}: {escape(left.why.get(lang))}")
    if hardening.not_done_total:
        console.print(words("hardening.not_done_n", n=hardening.not_done_total))
    for domain in hardening.broken_before:
        err.print(f"[yellow]{escape(domain)}[/]: {words('hardening.broken_before')}")
    for domain in hardening.by_wish:
        err.print(f"[yellow]{words('hardening.by_wish')}[/]: {escape(domain)}")
    for said_before in hardening.unjudged[:_SHOWN]:
        err.print(f"[yellow]{words('hardening.unjudged')}[/]: {escape(said_before.get(lang))}")


def show_way_back(hardening: Hardening, inventory: Path, lang: Lang, console: Console = out) -> None:
    """By which command what is in force by it is undone; nothing where no host was confirmed."""
    if hardening.having("confirmed"):
        command = shlex.join(["auditor", "rollback", hardening.id, "-i", str(inventory)])
        console.print(Words(lang)("hardening.way_back", command=escape(command)), soft_wrap=True)


_SHOWN = 20
_CONTROLS = 10
_CHANGES = 40
_IDS = 3


def show_undone(step: Step, catalogue: Catalogue, lang: Lang, *, done: bool, console: Console = out) -> None:
    """What a rollback would undo on a host, or did: the controls first, then who gets what back, what stays, and the rest."""
    words, host = Words(lang), f"[bold]{escape(step.host)}[/]"
    undone = step.undone
    if undone is None:
        console.print(f"{host}: [red]{escape(step.refused.get(lang) if step.refused else '?')}[/]")
        return
    told = [words("undone.done" if done else "undone.to_do")]
    if step.reopens:
        told.append(words("undone.opened" if done else "undone.opens", n=len(step.reopens)))
    if step.in_force_again:
        told.append(words("undone.in_force_again", ids=", ".join(step.in_force_again)))
    console.print(f"{host}: {': '.join(told) if undone.anything or step.reopens else words('undone.nothing')}")
    if step.reopens:
        console.print(_controls(step.reopens, catalogue, words, _CONTROLS))
    for one in undone.brings_back:
        console.print(f"  [yellow]![/] {words('undone.brings_back')}: {escape(usage.of_guard(one, lang))}")
    if undone.staying:
        console.print(f"  {words('undone.staying')}: {escape(_first(undone.staying, _SHOWN))}")
    for kept in undone.left[:_SHOWN]:
        said = f"{escape(usage.of_guard(kept.path, lang))}: {escape(usage.of_guard(kept.reason, lang))}"
        console.print(f"  [yellow]{words('undone.left')}[/]: {said}")
    if len(undone.left) > _SHOWN:
        console.print(f"  [yellow]{words('undone.left')}[/]: {words('more_lines', n=len(undone.left) - _SHOWN)}")
    named = _SHOWN if not step.reopens else 0
    rest = [
        *(
            f"{words(f'undone.part.{key}')}: {escape(_first(members, named)) if named else words.number(len(members))}"
            for key in ("files", "removed", "sysctls")
            if (members := getattr(undone, key))
        ),
        *(
            f"{words(f'undone.part.{key}')}: {escape(_first(members, _SHOWN))}"
            for key in ("units", "purged")
            if (members := getattr(undone, key))
        ),
        *([words("undone.database")] if undone.database else []),
    ]
    if rest:
        console.print(f"  [dim]{'; '.join(rest)}[/]")
    for one in undone.problems:
        console.print(f"  [red]{escape(usage.of_guard(one, lang))}[/]")


def show_drift(drift: Drift, catalogue: Catalogue, lang: Lang) -> None:
    """What changed on a host since its last confirmed hardening: the controls that are open again first, then what changed."""
    words = Words(lang)
    if drift.refused is not None:
        err.print(f"[bold]{escape(drift.host)}[/]: [yellow]{escape(drift.refused.get(lang))}[/]")
        return
    head = (
        words("drift.changes", n=drift.count, run=drift.run) if drift.count else words("drift.unchanged", run=drift.run)
    )
    reopened = drift.reopened or ()
    rest = ", ".join(name for name in drift.concerned if name not in reopened)
    opened = f"; [red]{words('drift.reopened_n', n=len(reopened))}[/]" if reopened else ""
    out.print(f"[bold]{escape(drift.host)}[/]: {escape(head)}{opened}")
    if reopened:
        out.print(_controls(reopened, catalogue, words, len(reopened)))
    if rest:
        said = f"[magenta]{words('drift.unknown')}[/]" if drift.reopened is None else f"[green]{words('drift.met')}[/]"
        out.print(f"  {said}: {rest}")
    for change in sorted(drift.changes, key=lambda change: not change.controls)[:_CHANGES]:
        about = _some(change.controls, _IDS) if change.controls else words("drift.of_none")
        out.print(f"  {_changed(change, words)}: [dim]{about}[/]", soft_wrap=True)
    if drift.count > _CHANGES:
        out.print(f"  {words('drift.more', n=drift.count - _CHANGES)}")
    for note in drift.notes[:_SHOWN]:
        err.print(f"  [yellow]![/] {escape(note.get(lang))}")


_HOW = ("content", "attributes", "missing", "new", "changed")


def _changed(change: Change, words: Words) -> str:
    how = words(f"drift.how.{change.how}") if change.how in _HOW else escape(change.how)
    return f"{escape(change.what)} ({how})"


def _controls(names: Sequence[ControlId], catalogue: Catalogue, words: Words, most: int) -> Table:
    """What is wrong by the worst of these controls, and how many more there are."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for number in range(3):
        table.add_column(no_wrap=number < 2)
    known = sorted((catalogue[name] for name in names if name in catalogue.by_id), key=lambda one: -one.severity.rank)
    rows = [
        (
            f"  [{STYLE[one.severity.value]}]{words(f'severity.{one.severity.value}').lower()}[/]",
            one.id,
            escape(one.problem.get(words.lang)),
        )
        for one in known
    ]
    for row in (rows + [("", name, "") for name in names if name not in catalogue.by_id])[:most]:
        table.add_row(*row)
    if len(names) > most:
        table.add_row("", "", words("undone.more", n=len(names) - most))
    return table


def _some(names: Sequence[str], most: int) -> str:
    return ", ".join(names[:most]) + (f" +{len(names) - most}" if len(names) > most else "")


def _first(members: Sequence[str], most: int) -> str:
    more = f" … ({len(members)})" if len(members) > most else ""
    return ", ".join(members[:most]) + more
