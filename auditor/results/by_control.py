"""A run control by control: who meets it, who does not and why, and the work that mending it comes to. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from auditor.audit.controls import Catalogue, Control
from auditor.models import Bucket, ControlId, Finding, Host, Run, Severity
from auditor.results.intrusions import apart
from auditor.results.summary import Counts, by_urgency
from auditor.system.grouped import grouped


@dataclass(frozen=True, slots=True)
class ControlResult:
    """One control and all that was found of it."""

    control: Control
    severity: Severity
    """Of its worst open finding, else the control's own."""
    counts: Counts
    open: tuple[Finding, ...]
    """Worst first."""
    others: Mapping[Bucket, tuple[Finding, ...]]
    """What is not open."""


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One control with findings on one or more subjects: one piece of work."""

    control: Control
    severity: Severity
    """Of its worst finding."""
    findings: tuple[Finding, ...]
    domains: tuple[str, ...]
    """The sites that it touches."""
    hosts: tuple[str, ...]

    @property
    def automated(self) -> bool:
        """Whether harden does it."""
        return self.control.fix is not None

    @property
    def once(self) -> bool:
        """Whether it is done once for all its sites: by a hardening, or by hand on the one host that they share."""
        return self.automated or len(self.findings) == 1


def of_each(findings: Iterable[Finding]) -> Mapping[ControlId, tuple[Finding, ...]]:
    """The findings of each control, in the order in which the controls come up."""
    return grouped(findings, lambda finding: finding.control)


def by_control(findings: Iterable[Finding], catalogue: Catalogue) -> tuple[ControlResult, ...]:
    """Every control that was asked: open ones first, worst first and then by how many violate; the others by id."""
    results = [_result(catalogue[control], found) for control, found in of_each(findings).items()]
    return tuple(sorted(results, key=_rank))


def others(findings: Iterable[Finding]) -> Mapping[Bucket, tuple[Finding, ...]]:
    """What is not open, by where it is counted; worst first."""
    by_bucket = grouped((finding for finding in findings if not finding.is_open), lambda finding: finding.bucket)
    return {bucket: by_urgency(members) for bucket, members in by_bucket.items()}


def _result(control: Control, findings: Sequence[Finding]) -> ControlResult:
    violated = by_urgency(finding for finding in findings if finding.is_open)
    return ControlResult(
        control=control,
        severity=violated[0].severity if violated else control.severity,
        counts=Counts.of(findings),
        open=violated,
        others=others(findings),
    )


def _rank(result: ControlResult) -> tuple[int, int, int, str]:
    if not result.open:
        return (1, -result.counts.not_evaluated, 0, result.control.id)
    return (0, -result.severity.rank, -len(result.open), result.control.id)


def work(run: Run, catalogue: Catalogue) -> tuple[WorkItem, ...]:
    """The open findings of a run by control: worst first, then what mends most sites at once. What intruders did is no work but an incident."""
    _, rest = apart(finding for finding in run.findings if finding.is_open)
    return worst_first(rest, run.hosts, catalogue)


def worst_first(findings: Iterable[Finding], hosts: Iterable[Host], catalogue: Catalogue) -> tuple[WorkItem, ...]:
    """These findings by control: worst first, then what mends most sites at once."""
    items = work_items(findings, hosts, catalogue)
    return tuple(sorted(items, key=lambda item: (-item.severity.rank, -len(item.domains), -len(item.findings))))


def work_items(findings: Iterable[Finding], hosts: Iterable[Host], catalogue: Catalogue) -> Iterator[WorkItem]:
    """These findings by control, in the order in which the controls come up; a host's touch every site that it serves."""
    served = {host.name: tuple(site.domain for site in host.sites) for host in hosts}
    for control, found in of_each(findings).items():
        yield WorkItem(
            control=catalogue[control],
            severity=max((finding.severity for finding in found), key=lambda severity: severity.rank),
            findings=found,
            domains=tuple(dict.fromkeys(domain for finding in found for domain in _touched(finding, served))),
            hosts=tuple(dict.fromkeys(finding.host for finding in found)),
        )


def _touched(finding: Finding, served: Mapping[str, Sequence[str]]) -> Sequence[str]:
    return (finding.subject.id,) if finding.subject.kind == "site" else served.get(finding.host, ())
