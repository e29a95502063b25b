"""What on a host may shut out visitors like ours, and how its sites are visited then. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from auditor.content.crawler.session import HEADERS
from auditor.facts import HostFacts
from auditor.models.applications.registry import CMSS
from auditor.scans.responses import Visitor

ALL = frozenset[Visitor](HEADERS)
_ENGINE = frozenset[Visitor]({"engine"})


@dataclass(frozen=True)
class VisitRoutes:
    """The ways of visitors to a host's sites."""

    inside: frozenset[Visitor] = frozenset()
    """Those who go through SSH, from the host's own address."""
    engine: bool = True
    """Whether anybody comes as a search engine at all."""


def determine_visit_routes(facts: HostFacts | None) -> VisitRoutes:
    """Return how to visit so that nobody is shut out.

    Through SSH where someone on guard would, and never as an engine where nobody knows.
    """
    data = facts.build_context_for_control_expressions() if facts is not None else {}
    on_guard = data.get("services", {}).get("crawler_guards")
    if on_guard is None or "applications" not in data:
        return VisitRoutes(engine=False)
    if "crowdsec.service" in on_guard:
        return VisitRoutes(inside=ALL)
    blocked_visitors = (
        _list_visitors_banned_by_fail2ban(data.get("bans")) if "fail2ban.service" in on_guard else frozenset()
    )
    if "sshguard.service" in on_guard or _has_active_bot_blocking_plugin(data):
        blocked_visitors |= _ENGINE
    return VisitRoutes(inside=blocked_visitors)


def _list_visitors_banned_by_fail2ban(fail2ban_facts: dict[str, Any] | None) -> frozenset[Visitor]:
    """Return the visitors that a jail of fail2ban would shut out; the engine, where it did not say."""
    if fail2ban_facts is None or "jails" not in fail2ban_facts:
        return _ENGINE
    visitors = {visitor for jail in fail2ban_facts["jails"] for visitor in jail["bans_visitors"]}
    # All people go where one of them would be shut out: it is one address that all of them come from.
    return ALL if visitors - _ENGINE else frozenset(visitors & _ENGINE)


def _has_active_bot_blocking_plugin(facts_data: dict[str, Any]) -> bool:
    return any(
        plugin["slug"].startswith(cms.security_plugins) and plugin["active"] is not False
        for cms in CMSS
        if cms.security_plugins
        for instance in facts_data["applications"][cms.kind]
        for plugin in instance["plugins"]
    )
