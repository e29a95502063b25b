"""Every kind of trace that is answered is planted on lab hosts of both releases, and seen to be gone; or it is told why not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from auditor.incidents.response import response_rules
from auditor.models.reviews import Kind
from tests.lab import kinds

_BY_REVIEWS = "only a review raises it: planted in tests/integration/test_compromised.py; a closed site is visited in test_incident.py"
_ALWAYS_WEAK = "never more than a sign, for which no response is printed"
NOT_PLANTED: Mapping[Kind, str] = {
    **dict.fromkeys(
        ("redirect", "link", "frame", "script", "text", "title", "canonical", "form", "payload", "doorway"), _BY_REVIEWS
    ),
    **dict.fromkeys(("missing_page", "reflection", "sitemap", "search_console", "defacement"), _BY_REVIEWS),
    **dict.fromkeys(("document", "push"), _BY_REVIEWS),
    **dict.fromkeys(("executable", "unknown", "left_over", "missing", "unjudged"), _ALWAYS_WEAK),
    **dict.fromkeys(
        ("changed", "misplaced"),
        "needs the release that was imported: planted in test_incident.py and test_cleaned.py, which clean it",
    ),
    "kernel_module": "no container loads one: loaded on a kernel of its own, and answered, in tests/kernel/test_foreign_modules.py",
}


def test_every_kind_is_planted_or_it_is_told_why_not() -> None:
    planted = {*kinds.kinds()}
    assert planted.isdisjoint(NOT_PLANTED)
    assert planted | NOT_PLANTED.keys() == {*get_args(Kind)} == {*response_rules.RESPONSES}


def test_each_is_planted_on_both_releases() -> None:
    for host in kinds.SITES:
        assert {one.kind for one in kinds.listed().plants if host in one.hosts} == {*kinds.kinds()}


def test_what_is_planted_is_told_apart() -> None:
    names = [one.id for one in kinds.listed().plants]
    assert len(set(names)) == len(names)
