"""Declare ``auditor indicators``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from auditor.commands.options.common import DEFAULT_INVENTORY, DEFAULT_LANG, InventoryOption, JsonOption, LangOption
from auditor.commands.verbs.base import Group, Verb

SightingsOption = Annotated[
    bool, typer.Option("--sightings", help="Tell also which of them the last kept audit met, and at how many places.")
]


@dataclass(frozen=True, kw_only=True)
class IndicatorsImportOptions(Verb, runs="auditor.commands.indicators.lists:import_lists_of_indicators"):
    """Import lists of indicators; each replaces the list of the same name. All files are imported, or none.

    Private addresses, catch-all entries and commonly used services never match and are excluded. Entries that require
    more than one value are stored and counted, but not matched. Invalid entries are reported with their location.

    Examples:
      auditor indicators import c2-thang-11.csv --tlp GREEN

      auditor indicators import bundle.json misp-event.json.gz

    """

    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="STIX 2.1, MISP JSON or CSV, plain, gzip or zip.")]
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Name of the list; default: the file name.")
    ] = None
    tlp: Annotated[
        str | None,
        typer.Option("--tlp", metavar="TLP", help="TLP of entries without a marking; default: AMBER."),
    ] = None
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class IndicatorsFoundOptions(Verb, runs="auditor.commands.indicators.lists:make_list_of_indicators_seen_here"):
    """Make a list of what the last reviews and hunts saw for certain: servers that pages lead to, and the digests of intruders' programs.

    It takes the place of the list of its name. What is accepted, ours, or used by everybody is left out. It is
    exported, pushed and compared with as any other list.

    Example:
      auditor indicators found --tlp GREEN -i inventories/lab

    """  # noqa: E501  an example of a command stays on one line

    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Name of the list.")] = "found"
    tlp: Annotated[str | None, typer.Option("--tlp", metavar="TLP", help="How far they may go; by default AMBER.")] = (
        None
    )
    victims: Annotated[
        bool,
        typer.Option("--victims", help="Name public bodies and schools, too, which rather are victims themselves."),
    ] = False
    inventory: InventoryOption = DEFAULT_INVENTORY
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class IndicatorsListOptions(Verb, runs="auditor.commands.indicators.lists:list_imported_indicator_lists"):
    """List the imported lists: source, date, and number of entries that can match.

    Exit code: 0 all lists are at most 35 days old; 1 a list is older, or nothing is imported.

    Example:
      auditor indicators list

    """

    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class IndicatorsRemoveOptions(Verb, runs="auditor.commands.indicators.lists:remove_list_of_indicators"):
    """Remove a list.

    Example:
      auditor indicators remove c2-thang-11

    """

    name: Annotated[str, typer.Argument(metavar="NAME", help="The list.")]
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class IndicatorsExportOptions(Verb, runs="auditor.commands.indicators.lists:export_shareable_indicators"):
    """Export the indicators that are valid today and may be shared: STIX 2.1, MISP JSON or CSV.

    The file names the organization of the inventory as the source, and nothing else from the inventory.

    Example:
      auditor indicators export chi-bao.json --tlp GREEN -i inventories/lab

    """

    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="Output file: .json for STIX 2.1, .misp.json for MISP, .csv for a table."),
    ]
    name: Annotated[str | None, typer.Option("--list", metavar="NAME", help="Only this list.")] = None
    tlp: Annotated[str, typer.Option("--tlp", metavar="TLP", help="The strictest TLP to include; default: GREEN.")] = (
        "GREEN"
    )
    sightings: SightingsOption = False
    inventory: InventoryOption = DEFAULT_INVENTORY
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class IndicatorsMatchOptions(Verb, runs="auditor.commands.indicators.match:search_logs_for_indicators"):
    """Search copied logs for the imported indicators that are valid today.

    Only complete values match; addresses also match listed networks. Sites and hosts of the inventory, and names below
    theirs, never match.

    Exit code: 0 no match, 1 at least one match.

    Example:
      auditor indicators match /srv/nhat-ky/access.log.gz -i inventories/lab

    """

    logs: Annotated[list[Path], typer.Argument(metavar="LOG", help="Logs of any kind, plain, gzip or zip.")]
    inventory: InventoryOption = DEFAULT_INVENTORY
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class IndicatorsPollOptions(Verb, runs="auditor.commands.indicators.exchange:poll_taxii_collection_into_named_list"):
    """Fetch new entries of the collection in office/taxii.yml into a list, and remove revoked ones.

    Uses HTTPS with a password, a token or a certificate. If anything fails, the list stays unchanged.

    Example:
      auditor indicators poll -i inventories/example

    """

    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Name of the list.")] = "taxii"
    inventory: InventoryOption = DEFAULT_INVENTORY
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class IndicatorsPushOptions(Verb, runs="auditor.commands.indicators.exchange:push_indicators_to_taxii_collection"):
    """Push the indicators that are valid today and may be shared to the collection in office/taxii.yml.

    Entries that the server already has are not an error. Exit code: 0 the server has all of them, 1 it rejected some,
    which are listed.

    Example:
      auditor indicators push --tlp GREEN -i inventories/example

    """

    name: Annotated[str | None, typer.Option("--list", metavar="NAME", help="Only this list.")] = None
    tlp: Annotated[str, typer.Option("--tlp", metavar="TLP", help="The strictest TLP to include; default: GREEN.")] = (
        "GREEN"
    )
    sightings: SightingsOption = False
    inventory: InventoryOption = DEFAULT_INVENTORY
    lang: LangOption = DEFAULT_LANG


INDICATORS = Group(
    help="Indicators: known malicious addresses, domain names and hashes.",
    entries={
        "import": IndicatorsImportOptions,
        "found": IndicatorsFoundOptions,
        "list": IndicatorsListOptions,
        "remove": IndicatorsRemoveOptions,
        "export": IndicatorsExportOptions,
        "match": IndicatorsMatchOptions,
        "poll": IndicatorsPollOptions,
        "push": IndicatorsPushOptions,
    },
)
