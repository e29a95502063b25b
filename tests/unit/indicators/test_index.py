"""Indicators against values, lines of logs and digests."""

from __future__ import annotations

import datetime
import gzip
from pathlib import Path

import pytest

from auditor.indicators import logs
from auditor.indicators.index import IndicatorIndex, build_index_of_valid_foreign_indicators, compute_digest
from auditor.indicators.indicator import Indicator
from auditor.indicators.values import parse_value

TODAY = datetime.date(2026, 11, 27)


def indicator(text: str, *, first: str = "2026-11-20", last: str | None = None) -> Indicator:
    found = parse_value(text)
    assert found is not None
    return Indicator(
        found.kind, found.text, "", "AMBER", datetime.date.fromisoformat(first),
        datetime.date.fromisoformat(last) if last else None, "", "c2",
    )  # fmt: skip


def held(*texts: str) -> IndicatorIndex:
    return build_index_of_valid_foreign_indicators([indicator(text) for text in texts], TODAY)


@pytest.mark.parametrize(
    ("text", "line", "times"),
    [
        ("203.0.114.9", '203.0.114.9 - - [x] "GET / HTTP/1.1" 200', 1),
        ("203.0.114.9", "1203.0.114.9 203.0.114.99 203.0.114.9.1 x203.0.114.9", 0),
        ("203.0.114.9", "from=203.0.114.9, to (203.0.114.9).", 2),
        ("203.0.114.0/24", "203.0.114.77 203.0.115.77 203.0.114.300", 1),
        ("2001:db8::1", "2001:DB8::1 2001:db8::11 [2001:db8::1]:443", 2),
        ("evil.test", '"https://EVIL.test/x" www.evil.test evil.test.vn notevil.test evil.test.', 2),
        ("http://evil.test/a", "http://evil.test/a http://evil.test/ab (http://evil.test/a)", 1),
        ("a" * 64, f"{'A' * 64} {'a' * 65}", 1),
    ],
)
def test_a_value_counts_where_it_stands_as_a_whole(text: str, line: str, times: int) -> None:
    assert len(list(held(text).find_in_text(line))) == times


def test_an_address_is_named_by_itself_or_by_the_narrowest_network() -> None:
    found = held("203.0.114.0/24", "203.0.0.0/16", "203.0.114.9", "2001:db8::/32")
    for seen, by in (
        ("203.0.114.9", "203.0.114.9"), ("203.0.114.8", "203.0.114.0/24"), ("203.0.1.1", "203.0.0.0/16"), ("2001:db8::5", "2001:db8::/32"),
    ):  # fmt: skip
        one = found.find(parse_value(seen))  # type: ignore[arg-type]
        assert one is not None and one.text == by
    assert found.find(parse_value("198.51.100.1")) is None  # type: ignore[arg-type]


def test_what_has_ended_or_is_ours_is_not_held_against_anybody() -> None:
    given = [
        indicator("ended.test", first="2026-08-28"),
        indicator("today.test", first="2026-08-29"),
        indicator("told.test", first="2026-01-01", last="2026-11-26"),
        indicator("later.test", first="2026-11-28"),
        indicator("www.antruc.test"),
        indicator("198.51.100.7"),
    ]
    found = build_index_of_valid_foreign_indicators(given, TODAY, ["antruc.test"], ["198.51.100.7"])
    assert [one.text for one in found.by_value] == ["today.test"]


def test_digests_are_of_the_key_and_hold_no_value() -> None:
    found = held("evil.test", "203.0.114.9")
    one, other = found.compute_digests(b"k" * 16), found.compute_digests(b"l" * 16)
    assert set(one).isdisjoint(other) and {len(each) for each in one} == {8}
    assert one[compute_digest("evil.test", b"k" * 16)].text == "evil.test"


def test_a_log_is_read_whole_whatever_its_lines_are(tmp_path: Path) -> None:
    line = b'198.51.100.1 - - [x] "GET / HTTP/1.1" 200 5 "https://evil.test/" "x"\n'
    (tmp_path / "a.log.gz").write_bytes(gzip.compress(line * 40_000 + b"\xff" * 3_000_000 + b"\nevil.test"))
    counts = logs.count_indicators_in_log(tmp_path / "a.log.gz", held("evil.test", "203.0.114.9"))
    assert {one.text: n for one, n in counts.items()} == {"evil.test": 40_001}
