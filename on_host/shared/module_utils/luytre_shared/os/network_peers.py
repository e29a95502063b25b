"""Who is who for this host on the network: its own addresses, gateways, resolvers, and names.

What is not there is nobody.
"""

import ipaddress
import os
import re
import socket
import time

from ansible.module_utils.luytre_shared.files import safe_open

MAX_TEXT = 1_000_000
MAX_NAMES, NAMING_SECONDS = 20, 4
"""A resolver that is down holds nothing up."""


def iter_own_addresses():
    """Yield them as the kernel has them."""
    lines = read_text("/proc/net/fib_trie").splitlines()
    for number, line in enumerate(lines):
        if "/32 host LOCAL" in line:
            yield lines[number - 1].replace("|--", "").strip()
    for line in read_text("/proc/net/if_inet6").splitlines():
        yield str(ipaddress.IPv6Address(int(line.split()[0], 16)))


def iter_gateways():
    for line in read_text("/proc/net/route").splitlines()[1:]:
        words = line.split()
        if len(words) > 2 and words[2] != "00000000":
            yield str(ipaddress.IPv4Address(bytes.fromhex(words[2])[::-1]))
    for line in read_text("/proc/net/ipv6_route").splitlines():
        words = line.split()
        if len(words) > 4 and words[4] != "0" * 32:
            yield str(ipaddress.IPv6Address(int(words[4], 16)))


def iter_resolvers():
    for path in ("/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"):
        yield from re.findall(r"(?m)^\s*nameserver\s+(\S+)", read_text(path))


def is_address_in_network(address, address_or_network):
    """Return whether it is that address, or in that network; what is neither has nothing inside."""
    try:
        network = ipaddress.ip_network(address_or_network.partition("%")[0], strict=False)
    except ValueError:
        return False
    if network.version == 6 and network.prefixlen >= 96 and network.network_address.ipv4_mapped:
        network = ipaddress.ip_network((int(network.network_address) & 0xFFFFFFFF, network.prefixlen - 96))
    return address.version == network.version and address in network


def is_host_name(text):
    """Return whether it is the name of a host, as servers resolve them when they start."""
    return re.match(r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.[A-Za-z][A-Za-z0-9-]{0,62}\.?\Z", text) is not None


def iter_resolved_addresses_of_names(host_names):
    """Yield what some names stand for now; nothing of those that nobody knows in time."""
    os.environ["RES_OPTIONS"] = "timeout:1 attempts:1"
    ends = time.monotonic() + NAMING_SECONDS
    for name in sorted(host_names)[:MAX_NAMES]:
        if time.monotonic() < ends:
            yield from _resolve_name(name)


def _resolve_name(name):
    try:
        return sorted({info[4][0] for info in socket.getaddrinfo(name, None, proto=socket.IPPROTO_TCP)})
    except OSError:
        return []


def read_text(path):
    """Return the beginning of a regular file; nothing of anything else, nor of what cannot be read."""
    try:
        handle = safe_open.open_path(path, links=safe_open.ALL_LINKS)
        try:
            return safe_open.read_start(handle, MAX_TEXT).decode("utf-8", "replace")
        finally:
            os.close(handle)
    except OSError:
        return ""
