"""What an assessor takes and gives: all that an audit saw and knew, and what has come of it so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from auditor.audit.controls import Catalogue
from auditor.facts import HostFacts
from auditor.indicators.matches import IndicatorComparison
from auditor.models import Finding, Host, HostOutcome, Inventory, PriorState, clock

Purpose = Literal["audit", "before", "after"]
type AreaBuilder = Callable[[Host, HostFacts, Mapping[str, Any]], Mapping[str, Any]]
"""Given a host, its facts, and these as control expressions read them: an area that such expressions read besides."""


@dataclass(frozen=True)
class AuditInput:
    """What an audit saw of hosts, and what was known beforehand. ``outcomes`` are in the order of ``hosts``."""

    inventory: Inventory
    prior_state: PriorState
    catalogue: Catalogue
    hosts: Sequence[Host]
    facts: Mapping[str, HostFacts]
    outcomes: Sequence[HostOutcome]
    started_at: datetime
    purpose: Purpose = "audit"
    comparison: IndicatorComparison | None = None
    resources: ExitStack = field(default_factory=ExitStack, compare=False)
    """What assessors open is closed with it, when all of them are done."""

    @property
    def today(self) -> date:
        """Return the day in Vietnam on which the audit started."""
        return clock.convert_moment_to_vietnam_day(self.started_at)


@dataclass(frozen=True)
class Assessment:
    """What has come of an audit so far."""

    findings: tuple[Finding, ...] = ()
    areas: Mapping[str, AreaBuilder] = field(default_factory=dict)
    """By name, those of control expressions on a host that are not its facts."""
    run_fields: Mapping[str, Any] = field(default_factory=dict)
    """Of the run, by their names."""

    def add(
        self, findings: Iterable[Finding] = (), areas: Mapping[str, AreaBuilder] | None = None, **run_fields: Any
    ) -> Assessment:
        """Return the assessment with more findings, areas and fields of the run."""
        return Assessment(
            findings=(*self.findings, *findings),
            areas={**self.areas, **(areas or {})},
            run_fields={**self.run_fields, **run_fields},
        )


type Assessor = Callable[[AuditInput, Assessment], Assessment]
"""Given what came of the assessors before it, returns that with what it adds, or puts in place of it."""
