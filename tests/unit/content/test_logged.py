"""What access logs say of an address that no visit of ours sees."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.content.detectors.access_log import judge_addresses_by_access_logs
from auditor.content.text.lexicon import load_built_in_lexicon
from auditor.facts.pages import SitePages
from auditor.scans.responses import PageInventory


def side(requests: int, status: int = 200, *sizes: int) -> dict[str, Any]:
    return {"requests": requests, "statuses": {str(status): requests}, "sizes": list(sizes) or None}


def judged(path: str = "/tin/a", *, verified: bool = True, state: str = "read", **sides: Any) -> PageInventory:
    logs = [{"path": "/l", "state": state, "lines": 1}]
    address = {"path": path, **sides}
    site = SitePages.model_validate({"domain": "a.test", "logs": logs, "addresses": [address], "files": ["/b.html"]})
    return judge_addresses_by_access_logs(site, load_built_in_lexicon(), is_verified=verified)


@pytest.mark.parametrize(
    ("sides", "kind", "certainty"),
    [
        ({"engine": side(6), "person": side(9, 404)}, "doorway", "strong"),
        ({"searcher": side(6, 302), "person": side(9)}, "redirect", "weak"),
        ({"engine": side(6, 200, 9_000, 9_500, 9_900), "person": side(9, 200, 3_000, 3_100, 3_200)}, "text", "weak"),
    ],
)
def test_what_engines_or_searchers_get_and_people_do_not_is_a_trace(
    sides: dict[str, Any], kind: str, certainty: str
) -> None:
    found = judged(**sides)
    (one,) = found.traces
    assert (one.kind, one.certainty, one.where) == (kind, certainty, "/tin/a")
    assert found.suspect_paths == ("/tin/a",)
    assert judged(**sides).traces[0].key == one.key


def test_an_engine_that_nobody_verified_is_weak_and_says_so() -> None:
    (one,) = judged(verified=False, engine=side(6), person=side(9, 404)).traces
    assert (one.certainty, one.rules) == ("weak", ("log_engine_finds_it", "engine_unverified"))
    (one,) = judged("/nha-cai-uy-tin", verified=False, engine=side(6), person=side(9, 404)).traces
    assert one.certainty == "strong", "with words of an advert in its address it is"


@pytest.mark.parametrize(
    "sides",
    [
        {"engine": side(4), "person": side(9, 404)},
        {"engine": side(6), "person": side(4, 404)},
        {"engine": side(6), "person": side(9)},
        {"engine": side(6, 404), "person": side(9, 404)},
        {"searcher": side(6, 302), "person": side(9, 301)},
        {"engine": side(6, 200, 3_000, 3_300, 3_600), "person": side(9, 200, 2_900, 3_000, 3_100)},
        {"engine": side(6, 200, 3_000, 9_000, 9_000), "person": side(9, 200, 3_000, 3_100, 3_200)},
    ],
)
def test_what_is_usual_is_none(sides: dict[str, Any]) -> None:
    found = judged(**sides)
    assert (found.traces, found.suspect_paths) == ((), ())
    assert found.addresses == ("/tin/a", "/b.html")


def test_what_only_engines_were_served_is_looked_at_by_all_visitors() -> None:
    found = judged(engine=side(60))
    assert (found.traces, found.suspect_paths) == ((), ("/tin/a",))


@pytest.mark.parametrize(
    ("state", "told"), [("read", "read"), ("shared", "read"), ("cut_short", "partly"), ("format", "none")]
)
def test_what_could_not_be_read_is_told(state: str, told: str) -> None:
    assert judged(state=state).logs == told


def test_a_log_with_others_requests_in_it_compares_nothing() -> None:
    assert judged(state="shared", engine=side(6), person=side(9, 404)).traces == ()
