"""What hunts saw of hosts, and what is known to be good."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from auditor.audit.controls import Catalogue
from auditor.commands.shown.console import escape, out
from auditor.commands.shown.reviews import show_answers_to, show_how_to_accept
from auditor.history.known_good import Kept
from auditor.models import Run, Trace
from auditor.results import hunts
from auditor.results.traces import accepted_line, what_it_is
from auditor.text.rules import in_words
from auditor.text.words import Words

_STYLE = {"exact": "red", "strong": "yellow", "weak": "dim"}
_MOST = 25
"""Traces of one host that the terminal shows."""


def show_hunts(run: Run, catalogue: Catalogue, words: Words, console: Console = out) -> None:
    """The last hunt on each host, what it saw, and which hosts were never hunted on."""
    found = hunts.by_host(run, catalogue)
    if not found:
        return
    console.print(words("hunts.heading"))
    for one in found:
        console.print(f"[bold]{escape(one.hunted.host)}[/]  {escape(hunts.seen(one.hunted, words))}", soft_wrap=True)
        shown = [*one.alarming, *one.hunted.weak]
        for trace in shown[:_MOST]:
            _show(one.hunted.host, trace, run.inventory, words, console)
        if one.let_in_by:
            console.print(f"  {escape(words('hunts.let_in_by', controls=', '.join(one.let_in_by)))}", soft_wrap=True)
        if len(shown) > _MOST:
            console.print(f"  {words('reviews.more', n=len(shown) - _MOST)}")
        show_how_to_accept(one.hunted.host, one.alarming[:_MOST], words, console)
        for known in one.hunted.accepted:
            console.print(f"  {escape(accepted_line(known.trace, known.by, words))}", soft_wrap=True)
    for common in hunts.shared(found):
        what = words("hunts.shared", n=len(common.where), what=what_it_is(common.trace, words))
        console.print(f"{escape(what)}: {escape(', '.join(common.where))}", soft_wrap=True)
    console.print(words("hunts.may_lie"))


def _show(host: str, one: Trace, inventory: str, words: Words, console: Console) -> None:
    sure = words(f"certainty.{one.certainty}")
    rules = in_words(one.rules, words)
    console.print(
        f"  [{_STYLE[one.certainty]}]{sure}[/]  {escape(what_it_is(one, words))}  {escape(one.where)}  {escape(rules)}",
        soft_wrap=True,
    )
    if one.sample:
        console.print(f"    {escape(one.sample)}", soft_wrap=True)
    show_answers_to(host, one, inventory, words, console)


def known_table(kept: Iterable[Kept], words: Words) -> Table:
    """Releases in rows: which, how many files, made from what, why."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in (
        words("known_good.name"),
        words("known_good.version"),
        words("known_good.files"),
        words("known_good.origin"),
        words("col.reason"),
    ):
        table.add_column(title)
    for one in kept:
        why = f"{one.reason} ({one.approver})" if one.reason else ""
        table.add_row(escape(one.name), escape(one.version), str(one.files), escape(one.origin), escape(why))
    return table
