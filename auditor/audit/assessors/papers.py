"""Judge the office's papers, and mark the findings that they cover."""

from __future__ import annotations

from dataclasses import replace

from auditor.audit import authorizations, waivers
from auditor.audit.assessors.assessment import Assessment, AuditInput


def assess_papers(audit_input: AuditInput, so_far: Assessment) -> Assessment:
    """Mark what waivers and attestations cover, and add the findings on the papers themselves."""
    inventory, today = audit_input.inventory, audit_input.today
    marked_findings = waivers.mark_findings_covered_by_papers(
        inventory, audit_input.catalogue, audit_input.hosts, so_far.findings, today
    )
    return replace(so_far, findings=marked_findings.findings).add(
        waivers=marked_findings.waivers,
        authorizations=authorizations.list_authorization_uses_on_day(inventory, today),
    )
