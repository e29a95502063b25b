"""What is owed to the authorities after an incident, and by when.

Pure; the texts stand in ``docs/en/incident-reports.md``.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from auditor.models import Regime
from auditor.models.ranks import Report

_HOURS: Mapping[Regime, Mapping[Report, int]] = {
    # NĐ 331/2026 Đ31.2.d: at once where security, order or the whole system is touched, 24 h where it is serious, 72 h
    # always.
    "2026": {"now": 0, "first": 24, "full": 72},
    # QĐ 05/2017, TT 20/2017: Mẫu 03 within five days.
    "2022": {"full": 5 * 24},
}
"""Since T0. What holds only for some incidents holds until a person says why it does not."""

_PERSONAL: Mapping[Regime, Mapping[Report, int]] = {
    # Luật 91/2025 Đ23: 72 h from detection, to the authority on personal data.
    "2026": {"personal": 72},
    "2022": {},
}
"""Where personal data may be harmed, besides."""


@dataclass(frozen=True)
class ReportDeadline:
    """One report and its last moment."""

    report: Report
    by: datetime.datetime


def compute_deadlines(
    regime: Regime, detected_at: datetime.datetime, *, with_personal_data: bool = False
) -> tuple[ReportDeadline, ...]:
    """Return all that may be owed after what was detected at that moment, the earliest first.

    ``with_personal_data``: data of persons may be harmed.
    """
    hours = {**_HOURS[regime], **(_PERSONAL[regime] if with_personal_data else {})}
    return tuple(
        ReportDeadline(report, detected_at + datetime.timedelta(hours=after)) for report, after in hours.items()
    )
