"""What reviews saw of sites, the traces in it with the command that accepts each, and what is accepted."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table

from auditor.audit.assessors.traces import build_accept_trace_command, build_open_incident_command
from auditor.audit.controls import Catalogue
from auditor.commands.output.console import escape_markup, out
from auditor.models import Run, Scan, Trace, TraceAcceptance
from auditor.results import exceptions, traces
from auditor.results.traces import (
    describe_acceptance,
    describe_time_and_coverage_of_review,
    describe_trace_kind,
)
from auditor.text.translations import Words

_STYLE = {"exact": "red", "strong": "yellow", "weak": "dim"}
_MAX_TRACES = 10
"""Traces of one site that the terminal shows."""


def show_last_review_of_each_site(run: Run, catalogue: Catalogue, words: Words, console: Console = out) -> None:
    """Print the last look at each site, what it saw, and the sites without any look."""
    sites = traces.list_site_traces(run, catalogue)
    if not sites:
        return
    console.print(words("reviews.heading"))
    for site in sites:
        console.print(
            f"[bold]{escape_markup(site.site_domain)}[/]  "
            f"{escape_markup(describe_time_and_coverage_of_review(site.review, words))}",
            soft_wrap=True,
        )
        for line in traces.describe_manners_not_seen(site.review, words):
            console.print(f"  [yellow]{escape_markup(line)}[/]", soft_wrap=True)
        site_traces = [*site.alarming_traces, *site.review.weak]
        for trace in site_traces[:_MAX_TRACES]:
            _show_trace(site.site_domain, trace, run.inventory, words, console)
        if len(site_traces) > _MAX_TRACES:
            console.print(f"  {words('reviews.more', n=len(site_traces) - _MAX_TRACES)}")
        show_how_to_accept_alarming_traces(site.site_domain, site.alarming_traces[:_MAX_TRACES], words, console)
        for accepted_trace in site.review.accepted:
            console.print(
                f"  {escape_markup(describe_acceptance(accepted_trace.trace, accepted_trace.by, words))}",
                soft_wrap=True,
            )
    for common in traces.find_alarming_traces_on_several_subjects(
        (site.site_domain, site.alarming_traces) for site in sites
    ):
        what = words("reviews.shared", n=len(common.where), what=describe_trace_kind(common.trace, words))
        console.print(f"{escape_markup(what)}: {escape_markup(', '.join(common.where))}", soft_wrap=True)
    never = traces.list_unreviewed_sites(run)
    if never:
        console.print(f"{words('reviews.never', n=len(never))}: {escape_markup(', '.join(never))}", soft_wrap=True)
    alone = traces.group_items_unique_to_each_site(run)
    if alone:
        message = words("only_here.told", n=len(run.only_here), page=words("entry.only_here"))
        console.print(f"{message}: {escape_markup(', '.join(alone))}", soft_wrap=True)
    for line in exceptions.describe_unused_or_expiring_authorizations(run, words):
        console.print(escape_markup(line), soft_wrap=True)


def show_folders_of_kept_answers(
    scans: Iterable[Scan], get_folder_of_site: Callable[[str], Path], words: Words, console: Console = out
) -> None:
    """Print where the answers lie that these looks kept, and how much of them a browser was shown.

    ``get_folder_of_site`` gives the folder of a site.
    """
    for look in scans:
        if look.rendered or look.unrendered:
            message = words("reviews.browser", site=look.site, shown=look.rendered, failed=look.unrendered)
            console.print(escape_markup(message), soft_wrap=True)
        if look.answers:
            where = words("reviews.answers", n=len(look.answers), site=look.site, folder=get_folder_of_site(look.site))
            console.print(escape_markup(where), soft_wrap=True)


def _show_trace(site: str, trace: Trace, inventory: str, words: Words, console: Console) -> None:
    sure = words(f"certainty.{trace.certainty}")
    places = words("reviews.places", n=trace.places)
    console.print(
        (
            f"  [{_STYLE[trace.certainty]}]{sure}[/]  "
            f"{escape_markup(describe_trace_kind(trace, words))}  {escape_markup(trace.where)}  "
            f"{places}"
        ),
        soft_wrap=True,
    )
    console.print(f"    {escape_markup(trace.sample)}", soft_wrap=True)
    show_command_to_contain_or_accept_trace(site, trace, inventory, words, console)


def show_command_to_contain_or_accept_trace(
    subject: str, trace: Trace, inventory: str, words: Words, console: Console = out
) -> None:
    """Show the command that contains a trace that gives the alarm; of a mere sign, the one that accepts it."""
    if trace.certainty == "weak":
        console.print(
            f"    [dim]{escape_markup(build_accept_trace_command(subject, trace))} --reason … --approver …[/]",
            soft_wrap=True,
        )
        return
    options_text = f"--who {shlex.quote(words('incidents.on_duty'))} -i {shlex.quote(inventory)}"
    console.print(
        f"    [bold]{escape_markup(build_open_incident_command(subject))} {escape_markup(options_text)}[/]",
        soft_wrap=True,
    )


def show_how_to_accept_alarming_traces(
    subject: str, alarming_traces: Sequence[Trace], words: Words, console: Console = out
) -> None:
    """Print, last and in one line, how the office accepts an alarming trace as its own, and the keys for it."""
    if not alarming_traces:
        return
    command = f"{build_accept_trace_command(subject, alarming_traces[0])} --reason … --approver … --second …"
    keys = ", ".join(trace.key for trace in alarming_traces)
    console.print(f"  [dim]{escape_markup(words('response.own_keys', command=command, keys=keys))}[/]", soft_wrap=True)


def build_acceptances_table(acceptances: Iterable[TraceAcceptance], words: Words, today: date) -> Table:
    """Return the acceptances in rows: where, which, until when, who answers for it, why."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in (
        words("col.site"),
        words("col.key"),
        words("col.until"),
        words("col.answers"),
        words("col.reason"),
    ):
        table.add_column(title)
    for acceptance in acceptances:
        until = words.format_date(acceptance.until) if acceptance.until else words("baseline.no_end")
        style = "default" if acceptance.is_in_force_on_day(today) else "red"
        table.add_row(
            escape_markup(acceptance.site),
            acceptance.key,
            f"[{style}]{until}[/]",
            escape_markup(traces.format_roles_accepting_trace(acceptance)),
            escape_markup(acceptance.reason),
        )
    return table
