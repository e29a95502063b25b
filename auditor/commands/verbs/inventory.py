"""Declare ``auditor enroll`` and ``auditor inventory``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from auditor.commands.options.common import (
    DEFAULT_INVENTORY,
    DEFAULT_LANG,
    InventoryOption,
    JsonOption,
    LangOption,
    YesOption,
)
from auditor.commands.verbs.base import Group, Verb
from auditor.models.ranks import Purpose


@dataclass(frozen=True, kw_only=True)
class InventoryCheckOptions(Verb, runs="auditor.commands.inventory:check_inventory_and_office_files"):
    """Check the inventory and the office's files; print the first mistake with its fix, or else what they contain.

    Exit code with --for: 0 nothing is missing, 1 something is missing.

    Examples:
      auditor inventory check -i inventories/lab

      auditor inventory check --for incidents -i inventories/lab

    """

    purpose: Annotated[
        Purpose | None,
        typer.Option(
            "--for",
            metavar="incidents|official|yearly",
            help=(
                "List what is missing in the office's files for the incident forms, the official report or the "
                "yearly table."
            ),
        ),
    ] = None
    inventory: InventoryOption = DEFAULT_INVENTORY
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class InventoryImportOptions(Verb, runs="auditor.commands.inventory_import:import_hosts_and_sites_from_sheet"):
    """Import hosts and sites from a spreadsheet into a new file in the inventory folder: the whole list or nothing.

    Every mistake is reported with its row and column. Existing entries of the inventory stay unchanged and are listed.

    Examples:
      auditor inventory import --template danh-sach.xlsx

      auditor inventory import danh-sach.xlsx -i inventories/xa

    """

    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="The list: XLSX, or CSV in UTF-8.", show_default=False)
    ] = None
    template: Annotated[
        Path | None,
        typer.Option("--template", metavar="FILE", help="Write an empty list to fill in (.xlsx or .csv) and exit."),
    ] = None
    inventory: InventoryOption = DEFAULT_INVENTORY
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class EnrollOptions(Verb, runs="auditor.commands.enroll:enroll_server"):
    """Enroll a server: create an automation account on it, with its own key and sudo.

    Shows the host keys before sending anything to the host, creates the account, reads the host through it, records the
    keys, and drafts the inventory entry of the host and its sites.

    If the inventory already has the host, for example after a reinstallation, its entry is used and left unchanged, and
    the differences are reported. A host key that differs from the recorded one is accepted only if you confirm it, or
    give its --fingerprint.

    Examples:
      auditor enroll may-chu-1 -i inventories/xa --address 192.0.2.10

      auditor enroll may-chu-1 -i inventories/xa --address 192.0.2.10 --user admin --key ~/.ssh/id_ed25519

      auditor enroll may-chu-1 -i inventories/xa

    """

    host: Annotated[str, typer.Argument(metavar="HOST", help="Name of the server in the inventory.")]
    inventory: InventoryOption = DEFAULT_INVENTORY
    address: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Address or DNS name; default: from the inventory, otherwise HOST."),
    ] = None
    port: Annotated[
        int | None, typer.Option(metavar="PORT", help="SSH port; default: from the inventory, otherwise 22.")
    ] = None
    user: Annotated[str, typer.Option(metavar="NAME", help="The account that you log in with now.")] = "root"
    key: Annotated[Path | None, typer.Option(metavar="FILE", help="Private key of that account, if it has one.")] = None
    password_stdin: Annotated[
        bool,
        typer.Option(
            "--password-stdin",
            help="Read the password of that account from standard input; with --key, the password for sudo.",
        ),
    ] = False
    automation_user: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="The automation account to create; default: from the inventory, otherwise luytre."
        ),
    ] = None
    automation_group: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="A group on the host for the automation account, for example one in AllowGroups."
        ),
    ] = None
    automation_key: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help=(
                "Private key of the automation account, created if missing; default: from the inventory, otherwise "
                "~/.ssh/luytre."
            ),
        ),
    ] = None
    fingerprint: Annotated[
        str | None, typer.Option(metavar="SHA256:…", help="Fingerprint of a host key that the server must present.")
    ] = None
    yes: YesOption = False
    lang: LangOption = DEFAULT_LANG


INVENTORY = Group(
    help="Inventory: check it, import hosts and sites.",
    entries={
        "check": InventoryCheckOptions,
        "import": InventoryImportOptions,
    },
)
