"""``auditor plan``: what would change, before anything does."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from auditor.commands.options.common import (
    DEFAULT_INVENTORY,
    DEFAULT_LANG,
    AcceptOption,
    InventoryOption,
    JsonOption,
    LangOption,
    LimitOption,
    parse_accepted_controls,
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
    from auditor.commands.output import console
    from auditor.commands.output.console import escape
    from auditor.commands.output.incidents import show_contained
    from auditor.commands.output.plans import show_next, show_plan
    from auditor.hardening import plan_facts
    from auditor.hardening.harden import try_out
    from auditor.history.incidents import Incidents
    from auditor.inventory import hosts as inventories
    from auditor.text.translations import Words

    words = Words(lang)
    catalogue = controls.load()
    inventory_data = Incidents().attach_to(inventories.load(inventory))
    inventory_fit.check_accepted(inventory, catalogue)
    hosts, sites = select(inventory_data, limit)
    accepted_controls = parse_accepted_controls(accept, catalogue)
    with console.show_progress(words("doing.audit"), [host.name for host in hosts]) as report_done:
        run, facts = audit(inventory_data, catalogue, hosts, watch=report_done)
    fix_plan = plan_facts.plan(
        catalogue, run, facts, only_sites=frozenset() if with_host else sites, accepted_controls=accepted_controls
    )
    shows_diff = as_json if diff is None else diff
    previews, failures = try_out(inventory_data, fix_plan) if shows_diff else ((), {})
    if as_json:
        document = {**fix_plan.model_dump(mode="json"), "preview": [entry.model_dump() for entry in previews]}
        typer.echo(json.dumps(document, ensure_ascii=False, indent=1))
    else:
        show_contained(run.contained, words)
        show_plan(fix_plan, catalogue, lang, previews)
        arguments = ("-i", str(inventory), *_repeat_option("--limit", limit), *(("--with-host",) if with_host else ()))
        show_next(fix_plan, (*arguments, *_repeat_option("--accept", accept)), lang, is_diff_shown=shows_diff)
    for host, why in failures.items():
        console.err.print(f"[red]{host}[/]: {escape(why.get(lang))}")
    raise typer.Exit(1 if failures else 3 if fix_plan.is_blind else 0)


def _repeat_option(option: str, values: list[str] | None) -> tuple[str, ...]:
    return tuple(part for value in values or () for part in (option, value))
