"""Run the lab: real Debian machines with real weaknesses, on this machine, for tests and demonstrations.

- ``lab``: the lab as a whole; ``machine``: one machine; ``state``: its keys, images and machines on disk, and the lock.
- ``spec``: what ``spec.yml`` and ``weaknesses.yml`` say; ``hosts/``: the files of each host.
- ``images``, ``layers``, ``apt``, ``bytecode``, ``scripts/``: images, their cached layers and what builds them.
- ``ca``: the certificate authority of the lab; ``ssh``, ``inside``: commands on machines, over SSH and inside them.
- ``compromise``, ``compromised/``: what intruders leave, put on running machines without its harm.
- ``drill``, ``drill_scanner``: break a control, find it, fix it; what drills need besides an audit.
- ``undeclared_changes``: whether a hardening changed only what its controls declare.

Decisions: 18 (servers that others left), 38 (a compromised lab).
"""

from auditor.lab.compromise import Plant, load_plants
from auditor.lab.lab import (
    MachineStatus,
    back_to_kept,
    build,
    compromise_hosts,
    cut_power,
    down,
    hosts,
    init,
    keep,
    lets_in,
    link,
    pristine,
    reset,
    run,
    ssh_command,
    status,
    up,
    upper,
)
from auditor.lab.spec import Weakness, spec, weaknesses
from auditor.lab.state import LabState, hold_session, state

__all__ = [
    "LabState",
    "MachineStatus",
    "Plant",
    "Weakness",
    "back_to_kept",
    "build",
    "compromise_hosts",
    "cut_power",
    "down",
    "hold_session",
    "hosts",
    "init",
    "keep",
    "lets_in",
    "link",
    "load_plants",
    "pristine",
    "reset",
    "run",
    "spec",
    "ssh_command",
    "state",
    "status",
    "up",
    "upper",
    "weaknesses",
]
