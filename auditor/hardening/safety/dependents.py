"""Hosts of the same inventory that need a port of a host: what connects them, and what a change would cut. Pure.

A host says itself whom it talks to, so that what it says holds a change for that host's sake alone, until somebody
accepts that by naming control and host.
"""

from __future__ import annotations

import fnmatch
import ipaddress
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from auditor.audit.controls import Fix
from auditor.audit.effects import Effect
from auditor.facts import HostFacts
from auditor.hardening.health import other_endpoints
from auditor.models import ACCEPTED_LOSS, ControlId, Host, Text
from auditor.models.applications.registry import CMSS
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import make_text

Facts = Mapping[str, Any]
MAX_TOLD = 6
DATABASE_PORT = 3306
PORT_CLOSING_EFFECTS = frozenset(
    {
        *(Effect.CLOSES_UNDECLARED_PORTS, Effect.CLOSES_DATABASE_PORTS, Effect.CLOSES_MARIADB_PORTS),
        *(Effect.CLOSES_MAIL_PORTS, Effect.CLOSES_PHP_PORTS, Effect.STOPS_UNNEEDED_SERVICES),
    }
)
"""Effects that close ports."""


@dataclass(frozen=True, order=True)
class PortDependency:
    """A port of a host that another of the inventory needs, and what tells."""

    host: str
    """The one that needs it."""
    port: int
    by: str
    """``connection``, ``site`` or ``account``."""
    what: str = ""
    """The folder of the site, or the account."""


def find_ports_other_hosts_depend_on(
    facts: Mapping[str, HostFacts], addresses: Mapping[str, str]
) -> dict[str, tuple[PortDependency, ...]]:
    """Return, by host, what others of the inventory need of it, by what it and they say.

    ``addresses``: addresses and names of the inventory's hosts, to what they are called there.
    """
    data = {name: own.build_context_for_control_expressions() for name, own in facts.items()}
    host_by_address = _map_addresses_to_host_names(data, addresses)
    dependencies: dict[str, set[PortDependency]] = {}
    for name, own in data.items():
        for host, need in (
            *_find_port_needs_by_connection(name, own, host_by_address),
            *_find_database_needs_of_sites(name, own, host_by_address),
            *_find_port_needs_by_database_account(name, own, host_by_address),
        ):
            if need.host != host:
                dependencies.setdefault(host, set()).add(need)
    return {host: tuple(sorted(group)) for host, group in dependencies.items()}


def find_controls_closing_needed_ports(
    host: Host,
    data: Mapping[str, Any],
    fixes: Mapping[ControlId, Fix],
    dependencies: Iterable[PortDependency],
    accepted_names: Collection[str],
) -> dict[ControlId, Text]:
    """Return the controls that would close a port which other hosts need.

    Hosts for which that is accepted by name do not count.
    """
    dependency_list = list(dependencies)
    ports = sorted({need.port for need in dependency_list})
    why = {}
    for control, fix in fixes.items():
        closed_ports = (
            other_endpoints.find_ports_that_effects_close(host, data, frozenset(fix.effects), ports)
            if ports
            else frozenset()
        )
        cut = [
            need
            for need in dependency_list
            if need.port in closed_ports
            and ACCEPTED_LOSS.format(control=control, account=need.host) not in accepted_names
        ]
        if cut:
            why[control] = _explain_hold_for_needed_ports(control, cut)
    return why


def _map_addresses_to_host_names(data: Mapping[str, Facts], addresses: Mapping[str, str]) -> dict[str, str]:
    """Return hosts by their addresses and names.

    An address that a host gives itself counts where nobody else has it.
    """
    host_by_address = {address.lower(): name for address, name in addresses.items()}
    for name, own in data.items():
        connection = own.get("system", {}).get("connection") or {}
        if connection.get("local"):
            host_by_address.setdefault(str(connection["local"]).partition("%")[0], name)
    return host_by_address


def _find_port_needs_by_connection(
    name: str, facts_of_host: Facts, host_by_address: Mapping[str, str]
) -> Iterator[tuple[str, PortDependency]]:
    for peer in facts_of_host.get("services", {}).get("peers", ()):
        other = host_by_address.get(peer["address"])
        if other is not None:
            here, there = (name, other) if peer["inbound"] else (other, name)
            yield here, PortDependency(there, peer["port"], "connection")


def _find_database_needs_of_sites(
    name: str, facts_of_host: Facts, host_by_address: Mapping[str, str]
) -> Iterator[tuple[str, PortDependency]]:
    """Yield each host that a site's configuration names as its database's, with what depends on it."""
    for cms in CMSS:
        for instance in facts_of_host.get("applications", {}).get(cms.kind, ()):
            server = instance.get("database_server")
            host = host_by_address.get(server["host"]) if server else None
            if host is not None:
                path = escape_text_to_one_line(instance["path"], 100)
                yield host, PortDependency(name, server["port"], "site", path)


def _find_port_needs_by_database_account(
    name: str, facts_of_host: Facts, host_by_address: Mapping[str, str]
) -> Iterator[tuple[str, PortDependency]]:
    """Yield this host with each other host that an account of its database is for."""
    data = facts_of_host.get("mariadb", {})
    port = (data.get("variables") or {}).get("port") or DATABASE_PORT
    for account in data.get("accounts", ()) if data.get("running") else ():
        if not account["anywhere"] and account["authentication"] != "locked":
            pattern = account["host"].lower().replace("[", "[[]").replace("%", "*").replace("_", "?")
            account_name = escape_text_to_one_line(f"{account['user']}@{account['host']}", 100)
            for address, other in host_by_address.items():
                if _is_ip_address(address) and fnmatch.fnmatchcase(address, pattern):
                    yield name, PortDependency(other, port, "account", account_name)


def _is_ip_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _explain_hold_for_needed_ports(control: ControlId, cut_dependencies: list[PortDependency]) -> Text:
    descriptions = [_describe_dependency(need) for need in cut_dependencies[:MAX_TOLD]]
    ports = ", ".join(dict.fromkeys(str(need.port) for need in cut_dependencies))
    names = ",".join(
        dict.fromkeys(ACCEPTED_LOSS.format(control=control, account=need.host) for need in cut_dependencies)
    )
    mend = make_text(
        ("declare {ports} in this host's luytre_open_ports, or accept it with --accept {names}"),
        ports=ports,
        names=names,
    )
    return Text.join([*descriptions, mend])


def _describe_dependency(need: PortDependency) -> Text:
    name, what = escape_text_to_one_line(need.host, 60), need.what
    return {
        "site": make_text(
            "the site in {what} on {name} has its database here (port {port})", what=what, name=name, port=need.port
        ),
        "account": make_text(
            "the database's account {what} is for {name} (port {port})", what=what, name=name, port=need.port
        ),
    }.get(
        need.by,
        make_text("{name} is connected to port {port} of this host", name=name, port=need.port),
    )
