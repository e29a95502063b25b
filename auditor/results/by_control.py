"""A run control by control: who meets it, who does not, and why. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from auditor.audit.controls import Catalogue, Control
from auditor.models import Bucket, Finding, Severity
from auditor.results.summary import Counts, by_urgency


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


def by_control(findings: Iterable[Finding], catalogue: Catalogue) -> tuple[ControlResult, ...]:
    """Every control that was asked: open ones first, worst first and then by how many violate; the others by id."""
    asked: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        asked[finding.control].append(finding)
    results = [_result(catalogue[control], found) for control, found in asked.items()]
    return tuple(sorted(results, key=_rank))


def _result(control: Control, findings: list[Finding]) -> ControlResult:
    violated = by_urgency(finding for finding in findings if finding.is_open)
    others: dict[Bucket, list[Finding]] = defaultdict(list)
    for finding in findings:
        if not finding.is_open:
            others[finding.bucket].append(finding)
    return ControlResult(
        control=control,
        severity=violated[0].severity if violated else control.severity,
        counts=Counts.of(findings),
        open=violated,
        others={bucket: tuple(members) for bucket, members in others.items()},
    )


def _rank(result: ControlResult) -> tuple[int, int, int, str]:
    if not result.open:
        return (1, -result.counts.not_evaluated, 0, result.control.id)
    return (0, -result.severity.rank, -len(result.open), result.control.id)
