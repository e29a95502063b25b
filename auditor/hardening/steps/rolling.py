"""What a hardening knows while it goes on, for all of its steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from auditor.audit.controls import Catalogue
from auditor.facts import HostFacts
from auditor.fleet.runner import Task
from auditor.hardening.not_done import Left
from auditor.hardening.plan import Plan
from auditor.hardening.serving import beside
from auditor.hardening.steps.around import Around
from auditor.hardening.steps.record import Record
from auditor.models import ControlId, HostOutcome, HostState, Inventory

REVERT_SECONDS = 300
"""How long after its deadline a host may take to be back."""


@dataclass
class Rolling:
    """One hardening under way: what it was given, and what came of it so far."""

    inventory: Inventory
    plan: Plan
    catalogue: Catalogue
    record: Record
    sockets: Path
    watch: Callable[[Task], None] | None
    release: tuple[ControlId, ...] = ()
    facts: dict[str, HostFacts] = field(default_factory=dict)
    outcomes: dict[str, HostOutcome] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)
    beside: Mapping[str, beside.Beside] = field(default_factory=dict)
    around: Around = field(default_factory=dict)
    suspects: dict[str, Sequence[ControlId]] = field(default_factory=dict)
    """By host, the controls that may have done what its probes saw."""
    until: dict[str, float] = field(default_factory=dict)
    """When, on the monotonic clock, a host must be back by itself."""

    def state(self, name: str) -> HostState:
        """How far it got with a host."""
        entry = self.record.now.of(name)
        return entry.state if entry else "waiting"

    def armed(self, names: Sequence[str]) -> list[str]:
        """Of these hosts those that bring themselves back unless they are confirmed."""
        return [name for name in names if self.state(name) == "armed"]
