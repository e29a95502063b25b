"""A run: its sites, what is open, and what it means for a pipeline. Escapes everything that a host said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.table import Table

from auditor.audit.controls import Catalogue
from auditor.commands.output.console import STYLE, err, escape_markup, out
from auditor.commands.output.containments import (
    show_active_containments,
    show_containments_not_in_case_log,
    show_intrusions_by_host_and_site,
)
from auditor.commands.output.exceptions import show_waivers_and_attestations
from auditor.models import Lang, Run, Status
from auditor.results.by_control import build_control_results
from auditor.results.intrusions import split_intrusions
from auditor.results.summary import SEVERITIES, FleetSummary, SiteSummary
from auditor.results.verdict import NOT_EVALUATED, OPEN, FailureCause, RunVerdict
from auditor.text.translations import Words


def build_sites_table(now: FleetSummary, lang: Lang, before: FleetSummary | None = None) -> Table:
    """Return sites in rows, what matters first.

    A row has the open findings by severity, and before → after when there is a before.
    """
    words = Words(lang)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(words("col.site"), no_wrap=True)
    table.add_column(words("col.host"), no_wrap=True)
    for severity in SEVERITIES:
        table.add_column(words(f"severity.{severity.value}").lower(), justify="right")
    table.add_column(words("status.not_evaluated").lower(), justify="right")
    if before is not None:
        table.add_column(f"{words('before')} → {words('after')}".lower(), justify="right")
    for site in now.sites:
        cells = [escape_markup(site.domain), escape_markup(site.host.host.name)]
        for severity in SEVERITIES:
            number = site.counts.open[severity]
            cells.append(f"[{STYLE[severity.value]}]{number}[/]" if number else "·")
        unread = site.counts.not_evaluated
        cells.append(f"[magenta]{unread}[/]" if unread else "·")
        was = before.find_site_by_domain(site.domain) if before is not None else None
        if before is not None:
            cells.append(f"{_format_count_of_open_findings(was)} → {_format_count_of_open_findings(site)}")
        table.add_row(*cells)
    return table


def _format_count_of_open_findings(site: SiteSummary | None) -> str:
    return str(site.counts.open_total) if site is not None and site.counts.evaluated else "?"


def show_run(
    run: Run, now: FleetSummary, lang: Lang, before: FleetSummary | None = None, console: Console = out
) -> None:
    """Print what intruders did, the table, the totals, and every host that could not be read."""
    words, totals = Words(lang), now.totals
    show_intrusions_by_host_and_site(run, words, console)
    if now.sites:
        console.print(build_sites_table(now, lang, before))
    console.print(
        words(
            "run.totals",
            open=totals.open_total,
            passed=totals.status[Status.PASS],
            unread=totals.not_evaluated,
            seconds=words.format_decimal(run.seconds),
        )
    )
    show_waivers_and_attestations(run, now, words, console)
    show_active_containments(run.contained, words, console)
    show_containments_not_in_case_log(run, words, console)
    for outcome in run.outcomes:
        if not outcome.reached and outcome.reason is not None:
            err.print(f"[red]{escape_markup(outcome.host)}[/]: {escape_markup(outcome.reason.get(lang))}")
        for area, why in outcome.area_errors.items():
            err.print(f"[magenta]{escape_markup(outcome.host)}[/]: {escape_markup(area)}: {escape_markup(why)}")


def show_open_findings_by_control(
    run: Run, catalogue: Catalogue, lang: Lang, most: int | None = None, console: Console = out
) -> None:
    """Print what is open but for what intruders did, control by control: worst first, then in most places.

    Beyond ``most`` only how much more.
    """
    words = Words(lang)
    _, open_findings = split_intrusions(finding for finding in run.findings if finding.is_open)
    results = build_control_results(open_findings, catalogue.add_retired_controls_of_findings(open_findings))
    if not results:
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    for _column in range(3):
        table.add_column(no_wrap=True)
    table.add_column()
    for result in results[:most]:
        table.add_row(
            f"[{STYLE[result.severity.value]}]{words(f'severity.{result.severity.value}').lower()}[/]",
            result.control.id,
            _join_first_places_and_count_rest([finding.subject.id for finding in result.open]),
            escape_markup(result.control.problem.get(lang)),
        )
    console.print(words("open.heading"))
    console.print(table)
    rest_count = sum(len(result.open) for result in results[most:]) if most is not None else 0
    if rest_count:
        console.print(words("open.more", n=rest_count, command=f"auditor history show {run.id}"))
    console.print(words("open.why", command=f"auditor controls show {results[0].control.id}"))


_PLACES = 2


def _join_first_places_and_count_rest(names: Sequence[str]) -> str:
    more = f" +{len(names) - _PLACES}" if len(names) > _PLACES else ""
    return escape_markup(", ".join(names[:_PLACES])) + more


def show_verdict_against_baseline(verdict: RunVerdict, catalogue: Catalogue, lang: Lang) -> None:
    """Print what made a run fail that was measured by a baseline, or that nothing did."""
    words = Words(lang)
    if verdict.baseline is None:
        out.print(words("gate.no_baseline"))
    for why, causes in _group_by_reason(verdict.causes).items():
        severity = words(f"severity.{verdict.fail_on.value}").lower()
        out.print(f"[red]{words(f'cause.{why}', n=len(causes), severity=severity)}[/]")
        for cause in causes[:_FIRST_CAUSES]:
            problem = escape_markup(catalogue[cause.control].problem.get(lang))
            style = STYLE[cause.severity.value]
            out.print(f"  [{style}]{cause.control}[/]  {escape_markup(cause.subject.id)}  {problem}")
        if len(causes) > _FIRST_CAUSES:
            out.print(f"  {words('gate.more', n=len(causes) - _FIRST_CAUSES)}")
    if verdict.baseline is not None:
        if not verdict.causes:
            out.print(f"[green]{words('gate.clean', baseline=escape_markup(verdict.baseline))}[/]")
        if verdict.known:
            out.print(words("gate.known", n=verdict.known, baseline=escape_markup(verdict.baseline)))


_FIRST_CAUSES = 20


def show_reason_of_exit_code(verdict: RunVerdict, lang: Lang) -> None:
    """Print why the exit code is not 0."""
    words = Words(lang)
    if verdict.code == NOT_EVALUATED:
        out.print(words("exit.not_evaluated", n=verdict.not_evaluated))
    elif verdict.code == OPEN and verdict.baseline is not None:
        out.print(words("exit.worse", n=len(verdict.causes), baseline=escape_markup(verdict.baseline)))
    elif verdict.code == OPEN:
        severity = words(f"severity.{verdict.fail_on.value}").lower()
        out.print(words("exit.open", n=len(verdict.causes), severity=severity, option=f"--fail-on {verdict.fail_on}"))


def _group_by_reason(causes: Iterable[FailureCause]) -> Mapping[str, Sequence[FailureCause]]:
    causes_by_reason: dict[str, list[FailureCause]] = {}
    for cause in causes:
        causes_by_reason.setdefault(cause.why, []).append(cause)
    return causes_by_reason
