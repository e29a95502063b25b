"""Networks and ports of the firewall, and whether the connection in use would live on."""

from __future__ import annotations

import ipaddress


def networks(texts, version):
    """Return the networks of one IP version, in canonical form. Raises ValueError naming what is not a network."""
    ip_networks = [ipaddress.ip_network(str(text).strip(), strict=False) for text in texts]
    return [str(network) for network in ip_networks if network.version == version]


def admits(trusted_networks, session, ports):
    """Return whether the rules let the SSH connection in use come again: its port is open, its source is trusted."""
    if session is None:
        return True
    source = ipaddress.ip_address(session["source"])
    near = source.is_link_local or source.is_loopback
    is_trusted = any(source in ipaddress.ip_network(str(text).strip(), strict=False) for text in trusted_networks)
    return session["port"] in ports and (not trusted_networks or is_trusted or near)


class FilterModule:
    """Found by Ansible in the role that holds it."""

    def filters(self):
        return {"firewall_networks": networks, "firewall_admits": admits}
