"""What changed between two runs as a table: a row per severity, a column per change. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from auditor.models import Finding, Run, Severity
from auditor.results.summary import SEVERITIES, Change, Comparison, compare

ORDER: tuple[Change, ...] = ("regressed", "new", "still", "fixed", "waived", "unknown", "gone")
"""What a reader asks for first first."""
_ALWAYS: frozenset[Change] = frozenset({"regressed", "new", "still", "fixed"})


@dataclass(frozen=True, slots=True)
class Matrix:
    """How many findings of each severity changed how."""

    changes: tuple[Change, ...]
    """The columns: the four that are always told, the others only when something changed so."""
    rows: Mapping[Severity, Mapping[Change, int]]
    totals: Mapping[Change, int]


def between(before: Run, after: Run) -> Comparison:
    """What changed on the hosts that both runs hold, each finding once."""
    both = {host.name for host in before.hosts} & {host.name for host in after.hosts}
    return compare(_of(before, both), _of(after, both))


def _of(run: Run, hosts: set[str]) -> list[Finding]:
    return [finding for finding in run.findings if finding.host in hosts]


def matrix(comparison: Comparison) -> Matrix:
    """The comparison as a table."""
    counted: dict[Severity, Counter[Change]] = {severity: Counter() for severity in SEVERITIES}
    for change, findings in comparison.changes.items():
        for finding in findings:
            counted[finding.severity][change] += 1
    totals: dict[Change, int] = {change: comparison.count(change) for change in ORDER}
    columns = tuple(change for change in ORDER if change in _ALWAYS or totals[change])
    return Matrix(changes=columns, rows=counted, totals=totals)
