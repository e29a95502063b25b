"""Declare ``auditor controls``, ``auditor waivers`` and ``auditor exceptions``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from auditor.commands.options import completions
from auditor.commands.options.common import DEFAULT_INVENTORY, DEFAULT_LANG, InventoryOption, JsonOption, LangOption
from auditor.commands.verbs.base import Group, Verb


@dataclass(frozen=True, kw_only=True)
class ControlsListOptions(Verb, runs="auditor.commands.controls:list_controls"):
    """List every control: severity, subject, whether it has an automated fix and drills.

    Example:
      auditor controls list --json

    """

    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class ControlsShowOptions(Verb, runs="auditor.commands.controls:show_control"):
    """Show one control: what it requires, why, how it is checked and fixed, and the clauses that it is based on.

    Example:
      auditor controls show ssh.root_login

    """

    control_id: Annotated[
        str, typer.Argument(metavar="CONTROL", help="Control ID.", autocompletion=completions.complete_controls)
    ]
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class ControlsCoverageOptions(Verb, runs="auditor.commands.controls:show_framework_coverage"):
    """Show how far the controls cover a standard or law, clause by clause, and what they do not cover.

    Example:
      auditor controls coverage --framework tcvn14423 --level 2

    """

    framework: Annotated[
        str,
        typer.Option(
            "--framework",
            metavar="NAME",
            help="For example tcvn14423, nd331, cis_debian13.",
            autocompletion=completions.complete_frameworks,
        ),
    ]
    level: Annotated[
        int | None, typer.Option("--level", metavar="N", help="Only the clauses of this level; default: all.")
    ] = None
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class ControlsCheckOptions(Verb, runs="auditor.commands.controls_check:check_controls"):
    """Check the controls: every fact that their expressions read, every argument and comparison; print all mistakes.

    Exit code: 0 no mistakes, 2 mistakes.

    Examples:
      auditor controls check

      auditor controls check roles/ --watch

    """

    folder: Annotated[
        Path | None,
        typer.Argument(metavar="[DIR]", help="Folder with */controls.yml; default: the catalogue.", show_default=False),
    ] = None
    watch: Annotated[
        bool, typer.Option("--watch", help="Check again whenever a controls file or a model of facts changes.")
    ] = False
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class WaiversCheckOptions(Verb, runs="auditor.commands.waivers:check_waivers_and_attestations"):
    """Check office/waivers.yml and office/attestations.yml, and warn about entries that expire soon.

    Exit code: 0 valid, 1 an entry has expired, 2 a mistake, with file, line and fix.

    Example:
      auditor waivers check -i inventories/example

    """

    inventory: InventoryOption = DEFAULT_INVENTORY
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class WaiversListOptions(Verb, runs="auditor.commands.waivers:list_waivers_and_attestations"):
    """List waivers and attestations: validity, days left, and the hosts or sites that each one covers.

    Example:
      auditor waivers list -i inventories/example

    """

    inventory: InventoryOption = DEFAULT_INVENTORY
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class ExceptionsListOptions(Verb, runs="auditor.commands.exceptions:list_exceptions_of_inventory"):
    """List waivers, attestations, authorizations, VEX statements, accepted traces and risks, and trusted folders.

    Each with its validity, the responsible office role, the reason and the last day. The first to expire comes first.

    Examples:
      auditor exceptions list -i inventories/example

      auditor exceptions list -i inventories/example --kind waiver --expires-within 30

    """

    inventory: InventoryOption = DEFAULT_INVENTORY
    kinds: Annotated[
        list[str] | None,
        typer.Option(
            "--kind",
            metavar="KIND",
            help="Only this kind: waiver, attestation, authorization, statement, accepted_trace, accepted_risk, or "
            "known_good.",
        ),
    ] = None
    hosts: Annotated[
        list[str] | None,
        typer.Option(
            "--host",
            metavar="HOST",
            help="Only those on this host or its sites.",
            autocompletion=completions.complete_hosts_and_sites,
        ),
    ] = None
    sites: Annotated[
        list[str] | None,
        typer.Option(
            "--site",
            metavar="SITE",
            help="Only those on this site or its host.",
            autocompletion=completions.complete_sites,
        ),
    ] = None
    expires_within: Annotated[
        int | None,
        typer.Option(
            "--expires-within",
            metavar="DAYS",
            min=0,
            max=3660,
            help="Only those in force that expire within this number of days.",
        ),
    ] = None
    in_force: Annotated[bool, typer.Option("--in-force", help="Only those that are in force today.")] = False
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


CONTROLS = Group(
    help="Controls: list all, show one, check them, show how they cover a standard or law.",
    entries={
        "list": ControlsListOptions,
        "show": ControlsShowOptions,
        "coverage": ControlsCoverageOptions,
        "check": ControlsCheckOptions,
    },
)


WAIVERS = Group(
    help="Waivers and attestations: check, list.",
    entries={
        "check": WaiversCheckOptions,
        "list": WaiversListOptions,
    },
)


EXCEPTIONS = Group(
    help="Exceptions of every kind: who says that something is all right, why and until when.",
    entries={
        "list": ExceptionsListOptions,
    },
)
