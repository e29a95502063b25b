"""What an indicator is of: addresses, networks, names, URLs and digests, each in the one form that it is compared in.

Pure.
"""

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
ExclusionReason = Literal["private", "wide", "everybody"]
"""Why a value never matches: no address of the Internet; it takes in too many; everybody uses it."""

MAX_LENGTH = 2_000
SHORTEST = {4: 16, 6: 32}
"""Bits of the widest network, by version: what is wider takes in a provider's customers, or everybody."""
_DIGESTS: dict[int, Kind] = {32: "md5", 40: "sha1", 64: "sha256"}
_HEX = re.compile(r"[0-9a-f]+\Z")
_NAME = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])\Z")
_DEFANG_MARKS = (
    *(("[.]", "."), ("(.)", "."), ("{.}", "."), ("[dot]", "."), ("(dot)", "."), ("[:]", ":")),
    *(("[://]", "://"), ("[@]", "@")),
)
_SCHEME = re.compile(r"(?:h(?:xx|tt)p|fxp|ftp)(s?)://", re.IGNORECASE)


@dataclass(frozen=True, order=True, slots=True)
class IndicatorValue:
    """One value in its one form."""

    kind: Kind
    text: str


def parse_value(text: str) -> IndicatorValue | None:
    """Return what a text is, however it is written: ``hxxp://evil[.]test/``, ``1.2.3.4:8080``, upper case.

    None for anything else.
    """
    plain = text.strip().strip("\"'<>").strip()
    if not plain or len(plain) > MAX_LENGTH:
        return None
    for mark, plain_mark in _DEFANG_MARKS:
        plain = plain.replace(mark, plain_mark)
    scheme = _SCHEME.match(plain)
    if scheme:
        return _parse_url(f"{'ftp' if plain[0] in 'fF' else 'http'}{scheme[1].lower()}://{plain[scheme.end() :]}")
    lower = plain.casefold()
    if len(lower) in _DIGESTS and _HEX.match(lower):
        return IndicatorValue(_DIGESTS[len(lower)], lower)
    return _parse_address_or_network(lower) or _parse_domain_name(lower) or _parse_address_with_path_or_port(plain)


def _parse_url(text: str) -> IndicatorValue | None:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    where = _parse_address_or_network(host or "") or _parse_domain_name(host or "")
    if where is None or where.kind == "network" or re.search(r"[\s\x00-\x1f\x7f]", text):
        return None
    name = f"[{where.text}]" if ":" in where.text else where.text
    usual = {"http": 80, "https": 443, "ftp": 21}[parts.scheme]
    port_suffix = f":{port}" if port not in (None, usual) else ""
    query = f"?{parts.query}" if parts.query else ""
    return IndicatorValue("url", f"{parts.scheme}://{name}{port_suffix}{parts.path or '/'}{query}")


def _parse_address_with_path_or_port(text: str) -> IndicatorValue | None:
    """Parse ``evil.test/gate.php``, as lists shorten URLs, and an address with its port."""
    head, slash, _ = text.partition("/")
    if slash:
        return _parse_url(f"http://{text}") if _parse_domain_name(head.casefold().partition(":")[0]) else None
    host, colon, port = text.rpartition(":")
    if colon and port.isdigit() and len(port) <= 5:
        return _parse_address_or_network(host.casefold().strip("[]")) or _parse_domain_name(host.casefold())
    return None


def _parse_address_or_network(text: str) -> IndicatorValue | None:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    if network.num_addresses == 1:
        address: ipaddress.IPv4Address | ipaddress.IPv6Address = network.network_address
        ipv4 = getattr(address, "ipv4_mapped", None)
        return IndicatorValue("address", str(ipv4 or address))
    return IndicatorValue("network", str(network))


def _parse_domain_name(text: str) -> IndicatorValue | None:
    text = text.rstrip(".")
    try:
        text = text if text.isascii() else text.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    return IndicatorValue("domain", text) if len(text) <= 253 and _NAME.match(text) else None


def get_reason_value_never_matches(value: IndicatorValue) -> ExclusionReason | None:
    """Return why a value never matches anything, by itself; None: it does."""
    if value.kind == "address":
        if value.text in load_values_that_everybody_uses():
            return "everybody"
        return None if ipaddress.ip_address(value.text).is_global else "private"
    if value.kind == "network":
        network = ipaddress.ip_network(value.text)
        if network.prefixlen < SHORTEST[network.version]:
            return "wide"
        return None if network.is_global else "private"
    if value.kind == "domain":
        if value.text in load_values_that_everybody_uses():
            return "everybody"
        return "wide" if _is_public_suffix(value.text) else None
    if value.kind == "url":
        parts = urlsplit(value.text)
        if parts.path == "/" and not parts.query:
            inner = _parse_address_or_network(parts.hostname or "") or _parse_domain_name(parts.hostname or "")
            return get_reason_value_never_matches(inner) if inner is not None else None
        inner = _parse_address_or_network(parts.hostname or "")
        return "private" if inner is not None and get_reason_value_never_matches(inner) == "private" else None
    return None


def is_value_of_own_assets(value: IndicatorValue, own_names: Iterable[str], own_addresses: Iterable[str]) -> bool:
    """Return whether a value is of ourselves.

    An address of a host, a name of a site, or what such a name ends with or begins.
    """
    host = urlsplit(value.text).hostname or "" if value.kind == "url" else value.text
    if value.kind == "network":
        network = ipaddress.ip_network(value.text)
        return any(_is_address_in_network(address, network) for address in own_addresses)
    return host in own_addresses or any(
        host == name or host.endswith(f".{name}") or name.endswith(f".{host}") for name in own_names
    )


def _is_address_in_network(address: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    try:
        return ipaddress.ip_address(address) in network
    except ValueError:
        return False


@cache
def load_values_that_everybody_uses() -> frozenset[str]:
    """Return the names and addresses that everybody uses, as shipped.

    They are those of resolvers, search engines, mail, and what pages load.
    """
    lines = Path(__file__).with_name("everybody.txt").read_text("utf-8").splitlines()
    return frozenset(line.split("#")[0].strip() for line in lines if line.split("#")[0].strip())


@cache
def _load_public_suffix_list():  # type: ignore[no-untyped-def]
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415  slow to load, and only names need it

    return PublicSuffixList()


def _is_public_suffix(name: str) -> bool:
    return _load_public_suffix_list().privatesuffix(name) is None
