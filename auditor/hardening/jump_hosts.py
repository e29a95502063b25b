"""The hosts of an inventory that are reached through others.

This is what this machine's ssh makes of its arguments and its own settings.

``ssh -G`` is asked, which connects to nobody. What it names as the way there is followed until it ends.
"""

from __future__ import annotations

import ipaddress
import re
import shlex
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import PurePath

from auditor.fleet.host_keys import run_ssh_tool
from auditor.inventory.reach import Reach
from auditor.models import Text
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import make_text

SECONDS = 5.0
WORKERS = 8
MAX_TOLD = 10
MAX_HOPS = 5
MAX_ABREAST = 5
"""Of one way, so that settings which name each other in a circle come to an end."""
_HOP = re.compile(r"(?:ssh://)?(?:[^@\s]{1,256}@)?(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9_.-]{1,255})(?::(\d{1,5}))?")
_BY_SESSION = frozenset({"nc", "netcat", "ncat", "socat"})
"""Programs that pass bytes on from within a session, so that nothing goes through sshd itself."""
_OPTIONS_WITH_VALUE = frozenset("BbcDEeFIiJLlmOopQRSWw")
"""Options of ssh with a value of their own."""


@dataclass(frozen=True, order=True)
class Passage:
    """The way to a host through another."""

    to: str
    """The host of the inventory behind it."""
    by: str
    """``ProxyJump`` or ``ProxyCommand``; the variable of the inventory where only Ansible could tell."""


@dataclass(frozen=True)
class _Hop:
    name: str
    port: int | None
    arguments: tuple[str, ...] = ()
    """Of the file of settings alone, which ssh hands on."""


def find_hosts_reached_through_each_host(reach: Mapping[str, Reach]) -> dict[str, tuple[Passage, ...]]:
    """Return, by the host in the middle, the hosts of the inventory that are reached through it.

    Where only Ansible could work the way out, every other host may be in the middle.
    """
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        ways = list(pool.map(lambda name: list(_find_jump_hosts_on_way_to_host(name, reach)), reach))
    passages_by_middle: dict[str, set[Passage]] = {}
    for name, middles in zip(reach, ways, strict=True):
        for middle, by in middles:
            if middle != name:
                passages_by_middle.setdefault(middle, set()).add(Passage(name, by))
    return {middle: tuple(sorted(passages)) for middle, passages in passages_by_middle.items()}


def map_addresses_to_inventory_names(reach: Mapping[str, Reach]) -> dict[str, str]:
    """Return the addresses of the inventory's hosts, and the names by which it has them, to what they are called there.

    An address of several hosts is nobody's.
    """
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        looked_up = list(
            pool.map(
                lambda host_reach: {host_reach.address.lower(), *_resolve_ip_addresses_of_name(host_reach.address)},
                reach.values(),
            )
        )
    names_by_address: dict[str, set[str]] = {}
    for name, host_addresses in zip(reach, looked_up, strict=True):
        for address in (name.lower(), *host_addresses):
            names_by_address.setdefault(address, set()).add(name)
    return {address: next(iter(names)) for address, names in names_by_address.items() if len(names) == 1}


def describe_hosts_reached_through_each_host(passages_by_middle: Mapping[str, tuple[Passage, ...]]) -> dict[str, Text]:
    """Return, by the host in the middle, in words whom the inventory reaches through it."""
    return {
        middle: Text.join(
            _describe_passages_by_same_means(by, list(group))
            for by, group in groupby(sorted(passages, key=_get_ssh_means_of_passage), _get_ssh_means_of_passage)
        )
        for middle, passages in passages_by_middle.items()
    }


def _get_ssh_means_of_passage(passage: Passage) -> str:
    return passage.by


def _describe_passages_by_same_means(ssh_means: str, passages: Sequence[Passage]) -> Text:
    names = ", ".join(escape_text_to_one_line(passage.to, 60) for passage in passages[:MAX_TOLD])
    names += " …" if len(passages) > MAX_TOLD else ""
    if ssh_means.startswith("ansible_"):
        return make_text(
            ("unknown whether {names} is reached through this host, because {ssh_means} is not a literal value"),
            names=names,
            ssh_means=ssh_means,
        )
    return make_text("the inventory reaches {names} through this host ({ssh_means})", names=names, ssh_means=ssh_means)


def _find_jump_hosts_on_way_to_host(name: str, reach: Mapping[str, Reach]) -> Iterator[tuple[str, str]]:
    own = reach[name]
    if own.unclear is not None:
        if own.unclear.startswith("ansible_ssh_"):
            yield from ((other, own.unclear) for other in reach)
        return
    arguments = ["-p", str(own.port), *(["-l", own.user] if own.user else []), *own.ssh_arguments]
    yield from _find_jump_hosts_through_ssh_settings(
        arguments, own.address, _make_matcher_of_inventory_hosts(reach), MAX_HOPS
    )


def _find_jump_hosts_through_ssh_settings(
    arguments: Sequence[str], address: str, match_hosts: Callable[[str, str, int], list[str]], remaining_hops: int
) -> Iterator[tuple[str, str]]:
    """Yield each host in the middle on the way to an address, and what of ssh's names it."""
    settings = _read_effective_ssh_settings(arguments, address)
    by, nearest = _parse_proxy_hops_in_ssh_settings(settings, _find_config_file_option_of_ssh(arguments))
    for hop in nearest[:MAX_ABREAST] if remaining_hops else ():
        own = [*hop.arguments, *(["-p", str(hop.port)] if hop.port else [])]
        hop_settings = _read_effective_ssh_settings(own, hop.name)
        port = int(hop_settings.get("port", "22")) if hop_settings.get("port", "22").isdecimal() else 22
        yield from ((middle, by) for middle in match_hosts(hop.name, hop_settings.get("hostname", hop.name), port))
        yield from _find_jump_hosts_through_ssh_settings(own, hop.name, match_hosts, remaining_hops - 1)


def _read_effective_ssh_settings(arguments: Sequence[str], address: str) -> dict[str, str]:
    """Return what ssh would do to get there, in its own words; nothing where it does not say."""
    process = run_ssh_tool("ssh", "-G", *arguments, "--", address, seconds=SECONDS)
    lines = (line.partition(" ") for line in process.stdout.splitlines()) if process.returncode == 0 else ()
    return {key.lower(): value.strip() for key, _, value in lines}


def _find_config_file_option_of_ssh(arguments: Sequence[str]) -> tuple[str, ...]:
    """Return the file of settings that an own one takes the place of: ssh hands it on to the hosts in the middle."""
    at = [number for number, word in enumerate(arguments[:-1]) if word == "-F"]
    return ("-F", arguments[at[0] + 1]) if at else ()


def _parse_proxy_hops_in_ssh_settings(settings: Mapping[str, str], files: tuple[str, ...]) -> tuple[str, list[_Hop]]:
    jump, command = settings.get("proxyjump", "none"), settings.get("proxycommand", "none")
    if jump != "none":
        hops = [_parse_proxy_jump_hop(word) for word in jump.split(",")]
        return "ProxyJump", [replace(hop, arguments=files) for hop in hops if hop is not None]
    return "ProxyCommand", list(_find_ssh_hops_in_proxy_command(command)) if command != "none" else []


def _parse_proxy_jump_hop(word: str) -> _Hop | None:
    match = _HOP.fullmatch(word.strip().rstrip("/"))
    return _Hop(match[1].strip("[]"), int(match[2]) if match[2] else None) if match else None


def _find_ssh_hops_in_proxy_command(command: str) -> Iterator[_Hop]:
    """Yield the hosts to which a command's ssh goes, unless what runs there passes the bytes on itself."""
    try:
        words = shlex.split(command)
    except ValueError:
        words = command.split()
    if _BY_SESSION & {PurePath(word).name for word in words}:
        return
    for at in [number for number, word in enumerate(words) if PurePath(word).name == "ssh"]:
        yield from _iter_hops_of_ssh_arguments(words[at + 1 :])


def _iter_hops_of_ssh_arguments(rest: list[str]) -> Iterator[_Hop]:
    """Yield the hosts that ssh goes through by its options, then the one that it goes to."""
    port: int | None = None
    files: tuple[str, ...] = ()
    while rest:
        word = rest.pop(0)
        if not word.startswith("-"):
            hop = _parse_proxy_jump_hop(word)
            if hop is not None:
                yield replace(hop, port=hop.port or port, arguments=files)
            break
        letter = word[1:2]
        value = ""
        if letter in _OPTIONS_WITH_VALUE:
            value = word[2:] or (rest.pop(0) if rest else "")
        if letter == "p" and value.isdecimal():
            port = int(value)
        elif letter == "F":
            files = ("-F", value)
        elif letter == "J":
            yield from (
                replace(hop, arguments=files) for each in value.split(",") if (hop := _parse_proxy_jump_hop(each))
            )


def _make_matcher_of_inventory_hosts(reach: Mapping[str, Reach]) -> Callable[[str, str, int], list[str]]:
    """Return what finds the hosts that a name, or the name that ssh takes for it, stands for."""
    by_address: dict[str, list[str]] = {}
    for name, host_reach in reach.items():
        by_address.setdefault(host_reach.address.lower(), []).append(name)

    def match_hosts(name: str, hostname: str, port: int) -> list[str]:
        if name in reach:
            return [name]
        at = [host for address in (name, hostname) for host in by_address.get(address.lower(), ())]
        if not at:
            at = [host for address in _resolve_ip_addresses_of_name(hostname) for host in by_address.get(address, ())]
        there = list(dict.fromkeys(at))
        return [host for host in there if reach[host].port == port] or there

    return match_hosts


def _resolve_ip_addresses_of_name(name: str) -> Iterable[str]:
    try:
        return [str(ipaddress.ip_address(name))]
    except ValueError:
        pass
    try:
        return dict.fromkeys(str(each[4][0]) for each in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM))
    except OSError:
        return ()
