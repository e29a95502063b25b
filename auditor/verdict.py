"""What a run means for a pipeline: its exit code. No I/O."""

from __future__ import annotations

from auditor.models import Run, Severity, Status

USAGE = 2
OPEN = 1
NOT_EVALUATED = 3


def exit_code(run: Run, fail_on: Severity) -> int:
    """1 for open findings at or above ``fail_on`` that no waiver lets be, else 3 when something that applies was not evaluated, else 0."""
    if any(f.is_open and f.severity.rank >= fail_on.rank for f in run.findings):
        return OPEN
    if any(f.status is Status.NOT_EVALUATED for f in run.findings):
        return NOT_EVALUATED
    return 0
