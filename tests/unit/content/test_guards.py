"""Nobody comes as a search engine where that may shut us out, or where nobody knows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from auditor.content.guards import may_be_engine


def host(guards: list[str] | None, *plugins: tuple[str, bool | None], wordpress: bool = True) -> Any:
    instances = [{"plugins": [{"slug": slug, "active": active} for slug, active in plugins]}]
    data: dict[str, Any] = {"services": {"crawler_guards": guards}}
    return SimpleNamespace(context=lambda: data | ({"wordpress": {"instances": instances}} if wordpress else {}))


@pytest.mark.parametrize(
    ("facts", "may"),
    [
        (host([]), True),
        (host([], ("akismet", True), ("wordfence", False)), True),
        (host(["fail2ban.service"]), False),
        (host(None), False),
        (host([], ("wordfence", True)), False),
        (host([], ("wordfence-login-security", None)), False),
        (host([], wordpress=False), False),
        (None, False),
    ],
)
def test_an_engine_comes_only_where_the_host_says_that_nothing_is_on_guard(facts: Any, may: bool) -> None:
    assert may_be_engine(facts) is may
