"""Declare ``auditor hunt``, ``auditor known-good`` and ``auditor rules``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from auditor.commands.options.common import (
    DEFAULT_FORMATS,
    DEFAULT_INVENTORY,
    DEFAULT_LANG,
    DEFAULT_OUTPUT,
    BaselineOption,
    FailOnOption,
    FormatOption,
    InventoryOption,
    JsonOption,
    LangOption,
    LimitOption,
    OutputOption,
)
from auditor.commands.verbs.base import Group, Verb
from auditor.models import Severity

RulesOption = Annotated[
    Path | None,
    typer.Option(
        "--rules", metavar="DIR", help="A folder of third-party YARA rules, used in addition to the built-in ones."
    ),
]


WholeOption = Annotated[
    bool, typer.Option("--whole", help="Read every file again, including files unchanged since the last hunt.")
]


@dataclass(frozen=True, kw_only=True)
class HuntOptions(Verb, runs="auditor.commands.compromise.hunt:hunt_for_intrusion_traces_and_audit"):
    """Scan web roots, autostart entries, ways to log in and processes for traces of intrusion; then audit.

    Known-good files are not analyzed (auditor known-good). Imported rule sets are used (auditor rules). Nothing is
    changed on the hosts, links are not followed, and files unchanged since the last hunt are not read again. The
    results from a host whose root account is compromised cannot be trusted.

    Exit code and --baseline: as for 'auditor audit'.

    Examples:
      auditor hunt -i inventories/lab

      auditor hunt -i inventories/lab --limit web1 --rules rules/ --whole

    """

    inventory: InventoryOption = DEFAULT_INVENTORY
    limit: LimitOption = None
    rules: RulesOption = None
    whole: WholeOption = False
    output: OutputOption = DEFAULT_OUTPUT
    formats: FormatOption = DEFAULT_FORMATS
    fail_on: FailOnOption = Severity.HIGH
    baseline: BaselineOption = None
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class KnownGoodImportOptions(Verb, runs="auditor.commands.compromise.known_good:import_releases_as_known_good"):
    """Import releases as known good: all given files, or none.

    Nothing is unpacked to disk. A file of a release counts as known good only at its location in the release.

    Example:
      auditor known-good import wordpress-6.8.2.zip plugin.1.2.zip

      auditor known-good import portal/ --trust-on-first-use --name portal --reason "Bản bàn giao" --approver "Văn phòng"

    """  # noqa: E501  an example of a command stays on one line

    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILES",
            help="Release archives (zip, tar, .deb), exports, WordPress checksums (JSON), or a trusted folder.",
        ),
    ]
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="Name of the release; default: from the file name.")
    ] = ""
    version: Annotated[
        str, typer.Option("--version", metavar="VERSION", help="Version of the release; default: from the file name.")
    ] = ""
    trust_on_first_use: Annotated[
        bool, typer.Option("--trust-on-first-use", help="Trust the current content of a folder on this machine.")
    ] = False
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why the folder is trusted, in one sentence.")
    ] = ""
    approver: Annotated[
        str, typer.Option("--approver", metavar="ROLE", help="Office role that decided, never a person's name.")
    ] = ""
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class KnownGoodListOptions(Verb, runs="auditor.commands.compromise.known_good:list_known_good_releases"):
    """List the known-good releases and the source of each one.

    Example:
      auditor known-good list

    """

    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class KnownGoodRemoveOptions(Verb, runs="auditor.commands.compromise.known_good:remove_known_good_release"):
    """Remove a release from the known-good list.

    Example:
      auditor known-good remove wordpress 6.8.1

    """

    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the release, as listed.")]
    version: Annotated[
        str, typer.Argument(metavar="VERSION", help="Version of the release; default: from the file name.")
    ]
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class KnownGoodExportOptions(Verb, runs="auditor.commands.compromise.known_good:export_manifest_of_known_good_release"):
    """Export the manifest of a release for another controller.

    Example:
      auditor known-good export wordpress 6.8.2 wordpress.json

    """

    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the release, as listed.")]
    version: Annotated[
        str, typer.Argument(metavar="VERSION", help="Version of the release; default: from the file name.")
    ]
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Output file: JSON that 'import' can read.")]
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class KnownGoodUpdateOptions(Verb, runs="auditor.commands.compromise.known_good:update_releases_from_mirror"):
    """Import what is new in a folder of release archives, and name the archives that are gone or changed.

    An archive that was imported before is not imported again. A release whose archive is gone stays known good until
    you remove it. An archive whose content changed under the same version is named and not imported; the exit code is 1
    then.

    Example:
      auditor known-good update mirror/

    """

    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder of release archives, with its subfolders.")]
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


KNOWN_GOOD = Group(
    help="Known-good releases: import, update, list, remove, export.",
    entries={
        "import": KnownGoodImportOptions,
        "update": KnownGoodUpdateOptions,
        "list": KnownGoodListOptions,
        "remove": KnownGoodRemoveOptions,
        "export": KnownGoodExportOptions,
    },
)


@dataclass(frozen=True, kw_only=True)
class RulesImportOptions(Verb, runs="auditor.commands.compromise.rules:import_rule_set"):
    """Import a set of YARA rules that others publish. Every later hunt uses it in addition to the built-in rules.

    The rules are compiled one by one. A rule that does not compile, or that fits harmless files, is named and left out.
    A set that was imported before under the same name is replaced. The version comes from a VERSION file, else from the
    newest date in the rules.

    Example:
      auditor rules import signature-base/

      auditor rules import php-malware-finder/data --name php-malware-finder --version 0.3.4

    """

    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The unpacked folder of the set, with its rule files and its license.")
    ]
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="Name of the set; default: the name of the folder.")
    ] = ""
    version: Annotated[
        str, typer.Option("--version", metavar="VERSION", help="Version of the set; default: found in the folder.")
    ] = ""
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class RulesListOptions(Verb, runs="auditor.commands.compromise.rules:list_rule_sets"):
    """List the imported rule sets with version, license and number of rules.

    Example:
      auditor rules list

    """

    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class RulesRemoveOptions(Verb, runs="auditor.commands.compromise.rules:remove_rule_set"):
    """Remove an imported rule set. Later hunts do not use it.

    Example:
      auditor rules remove signature-base

    """

    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the set, as listed.")]
    lang: LangOption = DEFAULT_LANG


RULES = Group(
    help="Rule sets that others publish, for hunts: import, list, remove.",
    entries={
        "import": RulesImportOptions,
        "list": RulesListOptions,
        "remove": RulesRemoveOptions,
    },
)
