"""The clock of Việt Nam, UTC+7 all year.

All that a person reads or is held to goes by it, whatever clock this machine or a run has.

The only place that asks for the time of day and that turns moments into text for machines; ``auditor.text.dates``
writes them for people.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

ZONE = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")


def now() -> datetime:
    """Return the present moment."""
    return datetime.now(ZONE)


def today() -> date:
    """Return the day in Vietnam."""
    return now().date()


def parse_iso_moment(iso_text: str) -> datetime:
    """Return an ISO 8601 moment with offset. Raises ValueError for anything else."""
    try:
        return datetime.fromisoformat(iso_text).astimezone(ZONE)
    except OverflowError as error:
        raise ValueError(iso_text) from error  # the first or the last day of all, and beyond it by Vietnam's clock


def convert_epoch_to_moment(epoch_seconds: float) -> datetime:
    """Return an epoch second."""
    return datetime.fromtimestamp(epoch_seconds, ZONE)


def convert_moment_to_vietnam_day(moment: datetime) -> date:
    """Return the day in Vietnam at an aware moment: what dates on papers mean."""
    return moment.astimezone(ZONE).date()


def format_month(iso: str) -> str:
    """Return the month of an ISO 8601 moment, ``2026-11``."""
    return f"{parse_iso_moment(iso):%Y-%m}"


SKEW = timedelta(minutes=5)
"""By how much a clock that is set right may jump back.

What began later than so much from now was kept while it was wrong.
"""


def format_iso_moment(moment: datetime) -> str:
    """Return ISO 8601 with offset, to the second: what is kept."""
    return moment.astimezone(ZONE).isoformat(timespec="seconds")


def format_iso_moment_in_utc(moment: datetime) -> str:
    """Return ISO 8601 in UTC, ``2026-11-24T10:00:00Z``: what other programs' formats ask for."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def format_compact_utc_moment(moment: datetime) -> str:
    """Return the moment in UTC as ``20261124T100000Z``: a part of ids, which sort by it."""
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def format_compact_vietnam_day(moment: datetime) -> str:
    """Return the day in Vietnam, ``20261124``: a part of ids that people read."""
    return f"{moment.astimezone(ZONE):%Y%m%d}"


def make_naive_utc_for_office_file(iso: str) -> datetime:
    """Return an ISO 8601 moment as the properties of office files hold it: in UTC, without saying so."""
    return parse_iso_moment(iso).astimezone(UTC).replace(tzinfo=None)


def parse_day(text: str) -> date:
    """Return a day written as ``2026-12-31``. Raises ValueError for anything else."""
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=ZONE).date()


def format_day_start(day: date) -> str:
    """Return when a day begins in Vietnam, ISO 8601 with offset."""
    return format_iso_moment(datetime(day.year, day.month, day.day, tzinfo=ZONE))


def parse_vietnam_minute(minute_text: str) -> datetime:
    """Return a minute in Vietnam written as ``2026-12-31 20:15``. Raises ValueError for anything else."""
    return datetime.strptime(minute_text, "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)
