"""Judge the office's exceptions, and mark the findings that they cover."""

from __future__ import annotations

from dataclasses import replace

from auditor.audit import exceptions, waivers
from auditor.audit.assessors.assessment import Assessment, AuditInput


def assess_exceptions(audit_input: AuditInput, so_far: Assessment) -> Assessment:
    """Mark what waivers and attestations cover, add the findings on waivers themselves, and list all exceptions."""
    inventory, today = audit_input.inventory, audit_input.today
    marked_findings = waivers.mark_findings_covered_by_papers(
        inventory, audit_input.catalogue, audit_input.hosts, so_far.findings, today
    )
    return replace(so_far, findings=marked_findings.findings).add(
        waivers=marked_findings.waivers,
        authorizations=exceptions.list_authorization_uses_on_day(inventory, today),
        exceptions=exceptions.select_exceptions_of_hosts(
            exceptions.list_exceptions(inventory, audit_input.prior_state, audit_input.catalogue, today),
            audit_input.hosts,
        ),
    )
