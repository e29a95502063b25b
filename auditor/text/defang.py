"""Others' addresses and URLs, written so that no mail program makes a link of them. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection

_DOTS = ".。．｡"
_SCHEME = re.compile(r"\b([a-z][a-z0-9+-]{0,20}):(?=//)", re.I)
_NAME = re.compile(rf"\w[\w-]*(?:[{_DOTS}][\w-]+)+")
_OWN_PATH = r"(?<![^\W\d])(?<![.\]/:])/(?:etc|usr|opt|boot|lib|lib64|bin|sbin)/[\w./@+%-]+"
"""A path below folders of root's alone: no lesser user chooses its names, and none is a host's."""
_TOKEN = re.compile(rf"(?P<path>{_OWN_PATH})|{_NAME.pattern}")
_SIX = re.compile(r"(?<![\w:.])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:\.\d{1,3}){0,3}", re.I)
_WITHIN = tuple(
    ipaddress.ip_network(network)
    for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
                    "fc00::/7", "fe80::/10", "::1/128")
)  # fmt: skip

_FILES = frozenset(
    {
        *(
            "php",
            "phtml",
            "html",
            "htm",
            "js",
            "css",
            "txt",
            "log",
            "sql",
            "jpg",
            "jpeg",
            "png",
            "gif",
            "ico",
            "json",
            "xml",
        ),
        *("conf", "ini", "yml", "pdf", "docx", "csv", "gz", "bak"),
    }
)
"""How files end, and no domain does."""


def defang_addresses_in_text(text: str, own_addresses: Collection[str] = ()) -> str:
    """Return the text with its addresses made harmless.

    ``https://evil.test`` becomes ``hxxps://evil[.]test``, and ``203.0.113.7`` becomes ``203[.]0[.]113[.]7``.

    ``own_addresses`` are names and addresses of our own, which stay as they are, with what stands below the names; so
    do addresses of inner networks, which others have to take out, numbers, and paths of the system's own folders. What
    is written so already stays.
    """
    own_names = {name.casefold() for name in own_addresses}
    without = _SCHEME.sub(lambda match: _defang_scheme(match[1]), text)
    without = _SIX.sub(lambda match: _defang_ipv6(match[0], own_names), without)
    return _TOKEN.sub(lambda match: match[0] if match["path"] else _defang_domain_name(match[0], own_names), without)


def is_inner_network_address(address: str) -> bool:
    """Return whether it is an address of an inner network, that nobody reaches from outside."""
    try:
        read = ipaddress.ip_address(address)
    except ValueError:
        return False
    read = getattr(read, "ipv4_mapped", None) or read
    return any(read.version == network.version and read in network for network in _WITHIN)


def _defang_scheme(scheme: str) -> str:
    if scheme.lower() in ("hxxp", "hxxps"):
        return f"{scheme}:"
    new_scheme = scheme.lower().replace("http", "hxxp")
    return f"{new_scheme}:" if new_scheme != scheme.lower() else f"{scheme}[:]"


def _defang_ipv6(text: str, own_addresses: Collection[str]) -> str:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return text
    return text if text.casefold() in own_addresses or is_inner_network_address(text) else text.replace(":", "[:]")


def _defang_domain_name(text: str, own_addresses: Collection[str]) -> str:
    plain_text = "".join("." if char in _DOTS else char for char in text)
    folded_name = plain_text.casefold()
    if (
        folded_name in own_addresses
        or any("." in name and folded_name.endswith(f".{name}") for name in own_addresses)
        or is_inner_network_address(plain_text)
        or _is_number_version_or_file_name(plain_text)
    ):
        return text
    return plain_text.replace(".", "[.]")


def _is_number_version_or_file_name(text: str) -> bool:
    """Return whether it is no address, as ``1.500.000``, ``4.2``, ``6.1.55`` and ``x.php``; four numbers are one."""
    number = text.replace(".", "").isdigit() and text.count(".") != 3
    return number or text.rpartition(".")[2] in _FILES
