"""What an office states of vulnerabilities, over what the published data says of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from auditor.models import Statement
from auditor.vulnerabilities.verdicts import Verdict

StatementIndex = Mapping[tuple[str, str], Statement]
"""By id and product."""
NO_STATEMENTS: StatementIndex = {}
ANSWERABLE_STATES = ("affected", "restart_owed", "unknown")
"""What a statement may answer: what is fixed needs none, and none makes a thing installed."""


def apply_statement(verdict: Verdict, statements: StatementIndex) -> Verdict:
    """Return the verdict with what is stated in its place, if anything is."""
    statement = statements.get((verdict.id, verdict.subject))
    if statement is None or verdict.state not in ANSWERABLE_STATES:
        return verdict
    return replace(verdict, state=statement.status, reason="stated")
