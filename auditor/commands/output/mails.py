"""Mails, and what became of each."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table

from auditor.commands.output.console import escape_markup
from auditor.mail.spool import Mail
from auditor.text.translations import Words


def build_mails_table(mails: Iterable[Mail], words: Words) -> Table:
    """Return mails in rows: what became of each, and why."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("state", "to", "subject", "tries", "next", "error"):
        table.add_column(words(f"mail.column.{title}"))
    for mail in mails:
        later = words.format_epoch_second(mail.next_try) if mail.state == "waiting" else ""
        state = words(f"mail.state.{mail.state}")
        tries = words.format_number(mail.tries)
        table.add_row(
            state,
            mail.recipient,
            escape_markup(mail.subject),
            tries,
            later,
            escape_markup(mail.last_error or ""),
        )
    return table
