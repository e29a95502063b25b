"""The options that verbs share, each meaning the same everywhere."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from auditor.commands.options import completions, lab_hosts
from auditor.errors import InputError, find_nearest_known_name
from auditor.models import Lang, Severity
from auditor.report.formats import USUAL_FORMATS, Format
from auditor.text import language

if TYPE_CHECKING:
    from auditor.audit.controls import Catalogue
    from auditor.models import Host, Inventory, Site


def _parse_formats(value: str) -> frozenset[Format]:
    try:
        return frozenset(Format(name.strip()) for name in value.split(","))
    except ValueError:
        raise typer.BadParameter(f"{value}: use any of {_ALL_FORMATS}, separated by commas") from None


def _parse_inventory(value: str | Path) -> Path:
    if not str(value):
        raise typer.BadParameter("it is empty; for the current folder, use '.'")
    return Path(value)


_ALL_FORMATS = ",".join(Format)
InventoryOption = Annotated[
    Path,
    typer.Option(
        "-i",
        "--inventory",
        metavar="INVENTORY",
        help="Inventory folder or file.",
        envvar="LUYTRE_INVENTORY",
        parser=_parse_inventory,
    ),
]
LimitOption = Annotated[
    list[str] | None,
    typer.Option(
        "--limit",
        metavar="HOST|SITE",
        help="Only these hosts or sites; repeat the option or separate values by commas.",
        autocompletion=completions.complete_hosts_and_sites,
    ),
]
AcceptOption = Annotated[
    list[str] | None,
    typer.Option(
        "--accept",
        metavar="CONTROL[:ACCOUNT]",
        autocompletion=completions.complete_controls_with_fix,
        help=(
            "Accept the risk of this control in this run, even outside change windows; CONTROL:ACCOUNT accepts that "
            "it locks that account out. Repeat the option or separate values by commas."
        ),
    ),
]
UnjudgedOption = Annotated[
    list[str] | None,
    typer.Option(
        "--unjudged",
        metavar="SITE",
        autocompletion=completions.complete_sites,
        help=(
            "Check this site, but do not roll back a host because of its responses; repeat the option or separate "
            "values by commas."
        ),
    ),
]
UnjudgedSiteOption = Annotated[
    list[str] | None,
    typer.Option(
        "--unjudged",
        metavar="SITE",
        autocompletion=completions.complete_sites,
        help=(
            "Check this site, but do not undo an action because of its responses; repeat the option or separate "
            "values by commas."
        ),
    ),
]
RunArgument = Annotated[
    str, typer.Argument(metavar="RUN", help="Run ID or its beginning.", autocompletion=completions.complete_runs)
]
LastRunArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[RUN]",
        help="Run ID or its beginning; default: the last run.",
        autocompletion=completions.complete_runs,
    ),
]
FailOnOption = Annotated[
    Severity,
    typer.Option(
        "--fail-on",
        metavar="low|medium|high|critical",
        help="Exit 1 for open findings at or above this severity.",
    ),
]
BaselineOption = Annotated[
    str | None,
    typer.Option(
        "--baseline",
        metavar="last|RUN|FILE",
        help=("Exit 1 only for what is worse than in the last runs (last), in one run, or in a findings.json."),
    ),
]
LocalOption = Annotated[bool, typer.Option("--local", help="Audit this machine, without an inventory.")]
OutputOption = Annotated[
    Path, typer.Option("--output", metavar="DIR", help="Folder for the files that the command writes.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print only JSON on standard output.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Answer yes to all prompts.")]
LangOption = Annotated[
    Lang,
    typer.Option("--lang", metavar="vi|en", help="Language of the output and the reports.", envvar=language.VARIABLE),
]
FormatOption = Annotated[
    frozenset[Format],
    typer.Option(
        "--format",
        metavar=_ALL_FORMATS,
        parser=_parse_formats,
        help="Formats to write, separated by commas.",
        autocompletion=completions.complete_report_formats,
    ),
]
DEFAULT_LANG = language.DEFAULT
DEFAULT_INVENTORY = Path(os.environ.get("LUYTRE_INVENTORY") or "inventories/lab")
DEFAULT_OUTPUT = Path("out")
DEFAULT_FORMATS: Any = ",".join(form for form in Format if form in USUAL_FORMATS)
"""As typed on the command line: typer hands it to the option's parser."""


def reject_local_with_inventory(context: typer.Context) -> None:
    """Raise InputError when both ``--local`` and an inventory are asked for."""
    source = context.get_parameter_source("inventory")
    if context.params["local"] and source is not None and source.name == "COMMANDLINE":
        raise InputError("--local means this machine, and -i means an inventory", mend="use only one of them")


def _split_comma_separated_names(option: str, values: list[str] | None) -> tuple[str, ...]:
    """Return the names given to an option, repeated or separated by commas.

    Raises InputError for a value that names nothing: an empty variable of a script is no choice.
    """
    all_names = []
    for value in values or []:
        names = [name for part in value.split(",") if (name := part.strip())]
        if not names:
            raise InputError(
                f"{option} {value!r} does not contain a name", mend="give at least one name, or omit the option"
            )
        all_names += names
    return tuple(all_names)


def parse_accepted_controls(names: list[str] | None, catalogue: Catalogue) -> frozenset[str]:
    """Return what ``--accept`` names. Raises InputError for what is about no control with an automated fix."""
    control_names = _split_comma_separated_names("--accept", names)
    for name in control_names:
        control, colon, account = name.partition(":")
        if not catalogue.has_automated_fix(control) or (colon and not account):
            raise InputError(
                f"--accept {name}: not a control with an automated fix",
                mend="name controls one by one; see 'auditor controls list'",
                guess=find_nearest_known_name(name, filter(catalogue.has_automated_fix, catalogue.controls_by_id)),
            )
    return frozenset(control_names)


def parse_unjudged_sites(names: list[str] | None, inventory: Inventory) -> frozenset[str]:
    """Return the domains of the sites that ``--unjudged`` names.

    Raises InputError for one that is not a site of the inventory.
    """
    by_name = _map_sites_by_name(inventory)
    site_names = _split_comma_separated_names("--unjudged", names)
    for name in site_names:
        if name not in by_name:
            raise InputError(
                f"--unjudged {name}: there is no such site",
                mend="see 'auditor inventory check'",
                guess=find_nearest_known_name(name, by_name),
            )
    return frozenset(by_name[name].domain for name in site_names)


def _map_sites_by_name(inventory: Inventory) -> dict[str, Site]:
    return {name: site for site in inventory.sites for name in (site.domain, *site.aliases)}


def select_hosts_and_check_lab(
    inventory: Inventory, limit: list[str] | None
) -> tuple[tuple[Host, ...], frozenset[str]]:
    """Return the hosts that ``--limit`` names, directly or by a site, and the sites that it names.

    No limit: all hosts, no sites. Raises InputError for a name that is neither, for a limit that names nothing, and for
    hosts of the lab while it is down.
    """
    hosts, sites = _select_hosts_and_sites_by_limit(inventory, limit)
    lab_hosts.check_lab_is_up_for_lab_inventory(inventory.path, [host.name for host in hosts])
    return hosts, sites


def _select_hosts_and_sites_by_limit(
    inventory: Inventory, limit: list[str] | None
) -> tuple[tuple[Host, ...], frozenset[str]]:
    if not limit:
        return inventory.hosts, frozenset()
    names = _split_comma_separated_names("--limit", limit)
    by_host = {host.name for host in inventory.hosts}
    by_site = _map_sites_by_name(inventory)
    for name in names:
        if name not in by_host and name not in by_site:
            raise InputError(
                f"--limit {name}: there is no such host or site",
                mend="see 'auditor inventory check'",
                guess=find_nearest_known_name(name, [*by_host, *by_site]),
            )
    sites = frozenset(by_site[name].domain for name in names if name in by_site and name not in by_host)
    host_names = {name for name in names if name in by_host} | {by_site[name].host for name in names if name in by_site}
    return tuple(host for host in inventory.hosts if host.name in host_names), sites
