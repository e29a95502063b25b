"""``auditor hunt`` from its options to its exit code; the hosts and the analysis of their files left out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from auditor.cli import app
from auditor.commands.compromise import hunt
from auditor.errors import InputError
from auditor.facts import HostFacts
from auditor.facts.contacts import ContactsFacts
from auditor.fleet.collect import ALL
from auditor.history.hunts import HuntHistory
from auditor.history.runs import RunHistory
from auditor.models import Host, HostOutcome, Text

RULE = 'rule Mine { strings: $a = "zorbix" condition: $a }\n'
INVENTORY = str(Path(__file__).parents[4] / "inventories/lab")


class Hunted:
    """Stands for a hunt that reaches no host, and keeps how it was asked for."""

    asked: list[dict[str, Any]]
    facts: HostFacts | None = None
    """What every host tells; None where none is reached."""

    def __init__(self, **how: Any) -> None:
        self.asked.append(how)

    def hunt_hosts(
        self, hosts: Sequence[Host], report_done: Callable[[str], None], meanwhile: Callable[[], None]
    ) -> tuple[tuple[()], dict[str, Any], list[HostOutcome]]:
        meanwhile()
        rules = self.asked[-1]["rules"]
        files = [] if rules is None else [file for file in rules.rglob("*") if file.is_file()]
        self.asked[-1] |= {"hosts": [host.name for host in hosts], "rule_files": len(files)}
        for host in hosts:
            report_done(host.name)
        why = Text(vi="không tới", en="out of reach")
        if self.facts is not None:
            return (
                (),
                {host.name: self.facts for host in hosts},
                [HostOutcome(host=host.name, reached=True) for host in hosts],
            )
        return (), {}, [HostOutcome(host=host.name, reached=False, reason=why) for host in hosts]


@pytest.fixture
def auditor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Hunt; what came of it and how the hunt was asked for."""
    monkeypatch.setenv("LUYTRE_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(Hunted, "asked", [], raising=False)
    monkeypatch.setattr(hunt, "HuntRun", Hunted)

    def invoke(*options: str) -> tuple[Result, dict[str, Any]]:
        arguments = ["hunt", "-i", INVENTORY, "--output", str(tmp_path / "out"), *options]
        result = CliRunner().invoke(app, arguments, catch_exceptions=False)
        return result, Hunted.asked[-1]

    return invoke


def test_hosts_that_are_out_of_reach_are_not_evaluated_and_never_clean(auditor: Any, tmp_path: Path) -> None:
    result, asked = auditor("--json")
    assert result.exit_code == 3
    told = json.loads(result.stdout)
    assert {found["status"] for found in told["findings"]} <= {"not_evaluated", "not_applicable"}
    left = {found["host"] for found in told["findings"] if found["status"] == "not_evaluated"}
    assert left == set(asked["hosts"])
    assert (tmp_path / "out" / "findings.json").is_file()


def test_it_is_a_run_that_is_kept(auditor: Any) -> None:
    result, _asked = auditor("--json")
    kept = RunHistory().latest(INVENTORY)
    assert kept is not None and kept.id == json.loads(result.stdout)["run"]["id"]


@pytest.mark.parametrize(("options", "whole"), [((), False), (("--whole",), True)])
def test_what_was_read_before_is_read_again_only_when_asked_for(
    auditor: Any, options: tuple[str, ...], whole: bool
) -> None:
    _result, asked = auditor(*options)
    assert asked["whole"] is whole
    assert isinstance(asked["shelf"], HuntHistory) and asked["inventory"] == INVENTORY


def test_only_the_hosts_that_are_named_are_hunted_on(auditor: Any) -> None:
    assert auditor("--limit", "web2")[1]["hosts"] == ["web2"]
    assert auditor("--limit", "antruc.test")[1]["hosts"] == ["web1"]
    with pytest.raises(InputError, match="khac"):
        auditor("--limit", "khac")


def test_without_lists_of_indicators_hosts_are_asked_for_all_facts(auditor: Any) -> None:
    assert auditor()[1]["fact_query"] is ALL


@pytest.mark.parametrize(("listed", "status"), [(False, "not_applicable"), (True, "pass")])
def test_hosts_are_asked_for_what_lists_of_indicators_name_and_that_is_judged(
    auditor: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listed: bool, status: str
) -> None:
    contacts = {"seen": [], "logs": 1, "cut_short": []}
    areas = {"contacts": {"seconds": 0.1, "error": None, "data": contacts}}
    models = {"contacts": ContactsFacts}
    told = HostFacts.parse(json.dumps({"schema": 1, "collected_at": 5, "areas": areas}), models)
    monkeypatch.setattr(Hunted, "facts", told)
    if listed:
        file = tmp_path / "c2.csv"
        file.write_text("value,note\nslot.example,a server of theirs\n", "utf-8")
        imported = CliRunner().invoke(app, ["indicators", "import", str(file)], catch_exceptions=False)
        assert imported.exit_code == 0, imported.output
    result, asked = auditor("--json")
    assert (asked["fact_query"] is not ALL) is listed
    known_bad = [one for one in json.loads(result.stdout)["findings"] if one["control"] == "firewall.known_bad"]
    assert {one["status"] for one in known_bad} == {status}


def test_rules_of_a_folder_are_used_this_once(auditor: Any, tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "mine.yar").write_text(RULE, "utf-8")
    without = auditor()[1]
    _result, asked = auditor("--rules", str(folder))
    assert (len(asked["rule_sets"]), len(without["rule_sets"])) == (1, 0)
    assert asked["rule_files"] > without["rule_files"]
    assert auditor()[1]["rule_sets"] == ()


@pytest.mark.parametrize("make", [None, "file"])
def test_rules_that_are_no_folder_are_refused_before_any_host_is_asked(
    auditor: Any, tmp_path: Path, make: str | None
) -> None:
    place = tmp_path / "rules"
    if make:
        place.write_text("", "utf-8")
    with pytest.raises(InputError, match="is not a folder"):
        auditor("--rules", str(place))
    assert Hunted.asked == []


def test_an_output_that_cannot_be_written_is_refused_before_any_host_is_asked(auditor: Any, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("", "utf-8")
    with pytest.raises(InputError):
        auditor()
    assert Hunted.asked == []
