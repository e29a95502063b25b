"""What changed from one run to a later one: finding by finding, by severity, per site and host. Pure.

Only what both runs hold is compared: a run with ``--limit`` says nothing about the hosts that it left out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any, Literal, get_args

from pydantic import Field

from auditor.models import Finding, Model, Run, Severity, Status
from auditor.results.summary import SEVERITIES, FindingCounts, FleetSummary, HostSummary, SiteSummary, summarize_run

type Change = Literal["regressed", "new", "still", "fixed", "waived", "unknown", "gone"]
"""What became of a control on a subject that was or is open: pass → open; not there or not evaluated → open; open or
waived → open; open → pass; open → waived; open → not evaluated (never counted as fixed); open → no longer applies."""

CHANGES: tuple[Change, ...] = get_args(Change.__value__)
"""In the order in which a reader asks for them, wherever they are told."""
ALWAYS_TOLD: frozenset[Change] = frozenset({"regressed", "new", "still", "fixed"})
"""What is told also where nothing changed so."""


class RunComparison(Model):
    """The changes between two runs, for the whole or for one subject."""

    before: FindingCounts
    after: FindingCounts
    changes: Mapping[Change, tuple[Finding, ...]] = Field(
        description="the later run's findings; the earlier's when gone"
    )
    unseen_before: int = Field(description="open now and not evaluated in the earlier run: no worse for that")
    unseen_after: int = Field(description="open then and not evaluated in the later run: no better for that")

    @property
    def open_count_before(self) -> int:
        """Open in the earlier run, of what the later one could evaluate; all of it when that was nothing."""
        return self.before.open_total - (self.unseen_after if self.after.evaluated else 0)

    @property
    def open_count_after(self) -> int:
        """Open in the later run, of what the earlier one could evaluate or did not know."""
        return self.after.open_total - self.unseen_before

    def count_findings_with_change(self, change: Change) -> int:
        """Return how many changed so."""
        return len(self.changes.get(change, ()))


def compare_findings_by_control_and_subject(before: Iterable[Finding], after: Iterable[Finding]) -> RunComparison:
    """Return what became of each finding, matched by control and subject."""
    before, after = tuple(before), tuple(after)
    earlier = {finding.key: finding for finding in before}
    changes: dict[Change, list[Finding]] = defaultdict(list)
    unseen_before = unseen_after = 0
    for finding in after:
        was = earlier.pop(finding.key, None)
        if was is not None:
            unseen_before += finding.is_open and was.status is Status.NOT_EVALUATED
            unseen_after += was.is_open and finding.status is Status.NOT_EVALUATED
        change = _classify_change_of_finding(was, finding)
        if change:
            changes[change].append(finding)
    changes["gone"] += [finding for finding in earlier.values() if finding.status.is_open]
    return RunComparison(
        before=FindingCounts.from_findings(before),
        after=FindingCounts.from_findings(after),
        changes={change: tuple(findings) for change, findings in changes.items()},
        unseen_before=unseen_before,
        unseen_after=unseen_after,
    )


def _classify_change_of_finding(before: Finding | None, after: Finding) -> Change | None:
    if after.is_open:
        if before is None or before.status not in (Status.PASS, Status.PARTIAL, Status.FAIL):
            return "new"
        return "still" if before.status.is_open else "regressed"
    if before is None or not before.status.is_open:
        return None
    if after.status is Status.PASS:
        return "fixed"
    if after.waiver is not None:
        return "waived" if before.waiver is None else None
    return "unknown" if after.status is Status.NOT_EVALUATED else "gone"


def compare_runs(before: Run, after: Run, hosts: Set[str] | None = None) -> RunComparison:
    """Return what changed on the hosts that both runs hold, or on ``hosts`` alone, each finding once."""
    both = _list_host_names_of_run(before) & _list_host_names_of_run(after) if hosts is None else hosts
    return compare_findings_by_control_and_subject(
        _iter_findings_on_hosts(before, both), _iter_findings_on_hosts(after, both)
    )


def compare_subjects[Subjects: (HostSummary, SiteSummary)](
    before: Iterable[Subjects], after: Iterable[Subjects]
) -> Iterator[tuple[Subjects, RunComparison]]:
    """Yield what changed on each site or host that both runs hold, as it is now and in the order of ``after``."""
    were = {earlier_subject.subject: earlier_subject for earlier_subject in before}
    for subject in after:
        if subject.subject in were:
            yield subject, compare_findings_by_control_and_subject(were[subject.subject].findings, subject.findings)


def count_unshared_hosts(before: Run, after: Run) -> int:
    """Return how many hosts only one of the two runs holds."""
    return len(_list_host_names_of_run(before) ^ _list_host_names_of_run(after))


def _list_host_names_of_run(run: Run) -> frozenset[str]:
    return frozenset(host.name for host in run.hosts)


def _iter_findings_on_hosts(run: Run, hosts: Set[str]) -> Iterator[Finding]:
    return (finding for finding in run.findings if finding.host in hosts)


# --- by severity --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Matrix:
    """The number of findings of each severity by their change."""

    changes: tuple[Change, ...]
    """The columns: the four that are always told, the others only when something changed so."""
    rows: Mapping[Severity, Mapping[Change, int]]
    totals: Mapping[Change, int]


def build_matrix(comparison: RunComparison) -> Matrix:
    """Return the comparison as a table."""
    counts: dict[Severity, Counter[Change]] = {severity: Counter() for severity in SEVERITIES}
    for change, findings in comparison.changes.items():
        for finding in findings:
            counts[finding.severity][change] += 1
    totals: dict[Change, int] = {change: comparison.count_findings_with_change(change) for change in CHANGES}
    columns = tuple(change for change in CHANGES if change in ALWAYS_TOLD or totals[change])
    return Matrix(changes=columns, rows=counts, totals=totals)


# --- per site and host --------------------------------------------------------------------------------


class SubjectDifference(Model):
    """The changes on one site (its host's findings included) or host."""

    id: str
    host: str
    comparison: RunComparison


class RunDifference(Model):
    """The changes between two runs."""

    totals: RunComparison = Field(description="each finding once, of the hosts that both runs hold")
    sites: tuple[SubjectDifference, ...]
    hosts: tuple[SubjectDifference, ...]
    only_before: tuple[str, ...] = Field(description="sites and hosts that only the earlier run holds")
    only_after: tuple[str, ...] = Field(description="sites and hosts that only the later run holds")


def compute_difference(before: Run, after: Run) -> RunDifference:
    """Return what changed; sites and hosts in the order in which they matter now."""
    earlier, later = summarize_run(before), summarize_run(after)
    return RunDifference(
        totals=compare_runs(before, after),
        sites=tuple(
            SubjectDifference(id=site.domain, host=site.host.host.name, comparison=comparison)
            for site, comparison in compare_subjects(earlier.sites, later.sites)
        ),
        hosts=tuple(
            SubjectDifference(id=host.host.name, host=host.host.name, comparison=comparison)
            for host, comparison in compare_subjects(earlier.hosts, later.hosts)
        ),
        only_before=_list_names_missing_in_other_summary(earlier, later),
        only_after=_list_names_missing_in_other_summary(later, earlier),
    )


def build_run_difference_json_data(before: Run, after: Run, run_difference: RunDifference) -> dict[str, Any]:
    """Return the difference for a program."""
    return {
        "before": {"id": before.id, "started": before.started},
        "after": {"id": after.id, "started": after.started},
        "totals": _count_findings_by_change(run_difference.totals),
        "sites": [_build_subject_difference_json_data("site", site) for site in run_difference.sites],
        "hosts": [_build_subject_difference_json_data("host", host) for host in run_difference.hosts],
        "only_before": list(run_difference.only_before),
        "only_after": list(run_difference.only_after),
    }


def _list_names_missing_in_other_summary(summary: FleetSummary, other_summary: FleetSummary) -> tuple[str, ...]:
    known_names = {site.domain for site in other_summary.sites} | {host.host.name for host in other_summary.hosts}
    names = [*(site.domain for site in summary.sites), *(host.host.name for host in summary.hosts)]
    return tuple(sorted({name for name in names if name not in known_names}))


def _count_findings_by_change(comparison: RunComparison) -> Mapping[str, int | None]:
    """Count changes; ``open_count_before`` and ``open_count_after`` are of what both runs evaluated.

    They are null where one evaluated nothing.
    """
    return {
        "open_before": comparison.open_count_before if comparison.before.evaluated else None,
        "open_after": comparison.open_count_after if comparison.after.evaluated else None,
        **{change: comparison.count_findings_with_change(change) for change in CHANGES},
    }


def _build_subject_difference_json_data(kind_key: str, subject: SubjectDifference) -> dict[str, Any]:
    return {
        kind_key: subject.id,
        "host": subject.host,
        "totals": _count_findings_by_change(subject.comparison),
        **{
            change: [
                {
                    "control": finding.control,
                    "subject": {"kind": finding.subject.kind, "id": finding.subject.id},
                    "severity": finding.severity.value,
                    "status": finding.status.value,
                }
                for finding in subject.comparison.changes.get(change, ())
            ]
            for change in CHANGES
        },
    }
