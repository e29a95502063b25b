"""``auditor incident contain`` and ``release``: addresses blocked on an incident's hosts, files taken out of their place, and back."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.commands.given import completions
from auditor.commands.given.options import DEFAULT_INVENTORY, DEFAULT_LANG, InventoryOption, LangOption
from auditor.commands.incidents.hosts import chosen, hosts_of
from auditor.commands.incidents.ledger import IncidentArgument, WhoOption, role
from auditor.errors import InputError
from auditor.models import clock
from auditor.models.ranks import Means

if TYPE_CHECKING:
    from auditor.models import Host

_UNITS = {"m": 60, "h": 3_600, "d": 86_400}
MOST_LETTERS = 1_000
"""Of a path, each of which may be written as twelve."""
LEAST, MOST = 600, 30 * 86_400
"""Seconds: less is over before it is looked at, more outlives whoever holds the address."""


def contain(
    incident: IncidentArgument,
    means: Annotated[
        Means, typer.Argument(metavar="address|file", help="An address is blocked, a file taken out of its place.")
    ],
    what: Annotated[
        str, typer.Argument(metavar="ADDRESS|PATH", help="A single IPv4 or IPv6 address, or a file's whole path.")
    ],
    who: WhoOption,
    lasting: Annotated[
        str | None,
        typer.Option(
            "--for",
            metavar="TIME",
            help="How long an address is blocked: 30m, 24h, 7d; from 10 minutes to 30 days, by default 24h.",
        ),
    ] = None,
    hosts: Annotated[
        list[str] | None,
        typer.Option(
            "--host",
            metavar="HOST",
            help="Only on this host of the incident's; repeat for more.",
            autocompletion=completions.hosts_and_sites,
        ),
    ] = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Block an address on the hosts of an incident for a time, or take a file out of its place until it is released.

    A host lets an address in again within a minute, unless we can come in anew meanwhile; then the block lasts to its end, also over a reboot. Never
    blocked: the connection in use, trusted networks, the host's own addresses, its gateways and resolvers, and proxies in front of its sites.

    A file, below web roots or /tmp, is kept as it is in a folder of root's alone; nothing is run, and no link is followed.

    Exit code: 0 done on every host, as looked at there; 1 not, or not known.

    Examples:
      auditor incident contain SC-20261127-1 address 203.0.113.7 --for 24h --who "Văn phòng" -i inventories/lab

      auditor incident contain SC-20261127-1 file /var/www/antruc.test/wp-content/uploads/x.php --who "Văn phòng" -i inventories/lab

    """
    from auditor.commands.shown import console
    from auditor.history.incidents import Incidents
    from auditor.incidents import deciding, told
    from auditor.incidents.containing import Containing
    from auditor.inventory import hosts as inventories
    from auditor.inventory.reach import reach
    from auditor.text.words import Words

    known = inventories.load(inventory)
    ledgers = Incidents()
    if means == "address":
        named, seconds = _address(what), _seconds(lasting or "24h")
    else:
        named, seconds = _path(what, lasting), 0
    case = deciding.still_open(ledgers.all(known.path), incident)
    concerned = chosen(hosts_of(known, case.subjects), hosts)
    if means == "file" and len(concerned) != 1:
        raise InputError("a file lies on one host", mend="name one of the incident's hosts with --host")
    for host in concerned if means == "address" else ():
        _check_trusted(named, host)
    command = Containing(known.path, incident, role(who), reach(inventory), ledgers)
    words, done = Words(lang), True
    for host in concerned:
        came_to = command.block(host, named, seconds) if means == "address" else command.take(host, named)
        console.out.print(console.escape(told.deed(came_to, words)), soft_wrap=True)
        done = done and came_to.state == "confirmed"
    raise typer.Exit(0 if done else 1)


def release(
    incident: IncidentArgument,
    who: WhoOption,
    numbers: Annotated[
        list[int] | None, typer.Argument(metavar="[N]...", help="Only the actions of these numbers; by default all.")
    ] = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Let addresses in again before their time is up, and put files back where they were, in place of nothing.

    Exit code: 0 done on every host, as looked at there; 1 not, or not known.

    Example:
      auditor incident release SC-20261127-1 1 --who "Văn phòng" -i inventories/lab

    """
    from auditor.commands.shown import console
    from auditor.history.incidents import Incidents
    from auditor.incidents import deciding, told
    from auditor.incidents.containing import Containing
    from auditor.inventory import hosts as inventories
    from auditor.inventory.reach import reach
    from auditor.text.words import Words

    known = inventories.load(inventory)
    ledgers, words = Incidents(), Words(lang)
    actions = deciding.releasing(incident, numbers or (), clock.now(), ledgers.all(known.path))
    if not actions:
        console.out.print(words("incidents.nothing_contained"))
        return
    command = Containing(known.path, incident, role(who), reach(inventory), ledgers)
    done = True
    for action in actions:
        came_to = command.release(action)
        console.out.print(console.escape(told.deed(came_to, words)), soft_wrap=True)
        done = done and came_to.state == "released"
    raise typer.Exit(0 if done else 1)


def _address(text: str) -> str:
    """One address, as everybody writes it. Raises InputError for a network and for what is none."""
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        raise InputError(
            "{address} is not a single address", address=text, mend="give one, as 203.0.113.7 or 2001:db8::7"
        ) from None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address).partition("%")[0]


def _path(text: str, lasting: str | None) -> str:
    """A file's path, written so that it is one line."""
    from auditor.text import paths

    if lasting is not None:
        raise InputError("--for is of addresses", mend="a file stays away until 'auditor incident release'")
    if (
        len(text) > MOST_LETTERS
        or not text.startswith("/")
        or "/../" in f"{text}/"
        or "/./" in f"{text}/"
        or text.endswith("/")
    ):
        raise InputError("{path} is not a file's whole path", path=paths.written(text), mend="write it from / on")
    return paths.written(text)


def _seconds(text: str) -> int:
    found = re.fullmatch(r"([1-9][0-9]{0,5})([mhd])", text.strip())
    seconds = int(found[1]) * _UNITS[found[2]] if found else 0
    if not LEAST <= seconds <= MOST:
        raise InputError("--for {time} is no time from 10 minutes to 30 days", time=text, mend="write it as 24h")
    return seconds


def _check_trusted(address: str, host: Host) -> None:
    for network in host.trusted_networks:
        if ipaddress.ip_address(address) in ipaddress.ip_network(network):
            raise InputError(
                "{address} is in {network}, a trusted network of {host}",
                address=address,
                network=network,
                host=host.name,
                mend="whoever administers it would be shut out: see luytre_trusted_networks in the inventory",
            )
