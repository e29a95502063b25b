"""``auditor rollback``: bring hosts back to before a confirmed hardening, or undo one control of it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path

import typer

from auditor.audit import controls
from auditor.commands.hardening import flow, steps
from auditor.commands.options.selection import parse_unjudged_sites, select_hosts_and_check_lab
from auditor.commands.output import console
from auditor.commands.output.console import escape_markup, out
from auditor.commands.output.deferred_errors import DeferredErrors
from auditor.commands.output.hardenings import show_rollback_of_host
from auditor.commands.output.incidents import record_and_show_lapsed_containments
from auditor.commands.verbs.hardening import RollbackOptions
from auditor.errors import InputError, find_nearest_known_name
from auditor.hardening import rollback as rollbacks
from auditor.hardening.journal import Journal
from auditor.hardening.release import ControlRelease
from auditor.hardening.rollback import HostRollback, list_touches_of_control_alone
from auditor.history.prior_state import load_prior_state
from auditor.history.runs import RunHistory
from auditor.inventory import hosts as inventories
from auditor.models import ControlId, Hardening, Host, HostHardening, Inventory, Lang
from auditor.text.translations import Words


def rollback(options: RollbackOptions) -> None:
    """Run ``auditor rollback``."""
    inventory_data = inventories.load_inventory(options.inventory)
    prior_state = load_prior_state(inventory_data.path)
    by_wish = parse_unjudged_sites(options.unjudge, inventory_data)
    catalogue = controls.load_catalogue()
    _check_options(options, catalogue, by_wish)
    hosts, _sites = select_hosts_and_check_lab(inventory_data, options.limit)
    if not options.yes:
        flow.require_interactive_terminal()
    journal, late = Journal(), DeferredErrors()
    with journal.hold_lock_of_controller():
        flow.report_interrupted_hardenings(inventory_data, hosts, journal, options.lang)
        parts = _choose_hardenings_to_undo(
            journal, inventory_data, hosts, options.run, options.control, has_limit=options.limit is not None
        )
        entries = tuple(entry for _, own in parts for entry in own)
        changed_hosts = [host for host in hosts if any(entry.host == host.name for entry in entries)]
        only = _list_changes_of_control_alone_by_host(journal, inventory_data, entries, options.control)
        _show_previews(options, inventory_data, catalogue, parts, only)
        _exit_unless_confirmed(options)
        audit = partial(flow.audit_hosts_with_progress, inventory_data, prior_state, catalogue, changed_hosts)
        if options.control is None:
            results = tuple(step for part in parts for step in _undo_hardening(journal, inventory_data, *part))
            after, sound = audit(options.lang), True
        else:
            before = audit(options.lang, "before")
            RunHistory().keep(before)
            results = tuple(
                step
                for part in parts
                for step in rollbacks.undo_hardening(inventory_data, *part, only, options.control)
            )
            release = ControlRelease(options.control, entries, before, by_wish)
            after, sound = steps.undo_control_and_audit_again(
                inventory_data, prior_state, catalogue, journal, release, options.lang
            )
        late.run_or_defer_error(lambda: RunHistory().keep(after), None)
    if not sound:
        raise typer.Exit(1)
    results = rollbacks.add_reopened_controls_from_audit(results, entries, options.control, after)
    record_and_show_lapsed_containments(
        inventory_data, ((step.host, "\n".join(step.undone.problems)) for step in results if step.undone), options.lang
    )
    _show_results(options, catalogue, parts, results)
    if late.mistake is not None:
        raise late.mistake
    raise typer.Exit(0 if all(step.undone is not None and not step.undone.problems for step in results) else 1)


def _check_options(options: RollbackOptions, catalogue: controls.Catalogue, by_wish: Collection[str]) -> None:
    if by_wish and options.control is None:
        raise InputError("--unjudged: a complete rollback does not check sites", mend="omit it, or undo one --control")
    if options.control is not None and not catalogue.has_automated_fix(options.control):
        raise InputError(
            "--control {control}: not a control with an automated fix",
            mend="see 'auditor controls list'",
            guess=find_nearest_known_name(
                options.control, filter(catalogue.has_automated_fix, catalogue.controls_by_id)
            ),
            control=options.control,
        )


def _exit_unless_confirmed(options: RollbackOptions) -> None:
    if not options.yes and not flow.ask_to_confirm_plan(options.lang):
        if options.as_json:
            typer.echo("[]")
        raise typer.Exit(0)


def _show_previews(
    options: RollbackOptions,
    inventory: Inventory,
    catalogue: controls.Catalogue,
    parts: Sequence[rollbacks.Part],
    only: dict[str, tuple[str, ...]] | None,
) -> None:
    """Ask the hosts what would be undone, and print it unless a program alone reads what is printed."""
    shown_console, words = console.err if options.as_json else console.out, Words(options.lang)
    for hardening, own in parts:
        previews = rollbacks.undo_hardening(inventory, hardening, own, only, options.control, check=True)
        if not (options.as_json and options.yes):
            shown_console.print(words("undone.of", run=hardening.id, moment=words.format_iso_moment(hardening.started)))
            for step in previews:
                show_rollback_of_host(step, catalogue, options.lang, is_done=False, console=shown_console)


def _show_results(
    options: RollbackOptions,
    catalogue: controls.Catalogue,
    parts: Sequence[rollbacks.Part],
    results: Sequence[HostRollback],
) -> None:
    if options.as_json:
        typer.echo(json.dumps([step.model_dump(mode="json") for step in results], ensure_ascii=False, indent=1))
        return
    for step in results:
        show_rollback_of_host(step, catalogue, options.lang, is_done=True)
    for hardening, own in parts:
        names = {entry.host for entry in own}
        _show_commands_after_rollback(
            [step for step in results if step.host in names],
            hardening,
            options.inventory,
            options.control,
            options.lang,
        )


def _show_commands_after_rollback(
    results: Sequence[HostRollback], hardening: Hardening, inventory: Path, control: ControlId | None, lang: Lang
) -> None:
    """Print what to type where something could not be undone, and to put in force again what is open."""
    words, reach = Words(lang), ("-i", str(inventory), "--limit")
    for key, hosts, verb in (
        (
            "try_again",
            [step.host for step in results if step.undone is None or step.undone.problems],
            ("rollback", hardening.id, *(("--control", control) if control else ())),
        ),
        ("again", [step.host for step in results if step.reopens], ("plan",)),
    ):
        if hosts:
            command = shlex.join(["auditor", *verb, *reach, ",".join(hosts)])
            out.print(words(f"undone.next.{key}", command=escape_markup(command)), soft_wrap=True)


def _choose_hardenings_to_undo(
    journal: Journal,
    inventory: Inventory,
    hosts: Sequence[Host],
    run: str | None,
    control: ControlId | None,
    *,
    has_limit: bool,
) -> tuple[rollbacks.Part, ...]:
    """Return the hardenings that are to be undone, newest first, each with its part on these hosts.

    Raises InputError when there is none.

    Without a run it is the last of the inventory; where hosts are named, the last of each of them.
    """
    if run is None and control is not None:
        last_part = rollbacks.find_newest_hardening_with_control_in_force(
            journal.list_hardenings(inventory.path), hosts, control
        )
        if last_part is None:
            raise InputError(
                "--control {control}: no hardening run has it in force there",
                mend="see 'auditor history list'",
                control=control,
            )
        return (last_part,)
    if run is None and has_limit:
        parts = rollbacks.find_last_hardening_in_force_of_each_host(journal.list_hardenings(inventory.path), hosts)
        if not parts:
            raise InputError(
                "no hardening run in force there is known here",
                mend="name the run, if one was rolled back in part; see 'auditor history list'",
            )
        return parts
    hardening = journal.find_hardening_by_id_or_last(inventory.path, run)
    entries = rollbacks.select_host_entries_that_can_be_undone(
        hardening, hosts, control, includes_rolled_back=run is not None
    )
    if not entries:
        raise InputError(
            "the hardening run {run} did not confirm anything there",
            mend="see 'auditor history list'",
            run=hardening.id,
        )
    return ((hardening, entries),)


def _undo_hardening(
    journal: Journal, inventory: Inventory, hardening: Hardening, entries: Sequence[HostHardening]
) -> tuple[HostRollback, ...]:
    """Undo one hardening on these hosts, and record that."""
    results = rollbacks.undo_hardening(inventory, hardening, entries)
    _record_rollback(journal, hardening, results)
    return results


def _list_changes_of_control_alone_by_host(
    journal: Journal,
    inventory: Inventory,
    entries: Sequence[HostHardening],
    control: ControlId | None,
) -> dict[str, tuple[str, ...]] | None:
    if control is None:
        return None
    own_changes = {}
    for entry in entries:
        host_entries = (hardening.find_host(entry.host) for hardening in journal.list_hardenings(inventory.path))
        own_changes[entry.host] = list_touches_of_control_alone(
            entry,
            control,
            [host_entry for host_entry in host_entries if host_entry and host_entry.state == "confirmed"],
        )
    return own_changes


def _record_rollback(journal: Journal, hardening: Hardening, results: Sequence[HostRollback]) -> None:
    """Record that these hosts are no longer as the hardening left them."""
    back = {step.host for step in results if step.undone is not None}
    hosts = tuple(
        entry.model_copy(update={"state": "rolled_back"}) if entry.host in back else entry for entry in hardening.hosts
    )
    journal.write_progress_of_hardening(hardening.model_copy(update={"hosts": hosts}))
