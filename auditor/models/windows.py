"""Change windows: the hours of the week in which a unit's hosts may be changed. Pure; no clock is read here.

Written ``sat-sun 00:00-05:00``, ``mon-fri 22:00-04:00``, ``wed,sat 00:00-24:00``: days, then from when to when by the
clock of Việt Nam, which is UTC+7 all year. A window that ends at or before its beginning ends on the next day, so the
days name the evening. The first minute belongs to it, the last does not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from auditor.models import clock
from auditor.models.clock import ZONE

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = 24 * 60
_FORM = re.compile(r"([a-z,-]+) ([0-2][0-9]):([0-5][0-9])-([0-2][0-9]):([0-5][0-9])")


@dataclass(frozen=True)
class WeeklyTimeWindow:
    """Some days of the week, each from ``start`` for ``minutes``."""

    days: frozenset[int]
    """0 is Monday."""
    start: int
    """Minutes after midnight."""
    minutes: int
    """How long, from 1 minute to a day."""


def parse_weekly_time_window(window_text: str) -> WeeklyTimeWindow:
    """Return the window that ``window_text`` describes. Raises ValueError saying what is wrong with it."""
    match = _FORM.fullmatch(window_text)
    if match is None:
        raise ValueError(f"{window_text!r} is not a change window like 'sat-sun 00:00-05:00'")
    start, end = (60 * int(match[hour]) + int(match[hour + 1]) for hour in (2, 4))
    if start >= _DAY or end > _DAY:
        raise ValueError(f"{window_text!r}: times must be between 00:00 and 24:00")
    if start == end:
        raise ValueError(f"{window_text!r} is empty; a whole day is 00:00-24:00")
    days = frozenset(day for part in match[1].split(",") for day in _parse_weekday_range(part, window_text))
    return WeeklyTimeWindow(days, start, end - start if end > start else end - start + _DAY)


def _parse_weekday_range(days_text: str, window_text: str) -> list[int]:
    first, dash, last = days_text.partition("-")
    for name in (first, last) if dash else (first,):
        if name not in DAYS:
            raise ValueError(f"{window_text!r}: {name!r} is not a day; days are {' '.join(DAYS)}")
    begin, end = DAYS.index(first), DAYS.index(last if dash else first)
    return [day % 7 for day in range(begin, (end if end >= begin else end + 7) + 1)]


def is_moment_in_any_window(windows: Sequence[WeeklyTimeWindow], moment: datetime) -> bool:
    """Return whether the moment (with a time zone) lies in one of them."""
    return any(
        begin <= moment < end for window in windows for begin, end in _list_window_times_around_moment(window, moment)
    )


def find_next_window_start_after(windows: Sequence[WeeklyTimeWindow], moment: datetime) -> datetime:
    """Return when the next of them begins after the moment, in Việt Nam's time. ``windows`` must hold one."""
    return min(
        begin for window in windows for begin, _ in _list_window_times_around_moment(window, moment) if begin > moment
    )


def _list_window_times_around_moment(window: WeeklyTimeWindow, moment: datetime) -> list[tuple[datetime, datetime]]:
    """Return beginning and end of each time that it is open from yesterday to a week from now."""
    today = datetime.combine(clock.convert_moment_to_vietnam_day(moment), time(), ZONE)
    nights = (today + timedelta(days=offset) for offset in range(-1, 9))
    starts = [night + timedelta(minutes=window.start) for night in nights if night.weekday() in window.days]
    return [(start, start + timedelta(minutes=window.minutes)) for start in starts]
