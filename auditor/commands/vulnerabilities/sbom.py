"""``auditor vulnerabilities sbom``: what a host has installed, for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from auditor import __version__
from auditor.commands.options import completions
from auditor.commands.options.common import (
    DEFAULT_INVENTORY,
    DEFAULT_LANG,
    InventoryOption,
    LangOption,
    select_hosts_and_check_lab,
)
from auditor.errors import InputError


def write_sbom_of_host(
    host: Annotated[
        str, typer.Argument(metavar="HOST", help="The host.", autocompletion=completions.complete_hosts_and_sites)
    ],
    inventory: InventoryOption = DEFAULT_INVENTORY,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Output file; default: standard output.")
    ] = None,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Write the software inventory of a host as CycloneDX 1.6 JSON, WordPress plugins and themes included.

    Reads the host now, without changing anything. The same packages always produce an identical file.

    Example:
      auditor vulnerabilities sbom web1 --output out/web1.cdx.json -i inventories/lab

    """
    from auditor.fleet.collect import collect
    from auditor.inventory import hosts as inventories
    from auditor.system import files
    from auditor.vulnerabilities import sbom as document

    inventory_data = inventories.load_inventory(inventory)
    hosts, _sites = select_hosts_and_check_lab(inventory_data, [host])
    facts, outcomes = collect(inventory_data.path, hosts)
    for chosen_host, outcome in zip(hosts, outcomes, strict=True):
        data = facts[chosen_host.name].build_context_for_control_expressions() if chosen_host.name in facts else {}
        if "packages" not in data or "system" not in data:
            why = outcome.reason.get(lang) if outcome.reason else next(iter(outcome.area_errors.values()), "")
            raise InputError("{host}: {why}", host=chosen_host.name, why=why, mend="see 'auditor doctor'")
        content = document.render_sbom_of_host(chosen_host.name, data, __version__)
        if output is None:
            typer.echo(content.decode(), nl=False)
        else:
            files.write_output(output, content)
