"""Days and moments as people write them, by Vietnam's clock. Pure."""

from __future__ import annotations

from datetime import date, datetime

from auditor import models
from auditor.models import Lang
from auditor.models.clock import ZONE

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def format_moment(moment: datetime, lang: Lang) -> str:
    """Return an aware moment, to the minute."""
    here = moment.astimezone(ZONE)
    return f"{here:%H:%M} ngày {format_day(here, lang)}" if lang == "vi" else f"{format_day(here, lang)}, {here:%H:%M}"


def format_hour_and_minute(moment: datetime) -> tuple[str, str]:
    """Return hour and minute of an aware moment, two digits each, for forms that have a place for either."""
    here = moment.astimezone(ZONE)
    return f"{here:%H}", f"{here:%M}"


def format_day(day: date, lang: Lang) -> str:
    """Return a day."""
    return f"{day:%d/%m/%Y}" if lang == "vi" else f"{day.day} {_abbreviate_month(day.month)} {day:%Y}"


def make_moment_text(moment: datetime) -> models.Text:
    """Return an aware moment, to the minute, in both languages."""
    return models.Text(vi=format_moment(moment, "vi"), en=format_moment(moment, "en"))


def make_day_text(day: date) -> models.Text:
    """Return a day in both languages."""
    return models.Text(vi=format_day(day, "vi"), en=format_day(day, "en"))


def format_short_month_of_moment(moment: datetime, lang: Lang) -> str:
    """Return the month of an aware moment, short."""
    here = moment.astimezone(ZONE)
    return f"{here:%m/%Y}" if lang == "vi" else f"{_abbreviate_month(here.month)} {here:%Y}"


def format_full_month(year: int, month_number: int, lang: Lang) -> str:
    """Return a month in full, within a sentence."""
    return f"tháng {month_number:02} năm {year}" if lang == "vi" else f"{_MONTHS[month_number - 1]} {year}"


def _abbreviate_month(month_number: int) -> str:
    return _MONTHS[month_number - 1][:3]
