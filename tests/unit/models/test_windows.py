"""Change windows: which minutes of the week they hold, and when the next one begins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.models import windows
from auditor.models.clock import ZONE
from auditor.models.windows import DAYS, WeeklyTimeWindow

MINUTE = timedelta(minutes=1)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2099, 12, 30), timezones=st.sampled_from([UTC, ZONE]))
CLOCK = st.integers(0, 24 * 60 - 1)


def clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


@st.composite
def texts(draw: st.DrawFn) -> str:
    start, end = draw(st.lists(CLOCK, min_size=2, max_size=2, unique=True))
    parts = draw(
        st.lists(st.lists(st.sampled_from(DAYS), min_size=1, max_size=2).map("-".join), min_size=1, max_size=3)
    )
    return f"{','.join(parts)} {clock(start)}-{clock(end)}"


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("sat-sun 00:00-05:00", ["2026-11-28 00:00", "2026-11-29 04:59"], ["2026-11-28 05:00", "2026-11-27 23:59"]),
        ("mon-fri 22:00-04:00", ["2026-11-27 22:00", "2026-11-28 03:59"], ["2026-11-28 22:00", "2026-11-30 03:59"]),
        ("fri-mon 12:00-13:00", ["2026-11-29 12:30", "2026-11-30 12:00"], ["2026-11-26 12:30"]),
        ("wed,sat 00:00-24:00", ["2026-11-25 23:59", "2026-11-28 00:00"], ["2026-11-26 00:00"]),
        ("sun 23:00-22:59", ["2026-11-30 22:58"], ["2026-11-30 22:59"]),
    ],
)
def test_by_the_clock_of_viet_nam(text: str, inside: list[str], outside: list[str]) -> None:
    window = [windows.parse_weekly_time_window(text)]
    for expected, moments in ((True, inside), (False, outside)):
        for moment in moments:
            there = datetime.fromisoformat(f"{moment}+07:00")
            assert windows.is_moment_in_any_window(window, there) is expected
            assert windows.is_moment_in_any_window(window, there.astimezone(UTC)) is expected


@pytest.mark.parametrize(
    "text",
    ["", "sat", "sat 5-6", "sat-sun 00:00-05:00 ", "SAT 00:00-05:00", "weekend 00:00-05:00", "sat, sun 00:00-05:00",
     "sat 25:00-26:00", "sat 24:00-05:00", "sat 00:00-24:01", "sat 05:00-05:00", "sat- 00:00-05:00", "* 00:00-05:00",
     "sat-sun-mon 00:00-05:00", "sat 00:00-05:00\n"],
)  # fmt: skip
def test_what_is_no_window_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"window|day|no time|times must be"):
        windows.parse_weekly_time_window(text)


@given(texts(), MOMENTS)
def test_a_window_is_open_exactly_when_its_day_and_hour_say_so(text: str, moment: datetime) -> None:
    window = windows.parse_weekly_time_window(text)
    there = moment.astimezone(ZONE)
    minute = there.hour * 60 + there.minute
    from_today = there.weekday() in window.days and window.start <= minute < window.start + window.minutes
    from_yesterday = (there.weekday() - 1) % 7 in window.days and minute < window.start + window.minutes - 24 * 60
    assert windows.is_moment_in_any_window([window], moment) is (from_today or from_yesterday)


@given(st.lists(texts(), min_size=1, max_size=3), MOMENTS)
def test_the_next_opening_is_within_a_week_and_open(several: list[str], moment: datetime) -> None:
    known = [windows.parse_weekly_time_window(text) for text in several]
    opening = windows.find_next_window_start_after(known, moment)
    assert moment < opening <= moment + timedelta(days=7)
    assert opening.utcoffset() == timedelta(hours=7)
    assert windows.is_moment_in_any_window(known, opening)


@given(st.lists(texts(), min_size=1, max_size=3), MOMENTS)
def test_nothing_is_open_between_a_closed_moment_and_the_next_opening(several: list[str], moment: datetime) -> None:
    known = [windows.parse_weekly_time_window(text) for text in several]
    if windows.is_moment_in_any_window(known, moment):
        return
    opening = windows.find_next_window_start_after(known, moment)
    for step in range(20):
        assert not windows.is_moment_in_any_window(known, moment + (opening - moment) * step / 20)
    assert not windows.is_moment_in_any_window(known, opening - timedelta(microseconds=1))


@given(texts())
def test_a_window_holds_as_many_minutes_of_the_week_as_it_says(text: str) -> None:
    window = windows.parse_weekly_time_window(text)
    assert isinstance(window, WeeklyTimeWindow)
    assert 1 <= window.minutes <= 24 * 60
    begin = datetime(2026, 11, 23, tzinfo=ZONE)
    minutes = (
        sum(windows.is_moment_in_any_window([window], begin + MINUTE * 15 * step) for step in range(7 * 24 * 4)) * 15
    )
    assert abs(minutes - window.minutes * len(window.days)) <= 15 * len(window.days)
