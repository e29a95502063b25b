"""``auditor harden``: replan, show, ask, change exactly that, prove that the sites still serve."""

from __future__ import annotations

from typing import Annotated

import typer

from auditor.commands.options.common import (
    DEFAULT_INVENTORY,
    DEFAULT_LANG,
    DEFAULT_OUTPUT,
    AcceptOption,
    InventoryOption,
    JsonOption,
    LangOption,
    LimitOption,
    OutputOption,
    UnjudgedOption,
    YesOption,
    parse_accepted_controls,
    parse_unjudged_sites,
    select_hosts_and_check_lab,
)
from auditor.commands.plan import WithHostOption
from auditor.hardening import rollout


def harden(
    inventory: InventoryOption = DEFAULT_INVENTORY,
    limit: LimitOption = None,
    with_host: WithHostOption = False,
    accept: AcceptOption = None,
    batch: Annotated[
        str, typer.Option("--batch", metavar="SIZES", help="Hosts per batch: a canary, then progressively more.")
    ] = rollout.DEFAULT,
    confirm_within: Annotated[
        int,
        typer.Option(
            "--confirm-within",
            metavar="SECONDS",
            min=10,
            max=7200,
            help="Seconds after which an unconfirmed host rolls back.",
        ),
    ] = 600,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue with the hosts that the last hardening run did not reach.")
    ] = False,
    unjudge: UnjudgedOption = None,
    output: OutputOption = DEFAULT_OUTPUT,
    yes: YesOption = False,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Fix open findings: audit, plan, ask, apply, probe, confirm or roll back, audit again.

    Each host keeps its own snapshot and timer: unless it serves as before and is confirmed in time, it rolls back by
    itself, even if this machine or the network fails. The rollout stops at the first host that rolled back.

    A risky change is made only if --accept or luytre_accept in the inventory names its control; otherwise it is
    deferred, like all changes outside the unit's change window. Deferred changes are counted and do not affect the exit
    code.

    A host rolls back when a site no longer serves as before, unless --unjudged names the site. Use --unjudged for a
    site whose responses cannot be trusted, for example a compromised one; the report names it.

    With --json, the plan to confirm is shown on standard error; "declined" means that nobody confirmed it.

    If the audit afterward does not find a planned change in force, the change is listed as not made, with the reason.

    Exit code: 0 done, 1 a host was rolled back or refused, or a change was not made, 2 usage or configuration error.

    Examples:
      auditor harden -i inventories/lab

      auditor harden -i inventories/lab --limit web3 --yes

      auditor harden -i inventories/example --accept ssh.password_auth,tls.redirect

      auditor harden -i inventories/example --limit web1 --unjudged gone.gov.vn

      auditor harden -i inventories/lab --batch 1,2,50% --confirm-within 300

    """
    from auditor.audit import controls, inventory_fit
    from auditor.commands import hardening_flow
    from auditor.commands.output import console
    from auditor.commands.output.hardenings import show_command_to_undo_hardening
    from auditor.hardening.rollout import RolloutOptions
    from auditor.inventory import hosts as inventories

    catalogue = controls.load_catalogue()
    inventory_data = inventories.load_inventory(inventory)
    options = RolloutOptions(batch=batch, seconds=confirm_within, by_wish=parse_unjudged_sites(unjudge, inventory_data))
    inventory_fit.check_accepted_controls_have_fixes(inventory, catalogue)
    hosts, sites = select_hosts_and_check_lab(inventory_data, limit)
    if resume:
        hosts = hardening_flow.list_hosts_missed_by_last_hardening(inventory_data, hosts)
    only = frozenset() if with_host else sites
    accepted_controls = parse_accepted_controls(accept, catalogue)
    console_shown = None if as_json else console.out
    result = hardening_flow.audit_plan_and_harden_hosts(
        inventory_data,
        catalogue,
        hosts,
        only,
        output,
        lang,
        ask=not yes,
        options=options,
        progress_console=console_shown,
        accepted_controls=accepted_controls,
    )
    if as_json:
        typer.echo(result.as_json())
    else:
        if result.hardening is not None:
            show_command_to_undo_hardening(result.hardening, inventory, lang)
        if result.report is not None:
            console.out.print(str(result.report))
    if result.mistake is not None:
        raise result.mistake
    raise typer.Exit(0 if result.is_sound else 1)
