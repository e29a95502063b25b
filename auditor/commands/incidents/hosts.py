"""Which hosts an incident is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.errors import InputError, nearest

if TYPE_CHECKING:
    from auditor.incidents.case import Case
    from auditor.models import Host, Inventory


def hosts_of(known: Inventory, subjects: tuple[str, ...]) -> tuple[Host, ...]:
    """The hosts that are among the subjects, or have one of them."""
    return tuple(
        host for host in known.hosts if host.name in subjects or any(site.domain in subjects for site in host.sites)
    )


def hosts_there(known: Inventory, case: Case) -> tuple[Host, ...]:
    """The hosts of an incident. Raises InputError where none of them is in the inventory any more: nothing is done then, and nothing is said to be."""
    found = hosts_of(known, case.subjects)
    if not found:
        raise InputError(
            "{names}: no longer in the inventory, so there is no host to connect to",
            names=", ".join(case.subjects),
            mend="add it again, or close the incident with --gone if it is no longer in service",
        )
    return found


def chosen(hosts: tuple[Host, ...], named: list[str] | None) -> tuple[Host, ...]:
    """Those of them that are named; all when none is. Raises InputError for one of none."""
    by_name = {host.name: host for host in hosts}
    for name in named or ():
        if name not in by_name:
            raise InputError(
                "{host} is not a host of the incident",
                host=name,
                mend="see 'auditor incident show'",
                guess=nearest(name, by_name),
            )
    return tuple(by_name[name] for name in dict.fromkeys(named)) if named else hosts
