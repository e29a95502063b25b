"""Other machines that programs of this host are connected to, or were a moment ago, beside visitors of its sites."""

import ipaddress

from ansible.module_utils.luytre.os import ssh_forwards
from ansible.module_utils.luytre_shared.os.area_reader import read_text

STATES = ("01", "06", "08")
"""Established, and closed a moment ago by either side: a page asks its database for some milliseconds."""
COMMON_PORTS = frozenset({22, 53, 80, 123, 443})
"""Ports of what everybody asks."""
MAX_TOLD = 300
MAX_TABLE = 8_000_000


def list_connected_peers(listen_ports):
    """Return ``[{address, port, inbound}]``; ``listen_ports`` are the ports on which this host waits for others.

    ``port`` is the one that was asked for: this host's own where others came in.
    """
    peers_by_key = {}
    for path in ("/proc/net/tcp", "/proc/net/tcp6"):
        for state, local, remote in _iter_kernel_socket_rows(read_text(path, MAX_TABLE) or ""):
            inbound = local[1] in listen_ports
            port = local[1] if inbound else remote[1]
            address = ipaddress.ip_address(remote[0])
            if state in STATES and port not in COMMON_PORTS and not address.is_loopback and remote[0] != local[0]:
                peers_by_key[remote[0], port, inbound] = {"address": remote[0], "port": port, "inbound": inbound}
    # Who comes in by the thousand hides nobody: an address counts once a port.
    return sorted(peers_by_key.values(), key=lambda peer: (peer["port"], peer["address"]))[:MAX_TOLD]


def _iter_kernel_socket_rows(text):
    for line in text.splitlines()[1:]:
        fields = line.split()
        if len(fields) > 9:
            yield (
                fields[3],
                ssh_forwards.parse_kernel_endpoint(fields[1]),
                ssh_forwards.parse_kernel_endpoint(fields[2]),
            )
