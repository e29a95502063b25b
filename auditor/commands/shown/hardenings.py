"""What a hardening, its way back and drift came to, host by host. Escapes everything that a host said."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console

from auditor.commands.shown.console import err, escape, out
from auditor.hardening.drift import Drift
from auditor.hardening.rollback import Step
from auditor.models import Hardening, HostState, Lang
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


_UNDONE = ("files", "removed", "sysctls", "units", "purged", "staying")
_SHOWN = 20


def show_undone(step: Step, lang: Lang, *, done: bool, console: Console = out) -> None:
    """What a rollback would bring back on a host, or did."""
    words = Words(lang)
    if step.undone is None:
        console.print(
            f"[bold]{escape(step.host)}[/]: [red]{escape(step.refused.get(lang) if step.refused else '?')}[/]"
        )
        return
    undone = step.undone
    head = words("undone.nothing" if not undone.anything else "undone.done" if done else "undone.to_do")
    console.print(f"[bold]{escape(step.host)}[/]: {head}")
    for key in _UNDONE:
        members = getattr(undone, key)
        if members:
            more = f" … ({len(members)})" if len(members) > _SHOWN else ""
            console.print(f"  {words(f'undone.{key}')}: {escape(', '.join(members[:_SHOWN]))}{more}")
    if undone.database:
        console.print(f"  {words('undone.database')}")
    for one in undone.brings_back:
        console.print(f"  [yellow]![/] {words('undone.brings_back')}: {escape(one)}")
    for kept in undone.left:
        console.print(f"  [yellow]{words('undone.left')}[/]: {escape(kept.path)}: {escape(kept.reason)}")
    for one in undone.problems:
        console.print(f"  [red]{escape(one)}[/]")


def show_drift(drift: Drift, lang: Lang) -> None:
    """What changed on a host since its last confirmed hardening."""
    words = Words(lang)
    if drift.refused is not None:
        err.print(f"[bold]{escape(drift.host)}[/]: [yellow]{escape(drift.refused.get(lang))}[/]")
        return
    head = (
        words("drift.changes", n=drift.count, run=drift.run) if drift.count else words("drift.unchanged", run=drift.run)
    )
    out.print(f"[bold]{escape(drift.host)}[/]: {escape(head)}")
    for change in drift.changes:
        out.print(f"  {escape(change.how):<10} {escape(change.what)}  [dim]{', '.join(change.controls)}[/]")
    for note in drift.notes[:_SHOWN]:
        err.print(f"  [yellow]![/] {escape(note.get(lang))}")
