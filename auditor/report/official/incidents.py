"""An incident as an official report tells it: what the case log said at the end of the month. Data only."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from auditor.models.ranks import Report


@dataclass(frozen=True)
class ReportSent:
    """A report to the authority that went out."""

    report: Report
    when: datetime.datetime
    how: str
    """Number of the document, or by what way it went."""


@dataclass(frozen=True)
class IncidentSummary:
    """One incident of the month. An incident that began earlier and was still open in the month is one of it, too."""

    id: str
    domains: tuple[str, ...]
    """The office's sites in it."""
    injected_domains: tuple[str, ...]
    """Those of them that it found to show what somebody injected."""
    hosts: int
    """How many of the office's hosts are in it; their names are for the technical annex alone."""
    detected_at: datetime.datetime
    contained_count: int
    """How many things were contained or eradicated, confirmed on the host."""
    unsettled_count: int
    """Of how many it is not known whether they are."""
    in_force: int
    """How many of these were in force at the end of the month."""
    reports: tuple[ReportSent, ...]
    overdue: tuple[Report, ...]
    """Reports that were owed by the end of the month, and had not gone out."""
    closed_at: datetime.datetime | None
    cause: str
    """As the office wrote it when it closed the incident."""
    recorded_at: datetime.datetime | None = None
    """When it was written down, where that was only after the month; nothing else of it counts then."""
