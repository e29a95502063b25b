"""Which findings of a run give the alarm: traces that hunts and reviews are sure of. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from auditor.audit.controls import COMPROMISE, CONTENT
from auditor.models import Finding, Host, Run

_AREAS = (f"{COMPROMISE}.", f"{CONTENT}.")


def alarms(run: Run, hosts: Collection[Host]) -> tuple[Finding, ...]:
    """Return the open findings on these hosts and their sites that hold at least one trace, in the order of the run."""
    names = {host.name for host in hosts}
    return tuple(
        one
        for one in run.findings
        if one.is_open and one.host in names and one.control.startswith(_AREAS) and any(map(_is_trace, one.violations))
    )


def _is_trace(member: object) -> bool:
    return isinstance(member, Mapping) and "kind" in member and "key" in member
