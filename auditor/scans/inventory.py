"""What a look holds of a site besides traces: what the next look takes for known. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from auditor.models import Scan, Trace
from auditor.models.reviews import Kind
from auditor.scans.responses import PageAnalysis


def choose_home_page_title(readings: Sequence[PageAnalysis], last: Scan | None, traces: Iterable[Trace]) -> str:
    """Return the title of the home page, unless it seems to be another's now."""
    last_title = last.title if last else ""
    return (
        last_title
        if _has_trace_of_kind(traces, "defacement")
        else next((analysis.title for analysis in readings), last_title)[:200]
    )


def choose_home_page_landmarks(
    readings: Sequence[PageAnalysis], last: Scan | None, traces: Iterable[Trace]
) -> tuple[str, ...]:
    """Return the landmarks of the home page, likewise."""
    last_landmarks = last.landmarks if last else ()
    return (
        last_landmarks
        if _has_trace_of_kind(traces, "defacement")
        else next((analysis.landmarks for analysis in readings if analysis.landmarks), last_landmarks)
    )


def choose_search_console_tokens(
    readings: Sequence[PageAnalysis], last: Scan | None, before: Scan | None, traces: Iterable[Trace]
) -> tuple[str, ...]:
    """Return the tokens by which search consoles know the owners, unless somebody else seems to be one now.

    ``before``: a look that saw more.
    """
    if _has_trace_of_kind(traces, "search_console"):
        return last.tokens if last else ()
    new_tokens = {token for analysis in readings for token in analysis.tokens}
    return tuple(sorted(new_tokens | set(before.tokens if before else ())))[:20]


def list_known_foreign_hosts(
    host_lists: Iterable[Iterable[str]], before: Iterable[str], is_new: Callable[[str], bool]
) -> tuple[str, ...]:
    """Return foreign hosts that count as known from now on.

    Those that are new as of the last look are not, until someone accepts them.
    """
    all_hosts = {host for each in host_lists for host in each} | set(before)
    return tuple(sorted(host for host in all_hosts if not is_new(host)))[:100]


def _has_trace_of_kind(traces: Iterable[Trace], kind: Kind) -> bool:
    return any(trace.kind == kind for trace in traces)
