"""What is known of a site's addresses grows from look to look, and forgets what is no longer there."""

from __future__ import annotations

from datetime import timedelta

from auditor.models import clock
from auditor.scans.frontier import MAX_KEYS, MAX_PLACES, CrawlFrontier
from tests.unit.scans.test_traces import seen

NOW = clock.parse_iso_moment("2026-11-24T10:00:00+07:00")
EMPTY = CrawlFrontier(site="antruc.test")


def test_a_trace_stands_as_long_as_one_address_has_it() -> None:
    ledger = EMPTY.with_traces_seen_at_path("/a", [seen(where="/a")], NOW).with_traces_seen_at_path(
        "/b", [seen(where="/b")], NOW
    )
    (found,), left_out = ledger.collect_traces()
    assert (found.where, found.places, left_out) == ("/a", 2, 0)
    ledger = ledger.with_traces_seen_at_path("/a", [], NOW)
    assert [one.places for one in ledger.collect_traces()[0]] == [1]
    ledger = ledger.with_traces_seen_at_path("/b", [], NOW)
    assert (ledger.collect_traces(), ledger.traces) == (((), 0), {})


def test_what_is_seen_again_is_as_sure_as_it_ever_was() -> None:
    ledger = EMPTY.with_traces_seen_at_path("/a", [seen()], NOW).with_traces_seen_at_path(
        "/b", [seen(families=["lexicon", "hidden"])], NOW
    )
    assert [one.certainty for one in ledger.collect_traces()[0]] == ["strong"]


def test_an_address_is_fresh_for_seven_days() -> None:
    ledger = EMPTY.with_known_paths(["/a", "/b"], is_linked=True).with_traces_seen_at_path("/a", [], NOW)
    assert ledger.list_paths_seen_within_seven_days(NOW + timedelta(days=7)) == ("/a",)
    assert ledger.list_paths_seen_within_seven_days(NOW + timedelta(days=7, seconds=1)) == ()


def test_a_link_found_later_makes_an_address_one_that_is_led_to() -> None:
    ledger = EMPTY.with_known_paths(["/a"], is_linked=False)
    assert not ledger.places["/a"].linked
    assert ledger.with_known_paths(["/a"], is_linked=True).places["/a"].linked
    assert ledger.with_known_paths(["/a"], is_linked=True).with_known_paths(["/a"], is_linked=False).places["/a"].linked


def test_a_site_without_end_is_bounded() -> None:
    ledger = EMPTY.with_known_paths((f"/{n}" for n in range(MAX_PLACES + 10)), is_linked=True)
    assert len(ledger.places) == MAX_PLACES
    ledger = ledger.with_traces_seen_at_path("/1", (seen(f"{n}.example") for n in range(MAX_KEYS + 10)), NOW)
    assert len(ledger.traces) == MAX_KEYS
    assert len(ledger.model_dump_json(exclude_defaults=True)) < 500_000


def test_weak_traces_without_end_push_no_sure_one_out() -> None:
    weak = [seen(f"{n}.example") for n in range(2 * MAX_KEYS)]
    strong = seen("zuno.example", families=["hidden", "address"])
    assert EMPTY.with_traces_seen_at_path("/a", [*weak, strong], NOW).collect_traces()[0][0] == strong
