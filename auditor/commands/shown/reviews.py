"""What reviews saw of sites, the traces in it with the command that accepts each, and what is accepted."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table

from auditor.audit.controls import Catalogue
from auditor.audit.reviews import accepting, responding
from auditor.commands.shown.console import escape, out
from auditor.models import Accepted, Look, Run, Trace
from auditor.results import papers, traces
from auditor.results.traces import accepted_line, seen, what_it_is
from auditor.text.words import Words

_STYLE = {"exact": "red", "strong": "yellow", "weak": "dim"}
_MOST = 10
"""Traces of one site that the terminal shows."""


def show_reviews(run: Run, catalogue: Catalogue, words: Words, console: Console = out) -> None:
    """The last look at each site, what it saw, and which sites were never looked at."""
    sites = traces.by_site(run, catalogue)
    if not sites:
        return
    console.print(words("reviews.heading"))
    for site in sites:
        console.print(f"[bold]{escape(site.site)}[/]  {escape(seen(site.reviewed, words))}", soft_wrap=True)
        shown = [*site.alarming, *site.reviewed.weak]
        for one in shown[:_MOST]:
            _show(site.site, one, run.inventory, words, console)
        if len(shown) > _MOST:
            console.print(f"  {words('reviews.more', n=len(shown) - _MOST)}")
        show_how_to_accept(site.site, site.alarming[:_MOST], words, console)
        for known in site.reviewed.accepted:
            console.print(f"  {escape(accepted_line(known.trace, known.by, words))}", soft_wrap=True)
    for common in traces.shared((site.site, site.alarming) for site in sites):
        what = words("reviews.shared", n=len(common.where), what=what_it_is(common.trace, words))
        console.print(f"{escape(what)}: {escape(', '.join(common.where))}", soft_wrap=True)
    never = traces.never_reviewed(run)
    if never:
        console.print(f"{words('reviews.never', n=len(never))}: {escape(', '.join(never))}", soft_wrap=True)
    alone = traces.only_here(run)
    if alone:
        told = words("only_here.told", n=len(run.only_here), page=words("entry.only_here"))
        console.print(f"{told}: {escape(', '.join(alone))}", soft_wrap=True)
    for line in papers.authorizations(run, words):
        console.print(escape(line), soft_wrap=True)


def show_answers(seen: Iterable[Look], folder: Callable[[str], Path], words: Words, console: Console = out) -> None:
    """Where the answers lie that these looks kept, and how much of them a browser was shown; ``folder``: of a site."""
    for look in seen:
        if look.rendered or look.unrendered:
            told = words("reviews.browser", site=look.site, shown=look.rendered, failed=look.unrendered)
            console.print(escape(told), soft_wrap=True)
        if look.answers:
            where = words("reviews.answers", n=len(look.answers), site=look.site, folder=folder(look.site))
            console.print(escape(where), soft_wrap=True)


def _show(site: str, one: Trace, inventory: str, words: Words, console: Console) -> None:
    sure = words(f"certainty.{one.certainty}")
    places = words("reviews.places", n=one.places)
    console.print(
        f"  [{_STYLE[one.certainty]}]{sure}[/]  {escape(what_it_is(one, words))}  {escape(one.where)}  {places}",
        soft_wrap=True,
    )
    console.print(f"    {escape(one.sample)}", soft_wrap=True)
    show_answers_to(site, one, inventory, words, console)


def show_answers_to(subject: str, one: Trace, inventory: str, words: Words, console: Console = out) -> None:
    """Show the command that contains a trace that gives the alarm; of a mere sign, the one that accepts it."""
    if one.certainty == "weak":
        console.print(f"    [dim]{escape(accepting(subject, one))} --reason … --approver …[/]", soft_wrap=True)
        return
    given = f"--who {shlex.quote(words('incidents.on_duty'))} -i {shlex.quote(inventory)}"
    console.print(f"    [bold]{escape(responding(subject))} {escape(given)}[/]", soft_wrap=True)


def show_how_to_accept(subject: str, alarming: Sequence[Trace], words: Words, console: Console = out) -> None:
    """Show last, and in one line, how a trace that gives the alarm is accepted as the office's own, and by which keys."""
    if not alarming:
        return
    command = f"{accepting(subject, alarming[0])} --reason … --approver … --second …"
    keys = ", ".join(one.key for one in alarming)
    console.print(f"  [dim]{escape(words('response.own_keys', command=command, keys=keys))}[/]", soft_wrap=True)


def accepted_table(accepted: Iterable[Accepted], words: Words, today: date) -> Table:
    """Acceptances in rows: where, which, until when, who answers for it, why."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in (
        words("col.site"),
        words("col.key"),
        words("col.until"),
        words("col.answers"),
        words("col.reason"),
    ):
        table.add_column(title)
    for one in accepted:
        until = words.day(one.until) if one.until else words("baseline.no_end")
        style = "default" if one.holds(today) else "red"
        table.add_row(escape(one.site), one.key, f"[{style}]{until}[/]", escape(traces.roles(one)), escape(one.reason))
    return table
