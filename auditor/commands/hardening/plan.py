"""``auditor plan``: what would change, before anything does."""

from __future__ import annotations

import json

import typer

from auditor.audit import controls, inventory_fit
from auditor.audit import run as audits
from auditor.commands.hardening.accepted_controls import parse_accepted_controls
from auditor.commands.options.selection import select_hosts_and_check_lab
from auditor.commands.output import console
from auditor.commands.output.console import escape_markup
from auditor.commands.output.containments import show_active_containments
from auditor.commands.output.plans import show_commands_after_plan, show_plan
from auditor.commands.verbs.hardening import PlanOptions
from auditor.hardening import harden as hardenings
from auditor.hardening import plan_facts
from auditor.history.prior_state import load_state_of_incidents
from auditor.inventory import hosts as inventories
from auditor.text.translations import Words


def plan(options: PlanOptions) -> None:
    """Run ``auditor plan``."""
    words = Words(options.lang)
    catalogue = controls.load_catalogue()
    inventory_data = inventories.load_inventory(options.inventory)
    prior_state = load_state_of_incidents(inventory_data.path)
    inventory_fit.check_accepted_controls_have_fixes(options.inventory, catalogue)
    hosts, sites = select_hosts_and_check_lab(inventory_data, options.limit)
    accepted_controls = parse_accepted_controls(options.accept, catalogue)
    with console.show_progress(words("doing.audit"), [host.name for host in hosts]) as report_done:
        run, facts = audits.audit_hosts(
            inventory_data, prior_state, catalogue, hosts, while_reading=audits.WhileReading(watch=report_done)
        )
    fix_plan = plan_facts.make_plan_after_site_visits(
        catalogue,
        run,
        facts,
        only_sites=frozenset() if options.with_host else sites,
        accepted_controls=accepted_controls,
    )
    shows_diff = options.as_json if options.diff is None else options.diff
    previews, failures = hardenings.preview_plan_by_check_run(inventory_data, fix_plan) if shows_diff else ((), {})
    if options.as_json:
        document = {**fix_plan.model_dump(mode="json"), "preview": [entry.model_dump() for entry in previews]}
        typer.echo(json.dumps(document, ensure_ascii=False, indent=1))
    else:
        show_active_containments(run.contained, words)
        show_plan(fix_plan, catalogue, options.lang, previews)
        arguments = (
            "-i",
            str(options.inventory),
            *_repeat_option_for_each_value("--limit", options.limit),
            *(("--with-host",) if options.with_host else ()),
        )
        show_commands_after_plan(
            fix_plan,
            (*arguments, *_repeat_option_for_each_value("--accept", options.accept)),
            options.lang,
            is_diff_shown=shows_diff,
        )
    for host, why in failures.items():
        console.err.print(f"[red]{host}[/]: {escape_markup(why.get(options.lang))}")
    raise typer.Exit(1 if failures else 3 if fix_plan.has_unread_host else 0)


def _repeat_option_for_each_value(option: str, values: list[str] | None) -> tuple[str, ...]:
    return tuple(part for value in values or () for part in (option, value))
