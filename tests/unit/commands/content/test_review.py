"""``auditor review`` from its options to its exit code; hosts and sites left out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from auditor.cli import app
from auditor.commands.content import review
from auditor.errors import InputError
from auditor.history.runs import RunHistory
from auditor.history.scans import ScanHistory
from auditor.models import Host, Scan
from auditor.scans.frontier import CrawlFrontier
from tests import factory
from tests.unit.audit.assessors.test_scans import look

INVENTORY = str(Path(__file__).parents[4] / "inventories/lab")
GOOD = factory.run(clean=True, run_id="20261101T010000Z-aaaaaa").model_copy(update={"inventory": INVENTORY})
BAD = factory.run(run_id="20261102T010000Z-bbbbbb").model_copy(update={"inventory": INVENTORY})


class Reviewed:
    """Stands for a review that visits no site, and keeps how it was asked for."""

    asked: list[dict[str, Any]]

    def __init__(self, **how: Any) -> None:
        self.asked.append(how)

    def scan_sites(
        self, hosts: Sequence[Host], domains: Sequence[str], report_done: Callable[[str], None]
    ) -> tuple[Scan, ...]:
        self.asked[-1] |= {"hosts": [host.name for host in hosts], "domains": list(domains)}
        for domain in domains:
            report_done(domain)
        return ()


@pytest.fixture
def auditor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Review; what came of it and how the review was asked for."""
    monkeypatch.setenv("LUYTRE_STATE", str(tmp_path / "state"))
    monkeypatch.setattr("auditor.audit.controls.load_catalogue", factory.catalogue)
    monkeypatch.setattr(Reviewed, "asked", [], raising=False)
    monkeypatch.setattr(review, "ScanRun", Reviewed)
    queries: list[list[str]] = []

    def query(_inventory: str, hosts: Sequence[Host], _networks: Any, report_done: Callable[[str], None]) -> Any:
        queries.append([host.name for host in hosts])
        report_done(hosts[0].name)
        return {}

    monkeypatch.setattr("auditor.content.host_facts.query_facts_about_sites_on_hosts", query)

    def invoke(*options: str, run: Any = GOOD) -> tuple[Result, dict[str, Any]]:
        audited: list[Sequence[Host]] = []

        def audit(_inventory: Any, _prior: Any, _catalogue: Any, hosts: Sequence[Host], **how: Any) -> Any:
            audited.append(hosts)
            how["while_reading"].meanwhile()
            how["while_reading"].watch(hosts[0].name)
            return run.model_copy(update={"id": f"{run.id[:-1]}{len(Reviewed.asked)}"}), {}

        monkeypatch.setattr("auditor.audit.run.audit_hosts", audit)
        arguments = ["review", "-i", INVENTORY, "--output", str(tmp_path / "out"), *options]
        result = CliRunner().invoke(app, arguments, catch_exceptions=False)
        asked = Reviewed.asked[-1] if audited else {}
        assert not audited or [[host.name for host in hosts] for hosts in audited] == [asked["hosts"]] == queries[-1:]
        return result, asked

    return invoke


def test_sites_are_looked_at_and_then_their_hosts_audited(auditor: Any, tmp_path: Path) -> None:
    result, asked = auditor("--json")
    name = json.loads(result.stdout)["run"]["id"]
    assert {"antruc.test", "dongvau.test"} <= set(asked["domains"])
    assert set(asked["domains"]) <= asked["own"]
    assert (tmp_path / "out" / "findings.json").is_file()
    kept = RunHistory().latest(INVENTORY)
    assert kept is not None and kept.id == name


@pytest.mark.parametrize(("run", "code"), [(GOOD, 3), (BAD, 1)])
def test_the_exit_code_is_that_of_an_audit(auditor: Any, run: Any, code: int) -> None:
    assert auditor("--json", run=run)[0].exit_code == code


def test_only_the_site_that_is_named_is_visited_and_only_its_host_asked(auditor: Any) -> None:
    _result, asked = auditor("--limit", "antruc.test")
    assert (asked["hosts"], asked["domains"]) == (["web1"], ["antruc.test"])
    _result, asked = auditor("--limit", "web1")
    assert asked["hosts"] == ["web1"] and "antruc.test" in asked["domains"]


@pytest.mark.parametrize(("options", "seconds"), [(("--minutes", "3"), 180), (("--minutes", "600"), 36_000)])
def test_a_site_takes_so_many_minutes(auditor: Any, options: tuple[str, ...], seconds: int) -> None:
    assert auditor(*options)[1]["budget"].seconds == seconds


def test_a_review_goes_on_where_the_last_one_stopped(auditor: Any) -> None:
    assert auditor()[1]["last"] == {}
    scan = look().model_copy(update={"site": "antruc.test"})
    ScanHistory().store_look_and_frontier(INVENTORY, scan, CrawlFrontier(site="antruc.test"))
    _result, asked = auditor()
    assert {domain: one.id for domain, one in asked["last"].items()} == {"antruc.test": scan.id}
    assert isinstance(asked["shelf"], ScanHistory)


def test_a_site_is_probed_that_an_office_authorized(auditor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    authorized = frozenset({"antruc.test"})
    monkeypatch.setattr("auditor.content.host_facts.list_sites_authorized_for_probes", lambda *_: authorized)
    assert auditor()[1]["may_probe"] == authorized


def test_nothing_is_probed_that_no_office_authorized(auditor: Any) -> None:
    assert not auditor()[1]["may_probe"]


def test_a_host_that_told_nothing_has_no_way_of_its_own(auditor: Any) -> None:
    _result, asked = auditor()
    assert set(asked["ways"]) == set(asked["hosts"])
    assert asked["pages"] == {} or not any(asked["pages"].values())


def test_a_browser_is_not_used_unless_it_renders_safely(auditor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert auditor()[1]["render"] is False

    def refuse() -> None:
        raise InputError("there is no browser", mend="install it")

    monkeypatch.setattr("auditor.web.browser.check_browser_renders_safely", refuse)
    before = len(Reviewed.asked)
    with pytest.raises(InputError, match="there is no browser"):
        auditor("--render")
    assert len(Reviewed.asked) == before
    monkeypatch.setattr("auditor.web.browser.check_browser_renders_safely", lambda: None)
    assert auditor("--render")[1]["render"] is True


@pytest.mark.parametrize("minutes", ["0", "601", "1.5"])
def test_a_time_that_makes_no_sense_is_refused_before_any_site_is_visited(auditor: Any, minutes: str) -> None:
    assert auditor("--minutes", minutes)[0].exit_code == 2
    assert Reviewed.asked == []


def test_a_site_that_the_inventory_does_not_know_is_not_visited(auditor: Any) -> None:
    with pytest.raises(InputError, match=r"khac\.test"):
        auditor("--limit", "khac.test")
    assert Reviewed.asked == []


def test_two_reviews_do_not_visit_at_once(auditor: Any, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o700)
    with ScanHistory().hold_review_lock(), pytest.raises(InputError):
        auditor()
    assert Reviewed.asked == []
