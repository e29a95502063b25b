"""Languages, regimes, and how grave or how far something is: plain enumerations, without pydantic."""

from __future__ import annotations

import enum
from typing import Literal

Lang = Literal["vi", "en"]
Regime = Literal["2022", "2026"]
"""Which laws, clause numbers and words apply."""
DocumentKind = Literal["bao-cao", "cong-van"]
"""An official report, or a letter that asks for work."""
Report = Literal["now", "first", "full", "personal"]
"""What is owed to the authorities after an incident.

Word at once, the first notice, the full report, and where personal data may be harmed, word of that.
"""
Purpose = Literal["incidents", "official", "yearly"]
"""What an office's papers are needed for."""
Form = Literal["mau-03", "mau-04", "now", "first", "full", "update", "end"]
"""A form on an incident: forms 03 and 04 of Circular 20/2017, and of the neutral one of 2026 each occasion."""
Question = Literal[
    "name",
    "description",
    "happened",
    "kind",
    "severity",
    "severity_why",
    "how_found",
    "state",
    "informed",
    "cause",
    "scope",
    "data",
    "users",
    "downtime",
    "third_parties",
    "personal_data",
    "done",
    "ongoing",
    "planned",
    "recovery",
    "support",
    "purpose",
    "services",
    "protection",
    "security_provider",
    "network_provider",
    "enclosed",
    "confidential",
]
"""What forms ask that a person alone can tell."""

Step = Literal["checked", "handed_over", "received"]
"""What becomes of evidence after it was collected."""


class Severity(enum.StrEnum):
    """The harm that an open finding does, lowest first."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Return 0 (low) to 3 (critical)."""
        return _SEVERITY_RANK[self]


_SEVERITY_RANK = {severity: rank for rank, severity in enumerate(Severity)}


class Status(enum.StrEnum):
    """The result of the check of one control on one subject."""

    PASS = "pass"  # noqa: S105  a status, not a password
    PARTIAL = "partial"
    FAIL = "fail"
    NOT_APPLICABLE = "not_applicable"
    NOT_EVALUATED = "not_evaluated"
    MANUAL = "manual"

    @property
    def is_open(self) -> bool:
        """Return whether somebody has to do something about it: some or all of the subject violates."""
        return self is Status.FAIL or self is Status.PARTIAL
