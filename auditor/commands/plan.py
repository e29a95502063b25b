"""``auditor plan``: what would change, before anything does."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from auditor.commands.given.options import (
    DEFAULT_INVENTORY,
    DEFAULT_LANG,
    AcceptOption,
    InventoryOption,
    JsonOption,
    LangOption,
    LimitOption,
    accepted,
    select,
)

WithHostOption = Annotated[
    bool,
    typer.Option("--with-host", help="With --limit SITE: accept the fixes of its host too, which other sites share."),
]


def plan(
    inventory: InventoryOption = DEFAULT_INVENTORY,
    limit: LimitOption = None,
    with_host: WithHostOption = False,
    accept: AcceptOption = None,
    diff: Annotated[
        bool, typer.Option("--diff/--no-diff", help="Show the diff of every file, from a check run.")
    ] = True,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Show per host and site what hardening would change, how disruptive it is, and the diff. Changes nothing.

    Changes that are held back are shown with the reason: dangerous and not accepted, outside of the unit's change
    window, or seen to do harm on this host.

    Exit code: 0 the plan is whole, 1 the check run behind the diff failed on a host, 3 a host could not be read.

    Examples:
      auditor plan -i inventories/lab

      auditor plan -i inventories/lab --limit antruc.test --no-diff

    """
    from auditor.audit import controls, inventory_fit
    from auditor.audit.run import audit
    from auditor.commands.shown import console
    from auditor.commands.shown.console import escape
    from auditor.commands.shown.plans import show_plan
    from auditor.hardening import foresight
    from auditor.hardening.harden import try_out
    from auditor.inventory import hosts as inventories
    from auditor.text.words import Words

    words = Words(lang)
    catalogue = controls.load()
    known = inventories.load(inventory)
    inventory_fit.check_accepted(inventory, catalogue)
    hosts, sites = select(known, limit)
    named = accepted(accept, catalogue)
    with console.progress(words("doing.audit"), [host.name for host in hosts]) as done:
        run, facts = audit(known, catalogue, hosts, watch=done)
    made = foresight.plan(catalogue, run, facts, only_sites=frozenset() if with_host else sites, accepted=named)
    previews, failures = try_out(known, made) if diff else ((), {})
    if as_json:
        document = {**made.model_dump(mode="json"), "preview": [entry.model_dump() for entry in previews]}
        typer.echo(json.dumps(document, ensure_ascii=False, indent=1))
    else:
        show_plan(made, catalogue, lang, previews)
    for host, why in failures.items():
        console.err.print(f"[red]{host}[/]: {escape(why.get(lang))}")
    raise typer.Exit(1 if failures else 3 if made.is_blind else 0)
