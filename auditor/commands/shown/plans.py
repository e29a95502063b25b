"""What a hardening would do, and what it holds back. Escapes everything that a host said."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from auditor.audit.controls import Catalogue
from auditor.commands.shown.console import escape, out
from auditor.commands.shown.styles import STYLE
from auditor.hardening.plan import Plan, TaskPreview
from auditor.models import Lang
from auditor.text.words import Words


def show_plan(
    plan: Plan, catalogue: Catalogue, lang: Lang, previews: Sequence[TaskPreview] = (), console: Console = out
) -> None:
    """Per host the controls that would be put in force, the sites, disruption and danger; what is held, and why; then the diffs."""
    words = Words(lang)
    for host in plan.hosts:
        if host.refused is not None:
            console.print(f"[bold]{escape(host.host)}[/]: [yellow]{escape(host.refused.get(lang))}[/]")
            continue
        head = [words("plan.changes", n=len(host.due)), words(f"disruption.{host.disruption}")]
        if host.held:
            head.append(words("plan.held_here", n=len(host.held)))
        console.print(f"[bold]{escape(host.host)}[/]: {', '.join(head)}")
        for change in host.changes:
            control = catalogue[change.control]
            own = f" [dim]{escape(', '.join(change.sites))}[/]" if control.subject == "site" else ""
            console.print(
                f"  [{STYLE[control.severity.value]}]{change.control}[/]  {escape(control.title.get(lang))}{own}"
                + (
                    ""
                    if change.disruption in ("none", "reload")
                    else f"  [yellow]{words(f'disruption.{change.disruption}')}[/]"
                )
            )
            if change.held is not None:
                console.print(f"      [yellow]{words('plan.held_why')}:[/] {escape(change.held.get(lang))}")
            if change.danger is not None:
                console.print(f"      [yellow]![/] {escape(change.danger.get(lang))}")
            if change.note is not None:
                console.print(f"      [dim]{escape(change.note.get(lang))}[/]")
    for preview in previews:
        console.print(f"\n[bold]{escape(preview.host)}[/] {escape(preview.name)}")
        for line in preview.diff.splitlines():
            style = "green" if line.startswith("+") else "red" if line.startswith("-") else "dim"
            console.print(f"[{style}]{escape(line)}[/]")


def show_held(plan: Plan, lang: Lang) -> None:
    """How many changes were held back and how many hosts refused, if any."""
    refused = sum(host.refused is not None for host in plan.hosts)
    if plan.held_total:
        out.print(Words(lang)("plan.held", n=plan.held_total))
    if refused:
        out.print(Words(lang)("plan.refused", n=refused))
