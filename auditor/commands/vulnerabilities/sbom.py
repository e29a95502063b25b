"""``auditor vulnerabilities sbom``: what a host has installed, for other programs."""

from __future__ import annotations

import typer

from auditor import __version__
from auditor.commands.options.selection import select_hosts_and_check_lab
from auditor.commands.verbs.vulnerabilities import VulnerabilitiesSbomOptions
from auditor.errors import InputError
from auditor.fleet.collect import collect
from auditor.inventory import hosts as inventories
from auditor.system import files
from auditor.vulnerabilities import sbom as document


def write_sbom_of_host(options: VulnerabilitiesSbomOptions) -> None:
    """Run ``auditor vulnerabilities sbom``."""
    inventory_data = inventories.load_inventory(options.inventory)
    hosts, _sites = select_hosts_and_check_lab(inventory_data, [options.host])
    facts, outcomes = collect(inventory_data.path, hosts)
    for chosen_host, outcome in zip(hosts, outcomes, strict=True):
        data = facts[chosen_host.name].build_context_for_control_expressions() if chosen_host.name in facts else {}
        if "packages" not in data or "system" not in data:
            why = outcome.reason.get(options.lang) if outcome.reason else next(iter(outcome.area_errors.values()), "")
            raise InputError("{host}: {why}", host=chosen_host.name, why=why, mend="see 'auditor doctor'")
        content = document.render_sbom_of_host(chosen_host.name, data, __version__)
        if options.output is None:
            typer.echo(content.decode(), nl=False)
        else:
            files.write_output(options.output, content)
