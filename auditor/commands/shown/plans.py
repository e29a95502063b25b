"""What a hardening would do, and what it holds back. Escapes everything that a host said."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from auditor.audit.controls import Catalogue
from auditor.commands.shown.console import escape, out
from auditor.commands.shown.doing import about
from auditor.commands.shown.styles import STYLE
from auditor.hardening import duration
from auditor.hardening.plan import Change, Plan, TaskPreview
from auditor.models import Lang
from auditor.results.summary import SEVERITIES
from auditor.text.words import Words

_WIDE = 100
"""Columns from which on a control's id and place have columns of their own."""
_PLACES = 2
_NAMES = 5


@dataclass(frozen=True)
class _Row:
    """One control as it would be put in force, or is held, alike on all these hosts."""

    change: Change
    hosts: tuple[str, ...]
    sites: tuple[str, ...]
    found: tuple[str, ...]
    found_total: int


def show_plan(
    plan: Plan, catalogue: Catalogue, lang: Lang, previews: Sequence[TaskPreview] = (), console: Console = out
) -> None:
    """Worst first what would be put in force, and why; what is held, and why; each host; then the diffs."""
    words = Words(lang)
    due = _rows((host.host, change) for host in plan.hosts for change in host.due)
    held = _rows((host.host, change) for host in plan.hosts for change in host.held)
    console.print(f"[bold]{_head(plan, words)}[/]")
    for title, rows in ((words("plan.due"), due), (words("plan.held_and_why"), held)):
        if rows:
            console.print(f"\n{title}")
            console.print(_table(rows, catalogue, words, wide=console.width >= _WIDE))
    _show_hosts(plan, words, console)
    for preview in previews:
        name = about(preview.name, words) or words("doing.state")
        console.print(f"\n[bold]{escape(preview.host)}[/] {escape(name)}")
        for line in preview.diff.splitlines():
            style = "green" if line.startswith("+") else "red" if line.startswith("-") else "dim"
            console.print(f"[{style}]{escape(line)}[/]", soft_wrap=True)


def _head(plan: Plan, words: Words) -> str:
    due = sum(len(host.due) for host in plan.hosts)
    where = plan.hosts[0].host if len(plan.hosts) == 1 else words("hosts_n", n=len(plan.hosts))
    told = [words("plan.changes", n=due)]
    if plan.held_total:
        told.append(words("plan.held_here", n=plan.held_total))
    if due:
        seconds = duration.seconds(plan)
        least, most = (-(-int(part) // 60) for part in (seconds, 2 * seconds))
        told.append(words("plan.minute") if most == 1 else words("plan.minutes", least=least, most=most))
    return f"{escape(where)}: {', '.join(told)}"


def _rows(changes: Iterable[tuple[str, Change]]) -> list[_Row]:
    """The same change of several hosts once."""
    found: dict[tuple[object, ...], list[tuple[str, Change]]] = {}
    for host, change in changes:
        found.setdefault((change.control, change.held, change.danger, change.note), []).append((host, change))
    return [
        _Row(
            change=alike[0][1],
            hosts=tuple(dict.fromkeys(host for host, _ in alike)),
            sites=tuple(dict.fromkeys(site for _, change in alike for site in change.sites)),
            found=tuple(dict.fromkeys(name for _, change in alike for name in change.found)),
            found_total=sum(change.found_total for _, change in alike),
        )
        for alike in found.values()
    ]


def _table(rows: Sequence[_Row], catalogue: Catalogue, words: Words, *, wide: bool) -> Table:
    order = [severity.value for severity in SEVERITIES]
    table = Table(box=None, pad_edge=False, header_style="bold", show_header=wide)
    table.add_column(words("col.severity"), no_wrap=True)
    if wide:
        table.add_column(words("col.control"), no_wrap=True)
        table.add_column(words("plan.where"), no_wrap=True)
    table.add_column(words("plan.why"), overflow="fold")
    for row in sorted(rows, key=lambda row: order.index(catalogue[row.change.control].severity.value)):
        control = catalogue[row.change.control]
        severity = f"[{STYLE[control.severity.value]}]{words(f'severity.{control.severity.value}').lower()}[/]"
        places = row.sites if control.subject == "site" else row.hosts
        where = _first(places, len(places), _PLACES)
        lines = [escape(control.problem.get(words.lang)), *_risks(row, words)]
        if wide:
            table.add_row(severity, control.id, escape(where), "\n".join(lines))
        else:
            lines.insert(1, f"[dim]{control.id} · {escape(where)}[/]")
            table.add_row(severity, "\n".join(lines))
    return table


def _risks(row: _Row, words: Words) -> list[str]:
    """What is concerned by name, what it may break, why it is held, what becomes different, and what stands still meanwhile."""
    change, lang, told = row.change, words.lang, []
    if row.found:
        told.append(f"[dim]{words('plan.found')}:[/] {escape(_first(row.found, row.found_total, _NAMES))}")
    if change.danger is not None:
        told.append(f"[yellow]{words('plan.danger')}:[/] {escape(change.danger.get(lang))}")
    if change.held is not None:
        told.append(f"[yellow]{words('plan.held_why')}:[/] {escape(change.held.get(lang))}")
    if change.note is not None:
        told.append(f"[dim]{words('plan.note')}: {escape(change.note.get(lang))}[/]")
    if change.disruption not in ("none", "reload"):
        told.append(f"[yellow]{words(f'disruption.{change.disruption}')}[/]")
    return told


def _first(names: Sequence[str], total: int, most: int) -> str:
    left = max(total, len(names)) - most
    return ", ".join(names[:most]) + (f" +{left}" if left > 0 else "")


def _show_hosts(plan: Plan, words: Words, console: Console) -> None:
    """Each host where there are several; one that is refused in any case."""
    several = len(plan.hosts) > 1
    if several:
        console.print()
    for host in plan.hosts:
        if host.refused is not None:
            console.print(f"[bold]{escape(host.host)}[/]: [yellow]{escape(host.refused.get(words.lang))}[/]")
        elif several:
            told = [words("plan.changes", n=len(host.due))]
            if host.held:
                told.append(words("plan.held_here", n=len(host.held)))
            if host.due:
                told.append(words(f"disruption.{host.disruption}"))
            console.print(f"[bold]{escape(host.host)}[/]: {', '.join(told)}")


def show_next(plan: Plan, given: Sequence[str], lang: Lang, *, shown: bool, console: Console = out) -> None:
    """The commands that come next: the diff unless it is ``shown``, the hardening, and how a held change is accepted.

    ``given`` are the options that chose the plan, as typed.
    """
    words = Words(lang)
    held = next((change.control for host in plan.hosts for change in host.held if change.danger is not None), None)
    following: Mapping[str, tuple[str, ...]] = {
        **({} if plan.is_empty or shown else {words("plan.next.diff"): ("plan", *given, "--diff")}),
        **({words("plan.next.accept"): ("plan", *given, "--accept", held)} if held else {}),
        **({} if plan.is_empty else {words("plan.next.harden"): ("harden", *given)}),
    }
    if following:
        console.print(f"\n{words('plan.unchanged')}")
    for what, arguments in following.items():
        console.print(f"  {what}: [bold]{escape(shlex.join(['auditor', *arguments]))}[/]", soft_wrap=True)


def show_held(plan: Plan, lang: Lang, console: Console = out) -> None:
    """How many changes were held back and how many hosts refused, if any."""
    refused = sum(host.refused is not None for host in plan.hosts)
    if plan.held_total:
        console.print(Words(lang)("plan.held", n=plan.held_total))
    if refused:
        console.print(Words(lang)("plan.refused", n=refused))
