"""Findings gathered by the reason that they give. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from auditor.models import Finding, Lang
from auditor.results.summary import FleetSummary, HostSummary
from auditor.system.groups import group_by


@dataclass(frozen=True, slots=True)
class ReasonGroup:
    """Findings with one reason."""

    reason: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class UnevaluatedHost:
    """A host and what could not be evaluated on it and its sites."""

    host: HostSummary
    groups: tuple[ReasonGroup, ...]

    @property
    def unevaluated_finding_count(self) -> int:
        """Return how many findings came to no result."""
        return sum(len(group.findings) for group in self.groups)


def group_by_reason(findings: Iterable[Finding], lang: Lang) -> tuple[ReasonGroup, ...]:
    """Return the reason that most give first; an empty one for those that give none."""
    by_text = group_by(findings, lambda finding: finding.reason.get(lang) if finding.reason else "")
    groups = sorted(by_text.items(), key=lambda item: -len(item[1]))
    return tuple(ReasonGroup(reason=reason, findings=members) for reason, members in groups)


def list_unevaluated_hosts(summary: FleetSummary, lang: Lang) -> tuple[UnevaluatedHost, ...]:
    """Return hosts with something that could not be evaluated, those that could not be read at all first."""
    findings_by_host = {
        host.host.name: [
            finding
            for findings in (host.findings, *(site.own for site in summary.sites_by_host.get(host.host.name, ())))
            for finding in findings
            if finding.bucket == "not_evaluated"
        ]
        for host in summary.hosts
    }
    hosts = [
        UnevaluatedHost(host, group_by_reason(findings_by_host[host.host.name], lang))
        for host in summary.hosts
        if findings_by_host[host.host.name] or not host.is_reached or host.outcome.area_errors
    ]
    return tuple(
        sorted(hosts, key=lambda entry: (entry.host.is_reached, -entry.unevaluated_finding_count, entry.host.host.name))
    )
