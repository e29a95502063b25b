"""What a hardening knows while it goes on, for all of its steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from auditor.audit.controls import Catalogue
from auditor.facts import HostFacts
from auditor.fleet.runner import AnsibleTask
from auditor.hardening.health import other_endpoints
from auditor.hardening.plan import HardeningPlan
from auditor.hardening.steps.record import HardeningRecord
from auditor.hardening.steps.related_hosts import Around
from auditor.hardening.unapplied_controls import SkippedItem
from auditor.models import ControlId, Host, HostOutcome, HostState, Inventory, Text, clock

REVERT_SECONDS = 300
"""How long after its deadline a host may take to be back."""
STALE = timedelta(seconds=30)
"""Longer than it takes to read a plan, and shorter than it takes to change a server."""


@dataclass(frozen=True)
class Renewal:
    """The way to make a plan again, and the reading of the hosts that this needs."""

    read: datetime
    """When the hosts had been read for it."""
    plan: Callable[[Sequence[Host]], tuple[HardeningPlan, Mapping[str, HostFacts]]]
    """The plan of these hosts as they are now, and their facts."""

    @property
    def is_plan_stale(self) -> bool:
        """Return whether hosts may have changed since; also where this machine's clock was set."""
        return abs(clock.now() - self.read) > STALE


@dataclass
class Rollout:
    """One hardening under way: what it was given, and what came of it so far."""

    inventory: Inventory
    plan: HardeningPlan
    catalogue: Catalogue
    record: HardeningRecord
    sockets: Path
    watch: Callable[[AnsibleTask], None] | None
    release: tuple[ControlId, ...] = ()
    renewal: Renewal | None = None
    going_back: Callable[[Sequence[str], Text], None] | None = None
    """Is told at once which hosts are brought back because the run does not go on, and why: that takes a while."""
    dropped_controls: dict[tuple[str, ControlId], Text] = field(default_factory=dict)
    """By host and control, why what was agreed to may not be made any more."""
    facts: dict[str, HostFacts] = field(default_factory=dict)
    outcomes: dict[str, HostOutcome] = field(default_factory=dict)
    skipped_items: list[SkippedItem] = field(default_factory=list)
    endpoints: Mapping[str, other_endpoints.OtherEndpoints] = field(default_factory=dict)
    around: Around = field(default_factory=dict)
    suspects: dict[str, Sequence[ControlId]] = field(default_factory=dict)
    """By host, the controls that may have done what its probes saw."""
    until: dict[str, float] = field(default_factory=dict)
    """When, on the monotonic clock, a host must be back by itself."""

    def get_state_of_host(self, name: str) -> HostState:
        """Return how far it got with a host."""
        entry = self.record.now.find_host(name)
        return entry.state if entry else "waiting"

    def list_hosts_armed_to_revert_themselves(self, names: Sequence[str]) -> list[str]:
        """Return those of these hosts that bring themselves back unless they are confirmed."""
        return [name for name in names if self.get_state_of_host(name) == "armed"]
