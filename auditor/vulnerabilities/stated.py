"""What an office states of vulnerabilities, over what the published data says of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from auditor.models import Statement
from auditor.vulnerabilities.verdicts import Verdict

Stated = Mapping[tuple[str, str], Statement]
"""By id and product."""
NOTHING: Stated = {}
OVER = ("affected", "restart_owed", "unknown")
"""What a statement may answer: what is fixed needs none, and none makes a thing installed."""


def said(verdict: Verdict, stated: Stated) -> Verdict:
    """The verdict with what is stated in its place, if anything is."""
    statement = stated.get((verdict.id, verdict.subject))
    if statement is None or verdict.state not in OVER:
        return verdict
    return replace(verdict, state=statement.status, reason="stated")
