"""The assessors of an audit, in their order. What judges something new is added here, and nowhere else."""

from __future__ import annotations

from auditor.audit.assessors.assessment import Assessor
from auditor.audit.assessors.exceptions import assess_exceptions
from auditor.audit.assessors.facts import assess_facts
from auditor.audit.assessors.hunts import assess_hunts
from auditor.audit.assessors.incidents import assess_incidents
from auditor.audit.assessors.indicators import assess_indicators
from auditor.audit.assessors.scans import assess_scans
from auditor.audit.assessors.uniqueness import assess_uniqueness
from auditor.audit.assessors.vulnerabilities import assess_vulnerabilities

ASSESSORS: tuple[Assessor, ...] = (
    assess_vulnerabilities,
    assess_indicators,
    assess_facts,
    assess_exceptions,
    assess_scans,
    assess_hunts,
    assess_incidents,
    assess_uniqueness,
)
"""Areas of control expressions come before the facts that these are judged with; exceptions mark findings on facts."""
