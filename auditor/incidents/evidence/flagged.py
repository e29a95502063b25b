"""Which files of a host are taken along by name: in which a hunt found something, which were taken away, which somebody names. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from auditor.compromise.footholds import path_of
from auditor.incidents.case import Case
from auditor.models.hunts import Hunt
from auditor.text import paths

MOST, MOST_LETTERS = 500, 60_000
"""Together they are an argument of a command line there."""
QUARANTINE = "/var/lib/luytre/quarantine"


def flagged(case: Case, host: str, hunt: Hunt | None, named: Sequence[str]) -> tuple[str, ...]:
    """Whole paths there, those that somebody named first."""
    taken = [
        f"{QUARANTINE}/{case.id}_{action.number}/file"
        for action in case.actions.values()
        if action.host == host and action.means == "file" and action.state != "released"
    ]
    found = [path_of(trace.kind, trace.where) for trace in hunt.traces] if hunt is not None else []
    kept: list[str] = []
    room = MOST_LETTERS
    for path in dict.fromkeys([*map(paths.written, named), *taken, *found]):
        room -= len(path)
        if path.startswith("/") and room > 0 and len(kept) < MOST:
            kept.append(path)
    return tuple(kept)
