"""The drop-ins by which systemd confines the daemons of the web stack."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

DROP_IN = "/etc/systemd/system/%s.d/zz-luytre.conf"
FAMILIES = ("AF_INET", "AF_INET6", "AF_NETLINK", "AF_UNIX")
NEEDLESS = (
    *("SYS_ADMIN", "SYS_MODULE", "SYS_RAWIO", "SYS_TIME", "SYS_BOOT", "SYS_TTY_CONFIG", "SYS_PACCT", "SYSLOG"),
    *("NET_ADMIN", "MAC_ADMIN", "MAC_OVERRIDE", "AUDIT_CONTROL", "AUDIT_READ", "BPF", "PERFMON", "MKNOD"),
    *("CHECKPOINT_RESTORE", "LINUX_IMMUTABLE", "BLOCK_SUSPEND", "WAKE_ALARM", "LEASE"),
)
"""Capabilities that no web server, PHP or database has a use for."""
PLAIN = re.compile(r"(/[\w.@+,:~ =-]+)+/?")
HEAD = """\
# Lũy Tre: written again at every hardening run.
# services.confinement
[Service]
"""


def drop_ins(units: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return the drop-ins of those units that are not confined, or were not started since they are."""
    return [
        {
            "unit": unit["unit"],
            "dest": DROP_IN % unit["unit"],
            "content": HEAD + "".join(f"{line}\n" for line in _lines(unit)),
        }
        for unit in units
        if unit["lacks"] or not unit["in_force"]
    ]


def _lines(unit: Mapping[str, Any]) -> Iterator[str]:
    """Yield lines; nothing that a daemon's own children need.

    Mail goes out through programs of other groups (no NoNewPrivileges), code is compiled in memory (no
    MemoryDenyWriteExecute), folders of uploads keep their group (no RestrictSUIDSGID), sites lie in /home (no
    ProtectHome), pools have a chroot (no @mount).
    """
    yield f"PrivateTmp={'disconnected' if unit['private_tmp'] == 'disconnected' else 'yes'}"
    yield "PrivateDevices=yes"
    yield f"ProtectSystem={'strict' if unit['protect_system'] == 'strict' else 'full'}"
    yield from (f'ReadWritePaths="-{path}"' for path in unit["writes"] if PLAIN.fullmatch(path))
    yield from (f"Protect{what}=yes" for what in ("KernelTunables", "KernelModules", "KernelLogs", "ControlGroups"))
    yield from ("ProtectClock=yes", "ProtectHostname=yes", "LockPersonality=yes", "RestrictRealtime=yes")
    yield "RestrictNamespaces=yes"
    # Lists add up: what a unit is restricted to already is not to grow.
    yield "RestrictAddressFamilies="
    yield f"RestrictAddressFamilies={' '.join(sorted(unit['families'] or FAMILIES))}"
    yield "SystemCallArchitectures=native"
    yield "SystemCallFilter=~@clock @cpu-emulation @module @obsolete @raw-io @reboot @swap"
    yield "SystemCallErrorNumber=EPERM"
    yield f"CapabilityBoundingSet=~{' '.join(f'CAP_{name}' for name in NEEDLESS)}"


class FilterModule:
    """Found by Ansible in any play that uses the role."""

    def filters(self) -> dict[str, Any]:
        return {"services_drop_ins": drop_ins}
