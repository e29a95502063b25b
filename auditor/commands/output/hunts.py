"""What hunts saw of hosts, and what is known to be good."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from auditor.audit.controls import Catalogue
from auditor.commands.output.console import escape_markup, out
from auditor.commands.output.reviews import show_command_to_contain_or_accept_trace, show_how_to_accept_alarming_traces
from auditor.history.known_good import ManifestSummary
from auditor.history.rule_sets import RuleSetSummary
from auditor.models import Run, Trace
from auditor.results import hunts
from auditor.results.traces import describe_acceptance, describe_trace_kind
from auditor.text.rules import describe_trace_rules
from auditor.text.translations import Words

_STYLE = {"exact": "red", "strong": "yellow", "weak": "dim"}
_MAX_TRACES = 25
"""Traces of one host that the terminal shows."""


def show_last_hunt_of_each_host(run: Run, catalogue: Catalogue, words: Words, console: Console = out) -> None:
    """Print the last hunt on each host, what it saw, and the hosts without any hunt."""
    host_hunts = hunts.list_host_traces(run, catalogue)
    if not host_hunts:
        return
    console.print(words("hunts.heading"))
    for host_hunt in host_hunts:
        console.print(
            f"[bold]{escape_markup(host_hunt.hunt.host)}[/]  "
            f"{escape_markup(hunts.describe_time_and_coverage_of_hunt(host_hunt.hunt, words))}",
            soft_wrap=True,
        )
        traces = [*host_hunt.alarming_traces, *host_hunt.hunt.weak]
        for trace in traces[:_MAX_TRACES]:
            _show_trace(host_hunt.hunt.host, trace, run.inventory, words, console)
        if host_hunt.let_in_by:
            console.print(
                f"  {escape_markup(words('hunts.let_in_by', controls=', '.join(host_hunt.let_in_by)))}",
                soft_wrap=True,
            )
        if len(traces) > _MAX_TRACES:
            console.print(f"  {words('reviews.more', n=len(traces) - _MAX_TRACES)}")
        show_how_to_accept_alarming_traces(host_hunt.hunt.host, host_hunt.alarming_traces[:_MAX_TRACES], words, console)
        for accepted_trace in host_hunt.hunt.accepted:
            console.print(
                f"  {escape_markup(describe_acceptance(accepted_trace.trace, accepted_trace.by, words))}",
                soft_wrap=True,
            )
    _show_what_is_explained(host_hunts, words, console)
    for common in hunts.find_alarming_traces_shared_by_hosts(host_hunts):
        what = words("hunts.shared", n=len(common.where), what=describe_trace_kind(common.trace, words))
        console.print(f"{escape_markup(what)}: {escape_markup(', '.join(common.where))}", soft_wrap=True)
    console.print(words("hunts.may_lie"))


def _show_what_is_explained(host_hunts: Iterable[hunts.HostTraces], words: Words, console: Console) -> None:
    """Print a row for each host: how much of it is explained, and by what."""
    rows = [
        (host_hunt.hunt.host, counts)
        for host_hunt in host_hunts
        if (counts := hunts.list_explained_counts(host_hunt.hunt))
    ]
    if not rows:
        return
    table = Table(box=None, pad_edge=False, header_style="bold", title=words("explained.heading"), title_justify="left")
    table.add_column(words("host"))
    for name in hunts.EXPLAINED:
        table.add_column(words(f"explained.{name}"), justify="right", overflow="fold")
    for host, counts in rows:
        cells = ("–" if count is None else words.format_number(count) for count in counts)
        table.add_row(escape_markup(host), *cells)
    console.print(table)


def _show_trace(host: str, trace: Trace, inventory: str, words: Words, console: Console) -> None:
    sure = words(f"certainty.{trace.certainty}")
    rules = describe_trace_rules(trace.rules, words)
    console.print(
        (
            f"  [{_STYLE[trace.certainty]}]{sure}[/]  "
            f"{escape_markup(describe_trace_kind(trace, words))}  {escape_markup(trace.where)}  "
            f"{escape_markup(rules)}"
        ),
        soft_wrap=True,
    )
    if trace.sample:
        console.print(f"    {escape_markup(trace.sample)}", soft_wrap=True)
    show_command_to_contain_or_accept_trace(host, trace, inventory, words, console)


def build_known_good_releases_table(releases: Iterable[ManifestSummary], words: Words) -> Table:
    """Return releases in rows: which, how many files, made from what, why."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in (
        words("known_good.name"),
        words("known_good.version"),
        words("known_good.files"),
        words("known_good.origin"),
        words("col.reason"),
    ):
        table.add_column(title)
    for release in releases:
        why = f"{release.reason} ({release.approver})" if release.reason else ""
        table.add_row(
            escape_markup(release.name),
            escape_markup(release.version),
            str(release.files),
            escape_markup(release.origin),
            escape_markup(why),
        )
    return table


def build_rule_sets_table(summaries: Iterable[RuleSetSummary], words: Words) -> Table:
    """Return rule sets in rows: which, under which licence, how many rules, made from what."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in (
        words("known_good.name"),
        words("known_good.version"),
        words("rule_sets.column.licence"),
        words("rule_sets.column.rules"),
        words("rule_sets.column.left_out"),
        words("known_good.origin"),
    ):
        table.add_column(title, overflow="fold")
    for summary in summaries:
        table.add_row(
            escape_markup(summary.name),
            escape_markup(summary.version),
            escape_markup(summary.licence or words("rule_sets.no_licence")),
            str(summary.rules),
            str(summary.left_out + summary.too_broad),
            escape_markup(f"{summary.origin} {summary.digest[:12]}"),
        )
    return table
