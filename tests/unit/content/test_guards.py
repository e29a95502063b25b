"""Visitors who would be shut out come from the host's own address; nobody comes as a search engine where nobody knows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from auditor.content.bot_protection import ALL, Ways, ways

FAIL2BAN = ["fail2ban.service"]
ENGINE = Ways(inside=frozenset({"engine"}))


def host(
    guards: list[str] | None,
    *plugins: tuple[str, bool | None],
    wordpress: bool = True,
    jails: list[list[str]] | None = None,
) -> Any:
    instances = [{"plugins": [{"slug": slug, "active": active} for slug, active in plugins]}]
    data: dict[str, Any] = {"services": {"crawler_guards": guards}}
    data |= {"wordpress": {"instances": instances}} if wordpress else {}
    data |= {"bans": {"jails": [{"bans_visitors": visitors} for visitors in jails]}} if jails is not None else {}
    return SimpleNamespace(build_context=lambda: data)


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        (host([]), Ways()),
        (host([], ("akismet", True), ("wordfence", False)), Ways()),
        (host(FAIL2BAN, jails=[]), Ways()),
        (host(FAIL2BAN, jails=[[], []]), Ways()),
        (host(FAIL2BAN, jails=[[], ["engine"]]), ENGINE),
        (host(FAIL2BAN, jails=[["phone", "engine"]]), Ways(inside=ALL)),
        (host(FAIL2BAN), ENGINE),
        (host(["sshguard.service"]), ENGINE),
        (host(["crowdsec.service"]), Ways(inside=ALL)),
        (host([], ("wordfence", True)), ENGINE),
        (host([], ("wordfence-login-security", None)), ENGINE),
        (host(None), Ways(engine=False)),
        (host([], wordpress=False), Ways(engine=False)),
        (None, Ways(engine=False)),
    ],
)
def test_how_visitors_go_there_depends_on_who_is_on_guard(facts: Any, wanted: Ways) -> None:
    assert ways(facts) == wanted
