"""Findings gathered by the reason that they give. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from auditor.models import Finding, Lang
from auditor.results.summary import FleetSummary, HostSummary
from auditor.system.grouped import grouped


@dataclass(frozen=True, slots=True)
class ReasonGroup:
    """Findings with one reason."""

    reason: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Unevaluated:
    """A host and what could not be evaluated on it and its sites."""

    host: HostSummary
    groups: tuple[ReasonGroup, ...]

    @property
    def total(self) -> int:
        """How many findings came to no result."""
        return sum(len(group.findings) for group in self.groups)


def by_reason(findings: Iterable[Finding], lang: Lang) -> tuple[ReasonGroup, ...]:
    """The reason that most give first; an empty one for those that give none."""
    by_text = grouped(findings, lambda finding: finding.reason.get(lang) if finding.reason else "")
    ordered = sorted(by_text.items(), key=lambda item: -len(item[1]))
    return tuple(ReasonGroup(reason=reason, findings=members) for reason, members in ordered)


def unevaluated(summary: FleetSummary, lang: Lang) -> tuple[Unevaluated, ...]:
    """Hosts with something that could not be evaluated, those that could not be read at all first."""
    lost = {
        host.host.name: [
            finding
            for findings in (host.findings, *(site.own for site in summary.served.get(host.host.name, ())))
            for finding in findings
            if finding.bucket == "not_evaluated"
        ]
        for host in summary.hosts
    }
    hosts = [
        Unevaluated(host, by_reason(lost[host.host.name], lang))
        for host in summary.hosts
        if lost[host.host.name] or not host.reached or host.outcome.area_errors
    ]
    return tuple(sorted(hosts, key=lambda one: (one.host.reached, -one.total, one.host.host.name)))
