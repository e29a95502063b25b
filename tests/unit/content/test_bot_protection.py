"""Visitors who would be shut out come from the host's own address; nobody comes as a search engine where nobody knows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from auditor.content.bot_protection import ALL, VisitRoutes, determine_visit_routes

FAIL2BAN = ["fail2ban.service"]
ENGINE = VisitRoutes(inside=frozenset({"engine"}))


def host(
    guards: list[str] | None,
    *plugins: tuple[str, bool | None],
    wordpress: bool = True,
    jails: list[list[str]] | None = None,
) -> Any:
    instances = [{"plugins": [{"slug": slug, "active": active} for slug, active in plugins]}]
    data: dict[str, Any] = {"services": {"crawler_guards": guards}}
    data |= {"applications": {"wordpress": instances}} if wordpress else {}
    data |= {"bans": {"jails": [{"bans_visitors": visitors} for visitors in jails]}} if jails is not None else {}
    return SimpleNamespace(build_context_for_control_expressions=lambda: data)


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        (host([]), VisitRoutes()),
        (host([], ("akismet", True), ("wordfence", False)), VisitRoutes()),
        (host(FAIL2BAN, jails=[]), VisitRoutes()),
        (host(FAIL2BAN, jails=[[], []]), VisitRoutes()),
        (host(FAIL2BAN, jails=[[], ["engine"]]), ENGINE),
        (host(FAIL2BAN, jails=[["phone", "engine"]]), VisitRoutes(inside=ALL)),
        (host(FAIL2BAN), ENGINE),
        (host(["sshguard.service"]), ENGINE),
        (host(["crowdsec.service"]), VisitRoutes(inside=ALL)),
        (host([], ("wordfence", True)), ENGINE),
        (host([], ("wordfence-login-security", None)), ENGINE),
        (host(None), VisitRoutes(engine=False)),
        (host([], wordpress=False), VisitRoutes(engine=False)),
        (None, VisitRoutes(engine=False)),
    ],
)
def test_how_visitors_go_there_depends_on_who_is_on_guard(facts: Any, wanted: VisitRoutes) -> None:
    assert determine_visit_routes(facts) == wanted
