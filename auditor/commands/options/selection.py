"""Find what options name: hosts and sites of the inventory."""

from __future__ import annotations

import typer

from auditor.commands.options import lab_hosts
from auditor.errors import InputError, find_nearest_known_name
from auditor.models import Host, Inventory, Site


def reject_local_with_inventory(context: typer.Context) -> None:
    """Raise InputError when both ``--local`` and an inventory are asked for."""
    source = context.get_parameter_source("inventory")
    if context.params["local"] and source is not None and source.name == "COMMANDLINE":
        raise InputError("--local means this machine, and -i means an inventory", mend="use only one of them")


def split_comma_separated_names(option: str, values: list[str] | None) -> tuple[str, ...]:
    """Return the names given to an option, repeated or separated by commas.

    Raises InputError for a value that names nothing: an empty variable of a script is no choice.
    """
    all_names = []
    for value in values or []:
        names = [name for part in value.split(",") if (name := part.strip())]
        if not names:
            raise InputError(
                "{option} {value} does not contain a name",
                mend="give at least one name, or omit the option",
                option=option,
                value=repr(value),
            )
        all_names += names
    return tuple(all_names)


def parse_unjudged_sites(names: list[str] | None, inventory: Inventory) -> frozenset[str]:
    """Return the domains of the sites that ``--unjudged`` names.

    Raises InputError for one that is not a site of the inventory.
    """
    by_name = _map_sites_by_name(inventory)
    site_names = split_comma_separated_names("--unjudged", names)
    for name in site_names:
        if name not in by_name:
            raise InputError(
                "--unjudged {name}: there is no such site",
                mend="see 'auditor inventory check'",
                guess=find_nearest_known_name(name, by_name),
                name=name,
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
    names = split_comma_separated_names("--limit", limit)
    by_host = {host.name for host in inventory.hosts}
    by_site = _map_sites_by_name(inventory)
    for name in names:
        if name not in by_host and name not in by_site:
            raise InputError(
                "--limit {name}: there is no such host or site",
                mend="see 'auditor inventory check'",
                guess=find_nearest_known_name(name, [*by_host, *by_site]),
                name=name,
            )
    sites = frozenset(by_site[name].domain for name in names if name in by_site and name not in by_host)
    host_names = {name for name in names if name in by_host} | {by_site[name].host for name in names if name in by_site}
    return tuple(host for host in inventory.hosts if host.name in host_names), sites
