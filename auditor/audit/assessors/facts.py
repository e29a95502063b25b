"""Judge hosts and sites by controls over what the hosts tell."""

from __future__ import annotations

from collections.abc import Mapping

from auditor.audit.assessors import indicators, vulnerabilities
from auditor.audit.assessors.assessment import AreaBuilder, Assessment, AuditInput
from auditor.audit.controls import INDICATORS, VULNERABILITIES, Catalogue
from auditor.audit.evaluate import evaluate_control
from auditor.facts import HostFacts
from auditor.facts.site import build_site_view
from auditor.inventory.thresholds import get_limits
from auditor.models import Finding, Host, HostOutcome, Status, Subject, Text
from auditor.text.translations import make_text

NOTHING_IMPORTED: Mapping[str, AreaBuilder] = {
    VULNERABILITIES: vulnerabilities.make_area_builder(None, {}),
    INDICATORS: indicators.make_area_builder(None, ()),
}
"""What expressions read besides facts where no data was imported."""


def assess_facts(audit_input: AuditInput, so_far: Assessment) -> Assessment:
    """Add every control on hosts and sites, and with the outcomes those facts that a run keeps.

    A host that could not be read has all its controls not_evaluated.
    """
    facts, record_digests = audit_input.facts, audit_input.prior_state.record_digests
    return so_far.add(
        findings=(
            finding
            for host, outcome in zip(audit_input.hosts, audit_input.outcomes, strict=True)
            for finding in (
                evaluate_host(
                    audit_input.catalogue, host, facts[host.name], record_digests.get(host.name), so_far.areas
                )
                if host.name in facts
                else make_not_evaluated_findings(audit_input.catalogue, host, outcome.reason or _UNREAD)
            )
        ),
        outcomes=tuple(_add_kept_facts_to_outcome(audit_input, outcome) for outcome in audit_input.outcomes),
    )


def evaluate_host(
    catalogue: Catalogue,
    host: Host,
    facts: HostFacts,
    record_digest: str | None = None,
    areas: Mapping[str, AreaBuilder] = NOTHING_IMPORTED,
) -> tuple[Finding, ...]:
    """Return every control on the host and on each of its sites.

    ``record_digest``: of the record of its files that was made there or first seen, by the history.
    ``areas``: what expressions read besides its facts.
    """
    data = facts.build_context_for_control_expressions()
    data.update({name: dict(build(host, facts, data)) for name, build in areas.items()})
    context = {
        **data,
        "host": host.model_dump(mode="json"),
        "limits": get_limits(host),
        "now": facts.collected_at,
        "known": {"record": record_digest},
    }
    findings = [
        evaluate_control(control, Subject(kind="host", id=host.name), host.name, context, facts.errors)
        for control in catalogue.iter_controls_judged_from_facts("host")
    ]
    for site in host.sites:
        site_context = {**context, "site": build_site_view(site, data, facts.errors)}
        findings += [
            evaluate_control(control, Subject(kind="site", id=site.domain), host.name, site_context, facts.errors)
            for control in catalogue.iter_controls_judged_from_facts("site")
        ]
    return tuple(findings)


def make_not_evaluated_findings(catalogue: Catalogue, host: Host, reason: Text) -> tuple[Finding, ...]:
    """Return every control on a host that could not be read, and on its sites: never a pass."""
    subjects = [Subject(kind="host", id=host.name), *(Subject(kind="site", id=site.domain) for site in host.sites)]
    return tuple(
        Finding(
            control=control.id,
            subject=subject,
            host=host.name,
            status=Status.NOT_EVALUATED,
            severity=control.severity,
            reason=reason,
        )
        for subject in subjects
        for control in catalogue.iter_controls_judged_from_facts(subject.kind)
    )


def _add_kept_facts_to_outcome(audit_input: AuditInput, outcome: HostOutcome) -> HostOutcome:
    """Return the outcome with those facts that a run keeps besides its findings."""
    facts = audit_input.facts.get(outcome.host)
    data = facts.data if facts is not None else {}
    record = getattr(data.get("integrity"), "record", None)
    protection = getattr(data.get("services"), "protection", None)
    return outcome.model_copy(
        update={
            "record": record.digest if record is not None else outcome.record,
            "protection": tuple(protection) if protection is not None else None,
        }
    )


_UNREAD = make_text("the host could not be read")
