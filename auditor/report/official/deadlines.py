"""By when what is open has to be mended, and what is late. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from auditor.models import Finding, Severity
from auditor.report.official.period import Period
from auditor.results.open_since import Since

USUAL_DAYS: Mapping[Severity, int] = {
    Severity.CRITICAL: 7,
    Severity.HIGH: 15,
    Severity.MEDIUM: 30,
    Severity.LOW: 60,
}
"""Days after a month's end, where the organisation's file gives no others."""


@dataclass(frozen=True)
class Deadlines:
    """The dates of one report. A finding's counts from the end of the month in which it was first seen open."""

    period: Period
    days: Mapping[Severity, int]
    since: Since
    read_on: datetime.date
    """The day of the newest run: what is open then and was due before is late."""
    written_on: datetime.date
    """The day of writing, before which nothing can be asked for."""

    def get_month_first_seen_open(self, finding: Finding) -> Period:
        """Return the month in which it was first seen open, without a break since, as far as the history knows."""
        first_month = self.since.get((finding.control, finding.subject.id))
        return min(_parse_period(first_month), self.period) if first_month else self.period

    def get_due_day(self, finding: Finding) -> datetime.date:
        """Return the day by which it had or has to be mended."""
        return self._add_days_for_severity_to_month_end(self.get_month_first_seen_open(finding), finding.severity)

    def was_finding_open_after_due_day(self, finding: Finding) -> bool:
        """Return whether it was still open after it was due."""
        return self.get_due_day(finding) < self.read_on

    def select_late_findings(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Return the findings that were still open after their due day."""
        return tuple(filter(self.was_finding_open_after_due_day, findings))

    def select_findings_due_before_day_of_writing(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Return those that were due before the day of writing, so that another day is asked for."""
        return tuple(finding for finding in findings if self.get_due_day(finding) < self.written_on)

    def get_day_report_can_request(self, finding: Finding) -> datetime.date:
        """Return the day by which a report written that day can ask for it."""
        return self._move_past_day_to_next_working_day(self.get_due_day(finding))

    def get_earliest_deadline_for_severity(self, severity: Severity) -> datetime.date:
        """Return the day by which the report can ask for something as urgent as ``severity``.

        It is something that is not a finding.
        """
        return self._move_past_day_to_next_working_day(self._add_days_for_severity_to_month_end(self.period, severity))

    @property
    def next_working_day(self) -> datetime.date:
        """Return the first working day after the day of writing."""
        candidates = (self.written_on + datetime.timedelta(days=days) for days in range(1, 4))
        return next(day for day in candidates if day.weekday() < 5)

    def _add_days_for_severity_to_month_end(self, month: Period, severity: Severity) -> datetime.date:
        return month.last_day + datetime.timedelta(days=self.days[severity])

    def _move_past_day_to_next_working_day(self, day: datetime.date) -> datetime.date:
        return day if day >= self.written_on else self.next_working_day


@cache
def _parse_period(text: str) -> Period:
    return Period.parse_year_and_month(text)
