"""A run by the clauses of the frameworks that the controls cite. Pure, but for the frameworks' files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from auditor.audit.controls import Catalogue
from auditor.audit.frameworks import clauses
from auditor.audit.frameworks.assessment import (
    ClauseTotal,
    Result,
    SelfCheckCoverage,
    assess_sites_and_hosts_of_run,
    group_findings_by_host_and_subject,
    measure_self_checked_clauses,
    total_clauses_over_subjects,
)
from auditor.audit.frameworks.clauses import Framework
from auditor.models import Regime, Run

RESULTS: tuple[Result, ...] = tuple(sorted(Result, key=lambda result: -result.rank))
"""Worst first."""
_OF_THE_STATE = ("nd331", "tcvn14423", "tcvn11930")
_LAST = "anssi_bp028"


@dataclass(frozen=True, slots=True)
class FrameworkResult:
    """One framework over all that the run holds."""

    framework: Framework
    clauses: tuple[ClauseTotal, ...]
    counts: Mapping[Result, int]
    """How many clauses come to which result, each by its worst subject."""

    @property
    def self_checked(self) -> SelfCheckCoverage:
        """Return how much of it is checked without a person, and how much of that is met."""
        return measure_self_checked_clauses(self.clauses)

    @property
    def count_of_clauses_shown_by_controls(self) -> int:
        """Return how many clauses the controls show at all or in part."""
        return sum(clause_total.clause.status in ("automated", "partial") for clause_total in self.clauses)


def assess_frameworks(run: Run, catalogue: Catalogue) -> tuple[FrameworkResult, ...]:
    """Return the frameworks that some control cites and that are about a host of the run, the state's first."""
    findings_by_host = group_findings_by_host_and_subject(run)
    assessments = (
        (
            framework,
            total_clauses_over_subjects(
                assess_sites_and_hosts_of_run(framework, run, catalogue, findings_by_host=findings_by_host)
            ),
        )
        for framework in sorted(
            list_cited_frameworks(catalogue),
            key=lambda framework: _rank_framework_for_readers(framework.id, run.regime),
        )
    )
    return tuple(
        FrameworkResult(framework, clause_totals, Counter(clause_total.result for clause_total in clause_totals))
        for framework, clause_totals in assessments
        if clause_totals
    )


def _rank_framework_for_readers(framework: str, regime: Regime) -> tuple[int, int, str]:
    """Return where a framework stands for its readers.

    Today's law, its standard and the older one, others, foreign ones last.
    """
    if framework not in _OF_THE_STATE:
        return 2 if framework == _LAST else 1, 0, framework
    order = _OF_THE_STATE if regime == "2026" else _OF_THE_STATE[::-1]
    return 0, order.index(framework), framework


def assess_standard_of_organisation(run: Run, catalogue: Catalogue) -> FrameworkResult | None:
    """Return the standard that the organisation goes by; None when nothing of the run is under it."""
    framework_id = clauses.OF_REGIME[run.regime]
    framework = next(framework for framework in load_frameworks() if framework.id == framework_id)
    clause_totals = total_clauses_over_subjects(
        assess_sites_and_hosts_of_run(
            framework, run, catalogue, findings_by_host=group_findings_by_host_and_subject(run)
        )
    )
    return (
        FrameworkResult(framework, clause_totals, Counter(clause_total.result for clause_total in clause_totals))
        if clause_totals
        else None
    )


def list_cited_frameworks(catalogue: Catalogue) -> tuple[Framework, ...]:
    """Return the frameworks that some control cites."""
    keys = {key for control in catalogue.controls for key, numbers in control.references.items() if numbers}
    return tuple(framework for framework in load_frameworks() if framework.key in keys)


@cache
def load_frameworks() -> tuple[Framework, ...]:
    """Return all that there are, read once."""
    return tuple(clauses.load_framework(name) for name in clauses.list_framework_ids())
