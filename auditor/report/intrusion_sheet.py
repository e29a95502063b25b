"""What intruders did as a table: the first of the XLSX annex, where there is an intrusion. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditor.models import Run
from auditor.report.sheets import Cell, Column, Sheet
from auditor.results import intrusions
from auditor.results.intrusions import Intrusion
from auditor.text.words import Words


def sheets(run: Run, words: Words) -> Iterator[Sheet]:
    """Yield the table of a run with an intrusion."""
    found = intrusions.intrusions(run)
    if found:
        yield Sheet(words("intrusion.title"), _columns(words), _rows(found, words))


def _columns(words: Words) -> tuple[Column, ...]:
    return (
        Column(words("col.standing"), 18),
        Column(words("col.subject"), 10),
        Column(words("col.name"), 28),
        Column(words("col.host"), 16),
        Column(words("intrusion.title"), 30),
        Column(words("intrusion.incidents"), 60),
    )


def _rows(found: Sequence[Intrusion], words: Words) -> Iterator[tuple[Cell, ...]]:
    for one in found:
        yield (
            words("standing.intruded" if one.certain else "standing.suspected"),
            words("site") if one.subject.kind == "site" else words("host"),
            one.subject.id,
            one.host,
            intrusions.counted(one, words),
            intrusions.state(one.incidents, words),
        )
