"""``auditor harden``: replan, show, ask, change exactly that, prove that the sites still serve."""

from __future__ import annotations

import typer

from auditor.audit import controls, inventory_fit
from auditor.commands.hardening.accepted_controls import parse_accepted_controls
from auditor.commands.hardening.flow import HardeningSession, list_hosts_missed_by_last_hardening
from auditor.commands.options.selection import parse_unjudged_sites, select_hosts_and_check_lab
from auditor.commands.output import console
from auditor.commands.output.hardenings import show_command_to_undo_hardening
from auditor.commands.verbs.hardening import HardenOptions
from auditor.hardening.rollout import RolloutOptions
from auditor.inventory import hosts as inventories


def harden(options: HardenOptions) -> None:
    """Run ``auditor harden``."""
    catalogue = controls.load_catalogue()
    inventory_data = inventories.load_inventory(options.inventory)
    rollout_options = RolloutOptions(
        batch=options.batch,
        seconds=options.confirm_within,
        by_wish=parse_unjudged_sites(options.unjudge, inventory_data),
    )
    inventory_fit.check_accepted_controls_have_fixes(options.inventory, catalogue)
    hosts, sites = select_hosts_and_check_lab(inventory_data, options.limit)
    if options.resume:
        hosts = list_hosts_missed_by_last_hardening(inventory_data, hosts)
    result = HardeningSession(
        inventory_data,
        catalogue,
        hosts,
        options.output,
        options.lang,
        ask=not options.yes,
        only_sites=frozenset() if options.with_host else sites,
        accepted_controls=parse_accepted_controls(options.accept, catalogue),
        rollout=rollout_options,
        progress_console=None if options.as_json else console.out,
    ).audit_plan_and_harden()
    if options.as_json:
        typer.echo(result.as_json())
    else:
        if result.hardening is not None:
            show_command_to_undo_hardening(result.hardening, options.inventory, options.lang)
        if result.report is not None:
            console.out.print(str(result.report))
    if result.mistake is not None:
        raise result.mistake
    raise typer.Exit(0 if result.is_sound else 1)
