"""Drills that put something on a site: inert, on a site of the host, and each what its control is about."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from auditor.audit import controls
from auditor.audit.controls import CONTENT, Drill
from auditor.content.analyzer import analyze_visit
from auditor.content.page import scripts
from auditor.lab.spec import load_lab_spec
from auditor.models.reviews import Certainty
from auditor.scans.responses import PageVisit, SiteBaseline, VisitorResponse

DRILLS = [drill for drill in controls.load_drills() if drill.control.startswith(f"{CONTENT}.")]
FOUND: dict[str, Certainty] = {"content.injected": "exact", "content.suspected": "strong"}


def planted(drill: Drill) -> tuple[str, str]:
    """The page that a drill writes, and its address."""
    text = Path(drill.path).read_text("utf-8")
    (page,) = re.findall(r"(?s)<!doctype html>.*?</html>", text)
    (address,) = re.findall(r"<loc>([^<]+)</loc>", text)
    return page, address


def test_both_alarms_are_drilled_on_both_releases_of_debian() -> None:
    assert {drill.seen_by for drill in DRILLS} == {"review"}
    for control in FOUND:
        hosts = {host for drill in DRILLS if drill.control == control for host in drill.hosts}
        assert {load_lab_spec().hosts[host].release for host in hosts} == {"bookworm", "trixie"}


@pytest.mark.parametrize("drill", DRILLS, ids=lambda drill: f"{drill.control}.{drill.trap}")
def test_what_is_put_on_a_site_is_what_its_control_is_about(drill: Drill) -> None:
    page, address = planted(drill)
    assert drill.site is not None
    known = SiteBaseline(drill.site, own=frozenset({drill.site}))
    served = VisitorResponse("plain", 200, {"content-type": "text/html; charset=utf-8"}, page.encode())
    traces = analyze_visit(PageVisit(address, "orphan", (served,)), known).traces
    assert {trace.certainty for trace in traces} == {FOUND[drill.control]}
    assert {(trace.target or "").rpartition("[.]")[2] for trace in traces if trace.target} == {"example"}


@pytest.mark.parametrize("drill", DRILLS, ids=lambda drill: f"{drill.control}.{drill.trap}")
def test_what_is_put_on_a_site_names_nobody_else(drill: Drill) -> None:
    page, address = planted(drill)
    text = Path(drill.path).read_text("utf-8")
    (host,) = drill.hosts
    assert address.startswith(f"https://{drill.site}/")
    assert f"root=/var/www/{drill.site}\n" in text
    assert drill.site in load_lab_spec().hosts[host].sites
    decoded = [
        one
        for code in re.findall(r"(?s)<script>(.*?)</script>", page)
        for one in scripts.analyze_script_code(code).decoded_addresses
    ]
    foreign = [*re.findall(r"//([\w.-]+)", page), *(re.sub(r"\w+://|/.*", "", one) for one in decoded)]
    assert foreign
    assert [name for name in foreign if not name.endswith(".example")] == []
