"""The table of ATT&CK's techniques: nothing stands in it that no plant proves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tools import attack_page
from tools.attack_page import Plant, Technique

PLANTS = {
    "cron": Plant("cron", "alarm", ("connects_back",), "T1053.003"),
    "key": Plant("key", "sign", (), "T1098.004"),
}
REASONS = {"act": {"vi": "hành động", "en": "an act"}}
RIGHT = (Technique("T1053.003", "Cron", ("cron",)), Technique("T1098", "Account", ("key",)))


def test_the_table_as_it_is_names_every_plant_of_the_set() -> None:
    techniques, reasons = attack_page.load_techniques(attack_page.TECHNIQUES)
    plants = attack_page.load_plants(attack_page.SET)
    assert list(attack_page.find_mistakes(techniques, reasons, plants)) == []
    assert {one.why for one in techniques if one.why} == set(reasons)
    assert all(set(why) == {"vi", "en"} for why in reasons.values())


def test_what_is_recorded_is_of_plants_that_are_there() -> None:
    recorded = json.loads((attack_page.SET / "result.json").read_text("utf-8"))
    assert set(recorded["footholds"]) <= set(attack_page.load_plants(attack_page.SET))
    assert not any(recorded["clean_alarms"].values())


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (Technique("T1014", "Rootkit"), "T1014: it needs either plants or a reason"),
        (Technique("T1014", "Rootkit", (), "never"), "T1014: there is no reason never"),
        (Technique("T1014", "Rootkit", ("gone",)), "T1014: there is no plant gone"),
        (Technique("T1014", "Rootkit", ("cron",)), "T1014: cron is of T1053.003"),
        (Technique("T1053.003", "Cron", (), "act"), "T1053.003: twice"),
        (Technique("T1053", "Task", ("cron",)), "cron: under several techniques"),
        (Technique("T1053", "Task", ("cron",), "act"), "T1053: it needs either plants or a reason"),
    ],
)
def test_a_claim_without_a_plant_is_named(wrong: Technique, said: str) -> None:
    assert list(attack_page.find_mistakes(RIGHT, REASONS, PLANTS)) == []
    assert any(said in one for one in attack_page.find_mistakes((*RIGHT, wrong), REASONS, PLANTS))


def test_a_plant_that_no_technique_names_is_named() -> None:
    assert list(attack_page.find_mistakes(RIGHT[:1], REASONS, PLANTS)) == ["key: under no technique"]


def test_a_plant_counts_by_its_worse_result_where_it_works(tmp_path: Path) -> None:
    files = [{"file": f"{name}.sh", "technique": "T1053.003"} for name in ("both", "worse", "one", "none", "new")]
    (tmp_path / "footholds.yml").write_text(yaml.safe_dump(files), "utf-8")
    assert attack_page.load_plants(tmp_path)["both"].said == "does not work"
    alarm, sign = {"said": "alarm", "rules": ["foreign"]}, {"said": "sign", "rules": ["changed"]}
    footholds = {
        "both": {"web1": alarm, "web2": alarm},
        "worse": {"web1": alarm, "web2": sign},
        "one": {"web1": {"said": "does not work"}, "web2": sign},
        "none": {"web1": {"said": "does not work"}},
    }
    (tmp_path / "result.json").write_text(json.dumps({"footholds": footholds}), "utf-8")
    plants = attack_page.load_plants(tmp_path)
    said = [plants[name].said for name in ("both", "worse", "one", "none", "new")]
    assert said == ["alarm", "sign", "sign", "does not work", "does not work"]
    assert plants["worse"].rules == ("changed",)
