"""Which files of a host are taken along by name.

In which a hunt found something, which were taken away, which somebody names. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

from auditor.compromise.persistence import get_path_in_trace_location
from auditor.incidents.case import IncidentCase
from auditor.models.hunts import Hunt
from auditor.text import paths

MAX_FILES, MAX_CHARACTERS = 500, 60_000
"""Together they are an argument of a command line there."""
QUARANTINE = "/var/lib/luytre/quarantine"


def select_evidence_paths_to_request(
    case: IncidentCase, host: str, hunt: Hunt | None, requested_paths: Sequence[str]
) -> tuple[str, ...]:
    """Return whole paths there, those that somebody named first."""
    quarantined_paths = [
        f"{QUARANTINE}/{case.id}_{action.number}/file"
        for action in case.actions.values()
        if action.host == host and action.means == "file" and action.state != "released"
    ]
    traced_paths = (
        [get_path_in_trace_location(trace.kind, trace.where) for trace in hunt.traces] if hunt is not None else []
    )
    paths_within_limits: list[str] = []
    room = MAX_CHARACTERS
    for path in dict.fromkeys(
        [*map(paths.percent_encode_unprintable_in_path, requested_paths), *quarantined_paths, *traced_paths]
    ):
        room -= len(path)
        if path.startswith("/") and room > 0 and len(paths_within_limits) < MAX_FILES:
            paths_within_limits.append(path)
    return tuple(paths_within_limits)
