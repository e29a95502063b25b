"""What the assessors of hunts and of scans share: traces, who accepted them, and what answers them. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from auditor.models import AcceptedTrace, Trace, TraceAcceptance, clock

type Acceptances = Mapping[tuple[str, str], TraceAcceptance]
"""By what was looked at, a site or a host, and the key of the trace."""


def map_acceptances_in_force(acceptances: Iterable[TraceAcceptance], now: datetime) -> Acceptances:
    """Return the acceptances that count at a moment."""
    today = clock.convert_moment_to_vietnam_day(now)
    return {
        (acceptance.site, acceptance.key): acceptance
        for acceptance in acceptances
        if acceptance.is_in_force_on_day(today)
    }


def count_days_since(started: str, now: datetime) -> int:
    """Return how many whole days ago something began; 0 for what the clock says is still to come."""
    return max(0, (now - clock.parse_iso_moment(started)).days)


def list_weak_traces(subject: str, traces: Iterable[Trace], acceptances: Acceptances, most: int) -> tuple[Trace, ...]:
    """Return the first of those that are too weak for an alarm, and that nobody accepted."""
    return tuple(trace for trace in traces if trace.certainty == "weak" and (subject, trace.key) not in acceptances)[
        :most
    ]


def list_accepted_traces(subject: str, traces: Iterable[Trace], acceptances: Acceptances) -> tuple[AcceptedTrace, ...]:
    """Return those that somebody accepted, each with who did."""
    return tuple(
        AcceptedTrace(trace=trace, by=acceptances[subject, trace.key])
        for trace in traces
        if (subject, trace.key) in acceptances
    )


def make_violation_from_trace(subject: str, trace: Trace, first_names: Iterable[str]) -> dict[str, Any]:
    """Return a trace as a member of violations; ``first_names``: what tables show of it, which have room for these."""
    data = trace.model_dump(mode="json")
    return {**{name: data[name] for name in first_names}, **data, **build_commands_that_answer_trace(subject, trace)}


def build_commands_that_answer_trace(subject: str, trace: Trace) -> dict[str, str]:
    """Return the commands that answer a trace.

    First the one that opens an incident and contains it, last the one that accepts it.
    """
    return {"respond": build_open_incident_command(subject), "accept": build_accept_trace_command(subject, trace)}


def build_open_incident_command(subject: str) -> str:
    """Return the command that opens an incident about all that was found on a site or host and contains it.

    The role is missing from it: a person has to give that.
    """
    return shlex.join(["auditor", "incident", "open", "--all-found", subject])


def build_accept_trace_command(subject: str, trace: Trace) -> str:
    """Return the command that accepts a trace, but for the reason and the roles, which a person has to give."""
    sure = [DESPITE] if trace.certainty != "weak" else []
    return shlex.join(["auditor", "baseline", "accept", subject, trace.key, *sure])


DESPITE = "--despite-high-confidence"
"""What a person says who accepts a trace that gives the alarm; a second office role has to agree."""
