"""The lab: real Debian machines with real weaknesses, on this machine, for tests and demonstrations."""

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
