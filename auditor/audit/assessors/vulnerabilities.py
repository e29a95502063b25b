"""What vulnerability data that was imported says of a host: the area ``vulnerabilities`` of control expressions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from auditor.audit import exceptions
from auditor.audit.assessors.assessment import AreaBuilder, Assessment, AuditInput
from auditor.audit.controls import VULNERABILITIES
from auditor.vulnerabilities import store
from auditor.vulnerabilities.assess import build_vulnerabilities_area
from auditor.vulnerabilities.vex_statements import NO_STATEMENTS, StatementIndex

if TYPE_CHECKING:
    from auditor.vulnerabilities.store import VulnerabilityDatabase


def assess_vulnerabilities(audit_input: AuditInput, so_far: Assessment) -> Assessment:
    """Add the area ``vulnerabilities``, and of what day the data is."""
    database = audit_input.resources.enter_context(store.open_database())
    statements_by_host = exceptions.group_statements_in_force_by_host(audit_input.inventory, audit_input.today)
    return so_far.add(
        areas={VULNERABILITIES: make_area_builder(database, statements_by_host)}, vulnerability_data=database.sources
    )


def make_area_builder(
    database: VulnerabilityDatabase | None, statements_by_host: Mapping[str, StatementIndex]
) -> AreaBuilder:
    """Return what builds a host's area, with what the office says of single vulnerabilities there."""
    return lambda host, facts, context: build_vulnerabilities_area(
        context, facts.errors, facts.collected_at, database, statements_by_host.get(host.name, NO_STATEMENTS)
    )
