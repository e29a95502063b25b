"""An address is blocked for a time, on every host."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from auditor.errors import InputError
from auditor.incidents.actions.base import ActionKind
from auditor.models import Host


def _normalize_single_ip_address(typed_address: str) -> str:
    """Return one address, as everybody writes it. Raises InputError for a network and for what is none."""
    try:
        address = ipaddress.ip_address(typed_address.strip())
    except ValueError:
        raise InputError(
            "{address} is not a single address",
            address=typed_address,
            mend="give one, for example 203.0.113.7 or 2001:db8::7",
        ) from None
    ipv4_address = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(ipv4_address or address).partition("%")[0]


def _build_address_block_input(host: Host, address: str) -> Mapping[str, Any]:
    for network in host.trusted_networks:
        if ipaddress.ip_address(address) in ipaddress.ip_network(network):
            raise InputError(
                "{address} is in {network}, a trusted network of {host}",
                address=address,
                network=network,
                host=host.name,
                mend="its administrators would be locked out: see luytre_trusted_networks in the inventory",
            )
    return {"trusted": host.trusted_networks}


ADDRESS = ActionKind(
    means="address",
    program="system/block_address.py",
    read=_normalize_single_ip_address,
    build_question=_build_address_block_input,
    has_end=True,
    release_is_whole=False,
)
