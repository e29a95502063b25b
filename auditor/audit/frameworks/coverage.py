"""How much of a framework the controls can show at all, and its rows for a page. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import get_args

from auditor.audit.controls import Catalogue
from auditor.audit.frameworks.clauses import (
    ClauseStatus,
    Framework,
    list_controls_citing_clause,
    map_controls_by_cited_number,
)
from auditor.models import ControlId, Model, Text

STATUSES: tuple[ClauseStatus, ...] = get_args(ClauseStatus)
"""Most covered first."""


class ClauseCoverage(Model):
    """One clause and the controls that show something of it."""

    number: str
    levels: tuple[int, ...]
    text: Text
    status: ClauseStatus
    notes: Text | None
    controls: tuple[ControlId, ...]


class Coverage(Model):
    """A framework's clauses at a level, and how many are covered how well."""

    framework: str
    title: Text
    source: Text
    level: int | None
    clauses: tuple[ClauseCoverage, ...]
    counts: Mapping[ClauseStatus, int]


def measure_coverage(framework: Framework, level: int | None, catalogue: Catalogue) -> Coverage:
    """Return the clauses at a level, all for None. Raises InputError for a level the framework does not know."""
    controls_by_number = map_controls_by_cited_number(framework, catalogue)
    clauses = framework.list_clauses_of_level(level)
    counts = Counter(clause.status for clause in clauses)
    return Coverage(
        framework=framework.id,
        title=framework.title,
        source=framework.source,
        level=level,
        clauses=tuple(
            ClauseCoverage(
                controls=tuple(control.id for control in list_controls_citing_clause(clause, controls_by_number)),
                **clause.model_dump(exclude={"cited_numbers"}),
            )
            for clause in clauses
        ),
        counts={status: counts[status] for status in STATUSES},
    )
