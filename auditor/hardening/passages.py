"""Which hosts of an inventory are reached through which others, by what this machine's ssh makes of its arguments and its own settings.

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

from auditor.fleet.host_keys import ssh_tool
from auditor.inventory.reach import Reach
from auditor.models import Text
from auditor.text.visible import one_line

SECONDS = 5.0
WORKERS = 8
MAX_TOLD = 10
MAX_HOPS = 5
MAX_ABREAST = 5
"""Of one way, so that settings which name each other in a circle come to an end."""
_HOP = re.compile(r"(?:ssh://)?(?:[^@\s]{1,256}@)?(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9_.-]{1,255})(?::(\d{1,5}))?")
_BY_SESSION = frozenset({"nc", "netcat", "ncat", "socat"})
"""Programs that pass bytes on from within a session, so that nothing goes through sshd itself."""
_TAKING = frozenset("BbcDEeFIiJLlmOopQRSWw")
"""Options of ssh with a value of their own."""


@dataclass(frozen=True, order=True)
class Passage:
    """How a host is reached through another."""

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


def through(reach: Mapping[str, Reach]) -> dict[str, tuple[Passage, ...]]:
    """Return, by the host in the middle, the hosts of the inventory that are reached through it.

    Where only Ansible could work the way out, every other host may be in the middle.
    """
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        ways = list(pool.map(lambda name: list(_middles(name, reach)), reach))
    found: dict[str, set[Passage]] = {}
    for name, middles in zip(reach, ways, strict=True):
        for middle, by in middles:
            if middle != name:
                found.setdefault(middle, set()).add(Passage(name, by))
    return {middle: tuple(sorted(passages)) for middle, passages in found.items()}


def addresses(reach: Mapping[str, Reach]) -> dict[str, str]:
    """Return the addresses of the inventory's hosts, and the names by which it has them, to what they are called there.

    An address of several hosts is nobody's.
    """
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        looked_up = list(pool.map(lambda one: {one.address.lower(), *_addresses(one.address)}, reach.values()))
    found: dict[str, set[str]] = {}
    for name, some in zip(reach, looked_up, strict=True):
        for address in (name.lower(), *some):
            found.setdefault(address, set()).add(name)
    return {address: next(iter(names)) for address, names in found.items() if len(names) == 1}


def told(found: Mapping[str, tuple[Passage, ...]]) -> dict[str, Text]:
    """Return, by the host in the middle, in words whom the inventory reaches through it."""
    return {middle: Text.joined(_words(by, list(some)) for by, some in groupby(sorted(passages, key=_by), _by))
            for middle, passages in found.items()}  # fmt: skip


def _by(passage: Passage) -> str:
    return passage.by


def _words(by: str, passages: Sequence[Passage]) -> Text:
    names = ", ".join(one_line(passage.to, 60) for passage in passages[:MAX_TOLD])
    names += " …" if len(passages) > MAX_TOLD else ""
    if by.startswith("ansible_"):
        return Text(
            vi=f"không rõ có qua máy chủ này để vào {names} hay không, vì {by} không phải giá trị cụ thể",
            en=f"unknown whether {names} is reached through this host, because {by} is not a literal value",
        )
    return Text(
        vi=f"bảng kiểm kê đi qua máy chủ này để vào {names} ({by})",
        en=f"the inventory reaches {names} through this host ({by})",
    )


def _middles(name: str, reach: Mapping[str, Reach]) -> Iterator[tuple[str, str]]:
    own = reach[name]
    if own.unclear is not None:
        if own.unclear.startswith("ansible_ssh_"):
            yield from ((other, own.unclear) for other in reach)
        return
    arguments = ["-p", str(own.port), *(["-l", own.user] if own.user else []), *own.ssh_arguments]
    yield from _follow(arguments, own.address, _matching(reach), MAX_HOPS)


def _follow(
    arguments: Sequence[str], address: str, match_hosts: Callable[[str, str, int], list[str]], left: int
) -> Iterator[tuple[str, str]]:
    """Each host in the middle on the way to an address, and what of ssh's names it."""
    said = _settings(arguments, address)
    by, nearest = _ways(said, _files(arguments))
    for hop in nearest[:MAX_ABREAST] if left else ():
        own = [*hop.arguments, *(["-p", str(hop.port)] if hop.port else [])]
        meant = _settings(own, hop.name)
        port = int(meant.get("port", "22")) if meant.get("port", "22").isdecimal() else 22
        yield from ((middle, by) for middle in match_hosts(hop.name, meant.get("hostname", hop.name), port))
        yield from _follow(own, hop.name, match_hosts, left - 1)


def _settings(arguments: Sequence[str], address: str) -> dict[str, str]:
    """What ssh would do to get there, in its own words; nothing where it does not say."""
    done = ssh_tool("ssh", "-G", *arguments, "--", address, seconds=SECONDS)
    lines = (line.partition(" ") for line in done.stdout.splitlines()) if done.returncode == 0 else ()
    return {key.lower(): value.strip() for key, _, value in lines}


def _files(arguments: Sequence[str]) -> tuple[str, ...]:
    """The file of settings that an own one takes the place of: ssh hands it on to the hosts in the middle."""
    at = [number for number, word in enumerate(arguments[:-1]) if word == "-F"]
    return ("-F", arguments[at[0] + 1]) if at else ()


def _ways(said: Mapping[str, str], files: tuple[str, ...]) -> tuple[str, list[_Hop]]:
    jump, command = said.get("proxyjump", "none"), said.get("proxycommand", "none")
    if jump != "none":
        hops = [_hop(word) for word in jump.split(",")]
        return "ProxyJump", [replace(hop, arguments=files) for hop in hops if hop is not None]
    return "ProxyCommand", list(_in_command(command)) if command != "none" else []


def _hop(word: str) -> _Hop | None:
    match = _HOP.fullmatch(word.strip().rstrip("/"))
    return _Hop(match[1].strip("[]"), int(match[2]) if match[2] else None) if match else None


def _in_command(command: str) -> Iterator[_Hop]:
    """The hosts to which a command's ssh goes, unless what runs there passes the bytes on itself."""
    try:
        words = shlex.split(command)
    except ValueError:
        words = command.split()
    if _BY_SESSION & {PurePath(word).name for word in words}:
        return
    for at in [number for number, word in enumerate(words) if PurePath(word).name == "ssh"]:
        rest = words[at + 1 :]
        port: int | None = None
        files: tuple[str, ...] = ()
        while rest:
            word = rest.pop(0)
            if not word.startswith("-"):
                hop = _hop(word)
                if hop is not None:
                    yield replace(hop, port=hop.port or port, arguments=files)
                break
            letter = word[1:2]
            value = word[2:] or (rest.pop(0) if letter in _TAKING and rest else "") if letter in _TAKING else ""
            if letter == "p" and value.isdecimal():
                port = int(value)
            elif letter == "F":
                files = ("-F", value)
            elif letter == "J":
                yield from (replace(hop, arguments=files) for each in value.split(",") if (hop := _hop(each)))


def _matching(reach: Mapping[str, Reach]) -> Callable[[str, str, int], list[str]]:
    """What finds the hosts that a name, or the name that ssh takes for it, stands for."""
    by_address: dict[str, list[str]] = {}
    for name, one in reach.items():
        by_address.setdefault(one.address.lower(), []).append(name)

    def match_hosts(name: str, meant: str, port: int) -> list[str]:
        if name in reach:
            return [name]
        at = [host for address in (name, meant) for host in by_address.get(address.lower(), ())]
        if not at:
            at = [host for address in _addresses(meant) for host in by_address.get(address, ())]
        there = list(dict.fromkeys(at))
        return [host for host in there if reach[host].port == port] or there

    return match_hosts


def _addresses(name: str) -> Iterable[str]:
    try:
        return [str(ipaddress.ip_address(name))]
    except ValueError:
        pass
    try:
        return dict.fromkeys(str(each[4][0]) for each in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM))
    except OSError:
        return ()
