"""Waivers and attestations, and which of them somebody has to look at."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from auditor.audit import vex
from auditor.audit.waivers import PaperState
from auditor.commands.output.console import err, escape_markup
from auditor.models import Inventory, Run, Waiver, clock
from auditor.results import exceptions
from auditor.results.summary import FleetSummary
from auditor.text.translations import Words

_PAPER_STYLE = {"expired": "red", "expiring": "yellow"}


def show_waivers_and_attestations(run: Run, now: FleetSummary, words: Words, console: Console) -> None:
    """Print how much is waived or attested, and the papers that somebody has to look at."""
    if now.totals.waived:
        console.print(words("totals.waived", n=now.totals.waived))
    if now.totals.attested:
        console.print(words("totals.attested", n=now.totals.attested))
    for use in exceptions.list_waiver_uses_of_run_by_validity(run):
        if use.validity in _PAPER_STYLE or use.is_unused:
            remarks = [
                exceptions.format_days_left(use.validity, use.days_left, words),
                *([words("waiver.unused")] if use.is_unused else []),
            ]
            style = _PAPER_STYLE.get(use.validity, "dim")
            err.print(f"[{style}]{escape_markup(use.waiver.id)}[/]: {use.waiver.control}: {', '.join(remarks)}")
    for answer in exceptions.list_attestations(run):
        if answer.attested.validity in _PAPER_STYLE:
            ids = escape_markup(", ".join(subject.id for subject in answer.subjects))
            told_left = exceptions.format_days_left(answer.attested.validity, answer.attested.days_left, words)
            err.print(f"[{_PAPER_STYLE[answer.attested.validity]}]{answer.control}[/]: {ids}: {told_left}")


def build_waivers_and_attestations_table(states: Iterable[PaperState], words: Words) -> Table:
    """Return waivers and attestations in rows: standing, days left, what, where, who answers for it."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in (
        words("col.validity"),
        words("col.left"),
        words("col.paper"),
        words("col.control"),
        words("col.covers"),
        words("col.answers"),
    ):
        table.add_column(title)
    for state in states:
        paper = state.paper
        style = _PAPER_STYLE.get(state.validity, "default")
        table.add_row(
            f"[{style}]{words(f'validity.{state.validity}')}[/]",
            exceptions.format_days_left(state.validity, state.days_left, words),
            escape_markup(paper.id) if isinstance(paper, Waiver) else words("attestation"),
            paper.control,
            escape_markup(", ".join(subject.id for subject in state.covers)) or "–",
            escape_markup(paper.approver if isinstance(paper, Waiver) else paper.who),
        )
    return table


def show_expired_vulnerability_statements(inventory: Inventory, words: Words) -> None:
    """Print the office's statements on vulnerabilities that no longer hold."""
    today = clock.today()
    for statement in vex.find_expired_statements(inventory, today):
        days_text = exceptions.format_days_left("expired", (statement.expires - today).days, words)
        err.print(
            f"[red]{escape_markup(statement.id)}[/]: {statement.vulnerability}"
            f", {escape_markup(statement.product)}: {days_text}"
        )
