"""A run control by control: who meets it, who does not and why, and the work that mending it comes to. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from auditor.audit.controls import Catalogue, Control
from auditor.models import Bucket, ControlId, Finding, Host, Run, Severity
from auditor.results.intrusions import split_intrusions
from auditor.results.summary import FindingCounts, sort_by_urgency
from auditor.system.groups import group_by


@dataclass(frozen=True, slots=True)
class ControlResult:
    """One control and all that was found of it."""

    control: Control
    severity: Severity
    """Of its worst open finding, else the control's own."""
    counts: FindingCounts
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
    def is_automated(self) -> bool:
        """Return whether harden does it."""
        return self.control.fix is not None

    @property
    def is_fixed_once_for_all_sites(self) -> bool:
        """Return whether the fix is done once for all its sites.

        It is where a hardening does it, or a person by hand on the one host that they share.
        """
        return self.is_automated or len(self.findings) == 1


def group_by_control(findings: Iterable[Finding]) -> Mapping[ControlId, tuple[Finding, ...]]:
    """Return the findings of each control, in the order in which the controls come up."""
    return group_by(findings, lambda finding: finding.control)


def build_control_results(findings: Iterable[Finding], catalogue: Catalogue) -> tuple[ControlResult, ...]:
    """Return every control that was evaluated, open ones first.

    These come worst first and then by the number of violations, the others by id.
    """
    results = [
        _build_control_result(catalogue[control], control_findings)
        for control, control_findings in group_by_control(findings).items()
    ]
    return tuple(sorted(results, key=_rank_control_result))


def group_findings_not_open_by_bucket(findings: Iterable[Finding]) -> Mapping[Bucket, tuple[Finding, ...]]:
    """Return what is not open, by where it is counted; worst first."""
    by_bucket = group_by((finding for finding in findings if not finding.is_open), lambda finding: finding.bucket)
    return {bucket: sort_by_urgency(members) for bucket, members in by_bucket.items()}


def _build_control_result(control: Control, findings: Sequence[Finding]) -> ControlResult:
    open_findings = sort_by_urgency(finding for finding in findings if finding.is_open)
    return ControlResult(
        control=control,
        severity=open_findings[0].severity if open_findings else control.severity,
        counts=FindingCounts.from_findings(findings),
        open=open_findings,
        others=group_findings_not_open_by_bucket(findings),
    )


def _rank_control_result(result: ControlResult) -> tuple[int, int, int, str]:
    if not result.open:
        return (1, -result.counts.not_evaluated, 0, result.control.id)
    return (0, -result.severity.rank, -len(result.open), result.control.id)


def list_work(run: Run, catalogue: Catalogue) -> tuple[WorkItem, ...]:
    """Return the open findings of a run by control: worst first, then what mends most sites at once.

    What intruders did is no work but an incident.
    """
    _, rest = split_intrusions(finding for finding in run.findings if finding.is_open)
    return list_work_items_worst_first(rest, run.hosts, catalogue)


def list_work_items_worst_first(
    findings: Iterable[Finding], hosts: Iterable[Host], catalogue: Catalogue
) -> tuple[WorkItem, ...]:
    """Return these findings by control: worst first, then what mends most sites at once."""
    items = iter_work_items(findings, hosts, catalogue)
    return tuple(sorted(items, key=lambda item: (-item.severity.rank, -len(item.domains), -len(item.findings))))


def iter_work_items(findings: Iterable[Finding], hosts: Iterable[Host], catalogue: Catalogue) -> Iterator[WorkItem]:
    """Yield these findings by control, in the order in which the controls come up.

    A host's touch every site that it serves.
    """
    domains_by_host = {host.name: tuple(site.domain for site in host.sites) for host in hosts}
    for control, control_findings in group_by_control(findings).items():
        yield WorkItem(
            control=catalogue[control],
            severity=max((finding.severity for finding in control_findings), key=lambda severity: severity.rank),
            findings=control_findings,
            domains=tuple(
                dict.fromkeys(
                    domain for finding in control_findings for domain in _list_touched_domains(finding, domains_by_host)
                )
            ),
            hosts=tuple(dict.fromkeys(finding.host for finding in control_findings)),
        )


def _list_touched_domains(finding: Finding, domains_by_host: Mapping[str, Sequence[str]]) -> Sequence[str]:
    return (finding.subject.id,) if finding.subject.kind == "site" else domains_by_host.get(finding.host, ())
