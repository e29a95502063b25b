"""What our own reviews and hunts saw, made a list for others: what is certain, nobody's but an intruder's, and names no victim."""

from __future__ import annotations

import datetime
import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from auditor.cli import app
from auditor.compromise.scan_cache import ScanCache
from auditor.history.hunts import HuntHistory
from auditor.history.scans import ScanHistory
from auditor.indicators import export, observations, store
from auditor.indicators.indicator import Indicator
from auditor.models import Finding, Run, Scan, Severity, Status, Subject, TraceAcceptance, clock
from auditor.models.hunts import Hunt
from auditor.models.reviews import Family
from auditor.scans.frontier import CrawlFrontier
from auditor.scans.traces import add_target_to_trace, build_masked_trace, make_trace_exact

TODAY = datetime.date(2026, 11, 28)
NOW = "2026-11-27T08:00:00+07:00"
SHELL, OTHER = "5d" * 32, "6e" * 32
INVENTORY = str(Path(__file__).parents[3] / "inventories/lab")


def _leads(kind: Any, target: str, *, families: tuple[Family, ...] = ("hidden", "lexicon"), exact: bool = False) -> Any:
    trace = build_masked_trace(kind, target, where="/", sample="-", families=families, rules=("links",))
    return add_target_to_trace(make_trace_exact(trace) if exact else trace, target)


def _look(*traces: Any) -> Scan:
    return Scan(
        id="look", site="antruc.test", started=NOW, seconds=1, known=1, fresh=1, visited=1, engine=True, traces=traces
    )


def _hunt(*traces: Any) -> Hunt:
    counts = dict.fromkeys(("seen", "same", "known", "judged", "unjudged", "left"), 0)
    told = {"id": "hunt", "host": "web1", "started": NOW, "seconds": 1, "warm": False, "cut_short": False}
    return Hunt.model_validate({**told, **counts, "traces": traces})


def _program(digest: str, *, families: tuple[Family, ...] = ("tree",), exact: bool = False) -> Any:
    trace = build_masked_trace("program", digest, where="/x.php", sample="-", rules=("eval",), families=families)
    return make_trace_exact(trace) if exact else trace


def _made(
    *, looks: Any = (), hunts: Any = (), accepted: tuple[TraceAcceptance, ...] = (), victims: bool = False
) -> tuple[Indicator, ...]:
    told = observations.SharingPolicy("found", "GREEN", lambda kind: f"a {kind}", victims)
    ours = (["antruc.test"], ["203.0.113.7"])
    return observations.collect_indicators_from_scans_and_hunts(
        observations.ScansAndHunts(looks, hunts, {"web1": [OTHER, SHELL]}), accepted, ours, told, TODAY
    )


def test_servers_that_pages_lead_to_and_programs_by_their_digest() -> None:
    look = _look(_leads("link", "slot.test"), _leads("script", "8.8.4.9"), _leads("link", "slot.test", exact=True))
    made = _made(looks=[look], hunts=[_hunt(_program(SHELL, exact=True))])
    assert [(one.kind, one.text, one.note, str(one.first)) for one in made] == [
        ("address", "8.8.4.9", "a script", "2026-11-27"),
        ("domain", "slot.test", "a link", "2026-11-27"),
        ("sha256", SHELL, "a program", "2026-11-27"),
    ]
    assert {(one.tlp, one.list, one.last) for one in made} == {("GREEN", "found", None)}


@pytest.mark.parametrize(
    "trace_",
    [
        _leads("link", "hint.test", families=("lexicon",)),
        _leads("link", "www.antruc.test"),
        _leads("link", "203.0.113.7"),
        _leads("link", "www.google.com"),
        _leads("link", "10.0.0.1"),
        _leads("link", "xa-khac.gov.vn"),
        _leads("link", "truong.edu.vn"),
        _leads("link", "dinas.go.id"),
        _leads("text", "slot.test"),
        _leads("link", f"{'a' * 58}.test"),
        _leads("link", "•••.test"),
        _leads("link", "<script>"),
    ],
)
def test_a_hint_ours_everybodys_a_victims_and_what_was_cut_short_are_left_out(trace_: Any) -> None:
    assert _made(looks=[_look(trace_)]) == ()


def test_victims_are_named_when_that_is_asked_for() -> None:
    (one,) = _made(looks=[_look(_leads("link", "xa-khac.gov.vn"))], victims=True)
    assert one.text == "xa-khac.gov.vn"


def test_what_is_accepted_or_a_sites_own_change_is_left_out() -> None:
    link, shell = _leads("link", "slot.test"), _program(SHELL, exact=True)
    accepted = tuple(
        TraceAcceptance(site=site, key=one.key, reason="known", approver="Chánh Văn phòng", granted=TODAY)
        for site, one in (("antruc.test", link), ("web1", shell))
    )
    assert _made(looks=[_look(link)], hunts=[_hunt(shell)], accepted=accepted) == ()
    changed = make_trace_exact(
        build_masked_trace("changed", SHELL, where="/a.php", sample="-", families=("known",), rules=("changed",))
    )
    assert _made(hunts=[_hunt(changed, _program(OTHER))]) == ()


def test_a_met_indicator_goes_along_as_a_sighting_that_says_no_place() -> None:
    violation = {"indicator": "slot.test", "list": "c2", "where": "log", "path": "/var/log/secret.log", "times": 3}
    finding = Finding(
        control="firewall.known_bad",
        subject=Subject(kind="host", id="web1"),
        host="web1",
        status=Status.FAIL,
        severity=Severity.HIGH,
        violations=(violation, {**violation, "where": "mail"}),
    )
    run = Run(
        id="r", started=NOW, seconds=1, version="0", inventory=INVENTORY, hosts=(), outcomes=(), findings=(finding,)
    )
    met = observations.count_indicator_sightings_in_run(run, ["firewall.known_bad"])
    assert observations.count_indicator_sightings_in_run(run, ["ssh.root_login"]) == {}
    going = [
        Indicator("domain", name, "", "GREEN", TODAY, None, "", list_)
        for name, list_ in (("slot.test", "c2"), ("slot.test", "other"), ("else.test", "c2"))
    ]
    objects = export.build_stix_objects(going, "UBND", met)
    (sighting,) = [one for one in objects if one["type"] == "sighting"]
    assert sighting["count"] == 2
    assert sighting["sighting_of_ref"] == objects[2]["id"]
    assert sighting["where_sighted_refs"] == [objects[0]["id"]] == [sighting["created_by_ref"]]
    assert "secret" not in json.dumps(objects) and "web1" not in json.dumps(objects)


def test_every_moment_is_as_precise_as_stix_asks_for() -> None:
    one = Indicator("domain", "slot.test", "", "GREEN", TODAY, None, "", "c2")
    met = {("slot.test", "c2"): export.Sighting(TODAY, 1)}
    moments = [
        value
        for each in export.build_stix_objects([one], "UBND", met)
        for name, value in each.items()
        if name in ("created", "modified", "valid_from", "valid_until", "first_seen", "last_seen")
    ]
    assert len(moments) == 11
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", moment) for moment in moments)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LUYTRE_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(clock, "today", lambda: TODAY)
    return tmp_path


def test_the_command_makes_a_list_that_is_exported_as_any_other(state: Path) -> None:
    ScanHistory().store_look_and_frontier(
        INVENTORY, _look(_leads("link", "slot.test")), CrawlFrontier(site="antruc.test")
    )
    file = ("/srv", "x.php", 1, 1, 1, SHELL, 0, 0, "0" * 32, None)
    HuntHistory().store_hunt(INVENTORY, _hunt(_program(SHELL, exact=True)), ScanCache(host="web1", files=(file,)))
    runner = CliRunner()
    done = runner.invoke(app, ["indicators", "found", "--tlp", "GREEN", "-i", INVENTORY, "--lang", "en"])
    assert done.exit_code == 0, done.output
    assert {one.text for one in store.load_indicators(name="found")} == {"slot.test", SHELL}
    out = state / "out.json"
    assert runner.invoke(app, ["indicators", "export", str(out), "-i", INVENTORY]).exit_code == 0
    assert "[domain-name:value = 'slot.test']" in out.read_text("utf-8")


@pytest.mark.parametrize(
    "words, told",
    [
        (["found", "--name", "../x"], "is not a valid list"),
        (["poll", "--name", "../x"], "is not a valid list"),
        (["found", "--tlp", "PINK"], "no such marking"),
        (["export", "a.csv", "--sightings"], "only STIX supports sightings"),
        (["export", "a.json", "--sightings"], "no audit of this inventory is stored"),
    ],
)
def test_what_cannot_be_done_is_told(state: Path, words: list[str], told: str) -> None:
    with store.open_writer() as into:
        one = Indicator("domain", "slot.test", "", "GREEN", TODAY, None, "", "c2")
        into.replace_list_of_same_name(store.IndicatorList("c2", "f", "csv", "", TODAY, NOW, "", 1, 0, 0, 0), [one], ())
    done = CliRunner().invoke(app, ["indicators", *words, "-i", INVENTORY])
    assert told in str(done.exception) or told in done.output
