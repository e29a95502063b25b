"""What intruders did as a table: the first of the XLSX annex, where there is an intrusion. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditor.models import Run
from auditor.report.sheets import Cell, Sheet, SheetColumn
from auditor.results import intrusions
from auditor.results.intrusions import Intrusion
from auditor.text.translations import Words


def iter_intrusion_sheets(run: Run, words: Words) -> Iterator[Sheet]:
    """Yield the table of a run with an intrusion."""
    active_intrusions = intrusions.find_intrusions(run)
    if active_intrusions:
        yield Sheet(
            words("intrusion.title"), _build_intrusion_columns(words), _iter_intrusion_rows(active_intrusions, words)
        )


def _build_intrusion_columns(words: Words) -> tuple[SheetColumn, ...]:
    return (
        SheetColumn(words("col.standing"), 18),
        SheetColumn(words("col.subject"), 10),
        SheetColumn(words("col.name"), 28),
        SheetColumn(words("col.host"), 16),
        SheetColumn(words("intrusion.title"), 30),
        SheetColumn(words("intrusion.incidents"), 60),
    )


def _iter_intrusion_rows(active_intrusions: Sequence[Intrusion], words: Words) -> Iterator[tuple[Cell, ...]]:
    for intrusion in active_intrusions:
        yield (
            words("standing.intruded" if intrusion.certain else "standing.suspected"),
            words("site") if intrusion.subject.kind == "site" else words("host"),
            intrusion.subject.id,
            intrusion.host,
            intrusions.describe_trace_counts(intrusion, words),
            intrusions.describe_incidents(intrusion.incidents, words),
        )
