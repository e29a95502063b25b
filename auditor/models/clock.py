"""The clock of Việt Nam, UTC+7 all year: papers, reports and retention go by its days and months, whatever clock a run used."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

ZONE = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")


def month(iso: str) -> str:
    """The month of an ISO 8601 moment, ``2026-11``."""
    return f"{datetime.fromisoformat(iso).astimezone(ZONE):%Y-%m}"
