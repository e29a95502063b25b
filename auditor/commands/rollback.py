"""``auditor rollback``: bring hosts back to before a confirmed hardening, or undo one control of it."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.commands.given import completions
from auditor.commands.given.options import (
    DEFAULT_INVENTORY,
    DEFAULT_LANG,
    InventoryOption,
    JsonOption,
    LangOption,
    LimitOption,
    UnjudgedOption,
    YesOption,
    select,
    unjudged,
)
from auditor.errors import InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from auditor.hardening import rollback as rollbacks
    from auditor.hardening.journal import Journal
    from auditor.hardening.rollback import Step
    from auditor.models import ControlId, Hardening, Host, HostHardening, Inventory, Lang


def rollback(
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="[RUN]",
            autocompletion=completions.hardenings,
            help=(
                "The hardening run; default: the last one, with --limit the last one of each host, with --control "
                "the last one that applied the control."
            ),
        ),
    ] = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    limit: LimitOption = None,
    control: Annotated[
        str | None,
        typer.Option("--control", metavar="ID", help="Undo only this control.", autocompletion=completions.fixes),
    ] = None,
    unjudge: UnjudgedOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Undo a confirmed hardening: files, live settings, services, database accounts; remove what it installed.

    Shows which controls would be open again, what returns and what stays, and asks for confirmation. Items that were
    changed since then are left unchanged and listed. Upgrades stay. Afterward, the hosts are audited and the run is
    stored.

    With --control, the other changes are written again and verified like a hardening run; the responses of sites in
    --unjudged do not count.

    Exit code: 0 done, 1 a host refused or something could not be restored.

    Examples:
      auditor rollback -i inventories/lab

      auditor rollback 20261124T10 -i inventories/lab --limit web1 --control nginx.server_tokens

    """
    from auditor.audit import controls
    from auditor.commands import hardening as steps
    from auditor.commands.shown import console
    from auditor.commands.shown.hardenings import show_undone
    from auditor.commands.shown.incidents import record_lapses
    from auditor.commands.shown.postponed import Postponed
    from auditor.hardening import rollback as rollbacks
    from auditor.hardening.journal import Journal
    from auditor.history.carried import carried
    from auditor.history.runs import History
    from auditor.inventory import hosts as inventories
    from auditor.text.words import Words

    known = carried(inventories.load(inventory))
    by_wish = unjudged(unjudge, known)
    if by_wish and control is None:
        raise InputError("--unjudged: a complete rollback does not check sites", mend="omit it, or undo one --control")
    catalogue = controls.load()
    if control is not None and not catalogue.mends(control):
        raise InputError(
            f"--control {control}: not a control with an automated fix",
            mend="see 'auditor controls list'",
            guess=nearest(control, filter(catalogue.mends, catalogue.by_id)),
        )
    hosts, _sites = select(known, limit)
    if not yes:
        steps.check_somebody()
    journal, late = Journal(), Postponed()
    with journal.alone():
        steps.find_out(known, hosts, journal, lang)
        chosen = _chosen(journal, known, hosts, run, control, limited=limit is not None)
        entries = tuple(entry for _, own in chosen for entry in own)
        concerned = [host for host in hosts if any(entry.host == host.name for entry in entries)]
        only = _only(journal, known, entries, control)
        shown = console.err if as_json else console.out
        words = Words(lang)
        for hardening, own in chosen:
            seen = rollbacks.run(known, hardening, own, only, control, check=True)
            if not (as_json and yes):
                shown.print(words("undone.of", run=hardening.id, moment=words.moment(hardening.started)))
                for step in seen:
                    show_undone(step, catalogue, lang, done=False, console=shown)
        if not yes and not steps.agreed(lang):
            if as_json:
                typer.echo("[]")
            raise typer.Exit(0)
        if control is None:
            done = tuple(step for one in chosen for step in _undo(journal, known, *one))
            after, sound = steps.audited(known, catalogue, concerned, lang), True
        else:
            before = steps.audited(known, catalogue, concerned, lang, "before")
            History().keep(before)
            done = tuple(step for one in chosen for step in rollbacks.run(known, *one, only, control))
            after, sound = steps.release(known, catalogue, journal, entries, control, before, lang, by_wish)
        late.attempt(lambda: History().keep(after), None)
    if not sound:
        raise typer.Exit(1)
    done = rollbacks.judged(done, entries, control, after)
    record_lapses(known, ((step.host, "\n".join(step.undone.problems)) for step in done if step.undone), lang)
    if as_json:
        typer.echo(json.dumps([step.model_dump(mode="json") for step in done], ensure_ascii=False, indent=1))
    else:
        for step in done:
            show_undone(step, catalogue, lang, done=True)
        for hardening, own in chosen:
            names = {entry.host for entry in own}
            _show_next([step for step in done if step.host in names], hardening, inventory, control, lang)
    if late.mistake is not None:
        raise late.mistake
    raise typer.Exit(0 if all(step.undone is not None and not step.undone.problems for step in done) else 1)


def _show_next(
    done: Sequence[Step], hardening: Hardening, inventory: Path, control: ControlId | None, lang: Lang
) -> None:
    """What to type where something could not be undone, and to put in force again what is open."""
    from auditor.commands.shown.console import escape, out
    from auditor.text.words import Words

    words, reach = Words(lang), ("-i", str(inventory), "--limit")
    for key, hosts, verb in (
        (
            "try_again",
            [step.host for step in done if step.undone is None or step.undone.problems],
            ("rollback", hardening.id, *(("--control", control) if control else ())),
        ),
        ("again", [step.host for step in done if step.reopens], ("plan",)),
    ):
        if hosts:
            command = shlex.join(["auditor", *verb, *reach, ",".join(hosts)])
            out.print(words(f"undone.next.{key}", command=escape(command)), soft_wrap=True)


def _chosen(
    journal: Journal,
    inventory: Inventory,
    hosts: Sequence[Host],
    run: str | None,
    control: ControlId | None,
    *,
    limited: bool,
) -> tuple[rollbacks.Part, ...]:
    """The hardenings that are to be undone, newest first, each with its part on these hosts. Raises InputError when there is none.

    Without a run it is the last of the inventory; where hosts are named, the last of each of them.
    """
    from auditor.hardening import rollback as rollbacks

    if run is None and control is not None:
        found = rollbacks.last_in_force(journal.all(inventory.path), hosts, control)
        if found is None:
            raise InputError(
                f"--control {control}: no hardening run has it in force there", mend="see 'auditor history list'"
            )
        return (found,)
    if run is None and limited:
        parts = rollbacks.last_of_each(journal.all(inventory.path), hosts)
        if not parts:
            raise InputError(
                "no hardening run in force there is known here",
                mend="name the run, if one was rolled back in part; see 'auditor history list'",
            )
        return parts
    hardening = journal.find(inventory.path, run)
    entries = rollbacks.affected(hardening, hosts, control, again=run is not None)
    if not entries:
        raise InputError(
            f"the hardening run {hardening.id} did not confirm anything there", mend="see 'auditor history list'"
        )
    return ((hardening, entries),)


def _undo(
    journal: Journal, inventory: Inventory, hardening: Hardening, entries: Sequence[HostHardening]
) -> tuple[Step, ...]:
    """Undo one hardening on these hosts, and record that."""
    from auditor.hardening import rollback as rollbacks

    done = rollbacks.run(inventory, hardening, entries)
    _note(journal, hardening, done)
    return done


def _only(
    journal: Journal,
    inventory: Inventory,
    entries: Sequence[HostHardening],
    control: ControlId | None,
) -> dict[str, tuple[str, ...]] | None:
    from auditor.hardening.rollback import own_touches

    if control is None:
        return None
    found = {}
    for entry in entries:
        known = (hardening.of(entry.host) for hardening in journal.all(inventory.path))
        found[entry.host] = own_touches(entry, control, [one for one in known if one and one.state == "confirmed"])
    return found


def _note(journal: Journal, hardening: Hardening, done: Sequence[Step]) -> None:
    """Record that these hosts are no longer as the hardening left them."""
    back = {step.host for step in done if step.undone is not None}
    hosts = tuple(
        entry.model_copy(update={"state": "rolled_back"}) if entry.host in back else entry for entry in hardening.hosts
    )
    journal.write(hardening.model_copy(update={"hosts": hosts}))
