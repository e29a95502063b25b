"""Declare ``auditor plan``, ``harden``, ``rollback`` and ``drift``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from auditor.commands.options import completions
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
)
from auditor.commands.verbs.base import Verb
from auditor.hardening import rollout

WithHostOption = Annotated[
    bool,
    typer.Option(
        "--with-host",
        help="With --limit SITE: also include the fixes of its host; they affect the other sites there, too.",
    ),
]


@dataclass(frozen=True, kw_only=True)
class PlanOptions(Verb, runs="auditor.commands.hardening.plan:plan"):
    """Show what hardening would change and why, most severe first, without changing anything.

    Deferred changes are shown with the reason: risky and not accepted, outside the unit's change window, or known to
    cause harm on this host.

    Exit code: 0 the plan is complete, 1 the dry run for --diff failed on a host, 3 a host could not be read.

    Examples:
      auditor plan -i inventories/lab

      auditor plan -i inventories/lab --limit antruc.test --diff

    """

    inventory: InventoryOption = DEFAULT_INVENTORY
    limit: LimitOption = None
    with_host: WithHostOption = False
    accept: AcceptOption = None
    diff: Annotated[
        bool | None,
        typer.Option(
            "--diff/--no-diff", help="Show the diff of every file, from a dry run; default: only with --json."
        ),
    ] = None
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class HardenOptions(Verb, runs="auditor.commands.hardening.harden:harden"):
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

    inventory: InventoryOption = DEFAULT_INVENTORY
    limit: LimitOption = None
    with_host: WithHostOption = False
    accept: AcceptOption = None
    batch: Annotated[
        str, typer.Option("--batch", metavar="SIZES", help="Hosts per batch: a canary, then progressively more.")
    ] = rollout.DEFAULT
    confirm_within: Annotated[
        int,
        typer.Option(
            "--confirm-within",
            metavar="SECONDS",
            min=10,
            max=7200,
            help="Seconds after which an unconfirmed host rolls back.",
        ),
    ] = 600
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue with the hosts that the last hardening run did not reach.")
    ] = False
    unjudge: UnjudgedOption = None
    output: OutputOption = DEFAULT_OUTPUT
    yes: YesOption = False
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class RollbackOptions(Verb, runs="auditor.commands.hardening.rollback:rollback"):
    """Undo a confirmed hardening: files, live settings, services, database accounts; remove what it installed.

    Shows which controls would be open again, what is restored and what stays, and asks for confirmation. Items that
    were changed after the hardening are left unchanged and listed. Packages stay upgraded. Afterward, the hosts are
    audited and the run is stored.

    With --control, the other changes are written again and verified as in a hardening run; the responses of sites in
    --unjudged do not count.

    Exit code: 0 done, 1 a host refused or something could not be restored.

    Examples:
      auditor rollback -i inventories/lab

      auditor rollback 20261124T10 -i inventories/lab --limit web1 --control nginx.server_tokens

    """

    run: Annotated[
        str | None,
        typer.Argument(
            metavar="[RUN]",
            autocompletion=completions.complete_hardenings,
            help=(
                "The hardening run; default: the last one. With --limit: the last one of each host. With --control: "
                "the last one that applied the control."
            ),
        ),
    ] = None
    inventory: InventoryOption = DEFAULT_INVENTORY
    limit: LimitOption = None
    control: Annotated[
        str | None,
        typer.Option(
            "--control",
            metavar="ID",
            help="Undo only this control.",
            autocompletion=completions.complete_controls_with_fix,
        ),
    ] = None
    unjudge: UnjudgedOption = None
    yes: YesOption = False
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class DriftOptions(Verb, runs="auditor.commands.hardening.drift:show_drift_since_last_hardening"):
    """Show what changed on each host since its last confirmed hardening run, and which controls have regressed.

    Audits the hosts with changes that affect a control in force; this audit is not stored.

    Exit code: 0 nothing changed, 1 something changed, 3 a host could not be queried.

    Example:
      auditor drift -i inventories/lab --limit web1

    """

    inventory: InventoryOption = DEFAULT_INVENTORY
    limit: LimitOption = None
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG
