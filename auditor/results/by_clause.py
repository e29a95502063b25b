"""A run by the clauses of the frameworks that the controls cite. Pure, but for the frameworks' files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from auditor.audit.controls import Catalogue
from auditor.audit.frameworks import clauses
from auditor.audit.frameworks.assessment import ClauseTotal, Result, assess_run, by_host, total
from auditor.audit.frameworks.clauses import Framework
from auditor.models import Run

RESULTS: tuple[Result, ...] = tuple(sorted(Result, key=lambda result: -result.rank))
"""Worst first."""


@dataclass(frozen=True, slots=True)
class FrameworkResult:
    """One framework over all that the run holds."""

    framework: Framework
    clauses: tuple[ClauseTotal, ...]
    counts: Mapping[Result, int]
    """How many clauses come to which result, each by its worst subject."""

    @property
    def shown(self) -> int:
        """How many clauses the controls show at all or in part."""
        return sum(one.clause.status in ("automated", "partial") for one in self.clauses)


def by_clause(run: Run, catalogue: Catalogue) -> tuple[FrameworkResult, ...]:
    """The frameworks that some control cites and that are about a host of the run, the organisation's standard first."""
    found = by_host(run)
    first = clauses.OF_REGIME[run.regime]
    assessed = (
        (framework, total(assess_run(framework, run, catalogue, found=found)))
        for framework in sorted(cited(catalogue), key=lambda framework: framework.id != first)
    )
    return tuple(
        FrameworkResult(framework, found, Counter(one.result for one in found))
        for framework, found in assessed
        if found
    )


def standard(run: Run, catalogue: Catalogue) -> FrameworkResult | None:
    """The standard that the organisation goes by; None when nothing of the run is under it."""
    wanted = clauses.OF_REGIME[run.regime]
    framework = next(framework for framework in frameworks() if framework.id == wanted)
    found = total(assess_run(framework, run, catalogue, found=by_host(run)))
    return FrameworkResult(framework, found, Counter(one.result for one in found)) if found else None


def cited(catalogue: Catalogue) -> tuple[Framework, ...]:
    """The frameworks that some control cites."""
    keys = {key for control in catalogue.controls for key, numbers in control.references.items() if numbers}
    return tuple(framework for framework in frameworks() if framework.key in keys)


@cache
def frameworks() -> tuple[Framework, ...]:
    """All that there are, read once."""
    return tuple(clauses.load(name) for name in clauses.names())
