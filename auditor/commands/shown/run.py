"""What the terminal shows of runs and plans, as tables. Escapes everything that a host said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from auditor.audit.controls import Catalogue
from auditor.commands.shown.console import err, escape, out
from auditor.hardening.drift import Drift
from auditor.hardening.plan import Plan, TaskPreview
from auditor.hardening.rollback import Step
from auditor.models import Hardening, HostState, Lang, Run, Status, Waiver
from auditor.results import papers
from auditor.results.by_control import by_control
from auditor.results.compare import CHANGES, Difference
from auditor.results.summary import SEVERITIES, FleetSummary, SiteSummary, by_urgency
from auditor.results.verdict import NOT_EVALUATED, OPEN, Cause, Verdict
from auditor.text.words import Words

if TYPE_CHECKING:
    from auditor.audit.waivers import PaperState
    from auditor.history.runs import Entry
    from auditor.mail.spool import Mail

_STYLE = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan"}
_PAPER_STYLE = {"expired": "red", "expiring": "yellow"}


def sites_table(now: FleetSummary, lang: Lang, before: FleetSummary | None = None) -> Table:
    """Sites in rows, what matters first: open findings by severity, and before → after when there is a before."""
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
        cells = [escape(site.domain), escape(site.host.host.name)]
        for severity in SEVERITIES:
            number = site.counts.open[severity]
            cells.append(f"[{_STYLE[severity.value]}]{number}[/]" if number else "·")
        unread = site.counts.not_evaluated
        cells.append(f"[magenta]{unread}[/]" if unread else "·")
        was = before.site(site.domain) if before is not None else None
        if before is not None:
            cells.append(f"{_open(was)} → {_open(site)}")
        table.add_row(*cells)
    return table


def _open(site: SiteSummary | None) -> str:
    return str(site.counts.open_total) if site is not None and site.counts.evaluated else "?"


def show_run(
    run: Run, now: FleetSummary, lang: Lang, before: FleetSummary | None = None, console: Console = out
) -> None:
    """The table, the totals, and every host that could not be read."""
    if now.sites:
        console.print(sites_table(now, lang, before))
    words, totals = Words(lang), now.totals
    console.print(
        words(
            "run.totals",
            open=totals.open_total,
            passed=totals.status[Status.PASS],
            unread=totals.not_evaluated,
            seconds=words.decimal(run.seconds),
        )
    )
    show_papers(run, now, words, console)
    for outcome in run.outcomes:
        if not outcome.reached and outcome.reason is not None:
            err.print(f"[red]{escape(outcome.host)}[/]: {escape(outcome.reason.get(lang))}")
        for area, why in outcome.area_errors.items():
            err.print(f"[magenta]{escape(outcome.host)}[/]: {escape(area)}: {escape(why)}")


def show_open(run: Run, catalogue: Catalogue, lang: Lang, most: int | None = None) -> None:
    """What is open, control by control: worst first, then in most places. Beyond ``most`` controls only how much more."""
    words = Words(lang)
    found = [finding for finding in run.findings if finding.is_open]
    results = by_control(found, catalogue.knowing(found))
    if not results:
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    for _column in range(3):
        table.add_column(no_wrap=True)
    table.add_column()
    for result in results[:most]:
        table.add_row(
            f"[{_STYLE[result.severity.value]}]{words(f'severity.{result.severity.value}').lower()}[/]",
            result.control.id,
            _places([finding.subject.id for finding in result.open]),
            escape(result.control.title.get(lang)),
        )
    out.print(words("open.heading"))
    out.print(table)
    left = sum(len(result.open) for result in results[most:]) if most is not None else 0
    if left:
        out.print(words("open.more", n=left, command=f"auditor history show {run.id}"))
    out.print(words("open.why", command=f"auditor controls show {results[0].control.id}"))


_PLACES = 2


def _places(names: Sequence[str]) -> str:
    more = f" +{len(names) - _PLACES}" if len(names) > _PLACES else ""
    return escape(", ".join(names[:_PLACES])) + more


def show_papers(run: Run, now: FleetSummary, words: Words, console: Console) -> None:
    """How much is waived or attested, and the papers that somebody has to look at."""
    if now.totals.waived:
        console.print(words("totals.waived", n=now.totals.waived))
    if now.totals.attested:
        console.print(words("totals.attested", n=now.totals.attested))
    for use in papers.waivers(run):
        if use.validity in _PAPER_STYLE or use.unused:
            told = [papers.left(use.validity, use.days_left, words), *([words("waiver.unused")] if use.unused else [])]
            style = _PAPER_STYLE.get(use.validity, "dim")
            err.print(f"[{style}]{escape(use.waiver.id)}[/]: {use.waiver.control}: {', '.join(told)}")
    for answer in papers.attestations(run):
        if answer.attested.validity in _PAPER_STYLE:
            ids = escape(", ".join(subject.id for subject in answer.subjects))
            told_left = papers.left(answer.attested.validity, answer.attested.days_left, words)
            err.print(f"[{_PAPER_STYLE[answer.attested.validity]}]{answer.control}[/]: {ids}: {told_left}")


def papers_table(states: Iterable[PaperState], words: Words) -> Table:
    """Waivers and attestations in rows: standing, days left, what, where, who answers for it."""
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
            papers.left(state.validity, state.days_left, words),
            escape(paper.id) if isinstance(paper, Waiver) else words("attestation"),
            paper.control,
            escape(", ".join(subject.id for subject in state.covers)) or "–",
            escape(paper.approver if isinstance(paper, Waiver) else paper.who),
        )
    return table


def runs_table(runs: Iterable[Entry], words: Words) -> Table:
    """Kept runs in rows: id, when, why, how many of the hosts, open findings, of what."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for _column in range(6):
        table.add_column(no_wrap=True)
    for run in runs:
        why = words(f"purpose.{run.purpose}").lower()
        open_now = words("history.open_n", n=sum(run.open.values()))
        table.add_row(run.id, words.moment(run.started), why, _scope(run, words), open_now, escape(run.inventory))
    return table


def _scope(run: Entry, words: Words) -> str:
    """How many hosts it held, and of how many; empty where that was not kept."""
    if run.left_out:
        return words("hosts_of", n=len(run.hosts), of=len(run.hosts) + len(run.left_out))
    return words("hosts_n", n=len(run.hosts)) if run.hosts else ""


def mails_table(mails: Iterable[Mail], words: Words, like: str) -> Table:
    """Mails in rows: what became of each, and why."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("state", "to", "subject", "tries", "next", "error"):
        table.add_column(words(f"mail.column.{title}"))
    for mail in mails:
        later = words.epoch(mail.next_try, like) if mail.state == "waiting" else ""
        state = words(f"mail.state.{mail.state}")
        tries = words.number(mail.tries)
        table.add_row(state, mail.recipient, escape(mail.subject), tries, later, escape(mail.last_error or ""))
    return table


def show_difference(before: Run, after: Run, found: Difference, catalogue: Catalogue, lang: Lang) -> None:
    """Totals, then each site (hosts where there are no sites), then what got worse."""
    words = Words(lang)
    out.print(words("diff.from_to", before=words.moment(before.started), after=words.moment(after.started)))
    if before.inventory != after.inventory:
        err.print(words("diff.other_inventory"))
    for key, names in (("before", found.only_before), ("after", found.only_after)):
        if names:
            out.print(words(f"diff.only_{key}", names=", ".join(names)), markup=False)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(words("site").capitalize() if found.sites else words("host").capitalize(), no_wrap=True)
    for title in (f"{words('before')} → {words('after')}", *(words(f"change.{change}") for change in CHANGES)):
        table.add_column(title, justify="right")
    for name, comparison in [*((each.id, each.comparison) for each in found.sites or found.hosts), ("Σ", found.totals)]:
        counts = [str(comparison.count(change) or "·") for change in CHANGES]
        was = comparison.open_before if comparison.before.evaluated else "?"
        now = comparison.open_after if comparison.after.evaluated else "?"
        moved = f"{was} → {now}"
        table.add_row(escape(name), moved, *counts)
    out.print(table)
    for change in ("regressed", "new"):
        for finding in by_urgency(found.totals.changes.get(change, ())):
            title = (
                catalogue[finding.control].title.get(lang) if finding.control in catalogue.by_id else finding.control
            )
            severity = f"[{_STYLE[finding.severity.value]}]{words(f'severity.{finding.severity.value}')}[/]"
            out.print(
                f"{words(f'change.{change}').capitalize()}: {severity} {escape(finding.subject.id)}: {escape(title)}"
            )


def show_plan(
    plan: Plan, catalogue: Catalogue, lang: Lang, previews: Sequence[TaskPreview] = (), console: Console = out
) -> None:
    """Per host the controls that would be put in force, the sites, disruption and danger; what is held, and why; then the diffs."""
    words = Words(lang)
    for host in plan.hosts:
        if host.refused is not None:
            console.print(f"[bold]{escape(host.host)}[/]: [yellow]{escape(host.refused.get(lang))}[/]")
            continue
        head = [words("plan.changes", n=len(host.due)), words(f"disruption.{host.disruption}")]
        if host.held:
            head.append(words("plan.held_here", n=len(host.held)))
        console.print(f"[bold]{escape(host.host)}[/]: {', '.join(head)}")
        for change in host.changes:
            control = catalogue[change.control]
            own = f" [dim]{escape(', '.join(change.sites))}[/]" if control.subject == "site" else ""
            console.print(
                f"  [{_STYLE[control.severity.value]}]{change.control}[/]  {escape(control.title.get(lang))}{own}"
                + (
                    ""
                    if change.disruption in ("none", "reload")
                    else f"  [yellow]{words(f'disruption.{change.disruption}')}[/]"
                )
            )
            if change.held is not None:
                console.print(f"      [yellow]{words('plan.held_why')}:[/] {escape(change.held.get(lang))}")
            if change.danger is not None:
                console.print(f"      [yellow]![/] {escape(change.danger.get(lang))}")
            if change.note is not None:
                console.print(f"      [dim]{escape(change.note.get(lang))}[/]")
    for preview in previews:
        console.print(f"\n[bold]{escape(preview.host)}[/] {escape(preview.name)}")
        for line in preview.diff.splitlines():
            style = "green" if line.startswith("+") else "red" if line.startswith("-") else "dim"
            console.print(f"[{style}]{escape(line)}[/]")


def show_held(plan: Plan, lang: Lang) -> None:
    """How many changes were held back and how many hosts refused, if any."""
    refused = sum(host.refused is not None for host in plan.hosts)
    if plan.held_total:
        out.print(Words(lang)("plan.held", n=plan.held_total))
    if refused:
        out.print(Words(lang)("plan.refused", n=refused))


_STATE: Mapping[HostState, str] = {
    "waiting": "dim",
    "applying": "magenta",
    "armed": "magenta",
    "confirmed": "green",
    "reverted": "red",
    "in_part": "red",
    "rolled_back": "yellow",
    "refused": "yellow",
    "lost": "red",
}


def show_interrupted(hardening: Hardening, lang: Lang) -> None:
    """What a hardening that did not get to its end came to, when hosts that are open bring themselves back, and what to do."""
    words = Words(lang)
    err.print(f"[bold]{words('hardening.interrupted', run=hardening.id)}[/]")
    show_hardening(hardening, lang, err)
    left = hardening.having("applying", "armed", "lost")
    for entry in left:
        until = words.moment(entry.deadline) if entry.deadline else None
        said = (
            words("hardening.back_at", moment=until) if until else words("hardening.back_in", seconds=hardening.seconds)
        )
        err.print(f"[bold]{escape(entry.host)}[/]: {said}")
    if left:
        err.print(words("hardening.find_out", command=f"auditor harden -i {escape(hardening.inventory)}"))


def show_hardening(hardening: Hardening, lang: Lang, console: Console = out) -> None:
    """Per host whether its changes were kept, taken back, or never made, and why."""
    words = Words(lang)
    for entry in hardening.hosts:
        tasks = f" ({words('hardening.tasks', n=len(entry.tasks))})" if entry.state == "confirmed" else ""
        said = words(f"state.{entry.state}")
        console.print(f"[bold]{escape(entry.host)}[/]: [{_STATE[entry.state]}]{said}[/]{tasks}")
        if entry.why is not None:
            console.print(f"    {escape(entry.why.get(lang))}")
        for note in entry.notes[:_SHOWN]:
            console.print(f"    {escape(note.get(lang))}")
        for left in entry.not_done[:_SHOWN]:
            own = f" {left.subject.id}" if left.subject.kind == "site" else ""
            what = f"[red]{words('hardening.not_done')}[/]: {left.control}{escape(own)}"
            console.print(f"    {what}: {escape(left.why.get(lang))}")
    if hardening.not_done_total:
        console.print(words("hardening.not_done_n", n=hardening.not_done_total))
    for domain in hardening.broken_before:
        err.print(f"[yellow]{escape(domain)}[/]: {words('hardening.broken_before')}")
    for domain in hardening.by_wish:
        err.print(f"[yellow]{words('hardening.by_wish')}[/]: {escape(domain)}")
    for said_before in hardening.unjudged[:_SHOWN]:
        err.print(f"[yellow]{words('hardening.unjudged')}[/]: {escape(said_before.get(lang))}")


_UNDONE = ("files", "removed", "sysctls", "units", "purged", "staying")
_SHOWN = 20


def show_undone(step: Step, lang: Lang, *, done: bool, console: Console = out) -> None:
    """What a rollback would bring back on a host, or did."""
    words = Words(lang)
    if step.undone is None:
        console.print(
            f"[bold]{escape(step.host)}[/]: [red]{escape(step.refused.get(lang) if step.refused else '?')}[/]"
        )
        return
    undone = step.undone
    head = words("undone.nothing" if not undone.anything else "undone.done" if done else "undone.to_do")
    console.print(f"[bold]{escape(step.host)}[/]: {head}")
    for key in _UNDONE:
        members = getattr(undone, key)
        if members:
            more = f" … ({len(members)})" if len(members) > _SHOWN else ""
            console.print(f"  {words(f'undone.{key}')}: {escape(', '.join(members[:_SHOWN]))}{more}")
    if undone.database:
        console.print(f"  {words('undone.database')}")
    for one in undone.brings_back:
        console.print(f"  [yellow]![/] {words('undone.brings_back')}: {escape(one)}")
    for kept in undone.left:
        console.print(f"  [yellow]{words('undone.left')}[/]: {escape(kept.path)}: {escape(kept.reason)}")
    for one in undone.problems:
        console.print(f"  [red]{escape(one)}[/]")


def show_drift(drift: Drift, lang: Lang) -> None:
    """What changed on a host since its last confirmed hardening."""
    words = Words(lang)
    if drift.refused is not None:
        err.print(f"[bold]{escape(drift.host)}[/]: [yellow]{escape(drift.refused.get(lang))}[/]")
        return
    head = (
        words("drift.changes", n=drift.count, run=drift.run) if drift.count else words("drift.unchanged", run=drift.run)
    )
    out.print(f"[bold]{escape(drift.host)}[/]: {escape(head)}")
    for change in drift.changes:
        out.print(f"  {escape(change.how):<10} {escape(change.what)}  [dim]{', '.join(change.controls)}[/]")
    for note in drift.notes[:_SHOWN]:
        err.print(f"  [yellow]![/] {escape(note.get(lang))}")


def show_verdict(verdict: Verdict, catalogue: Catalogue, lang: Lang) -> None:
    """What made a run fail that was measured by a baseline, or that nothing did."""
    words = Words(lang)
    if verdict.baseline is None:
        out.print(words("gate.no_baseline"))
    for why, causes in _by_why(verdict.causes).items():
        severity = words(f"severity.{verdict.fail_on.value}").lower()
        out.print(f"[red]{words(f'cause.{why}', n=len(causes), severity=severity)}[/]")
        for cause in causes[:_FIRST_CAUSES]:
            title = escape(catalogue[cause.control].title.get(lang))
            style = _STYLE[cause.severity.value]
            out.print(f"  [{style}]{cause.control}[/]  {escape(cause.subject.id)}  {title}")
        if len(causes) > _FIRST_CAUSES:
            out.print(f"  {words('gate.more', n=len(causes) - _FIRST_CAUSES)}")
    if verdict.baseline is not None:
        if not verdict.causes:
            out.print(f"[green]{words('gate.clean', baseline=escape(verdict.baseline))}[/]")
        if verdict.known:
            out.print(words("gate.known", n=verdict.known, baseline=escape(verdict.baseline)))


_FIRST_CAUSES = 20


def show_exit(verdict: Verdict, lang: Lang) -> None:
    """Why the exit code is not 0."""
    words = Words(lang)
    if verdict.code == NOT_EVALUATED:
        out.print(words("exit.not_evaluated", n=verdict.not_evaluated))
    elif verdict.code == OPEN and verdict.baseline is not None:
        out.print(words("exit.worse", n=len(verdict.causes), baseline=escape(verdict.baseline)))
    elif verdict.code == OPEN:
        severity = words(f"severity.{verdict.fail_on.value}").lower()
        out.print(words("exit.open", n=len(verdict.causes), severity=severity, option=f"--fail-on {verdict.fail_on}"))


def _by_why(causes: Iterable[Cause]) -> Mapping[str, Sequence[Cause]]:
    grouped: dict[str, list[Cause]] = {}
    for cause in causes:
        grouped.setdefault(cause.why, []).append(cause)
    return grouped
