"""What a hardening, its way back and drift came to, host by host. Escapes everything that a host said."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from auditor.audit.controls import Catalogue
from auditor.commands.output.console import STYLE, err, escape_markup, out
from auditor.hardening.drift import Drift, DriftChange
from auditor.hardening.rollback import HostRollback, UndoneChanges
from auditor.models import ControlId, Hardening, HostState, Lang, Text
from auditor.text.translations import Words, translate_foreign_sentence

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


def show_rollback_beginning(hosts: Sequence[str], why: Text, lang: Lang) -> None:
    """Print at once, before that is over, which hosts are brought back, and why."""
    words = Words(lang)
    err.print(
        escape_markup(words("hardening.going_back", why=why.get(lang), hosts=", ".join(hosts))),
        soft_wrap=True,
    )


def show_interrupted_hardening(hardening: Hardening, lang: Lang) -> None:
    """Print the result of a hardening that did not reach its end, and what to do.

    It says, too, when the hosts that are open bring themselves back.
    """
    words = Words(lang)
    err.print(f"[bold]{words('hardening.interrupted', run=hardening.id)}[/]")
    show_hardening(hardening, lang, err)
    unfinished_hosts = hardening.select_by_state("applying", "armed", "lost")
    for entry in unfinished_hosts:
        until = words.format_iso_moment(entry.deadline) if entry.deadline else None
        message = (
            words("hardening.back_at", moment=until) if until else words("hardening.back_in", seconds=hardening.seconds)
        )
        err.print(f"[bold]{escape_markup(entry.host)}[/]: {message}")
    if unfinished_hosts:
        err.print(words("hardening.find_out", command=f"auditor harden -i {escape_markup(hardening.inventory)}"))


def show_hardening(hardening: Hardening, lang: Lang, console: Console = out) -> None:
    """Print for each host whether its changes were kept, taken back, or never made, and why."""
    words = Words(lang)
    for entry in hardening.hosts:
        changed_controls = set(entry.controls) - {fix.control for fix in entry.not_done}
        changes = f" ({words('plan.changes', n=len(changed_controls))})" if entry.state == "confirmed" else ""
        state_text = words(f"state.{entry.state}")
        console.print(f"[bold]{escape_markup(entry.host)}[/]: [{_STATE[entry.state]}]{state_text}[/]{changes}")
        if entry.why is not None:
            console.print(f"    {escape_markup(entry.why.get(lang))}")
        for note in entry.notes[:_MAX_LINES]:
            console.print(f"    {escape_markup(note.get(lang))}")
        for unapplied_fix in entry.not_done[:_MAX_LINES]:
            own = f" {unapplied_fix.subject.id}" if unapplied_fix.subject.kind == "site" else ""
            what = f"[red]{words('hardening.not_done')}[/]: {unapplied_fix.control}{escape_markup(own)}"
            console.print(f"    {what}: {escape_markup(unapplied_fix.why.get(lang))}")
    if hardening.total_of_planned_changes_not_in_force:
        console.print(words("hardening.not_done_n", n=hardening.total_of_planned_changes_not_in_force))
    for domain in hardening.broken_before:
        err.print(f"[yellow]{escape_markup(domain)}[/]: {words('hardening.broken_before')}")
    for domain in hardening.by_wish:
        err.print(f"[yellow]{words('hardening.by_wish')}[/]: {escape_markup(domain)}")
    for said_before in hardening.unjudged[:_MAX_LINES]:
        err.print(f"[yellow]{words('hardening.unjudged')}[/]: {escape_markup(said_before.get(lang))}")


def show_command_to_undo_hardening(hardening: Hardening, inventory: Path, lang: Lang, console: Console = out) -> None:
    """Print the command that undoes what is in force by it; nothing where no host was confirmed."""
    if hardening.select_by_state("confirmed"):
        command = shlex.join(["auditor", "rollback", hardening.id, "-i", str(inventory)])
        console.print(Words(lang)("hardening.way_back", command=escape_markup(command)), soft_wrap=True)


_MAX_LINES = 20
_MAX_CONTROLS = 10
_MAX_CHANGES = 40
_MAX_IDS = 3


def show_rollback_of_host(
    step: HostRollback, catalogue: Catalogue, lang: Lang, *, is_done: bool, console: Console = out
) -> None:
    """Print what a rollback would undo on a host, or did.

    The controls first, then who gets what back, what stays, and the rest.
    """
    words, host = Words(lang), f"[bold]{escape_markup(step.host)}[/]"
    undone = step.undone
    if undone is None:
        console.print(f"{host}: [red]{escape_markup(step.refused.get(lang) if step.refused else '?')}[/]")
        return
    remarks = [words("undone.done" if is_done else "undone.to_do")]
    if step.reopens:
        remarks.append(words("undone.opened" if is_done else "undone.opens", n=len(step.reopens)))
    if step.in_force_again:
        remarks.append(words("undone.in_force_again", ids=", ".join(step.in_force_again)))
    console.print(
        f"{host}: {': '.join(remarks) if undone.has_anything_undone or step.reopens else words('undone.nothing')}"
    )
    if step.reopens:
        console.print(_build_worst_controls_table(step.reopens, catalogue, words, _MAX_CONTROLS))
    for guard_text in undone.brings_back:
        console.print(
            f"  [yellow]![/] {words('undone.brings_back')}: "
            f"{escape_markup(translate_foreign_sentence('guard', guard_text, lang))}"
        )
    if undone.staying:
        console.print(
            f"  {words('undone.staying')}: {escape_markup(_join_first_names_and_total(undone.staying, _MAX_LINES))}"
        )
    _show_files_left(undone, words, lang, console)
    if rest := _list_counts_of_undone_parts(undone, words, _MAX_LINES if not step.reopens else 0):
        console.print(f"  [dim]{'; '.join(rest)}[/]")
    for guard_text in undone.problems:
        console.print(f"  [red]{escape_markup(translate_foreign_sentence('guard', guard_text, lang))}[/]")


def _show_files_left(undone: UndoneChanges, words: Words, lang: Lang, console: Console) -> None:
    for kept_file in undone.left[:_MAX_LINES]:
        message = (
            f"{escape_markup(translate_foreign_sentence('guard', kept_file.path, lang))}: "
            f"{escape_markup(translate_foreign_sentence('guard', kept_file.reason, lang))}"
        )
        console.print(f"  [yellow]{words('undone.left')}[/]: {message}")
    if len(undone.left) > _MAX_LINES:
        console.print(f"  [yellow]{words('undone.left')}[/]: {words('more_lines', n=len(undone.left) - _MAX_LINES)}")


def _list_counts_of_undone_parts(undone: UndoneChanges, words: Words, max_names: int) -> list[str]:
    """Return what else goes back; files and settings by number alone where no names are wanted."""
    return [
        *(
            (
                f"{words(f'undone.part.{key}')}: "
                + (
                    escape_markup(_join_first_names_and_total(members, max_names))
                    if max_names
                    else words.format_number(len(members))
                )
            )
            for key in ("files", "removed", "sysctls")
            if (members := getattr(undone, key))
        ),
        *(
            f"{words(f'undone.part.{key}')}: {escape_markup(_join_first_names_and_total(members, _MAX_LINES))}"
            for key in ("units", "purged")
            if (members := getattr(undone, key))
        ),
        *([words("undone.database")] if undone.database else []),
    ]


def show_drift(drift: Drift, catalogue: Catalogue, lang: Lang) -> None:
    """Print what changed on a host since its last confirmed hardening.

    The controls that are open again first, then what changed.
    """
    words = Words(lang)
    if drift.refused is not None:
        err.print(f"[bold]{escape_markup(drift.host)}[/]: [yellow]{escape_markup(drift.refused.get(lang))}[/]")
        return
    head = (
        words("drift.changes", n=drift.count, run=drift.run) if drift.count else words("drift.unchanged", run=drift.run)
    )
    reopened_controls = drift.reopened or ()
    rest = ", ".join(name for name in drift.concerned_controls if name not in reopened_controls)
    reopened_text = f"; [red]{words('drift.reopened_n', n=len(reopened_controls))}[/]" if reopened_controls else ""
    out.print(f"[bold]{escape_markup(drift.host)}[/]: {escape_markup(head)}{reopened_text}")
    if reopened_controls:
        out.print(_build_worst_controls_table(reopened_controls, catalogue, words, len(reopened_controls)))
    if rest:
        state_text = (
            f"[magenta]{words('drift.unknown')}[/]" if drift.reopened is None else f"[green]{words('drift.met')}[/]"
        )
        out.print(f"  {state_text}: {rest}")
    for change in sorted(drift.changes, key=lambda change: not change.controls)[:_MAX_CHANGES]:
        about = (
            _join_first_names_and_count_rest(change.controls, _MAX_IDS) if change.controls else words("drift.of_none")
        )
        out.print(f"  {_describe_change(change, words)}: [dim]{about}[/]", soft_wrap=True)
    if drift.count > _MAX_CHANGES:
        out.print(f"  {words('drift.more', n=drift.count - _MAX_CHANGES)}")
    for note in drift.notes[:_MAX_LINES]:
        err.print(f"  [yellow]![/] {escape_markup(note.get(lang))}")


_HOW = ("content", "attributes", "missing", "new", "changed")


def _describe_change(change: DriftChange, words: Words) -> str:
    how = words(f"drift.how.{change.how}") if change.how in _HOW else escape_markup(change.how)
    return f"{escape_markup(change.what)} ({how})"


def _build_worst_controls_table(names: Sequence[ControlId], catalogue: Catalogue, words: Words, most: int) -> Table:
    """Return what is wrong by the worst of these controls, and how many more there are."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for number in range(3):
        table.add_column(no_wrap=number < 2)
    catalogue_controls = sorted(
        (catalogue[name] for name in names if name in catalogue.controls_by_id),
        key=lambda control: -control.severity.rank,
    )
    rows = [
        (
            f"  [{STYLE[control.severity.value]}]{words(f'severity.{control.severity.value}').lower()}[/]",
            control.id,
            escape_markup(control.problem.get(words.lang)),
        )
        for control in catalogue_controls
    ]
    for row in (rows + [("", name, "") for name in names if name not in catalogue.controls_by_id])[:most]:
        table.add_row(*row)
    if len(names) > most:
        table.add_row("", "", words("undone.more", n=len(names) - most))
    return table


def _join_first_names_and_count_rest(names: Sequence[str], most: int) -> str:
    return ", ".join(names[:most]) + (f" +{len(names) - most}" if len(names) > most else "")


def _join_first_names_and_total(members: Sequence[str], most: int) -> str:
    more = f" … ({len(members)})" if len(members) > most else ""
    return ", ".join(members[:most]) + more
