"""A hardening from end to end on one screen: what was found, what was changed, what proves it, where the report is."""

from __future__ import annotations

from rich.console import Console

from auditor.audit.controls import Catalogue
from auditor.commands.hardening.flow import HardeningOutcome
from auditor.commands.output.console import STYLE, escape_markup, out
from auditor.commands.output.hardenings import show_hardening
from auditor.commands.output.run import build_sites_table, show_open_findings_by_control
from auditor.models import Lang
from auditor.results.summary import SEVERITIES, summarize_run
from auditor.text.translations import Words

_WORST = 3
"""Controls that are named."""


def show_hardening_story_in_four_parts(
    outcome: HardeningOutcome, catalogue: Catalogue, lang: Lang, console: Console = out
) -> None:
    """Print the four parts, each under its number."""
    before, hardening = outcome.before, outcome.hardening
    words = Words(lang)
    first, last = summarize_run(before), summarize_run(outcome.after)
    by_severity = ", ".join(
        (
            f"[{STYLE[severity.value]}]{words.format_number(first.totals.open[severity])} "
            f"{words(f'severity.{severity.value}').lower()}[/]"
        )
        for severity in SEVERITIES
        if first.totals.open[severity]
    )
    where = f"{words('hosts_n', n=len(before.hosts))}, {words('sites_n', n=len(first.sites))}"
    total = words("history.open_n", n=first.totals.open_total)
    console.print(f"\n[bold]1. {words('story.found')}[/]: {where}: {total} ({by_severity})")
    show_open_findings_by_control(before, catalogue, lang, most=_WORST, console=console)
    due = sum(len(host.changes_to_be_made) for host in outcome.plan.hosts)
    console.print(f"\n[bold]2. {words('story.changed')}[/]: {words('plan.changes', n=due)}")
    if hardening is not None:
        show_hardening(hardening, lang, console)
    change_text = f"{words.format_number(first.totals.open_total)} → {words.format_number(last.totals.open_total)}"
    console.print(f"\n[bold]3. {words('story.proven')}[/]: {words('story.again', moved=change_text)}")
    console.print(build_sites_table(last, lang, first))
    console.print(f"\n[bold]4. {words('story.report')}[/]: {escape_markup(str(outcome.report))}", soft_wrap=True)
