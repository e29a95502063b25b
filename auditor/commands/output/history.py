"""Kept runs, and what changed between two. Escapes everything that a host said."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table

from auditor.audit.controls import Catalogue
from auditor.commands.output.console import STYLE, err, escape_markup, out
from auditor.history.runs import RunEntry
from auditor.models import Lang, Run
from auditor.results.compare import CHANGES, RunDifference
from auditor.results.summary import sort_by_urgency
from auditor.text.translations import Words


def build_runs_table(runs: Iterable[RunEntry], words: Words) -> Table:
    """Return kept runs in rows: id, when, why, how many of the hosts, open findings, of what."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for _column in range(6):
        table.add_column(no_wrap=True)
    for run in runs:
        why = words(f"purpose.{run.purpose}").lower()
        open_now = words("history.open_n", n=sum(run.open.values()))
        table.add_row(
            run.id,
            words.format_iso_moment(run.started),
            why,
            _describe_host_counts_of_run(run, words),
            open_now,
            escape_markup(run.inventory),
        )
    return table


def _describe_host_counts_of_run(run: RunEntry, words: Words) -> str:
    """Return how many hosts it held, and of how many; empty where that was not kept."""
    if run.left_out:
        return words("hosts_of", n=len(run.hosts), of=len(run.hosts) + len(run.left_out))
    return words("hosts_n", n=len(run.hosts)) if run.hosts else ""


def show_difference(before: Run, after: Run, run_difference: RunDifference, catalogue: Catalogue, lang: Lang) -> None:
    """Print totals, then each site (hosts where there are no sites), then what got worse."""
    words = Words(lang)
    out.print(
        words(
            "diff.from_to", before=words.format_iso_moment(before.started), after=words.format_iso_moment(after.started)
        )
    )
    if before.inventory != after.inventory:
        err.print(words("diff.other_inventory"))
    for key, names in (("before", run_difference.only_before), ("after", run_difference.only_after)):
        if names:
            out.print(words(f"diff.only_{key}", names=", ".join(names)), markup=False)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(words("site").capitalize() if run_difference.sites else words("host").capitalize(), no_wrap=True)
    for title in (f"{words('before')} → {words('after')}", *(words(f"change.{change}") for change in CHANGES)):
        table.add_column(title, justify="right")
    for name, comparison in [
        *((each.id, each.comparison) for each in run_difference.sites or run_difference.hosts),
        ("Σ", run_difference.totals),
    ]:
        counts = [str(comparison.count_findings_with_change(change) or "·") for change in CHANGES]
        was = comparison.open_count_before if comparison.before.evaluated else "?"
        now = comparison.open_count_after if comparison.after.evaluated else "?"
        change_text = f"{was} → {now}"
        table.add_row(escape_markup(name), change_text, *counts)
    out.print(table)
    for change in ("regressed", "new"):
        for finding in sort_by_urgency(run_difference.totals.changes.get(change, ())):
            is_known = finding.control in catalogue.controls_by_id
            problem = catalogue[finding.control].problem.get(lang) if is_known else finding.control
            severity = f"[{STYLE[finding.severity.value]}]{words(f'severity.{finding.severity.value}')}[/]"
            out.print(
                f"{words(f'change.{change}').capitalize()}: {severity} "
                f"{escape_markup(finding.subject.id)}: {escape_markup(problem)}"
            )
