from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from auditor.audit import controls
from auditor.hardening import plan as planning
from auditor.hardening import plan_facts
from auditor.hardening.health import listings, smoke
from auditor.hardening.plan import ControlChange, HardeningPlan, HostPlan
from auditor.inventory import reach as reaching
from auditor.models import Host, Run, Site, Text
from auditor.web.fetch import FetchResult

SITES = tuple(Site(domain=f"{name}.test", host="h") for name in "ab")
RUN = Run(
    id="r",
    started="2026-11-26T00:00:00+00:00",
    seconds=1,
    version="0",
    inventory="i",
    hosts=(Host(name="h", address="192.0.2.1", sites=SITES), Host(name="g", address="192.0.2.2")),
    outcomes=(),
    findings=(),
)


@pytest.fixture
def met(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """What was visited, and with which faults plans were made."""
    seen: list[Any] = []

    def visit(hosts: Any, _ca_files: Any) -> dict[str, tuple[FetchResult, ...]]:
        seen.append([(host.name, [site.domain for site in host.sites]) for host in hosts])
        untrusted = FetchResult("https://a.test/", 200, is_trusted=False)
        return {"a.test": (FetchResult("http://a.test/", 200), untrusted)}

    def make(*_: Any, outside: Any = planning.NOTHING_FROM_OUTSIDE, **_more: Any) -> HardeningPlan:
        seen.append(sorted(outside.https) or None)
        changes = tuple(ControlChange(control=control, sites=("a.test",), disruption="none") for control in planned)
        return HardeningPlan(hosts=(HostPlan(host="h", changes=changes),))

    planned = ["nginx.frame"]
    monkeypatch.setattr(planning, "make_hardening_plan", make)
    monkeypatch.setattr(smoke, "visit_smoke_urls_of_sites", visit)
    monkeypatch.setattr(reaching, "load_reach", lambda _path: {})
    seen.append(planned)
    yield seen


def test_https_is_tried_where_visitors_would_be_sent_there_and_nowhere_else(met: list[Any]) -> None:
    planned = met.pop()
    catalogue = controls.load_catalogue()
    plan_facts.make_plan_after_site_visits(catalogue, RUN, {})
    assert met == [None]
    planned.append("tls.redirect")
    plan_facts.make_plan_after_site_visits(catalogue, RUN, {})
    assert met[1:] == [None, [("h", ["a.test"])], ["a.test"]]


def test_lists_of_files_are_looked_for_where_they_would_be_closed(
    met: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = met.pop()
    planned.append("apache.options_indexes")
    asked: list[list[str]] = []

    def linked(hosts: Any, _ca_files: Any) -> dict[str, Text]:
        asked.append([site.domain for host in hosts for site in host.sites])
        return {}

    monkeypatch.setattr(listings, "find_folder_listings_of_sites", linked)
    plan_facts.make_plan_after_site_visits(controls.load_catalogue(), RUN, {})
    assert asked == [["a.test"]]
    assert met == [None], "no HTTPS was tried, and nothing was found that a second plan would know"
