"""What a hardening would do, and what it holds back. Escapes everything that a host said."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from auditor.audit.controls import Catalogue
from auditor.commands.output.console import STYLE, escape_markup, out
from auditor.commands.output.progress import describe_control_of_task
from auditor.hardening import duration
from auditor.hardening.plan import ControlChange, HardeningPlan
from auditor.hardening.steps.preview import TaskPreview
from auditor.models import Lang
from auditor.results.summary import SEVERITIES
from auditor.text.translations import Words

_WIDE = 100
"""Columns from which on a control's id and place have columns of their own."""
_PLACES = 2
_NAMES = 5


@dataclass(frozen=True)
class _ChangeOfSeveralHosts:
    """One control as it would be put in force, or is held, alike on all these hosts."""

    change: ControlChange
    hosts: tuple[str, ...]
    sites: tuple[str, ...]
    found_names: tuple[str, ...]
    found_total: int


def show_plan(
    plan: HardeningPlan, catalogue: Catalogue, lang: Lang, previews: Sequence[TaskPreview] = (), console: Console = out
) -> None:
    """Print what would be put in force, worst first, and why; what is held, and why; each host; then the diffs."""
    words = Words(lang)
    due_rows = _group_same_changes_of_hosts(
        (host.host, change) for host in plan.hosts for change in host.changes_to_be_made
    )
    deferred_rows = _group_same_changes_of_hosts(
        (host.host, change) for host in plan.hosts for change in host.held_changes
    )
    console.print(f"[bold]{_format_heading(plan, words)}[/]")
    for title, rows in ((words("plan.due"), due_rows), (words("plan.held_and_why"), deferred_rows)):
        if rows:
            console.print(f"\n{title}")
            console.print(_build_planned_changes_table(rows, catalogue, words, wide=console.width >= _WIDE))
    _show_planned_and_refused_hosts(plan, words, console)
    for preview in previews:
        name = describe_control_of_task(preview.name, words) or words("doing.state")
        console.print(f"\n[bold]{escape_markup(preview.host)}[/] {escape_markup(name)}")
        for line in preview.diff.splitlines():
            style = "green" if line.startswith("+") else "red" if line.startswith("-") else "dim"
            console.print(f"[{style}]{escape_markup(line)}[/]", soft_wrap=True)


def _format_heading(plan: HardeningPlan, words: Words) -> str:
    due = sum(len(host.changes_to_be_made) for host in plan.hosts)
    where = plan.hosts[0].host if len(plan.hosts) == 1 else words("hosts_n", n=len(plan.hosts))
    parts = [words("plan.changes", n=due)]
    if plan.total_of_held_changes:
        parts.append(words("plan.held_here", n=plan.total_of_held_changes))
    if due:
        seconds = duration.estimate_seconds(plan)
        least, most = (-(-int(part) // 60) for part in (seconds, 2 * seconds))
        parts.append(words("plan.minute") if most == 1 else words("plan.minutes", least=least, most=most))
    return f"{escape_markup(where)}: {', '.join(parts)}"


def _group_same_changes_of_hosts(changes: Iterable[tuple[str, ControlChange]]) -> list[_ChangeOfSeveralHosts]:
    """Return the same change of several hosts once."""
    changes_by_key: dict[tuple[object, ...], list[tuple[str, ControlChange]]] = {}
    for host, change in changes:
        changes_by_key.setdefault((change.control, change.held, change.danger, change.note), []).append((host, change))
    return [
        _ChangeOfSeveralHosts(
            change=alike[0][1],
            hosts=tuple(dict.fromkeys(host for host, _ in alike)),
            sites=tuple(dict.fromkeys(site for _, change in alike for site in change.sites)),
            found_names=tuple(dict.fromkeys(name for _, change in alike for name in change.found)),
            found_total=sum(change.found_total for _, change in alike),
        )
        for alike in changes_by_key.values()
    ]


def _build_planned_changes_table(
    rows: Sequence[_ChangeOfSeveralHosts], catalogue: Catalogue, words: Words, *, wide: bool
) -> Table:
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
        where = _join_first_names_and_count_rest(places, len(places), _PLACES)
        lines = [escape_markup(control.problem.get(words.lang)), *_list_risks(row, words)]
        if wide:
            table.add_row(severity, control.id, escape_markup(where), "\n".join(lines))
        else:
            lines.insert(1, f"[dim]{control.id} · {escape_markup(where)}[/]")
            table.add_row(severity, "\n".join(lines))
    return table


def _list_risks(row: _ChangeOfSeveralHosts, words: Words) -> list[str]:
    """Return what a change concerns, may break, makes different and interrupts, and why it is held.

    What it concerns is listed by name.
    """
    change, lang, lines = row.change, words.lang, []
    if row.found_names:
        lines.append(
            f"[dim]{words('plan.found')}:[/] "
            f"{escape_markup(_join_first_names_and_count_rest(row.found_names, row.found_total, _NAMES))}"
        )
    if change.danger is not None:
        lines.append(f"[yellow]{words('plan.danger')}:[/] {escape_markup(change.danger.get(lang))}")
    if change.held is not None:
        lines.append(f"[yellow]{words('plan.held_why')}:[/] {escape_markup(change.held.get(lang))}")
    if change.note is not None:
        lines.append(f"[dim]{words('plan.note')}: {escape_markup(change.note.get(lang))}[/]")
    if change.disruption not in ("none", "reload"):
        lines.append(f"[yellow]{words(f'disruption.{change.disruption}')}[/]")
    return lines


def _join_first_names_and_count_rest(names: Sequence[str], total: int, most: int) -> str:
    rest_count = max(total, len(names)) - most
    return ", ".join(names[:most]) + (f" +{rest_count}" if rest_count > 0 else "")


def _show_planned_and_refused_hosts(plan: HardeningPlan, words: Words, console: Console) -> None:
    """Print each host where there are several; one that is refused in any case."""
    several = len(plan.hosts) > 1
    if several:
        console.print()
    for host in plan.hosts:
        if host.refused is not None:
            console.print(
                f"[bold]{escape_markup(host.host)}[/]: [yellow]{escape_markup(host.refused.get(words.lang))}[/]"
            )
        elif several:
            parts = [words("plan.changes", n=len(host.changes_to_be_made))]
            if host.held_changes:
                parts.append(words("plan.held_here", n=len(host.held_changes)))
            if host.changes_to_be_made:
                parts.append(words(f"disruption.{host.worst_disruption}"))
            console.print(f"[bold]{escape_markup(host.host)}[/]: {', '.join(parts)}")


def show_commands_after_plan(
    plan: HardeningPlan, plan_options: Sequence[str], lang: Lang, *, is_diff_shown: bool, console: Console = out
) -> None:
    """Print the commands that come next.

    These are the diff unless ``is_diff_shown``, the hardening, and the one that accepts a held change.

    ``plan_options`` are the options that chose the plan, as typed.
    """
    words = Words(lang)
    deferred_control = next(
        (change.control for host in plan.hosts for change in host.held_changes if change.danger is not None), None
    )
    next_commands: Mapping[str, tuple[str, ...]] = {
        **(
            {}
            if plan.has_no_changes_to_make or is_diff_shown
            else {words("plan.next.diff"): ("plan", *plan_options, "--diff")}
        ),
        **(
            {words("plan.next.accept"): ("plan", *plan_options, "--accept", deferred_control)}
            if deferred_control
            else {}
        ),
        **({} if plan.has_no_changes_to_make else {words("plan.next.harden"): ("harden", *plan_options)}),
    }
    if next_commands:
        console.print(f"\n{words('plan.unchanged')}")
    for what, arguments in next_commands.items():
        console.print(f"  {what}: [bold]{escape_markup(shlex.join(['auditor', *arguments]))}[/]", soft_wrap=True)


def show_held_changes_and_refused_hosts(plan: HardeningPlan, lang: Lang, console: Console = out) -> None:
    """Print how many changes were held back and how many hosts refused, if any."""
    refused_count = sum(host.refused is not None for host in plan.hosts)
    if plan.total_of_held_changes:
        console.print(Words(lang)("plan.held", n=plan.total_of_held_changes))
    if refused_count:
        console.print(Words(lang)("plan.refused", n=refused_count))
