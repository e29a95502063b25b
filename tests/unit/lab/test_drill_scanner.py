"""What drills are seen by besides an audit; the hosts and their sites left out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor.audit import controls
from auditor.history.scans import ScanHistory
from auditor.lab import drill_scanner
from auditor.lab.drill_scanner import DrillScanner
from auditor.models import Host, Inventory, Scan, Site, Status, Trace, clock
from auditor.models.hunts import Hunt
from tests.unit.audit.assessors.test_scans import EXACT, look
from tests.unit.results.test_hunts import HUNT, found

CATALOGUE = controls.load_catalogue()
HOSTS = (
    Host(
        name="web1",
        address="192.0.2.1",
        sites=(
            Site(domain="antruc.test", host="web1", aliases=("www.antruc.test",)),
            Site(domain="b.test", host="web1"),
        ),
    ),
    Host(name="web2", address="192.0.2.2", sites=(Site(domain="c.test", host="web2"),)),
)
INVENTORY = Inventory(path="i", organisation=None, hosts=HOSTS)
LATELY = clock.format_iso_moment(clock.now() - timedelta(minutes=1))


@pytest.fixture
def scanner(tmp_path: Path) -> DrillScanner:
    return DrillScanner(INVENTORY, CATALOGUE, tmp_path / "history.sqlite")


@pytest.fixture
def hunts(monkeypatch: pytest.MonkeyPatch) -> tuple[list[dict[str, Any]], list[Hunt]]:
    """How hunts are asked for, and what they come to."""
    asked: list[dict[str, Any]] = []
    results: list[Hunt] = []

    class Hunted:
        def __init__(self, **how: Any) -> None:
            asked.append(how)

        def hunt_hosts(self, hosts: Sequence[Host]) -> Any:
            asked[-1]["hosts"] = [host.name for host in hosts]
            return tuple(results), {}, ()

    monkeypatch.setattr(drill_scanner, "HuntRun", Hunted)
    return asked, results


@pytest.fixture
def scans(monkeypatch: pytest.MonkeyPatch) -> tuple[list[dict[str, Any]], list[Scan]]:
    """How reviews are asked for, and what they come to."""
    asked: list[dict[str, Any]] = []
    results: list[Scan] = []

    class Reviewed:
        def __init__(self, **how: Any) -> None:
            asked.append(how)

        def scan_sites(
            self, hosts: Sequence[Host], sites: Collection[str], report_done: Callable[[str], None]
        ) -> tuple[Scan, ...]:
            asked[-1] |= {
                "hosts": [host.name for host in hosts],
                "sites": sites,
                "there": asked[-1]["shelf"].path.parent,
            }
            assert asked[-1]["there"].is_dir()
            report_done("antruc.test")
            return tuple(results)

    monkeypatch.setattr(drill_scanner, "ScanRun", Reviewed)
    return asked, results


def hunt(*traces: Trace, host: str = "web1") -> Hunt:
    return Hunt.model_validate({**HUNT, "id": host, "host": host, "started": LATELY, "traces": traces, "places": 7})


def open_controls(findings: Any) -> set[tuple[str, str]]:
    return {(one.control, one.host) for one in findings if one.status is Status.FAIL}


def test_what_a_hunt_sees_is_a_finding_of_its_host(scanner: DrillScanner, hunts: Any, tmp_path: Path) -> None:
    asked, results = hunts
    results += [hunt(found("program", "exact", "/var/www/a.test/x.php")), hunt(host="web2")]
    findings = scanner.find_findings_by_hunt_on_hosts(HOSTS)
    assert {host for _control, host in open_controls(findings)} == {"web1"}
    assert ("compromise.shell", "web1") in open_controls(findings)
    (how,) = asked
    assert how["inventory"] == INVENTORY.path
    assert (how["hosts"], how["manifests"], how["shelf"].path) == (["web1", "web2"], (), tmp_path / "history.sqlite")


def test_a_host_that_gave_no_answer_has_no_finding_and_is_not_clean(scanner: DrillScanner, hunts: Any) -> None:
    _asked, results = hunts
    assert scanner.find_findings_by_hunt_on_hosts(HOSTS) == ()
    results.append(hunt(host="web2"))
    assert {one.host for one in scanner.find_findings_by_hunt_on_hosts(HOSTS)} == {"web2"}


def test_what_a_review_sees_is_a_finding_of_its_site(scanner: DrillScanner, scans: Any) -> None:
    _asked, results = scans
    scan = look(EXACT).model_copy(update={"started": LATELY})
    results.append(scan)
    findings = scanner.find_findings_by_review_of_sites(HOSTS, frozenset({"antruc.test"}))
    assert {one.subject.id for one in findings} == {"antruc.test"}
    assert open_controls(findings)


def test_a_review_knows_nothing_of_those_before_and_leaves_nothing(
    scanner: DrillScanner, scans: Any, tmp_path: Path
) -> None:
    asked, _results = scans
    for _ in range(2):
        assert scanner.find_findings_by_review_of_sites(HOSTS[:1], frozenset({"antruc.test"})) == ()
    first, second = asked
    assert isinstance(first["shelf"], ScanHistory)
    assert first["there"] != second["there"] and first["there"].parent == tmp_path
    assert list(tmp_path.iterdir()) == []
    assert first["last"] == {}


def test_a_review_visits_only_the_sites_that_were_broken(scanner: DrillScanner, scans: Any) -> None:
    asked, _results = scans
    scanner.find_findings_by_review_of_sites(HOSTS[:1], frozenset({"b.test"}))
    (how,) = asked
    assert (how["hosts"], how["sites"], set(how["ways"])) == (["web1"], frozenset({"b.test"}), {"web1"})
    assert how["inventory"] == INVENTORY.path
    assert how["pace"].keywords == {"between": 0.0}, "nobody else is there to be spared"
    assert how["own"] == {"antruc.test", "www.antruc.test", "b.test", "c.test"}
    assert how["budget"].pages <= 20 and how["budget"].seconds <= 300
    assert how["ways"]["web1"].engine
