"""``auditor rollback``: bring hosts back to before a confirmed hardening, or undo one control of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

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

    from auditor.hardening.journal import Journal
    from auditor.hardening.rollback import Step
    from auditor.models import ControlId, Hardening, HostHardening, Inventory


def rollback(
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help="The hardening; by default the last.")] = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    limit: LimitOption = None,
    control: Annotated[str | None, typer.Option("--control", metavar="ID", help="Undo only this control.")] = None,
    unjudge: UnjudgedOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Undo a confirmed hardening: files, live settings, services, database accounts; remove what it installed.

    Shows what would come back and asks. What somebody changed since is left alone and named. Upgrades stay.

    With --control the rest is written anew and proven as a hardening is; sites named by --unjudged have no say in that.

    Exit code: 0 it did its work, 1 a host refused or something could not be brought back.

    Examples:
      auditor rollback -i inventories/lab

      auditor rollback 20261124T10 -i inventories/lab --limit web1 --control nginx.server_tokens

    """
    from auditor.audit import controls
    from auditor.commands import hardening as steps
    from auditor.commands.shown import console
    from auditor.commands.shown.hardenings import show_undone
    from auditor.hardening import rollback as rollbacks
    from auditor.hardening.journal import Journal
    from auditor.inventory import hosts as inventories

    known = inventories.load(inventory)
    by_wish = unjudged(unjudge, known)
    if by_wish and control is None:
        raise InputError("--unjudged: a whole rollback asks no site", mend="leave it out, or undo one --control")
    catalogue = controls.load()
    if control is not None and not catalogue.mends(control):
        raise InputError(
            f"--control {control}: no control with an automated fix",
            mend="see 'auditor controls list'",
            guess=nearest(control, filter(catalogue.mends, catalogue.by_id)),
        )
    hosts, _sites = select(known, limit)
    if not yes:
        steps.check_somebody()
    journal = Journal()
    with journal.alone():
        steps.find_out(known, hosts, journal, lang)
        hardening = journal.find(known.path, run)
        entries = rollbacks.affected(hardening, hosts, control, again=run is not None)
        if not entries:
            raise InputError(f"the hardening {hardening.id} confirmed nothing there", mend="see 'auditor history list'")
        only = _only(journal, known, entries, control)
        seen = rollbacks.run(known, hardening, entries, only, check=True)
        if not (as_json and yes):
            for step in seen:
                show_undone(step, lang, done=False, console=console.err if as_json else console.out)
        if not yes and not steps.agreed(lang):
            if as_json:
                typer.echo("[]")
            raise typer.Exit(0)
        done = rollbacks.run(known, hardening, entries, only)
        if control is None:
            _note(journal, hardening, done)
        elif not steps.release(known, catalogue, journal, entries, control, lang, by_wish):
            raise typer.Exit(1)
    if as_json:
        typer.echo(json.dumps([step.model_dump(mode="json") for step in done], ensure_ascii=False, indent=1))
    else:
        for step in done:
            show_undone(step, lang, done=True)
    raise typer.Exit(0 if all(step.undone is not None and not step.undone.problems for step in done) else 1)


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
