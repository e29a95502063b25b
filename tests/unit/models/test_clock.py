"""Vietnam's clock, and that nothing in the product has one of its own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from auditor.models import clock
from auditor.text import dates

PRODUCT = Path(__file__).parents[3] / "auditor"
CLOCKS = {"models/clock.py", "text/dates.py"}
ASKING = {"now", "utcnow", "today", "fromtimestamp", "utcfromtimestamp", "astimezone", "strptime", "fromisoformat"}
"""What asks a clock, or takes in a moment, when asked of anything but ``clock``."""
WRITING = {"strftime", "isoformat", "ctime", "asctime", "localtime", "gmtime", "tzname", "formatdate"}
"""What makes text of a moment."""
DATES_AS_WRITTEN = {"audit/waivers.py": {"isoformat"}}
"""A paper's dates, which have no time, as YAML and JSON have them."""
_DIRECTIVE = re.compile(r"%-?[aAbBcdDeFGHIjmMpsSTuUVwWxXyYzZ]")
LATE = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)


def other_clocks(source: str) -> Iterator[str]:
    """Calls and format specs by which code would tell time by itself."""
    for node in ast.walk(ast.parse(source)):
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Attribute) and ast.unparse(called.value) not in ("clock", "self", "offices", "units"):
            yield from {called.attr} & (ASKING | WRITING)
        if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            yield from _DIRECTIVE.findall(ast.unparse(node.format_spec))


@pytest.mark.parametrize(
    "source",
    [
        "f'{moment:%H:%M}'",
        "f'{day:%-d}'",
        "moment.strftime('%d/%m/%Y')",
        "moment.astimezone()",
        "datetime.datetime.now(UTC)",
        "datetime.date.today()",
        "time.ctime(seconds)",
        "datetime.fromtimestamp(seconds, tz)",
        "run.began.isoformat(timespec='seconds')",
    ],
)
def test_other_ways_to_tell_time_are_found(source: str) -> None:
    assert list(other_clocks(source))


def test_nothing_else_of_the_product_tells_time() -> None:
    found = {
        name: sorted(others)
        for path in sorted(PRODUCT.rglob("*.py"))
        if (name := path.relative_to(PRODUCT).as_posix()) not in CLOCKS and not name.startswith("lab/")
        if (others := set(other_clocks(path.read_text())) - DATES_AS_WRITTEN.get(name, set()))
    }
    assert found == {}


def test_no_page_prints_a_moment_as_it_is_kept() -> None:
    shown = re.compile(r"{{\s*(\w+\.)*(started|ended|deadline|pruned|expires|granted|valid_until)\b")
    pages = sorted(PRODUCT.rglob("*.j2"))
    assert pages
    assert [page.name for page in pages if shown.search(page.read_text())] == []


@pytest.mark.parametrize(
    ("iso", "day", "month"),
    [
        ("2026-11-30T23:30:00+00:00", date(2026, 12, 1), "2026-12"),
        ("2026-12-01T06:30:00+07:00", date(2026, 12, 1), "2026-12"),
        ("2026-11-30T16:59:59+00:00", date(2026, 11, 30), "2026-11"),
        ("2026-11-30T09:00:00-08:00", date(2026, 12, 1), "2026-12"),
    ],
)
def test_days_and_months_are_vietnam_s(iso: str, day: date, month: str) -> None:
    assert (clock.convert_moment_to_vietnam_day(datetime.fromisoformat(iso)), clock.format_month(iso)) == (day, month)
    assert clock.parse_iso_moment(iso) == clock.convert_epoch_to_moment(datetime.fromisoformat(iso).timestamp())


def test_what_is_kept_has_its_offset() -> None:
    assert clock.format_iso_moment(LATE) == "2026-12-01T06:30:00+07:00"
    assert (
        clock.format_iso_moment_in_utc(clock.parse_iso_moment(clock.format_iso_moment(LATE))) == "2026-11-30T23:30:00Z"
    )
    assert clock.format_compact_utc_moment(LATE) == "20261130T233000Z"
    assert clock.make_naive_utc_for_office_file(clock.format_iso_moment(LATE)) == datetime(2026, 11, 30, 23, 30)


def test_as_people_write_it() -> None:
    assert dates.format_moment(LATE, "vi") == "06:30 ngày 01/12/2026"
    assert dates.format_moment(LATE, "en") == "1 Dec 2026, 06:30"
    assert (dates.format_short_month_of_moment(LATE, "vi"), dates.format_short_month_of_moment(LATE, "en")) == (
        "12/2026",
        "Dec 2026",
    )


def test_today_is_vietnam_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    assert clock.today() == clock.convert_moment_to_vietnam_day(datetime.now(UTC))
    assert str(clock.now().tzinfo) == "Asia/Ho_Chi_Minh"
