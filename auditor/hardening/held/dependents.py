"""Hosts of the same inventory that need a port of a host: what connects them, and what a change would cut. Pure.

A host says itself whom it talks to, so that what it says holds a change for that host's sake alone, until somebody accepts
that by naming control and host.
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
from auditor.hardening.serving import beside
from auditor.models import ACCEPTED_LOSS, ControlId, Host, Text
from auditor.text.visible import one_line

Facts = Mapping[str, Any]
MAX_TOLD = 6
DATABASE_PORT = 3306
CLOSING = frozenset(
    {
        *(Effect.CLOSES_UNDECLARED_PORTS, Effect.CLOSES_DATABASE_PORTS, Effect.CLOSES_MARIADB_PORTS),
        *(Effect.CLOSES_MAIL_PORTS, Effect.CLOSES_PHP_PORTS, Effect.STOPS_UNNEEDED_SERVICES),
    }
)
"""Effects that close ports."""


@dataclass(frozen=True, order=True)
class Need:
    """A port of a host that another of the inventory needs, and what tells."""

    host: str
    """The one that needs it."""
    port: int
    by: str
    """``connection``, ``site`` or ``account``."""
    what: str = ""
    """The folder of the site, or the account."""


def needs(facts: Mapping[str, HostFacts], addresses: Mapping[str, str]) -> dict[str, tuple[Need, ...]]:
    """Return, by host, what others of the inventory need of it, by what it and they say.

    ``addresses``: addresses and names of the inventory's hosts, to what they are called there.
    """
    data = {name: own.context() for name, own in facts.items()}
    known = _known(data, addresses)
    found: dict[str, set[Need]] = {}
    for name, own in data.items():
        for host, need in (*_connected(name, own, known), *_sites(name, own, known), *_accounts(name, own, known)):
            if need.host != host:
                found.setdefault(host, set()).add(need)
    return {host: tuple(sorted(some)) for host, some in found.items()}


def find_holds(
    host: Host,
    data: Mapping[str, Any],
    fixes: Mapping[ControlId, Fix],
    found: Iterable[Need],
    accepted: Collection[str],
) -> dict[ControlId, Text]:
    """Return the controls that would close a port which others need, but for hosts of which that is accepted by name."""
    needed = list(found)
    ports = sorted({need.port for need in needed})
    why = {}
    for control, fix in fixes.items():
        closing = beside.closing(host, data, frozenset(fix.effects), ports) if ports else frozenset()
        cut = [
            need
            for need in needed
            if need.port in closing and ACCEPTED_LOSS.format(control=control, account=need.host) not in accepted
        ]
        if cut:
            why[control] = _words(control, cut)
    return why


def _known(data: Mapping[str, Facts], addresses: Mapping[str, str]) -> dict[str, str]:
    """Addresses and names to hosts; an address that a host gives itself counts where nobody else has it."""
    found = {address.lower(): name for address, name in addresses.items()}
    for name, own in data.items():
        connection = own.get("system", {}).get("connection") or {}
        if connection.get("local"):
            found.setdefault(str(connection["local"]).partition("%")[0], name)
    return found


def _connected(name: str, own: Facts, known: Mapping[str, str]) -> Iterator[tuple[str, Need]]:
    for peer in own.get("services", {}).get("peers", ()):
        other = known.get(peer["address"])
        if other is not None:
            here, there = (name, other) if peer["inbound"] else (other, name)
            yield here, Need(there, peer["port"], "connection")


def _sites(name: str, own: Facts, known: Mapping[str, str]) -> Iterator[tuple[str, Need]]:
    """Sites whose configuration names another host as their database's."""
    for instance in own.get("wordpress", {}).get("instances", ()):
        place, _, port = ((instance.get("constants") or {}).get("DB_HOST") or "").partition(":")
        host = known.get(place.lower())
        if host is not None:
            number = int(port) if port.isdecimal() and len(port) < 6 else DATABASE_PORT
            yield host, Need(name, number, "site", one_line(instance["path"], 100))


def _accounts(name: str, own: Facts, known: Mapping[str, str]) -> Iterator[tuple[str, Need]]:
    """Accounts of a database that come in from others alone."""
    data = own.get("mariadb", {})
    port = (data.get("variables") or {}).get("port") or DATABASE_PORT
    for account in data.get("accounts", ()) if data.get("running") else ():
        if not account["anywhere"] and account["authentication"] != "locked":
            pattern = account["host"].lower().replace("[", "[[]").replace("%", "*").replace("_", "?")
            said = one_line(f"{account['user']}@{account['host']}", 100)
            for address, other in known.items():
                if _is_address(address) and fnmatch.fnmatchcase(address, pattern):
                    yield name, Need(other, port, "account", said)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _words(control: ControlId, cut: list[Need]) -> Text:
    told = [_one(need) for need in cut[:MAX_TOLD]]
    ports = ", ".join(dict.fromkeys(str(need.port) for need in cut))
    names = ",".join(dict.fromkeys(ACCEPTED_LOSS.format(control=control, account=need.host) for need in cut))
    mend = Text(
        vi=f"ghi cổng {ports} vào luytre_open_ports của máy chủ này, hoặc chấp nhận bằng --accept {names}",
        en=f"declare {ports} in this host's luytre_open_ports, or accept it with --accept {names}",
    )
    return Text.joined([*told, mend])


def _one(need: Need) -> Text:
    name, what = one_line(need.host, 60), need.what
    return {
        "site": Text(
            vi=f"trang ở {what} trên {name} dùng cơ sở dữ liệu tại đây (cổng {need.port})",
            en=f"the site in {what} on {name} has its database here (port {need.port})",
        ),
        "account": Text(
            vi=f"tài khoản {what} của cơ sở dữ liệu dành cho {name} (cổng {need.port})",
            en=f"the database's account {what} is for {name} (port {need.port})",
        ),
    }.get(
        need.by,
        Text(
            vi=f"{name} đang kết nối tới cổng {need.port} của máy chủ này",
            en=f"{name} is connected to port {need.port} of this host",
        ),
    )
