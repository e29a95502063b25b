"""The office's exceptions, and which of them somebody has to look at."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from auditor.audit.exceptions import find_expired_statements
from auditor.commands.output.console import err, escape_markup
from auditor.models import Inventory, Run, clock
from auditor.models.exceptions.record import ExceptionState
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


def build_exceptions_table(states: Iterable[ExceptionState], words: Words) -> Table:
    """Return exceptions in rows: standing, days left, which, what is all right, where, who answers for it, why."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in (
        words("col.validity"),
        words("col.left"),
        words("col.paper"),
        words("col.about"),
        words("col.covers"),
        words("col.answers"),
        words("col.reason"),
    ):
        table.add_column(title)
    for state in states:
        style = _PAPER_STYLE.get(state.validity, "default")
        table.add_row(
            f"[{style}]{words(f'validity.{state.validity}')}[/]",
            exceptions.format_days_left(state.validity, state.days_left, words),
            escape_markup(exceptions.format_name_of_exception(state, words)),
            escape_markup(state.about),
            escape_markup(exceptions.format_covers_of_exception(state, words)),
            escape_markup(exceptions.format_roles_of_exception(state)),
            escape_markup(state.reason) or "–",
        )
    return table


def show_expired_vulnerability_statements(inventory: Inventory, words: Words) -> None:
    """Print the office's statements on vulnerabilities that no longer hold."""
    today = clock.today()
    for statement in find_expired_statements(inventory, today):
        days_text = exceptions.format_days_left("expired", (statement.expires - today).days, words)
        err.print(
            f"[red]{escape_markup(statement.id)}[/]: {statement.vulnerability}"
            f", {escape_markup(statement.product)}: {days_text}"
        )
