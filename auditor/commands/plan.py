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
    select_hosts_and_check_lab,
)

WithHostOption = Annotated[
    bool,
    typer.Option(
        "--with-host",
        help="With --limit SITE: also include the fixes of its host; they affect the other sites there, too.",
    ),
]


def plan(
    inventory: InventoryOption = DEFAULT_INVENTORY,
    limit: LimitOption = None,
    with_host: WithHostOption = False,
    accept: AcceptOption = None,
    diff: Annotated[
        bool | None,
        typer.Option(
            "--diff/--no-diff", help="Show the diff of every file, from a dry run; default: only with --json."
        ),
    ] = None,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Show what hardening would change and why, most severe first, without changing anything.

    Deferred changes are shown with the reason: risky and not accepted, outside the unit's change window, or known to
    cause harm on this host.

    Exit code: 0 the plan is complete, 1 the dry run for --diff failed on a host, 3 a host could not be read.

    Examples:
      auditor plan -i inventories/lab

      auditor plan -i inventories/lab --limit antruc.test --diff

    """
    from auditor.audit import controls, inventory_fit
    from auditor.audit.run import audit_hosts
    from auditor.commands.output import console
    from auditor.commands.output.console import escape_markup
    from auditor.commands.output.incidents import show_active_containments
    from auditor.commands.output.plans import show_commands_after_plan, show_plan
    from auditor.hardening import plan_facts
    from auditor.hardening.harden import preview_plan_by_check_run
    from auditor.history.prior_state import load_state_of_incidents
    from auditor.inventory import hosts as inventories
    from auditor.text.translations import Words

    words = Words(lang)
    catalogue = controls.load_catalogue()
    inventory_data = inventories.load_inventory(inventory)
    prior_state = load_state_of_incidents(inventory_data.path)
    inventory_fit.check_accepted_controls_have_fixes(inventory, catalogue)
    hosts, sites = select_hosts_and_check_lab(inventory_data, limit)
    accepted_controls = parse_accepted_controls(accept, catalogue)
    with console.show_progress(words("doing.audit"), [host.name for host in hosts]) as report_done:
        run, facts = audit_hosts(inventory_data, prior_state, catalogue, hosts, watch=report_done)
    fix_plan = plan_facts.make_plan_after_site_visits(
        catalogue, run, facts, only_sites=frozenset() if with_host else sites, accepted_controls=accepted_controls
    )
    shows_diff = as_json if diff is None else diff
    previews, failures = preview_plan_by_check_run(inventory_data, fix_plan) if shows_diff else ((), {})
    if as_json:
        document = {**fix_plan.model_dump(mode="json"), "preview": [entry.model_dump() for entry in previews]}
        typer.echo(json.dumps(document, ensure_ascii=False, indent=1))
    else:
        show_active_containments(run.contained, words)
        show_plan(fix_plan, catalogue, lang, previews)
        arguments = (
            "-i",
            str(inventory),
            *_repeat_option_for_each_value("--limit", limit),
            *(("--with-host",) if with_host else ()),
        )
        show_commands_after_plan(
            fix_plan, (*arguments, *_repeat_option_for_each_value("--accept", accept)), lang, is_diff_shown=shows_diff
        )
    for host, why in failures.items():
        console.err.print(f"[red]{host}[/]: {escape_markup(why.get(lang))}")
    raise typer.Exit(1 if failures else 3 if fix_plan.has_unread_host else 0)


def _repeat_option_for_each_value(option: str, values: list[str] | None) -> tuple[str, ...]:
    return tuple(part for value in values or () for part in (option, value))
