"""What an indicator is of: addresses, networks, names, URLs and digests, each in the one form that it is compared in. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import urlsplit

Kind = Literal["address", "network", "domain", "url", "md5", "sha1", "sha256"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Never = Literal["private", "wide", "everybody"]
"""Why a value never matches: no address of the Internet; it takes in too many; everybody uses it."""

MAX_LENGTH = 2_000
SHORTEST = {4: 16, 6: 32}
"""Bits of the widest network, by version: what is wider takes in a provider's customers, or everybody."""
_DIGESTS: dict[int, Kind] = {32: "md5", 40: "sha1", 64: "sha256"}
_HEX = re.compile(r"[0-9a-f]+\Z")
_NAME = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])\Z")
_DEFANGED = (
    *(("[.]", "."), ("(.)", "."), ("{.}", "."), ("[dot]", "."), ("(dot)", "."), ("[:]", ":")),
    *(("[://]", "://"), ("[@]", "@")),
)
_SCHEME = re.compile(r"(?:h(?:xx|tt)p|fxp|ftp)(s?)://", re.IGNORECASE)


@dataclass(frozen=True, order=True, slots=True)
class Value:
    """One value in its one form."""

    kind: Kind
    text: str


def value(text: str) -> Value | None:
    """What a text is, however it is written: ``hxxp://evil[.]test/``, ``1.2.3.4:8080``, upper case. None for anything else."""
    plain = text.strip().strip("\"'<>").strip()
    if not plain or len(plain) > MAX_LENGTH:
        return None
    for written, meant in _DEFANGED:
        plain = plain.replace(written, meant)
    scheme = _SCHEME.match(plain)
    if scheme:
        return _url(f"{'ftp' if plain[0] in 'fF' else 'http'}{scheme[1].lower()}://{plain[scheme.end() :]}")
    lower = plain.casefold()
    if len(lower) in _DIGESTS and _HEX.match(lower):
        return Value(_DIGESTS[len(lower)], lower)
    return _network(lower) or _name(lower) or _with_path(plain)


def _url(text: str) -> Value | None:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    where = _network(host or "") or _name(host or "")
    if where is None or where.kind == "network" or re.search(r"[\s\x00-\x1f\x7f]", text):
        return None
    name = f"[{where.text}]" if ":" in where.text else where.text
    usual = {"http": 80, "https": 443, "ftp": 21}[parts.scheme]
    shown = f":{port}" if port not in (None, usual) else ""
    query = f"?{parts.query}" if parts.query else ""
    return Value("url", f"{parts.scheme}://{name}{shown}{parts.path or '/'}{query}")


def _with_path(text: str) -> Value | None:
    """``evil.test/gate.php``, as lists shorten URLs; and an address with its port."""
    head, slash, _ = text.partition("/")
    if slash:
        return _url(f"http://{text}") if _name(head.casefold().partition(":")[0]) else None
    host, colon, port = text.rpartition(":")
    if colon and port.isdigit() and len(port) <= 5:
        return _network(host.casefold().strip("[]")) or _name(host.casefold())
    return None


def _network(text: str) -> Value | None:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    if network.num_addresses == 1:
        found: ipaddress.IPv4Address | ipaddress.IPv6Address = network.network_address
        mapped = getattr(found, "ipv4_mapped", None)
        return Value("address", str(mapped or found))
    return Value("network", str(network))


def _name(text: str) -> Value | None:
    text = text.rstrip(".")
    try:
        text = text if text.isascii() else text.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    return Value("domain", text) if len(text) <= 253 and _NAME.match(text) else None


def never(found: Value) -> Never | None:
    """Why a value never matches anything, by itself; None: it does."""
    if found.kind == "address":
        if found.text in everybody():
            return "everybody"
        return None if ipaddress.ip_address(found.text).is_global else "private"
    if found.kind == "network":
        network = ipaddress.ip_network(found.text)
        if network.prefixlen < SHORTEST[network.version]:
            return "wide"
        return None if network.is_global else "private"
    if found.kind == "domain":
        if found.text in everybody():
            return "everybody"
        return "wide" if _is_public_suffix(found.text) else None
    if found.kind == "url":
        parts = urlsplit(found.text)
        if parts.path == "/" and not parts.query:
            inner = _network(parts.hostname or "") or _name(parts.hostname or "")
            return never(inner) if inner is not None else None
        inner = _network(parts.hostname or "")
        return "private" if inner is not None and never(inner) == "private" else None
    return None


def own(found: Value, names: Iterable[str], addresses: Iterable[str]) -> bool:
    """Whether a value is of ourselves: an address of a host, a name of a site, or what such a name ends with or begins."""
    host = urlsplit(found.text).hostname or "" if found.kind == "url" else found.text
    if found.kind == "network":
        network = ipaddress.ip_network(found.text)
        return any(_within(one, network) for one in addresses)
    return host in addresses or any(
        host == name or host.endswith(f".{name}") or name.endswith(f".{host}") for name in names
    )


def _within(address: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    try:
        return ipaddress.ip_address(address) in network
    except ValueError:
        return False


@cache
def everybody() -> frozenset[str]:
    """Names and addresses that everybody uses, as shipped: resolvers, search engines, mail, what pages load."""
    lines = Path(__file__).with_name("everybody.txt").read_text("utf-8").splitlines()
    return frozenset(line.split("#")[0].strip() for line in lines if line.split("#")[0].strip())


@cache
def _suffixes():  # type: ignore[no-untyped-def]
    from publicsuffixlist import PublicSuffixList  # slow to load, and only names need it

    return PublicSuffixList()


def _is_public_suffix(name: str) -> bool:
    return _suffixes().privatesuffix(name) is None
