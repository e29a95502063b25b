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
    typer.Option("--with-host", help="With --limit SITE: also include the fixes of its host, which other sites share."),
]


def plan(
    inventory: InventoryOption = DEFAULT_INVENTORY,
    limit: LimitOption = None,
    with_host: WithHostOption = False,
    accept: AcceptOption = None,
    diff: Annotated[
        bool | None,
        typer.Option(
            "--diff/--no-diff", help="Show the diff of every file, from a check run; default: only with --json."
        ),
    ] = None,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Show what hardening would change and why, most severe first, without changing anything.

    Deferred changes are shown with the reason: risky and not accepted, outside the unit's change window, or known to
    cause harm on this host.

    Exit code: 0 the plan is complete, 1 the check run for the diff failed on a host, 3 a host could not be read.

    Examples:
      auditor plan -i inventories/lab

      auditor plan -i inventories/lab --limit antruc.test --diff

    """
    from auditor.audit import controls, inventory_fit
    from auditor.audit.run import audit
    from auditor.commands.shown import console
    from auditor.commands.shown.console import escape
    from auditor.commands.shown.incidents import show_contained
    from auditor.commands.shown.plans import show_next, show_plan
    from auditor.hardening import foresight
    from auditor.hardening.harden import try_out
    from auditor.history.incidents import Incidents
    from auditor.inventory import hosts as inventories
    from auditor.text.words import Words

    words = Words(lang)
    catalogue = controls.load()
    known = Incidents().carried(inventories.load(inventory))
    inventory_fit.check_accepted(inventory, catalogue)
    hosts, sites = select(known, limit)
    named = accepted(accept, catalogue)
    with console.progress(words("doing.audit"), [host.name for host in hosts]) as done:
        run, facts = audit(known, catalogue, hosts, watch=done)
    made = foresight.plan(catalogue, run, facts, only_sites=frozenset() if with_host else sites, accepted=named)
    tried = as_json if diff is None else diff
    previews, failures = try_out(known, made) if tried else ((), {})
    if as_json:
        document = {**made.model_dump(mode="json"), "preview": [entry.model_dump() for entry in previews]}
        typer.echo(json.dumps(document, ensure_ascii=False, indent=1))
    else:
        show_contained(run.contained, words)
        show_plan(made, catalogue, lang, previews)
        given = ("-i", str(inventory), *_repeated("--limit", limit), *(("--with-host",) if with_host else ()))
        show_next(made, (*given, *_repeated("--accept", accept)), lang, shown=tried)
    for host, why in failures.items():
        console.err.print(f"[red]{host}[/]: {escape(why.get(lang))}")
    raise typer.Exit(1 if failures else 3 if made.is_blind else 0)


def _repeated(option: str, values: list[str] | None) -> tuple[str, ...]:
    return tuple(part for value in values or () for part in (option, value))
