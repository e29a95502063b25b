"""What the terminal shows: progress per host, tables of sites, plans. Escapes everything that a host said."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from auditor.controls import Catalogue
from auditor.drift import Drift
from auditor.models import Hardening, HostState, Lang, Run, Status, Text
from auditor.plan import Plan, TaskPreview
from auditor.report.difference import CHANGES, Difference
from auditor.report.summary import SEVERITIES, FleetSummary, SiteSummary, by_urgency
from auditor.rollback import Step
from auditor.words import Words

_PIPE_WIDTH = 400
"""Columns when nobody looks: wide enough that no table is cut."""

if TYPE_CHECKING:
    from auditor.history import Entry

out = Console(highlight=False, width=None if sys.stdout.isatty() else _PIPE_WIDTH)
err = Console(stderr=True, highlight=False, width=None if sys.stderr.isatty() else _PIPE_WIDTH)

_STYLE = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan"}
_DISRUPTION = {
    "none": Text(vi="không gián đoạn", en="no disruption"),
    "reload": Text(vi="nạp lại dịch vụ, không gián đoạn", en="reload, no downtime"),
    "restart": Text(vi="khởi động lại dịch vụ, gián đoạn vài giây", en="restart, seconds of downtime"),
    "reboot": Text(vi="cần khởi động lại máy", en="needs a reboot"),
}


@contextmanager
def progress(what: str, hosts: Sequence[str]) -> Iterator[Callable[[str], None]]:
    """A bar on a terminal that names each host when it is done; silent in a pipe."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[last]}"),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    ) as bar:
        task = bar.add_task(what, total=len(hosts), last="")
        left = set(hosts)

        def done(host: str) -> None:
            if host in left:
                left.discard(host)
                bar.update(task, advance=1, last=host)

        yield done


@contextmanager
def activity(what: str) -> Iterator[Callable[[str], None]]:
    """A line on a terminal that says what is being done right now; silent in a pipe."""
    with err.status(what) as status:
        yield lambda now: status.update(f"{what}  [dim]{escape(now)}[/]")


def sites_table(now: FleetSummary, lang: Lang, before: FleetSummary | None = None) -> Table:
    """Sites in rows, what matters first: open findings by severity, and before → after when there is a before."""
    vi = lang == "vi"
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("Trang", "Máy chủ") if vi else ("Site", "Host"):
        table.add_column(title, no_wrap=True)
    for severity in SEVERITIES:
        table.add_column(Words(lang)(f"severity.{severity.value}").lower(), justify="right")
    table.add_column("chưa đánh giá" if vi else "not evaluated", justify="right")
    if before is not None:
        table.add_column("trước → sau" if vi else "before → after", justify="right")
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


def show_run(run: Run, now: FleetSummary, lang: Lang, before: FleetSummary | None = None) -> None:
    """The table, the totals, and every host that could not be read."""
    if now.sites:
        out.print(sites_table(now, lang, before))
    totals = now.totals
    passed, unread = totals.status[Status.PASS], totals.not_evaluated
    summary = (
        f"{totals.open_total} điểm chưa đạt, {passed} đạt, {unread} chưa đánh giá, {run.seconds:.1f} giây"
        if lang == "vi"
        else f"{totals.open_total} open, {passed} passed, {unread} not evaluated, {run.seconds:.1f} s"
    )
    out.print(summary)
    for outcome in run.outcomes:
        if not outcome.reached and outcome.reason is not None:
            err.print(f"[red]{escape(outcome.host)}[/]: {escape(outcome.reason.get(lang))}")
        for area, why in outcome.area_errors.items():
            err.print(f"[magenta]{escape(outcome.host)}[/]: {escape(area)}: {escape(why)}")


def runs_table(runs: Iterable[Entry], words: Words) -> Table:
    """Kept runs in rows: id, when, why, open findings, of what."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for _column in range(5):
        table.add_column(no_wrap=True)
    for run in runs:
        why = "" if run.purpose == "audit" else words(f"purpose.{run.purpose}").lower()
        open_now = words("history.open_n", n=sum(run.open.values()))
        table.add_row(run.id, words.moment(run.started), open_now, why, escape(run.inventory))
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
    for title in (f"{words('before')} → {words('after')}", *(words(f"diff.{change}") for change in CHANGES)):
        table.add_column(title, justify="right")
    for name, comparison in [*((each.id, each.comparison) for each in found.sites or found.hosts), ("Σ", found.totals)]:
        counts = [str(comparison.count(change) or "·") for change in CHANGES]
        was, now = comparison.before, comparison.after
        moved = f"{was.open_total if was.evaluated else '?'} → {now.open_total if now.evaluated else '?'}"
        table.add_row(escape(name), moved, *counts)
    out.print(table)
    for change in ("regressed", "new"):
        for finding in by_urgency(found.totals.changes.get(change, ())):
            title = (
                catalogue[finding.control].title.get(lang) if finding.control in catalogue.by_id else finding.control
            )
            severity = f"[{_STYLE[finding.severity.value]}]{words(f'severity.{finding.severity.value}')}[/]"
            out.print(f"{words(f'diff.{change}')}: {severity} {escape(finding.subject.id)}: {escape(title)}")


def show_plan(plan: Plan, catalogue: Catalogue, lang: Lang, previews: Sequence[TaskPreview] = ()) -> None:
    """Per host the controls that would be put in force, the sites, disruption and danger; what is held, and why; then the diffs."""
    for host in plan.hosts:
        if host.refused is not None:
            out.print(f"[bold]{escape(host.host)}[/]: [yellow]{escape(host.refused.get(lang))}[/]")
            continue
        number, held = len(host.due), len(host.held)
        head = (
            f"{number} thay đổi, {_DISRUPTION[host.disruption].vi}" + (f"; giữ lại {held}" if held else "")
            if lang == "vi"
            else f"{number} changes, {_DISRUPTION[host.disruption].en}" + (f"; {held} held back" if held else "")
        )
        out.print(f"[bold]{escape(host.host)}[/]: {head}")
        for change in host.changes:
            control = catalogue[change.control]
            own = f" [dim]{escape(', '.join(change.sites))}[/]" if control.subject == "site" else ""
            out.print(
                f"  [{_STYLE[control.severity.value]}]{change.control}[/]  {escape(control.title.get(lang))}{own}"
                + (
                    ""
                    if change.disruption in ("none", "reload")
                    else f"  [yellow]{_DISRUPTION[change.disruption].get(lang)}[/]"
                )
            )
            if change.held is not None:
                out.print(
                    f"      [yellow]{'giữ lại' if lang == 'vi' else 'held back'}:[/] {escape(change.held.get(lang))}"
                )
            if change.danger is not None:
                out.print(f"      [yellow]![/] {escape(change.danger.get(lang))}")
            if change.note is not None:
                out.print(f"      [dim]{escape(change.note.get(lang))}[/]")
    for preview in previews:
        out.print(f"\n[bold]{escape(preview.host)}[/] {escape(preview.name)}")
        for line in preview.diff.splitlines():
            style = "green" if line.startswith("+") else "red" if line.startswith("-") else "dim"
            out.print(f"[{style}]{escape(line)}[/]")


def show_held(plan: Plan, lang: Lang) -> None:
    """How many changes were held back and how many hosts refused, if any."""
    refused = sum(host.refused is not None for host in plan.hosts)
    if plan.held_total:
        out.print(Words(lang)("plan.held", n=plan.held_total))
    if refused:
        out.print(Words(lang)("plan.refused", n=refused))


_STATE: Mapping[HostState, tuple[str, Text]] = {
    "waiting": ("dim", Text(vi="chưa làm tới, không có gì thay đổi", en="not reached, nothing was changed")),
    "applying": ("magenta", Text(vi="chưa rõ kết quả", en="not known yet how it ended")),
    "armed": ("magenta", Text(vi="chưa rõ kết quả", en="not known yet how it ended")),
    "confirmed": ("green", Text(vi="đã giữ thay đổi, phục vụ như trước", en="confirmed, serves as before")),
    "reverted": ("red", Text(vi="đã khôi phục như trước khi gia cố", en="brought back to how it was")),
    "rolled_back": ("yellow", Text(vi="đã hoàn tác theo yêu cầu", en="undone on request")),
    "refused": ("yellow", Text(vi="từ chối, không có gì thay đổi", en="refused, nothing was changed")),
    "lost": ("red", Text(vi="mất liên lạc; máy chủ tự khôi phục", en="does not answer; it brings itself back")),
}


def show_hardening(hardening: Hardening, lang: Lang, *, earlier: bool = False) -> None:
    """Per host whether its changes were kept, taken back, or never made, and why."""
    vi = lang == "vi"
    if earlier:
        out.print(
            f"[bold]Lần gia cố {hardening.id} trước đây đã bị dừng giữa chừng:[/]"
            if vi
            else f"[bold]The earlier hardening {hardening.id} was interrupted:[/]"
        )
    for entry in hardening.hosts:
        style, said = _STATE[entry.state]
        tasks = f" ({len(entry.tasks)} {'việc' if vi else 'tasks'})" if entry.state == "confirmed" else ""
        out.print(f"[bold]{escape(entry.host)}[/]: [{style}]{said.get(lang)}[/]{tasks}")
        if entry.why is not None:
            out.print(f"    {escape(entry.why.get(lang))}")
    for domain in hardening.broken_before:
        said_before = "đã hỏng từ trước, không dùng để đánh giá" if vi else "was broken before, not judged"
        err.print(f"[yellow]{escape(domain)}[/]: {said_before}")


_UNDONE: Mapping[str, Text] = {
    "files": Text(vi="trả lại", en="put back"),
    "removed": Text(vi="bỏ đi", en="remove"),
    "sysctls": Text(vi="tham số nhân", en="kernel settings"),
    "units": Text(vi="dịch vụ", en="services"),
    "purged": Text(vi="gỡ gói", en="remove packages"),
    "staying": Text(vi="gói đã nâng cấp, giữ nguyên", en="upgrades that stay"),
}
_SHOWN = 20


def show_undone(step: Step, lang: Lang, *, done: bool) -> None:
    """What a rollback would bring back on a host, or did."""
    vi = lang == "vi"
    if step.undone is None:
        out.print(f"[bold]{escape(step.host)}[/]: [red]{escape(step.refused.get(lang) if step.refused else '?')}[/]")
        return
    undone = step.undone
    head = ("đã hoàn tác" if done else "sẽ hoàn tác") if vi else ("undone" if done else "to undo")
    if not undone.anything:
        head = "không có gì để hoàn tác" if vi else "nothing to undo"
    out.print(f"[bold]{escape(step.host)}[/]: {head}")
    for key, label in _UNDONE.items():
        members = getattr(undone, key)
        if members:
            more = f" … ({len(members)})" if len(members) > _SHOWN else ""
            out.print(f"  {label.get(lang)}: {escape(', '.join(members[:_SHOWN]))}{more}")
    if undone.database:
        out.print("  " + ("tài khoản và thiết lập MariaDB" if vi else "MariaDB's accounts and settings"))
    for one in undone.brings_back:
        out.print(f"  [yellow]![/] {'trả lại' if vi else 'brings back'}: {escape(one)}")
    for kept in undone.left:
        out.print(f"  [yellow]{'để nguyên' if vi else 'left alone'}[/]: {escape(kept.path)}: {escape(kept.reason)}")
    for one in undone.problems:
        out.print(f"  [red]{escape(one)}[/]")


def show_drift(drift: Drift, lang: Lang) -> None:
    """What changed on a host since its last confirmed hardening."""
    vi = lang == "vi"
    if drift.refused is not None:
        err.print(f"[bold]{escape(drift.host)}[/]: [yellow]{escape(drift.refused.get(lang))}[/]")
        return
    since = f"từ lần gia cố {drift.run}" if vi else f"since the hardening {drift.run}"
    head = (f"{drift.count} thay đổi {since}" if vi else f"{drift.count} changes {since}") if drift.count else ""
    out.print(
        f"[bold]{escape(drift.host)}[/]: " + escape(head or (f"không đổi {since}" if vi else f"unchanged {since}"))
    )
    for change in drift.changes:
        out.print(f"  {escape(change.how):<10} {escape(change.what)}  [dim]{', '.join(change.controls)}[/]")
