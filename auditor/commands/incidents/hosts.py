"""Which hosts an incident is about."""

from __future__ import annotations

from auditor.errors import InputError, find_nearest_known_name
from auditor.incidents.case import IncidentCase
from auditor.models import Host, Inventory


def list_hosts_of_subjects(inventory_data: Inventory, subjects: tuple[str, ...]) -> tuple[Host, ...]:
    """Return the hosts that are among the subjects, or have one of them."""
    return tuple(
        host
        for host in inventory_data.hosts
        if host.name in subjects or any(site.domain in subjects for site in host.sites)
    )


def require_hosts_of_incident(inventory_data: Inventory, case: IncidentCase) -> tuple[Host, ...]:
    """Return the hosts of an incident.

    Raises InputError where none of them is in the inventory any more: nothing is done then, and nothing is said to be.
    """
    known_hosts = list_hosts_of_subjects(inventory_data, case.subjects)
    if not known_hosts:
        raise InputError(
            "{names}: no longer in the inventory, so there is no host to connect to",
            names=", ".join(case.subjects),
            mend="add it again, or close the incident with --gone if it is no longer in service",
        )
    return known_hosts


def select_hosts(hosts: tuple[Host, ...], host_names: list[str] | None) -> tuple[Host, ...]:
    """Return those of them that are named; all when none is. Raises InputError for one of none."""
    by_name = {host.name: host for host in hosts}
    for name in host_names or ():
        if name not in by_name:
            raise InputError(
                "{host} is not a host of the incident",
                host=name,
                mend="see 'auditor incident show'",
                guess=find_nearest_known_name(name, by_name),
            )
    return tuple(by_name[name] for name in dict.fromkeys(host_names)) if host_names else hosts
