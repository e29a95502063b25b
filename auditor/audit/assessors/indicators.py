"""What came of comparing a host with indicators: the area ``indicators`` of control expressions."""

from __future__ import annotations

from collections.abc import Sequence

from auditor.audit.assessors.assessment import AreaBuilder, Assessment, AuditInput
from auditor.audit.controls import INDICATORS
from auditor.indicators.matches import NONE, IndicatorComparison
from auditor.models import Scan


def assess_indicators(audit_input: AuditInput, so_far: Assessment) -> Assessment:
    """Add the area ``indicators``."""
    return so_far.add(areas={INDICATORS: make_area_builder(audit_input.comparison, audit_input.prior_state.scans)})


def make_area_builder(comparison: IndicatorComparison | None, scans: Sequence[Scan]) -> AreaBuilder:
    """Return what builds a host's area; without a comparison, that there was none."""
    return lambda host, facts, _context: (
        comparison.build_indicators_area(facts, host, scans) if comparison is not None else NONE
    )
