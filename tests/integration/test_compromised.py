"""What intruders leave on the lab: all of it is found, on sites by a review, on a host by a hunt; and nothing on the same sites without it.

Reviews go from address to address without the pause that they make between requests: their manners are looked at elsewhere.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from auditor import lab
from tests.lab.fixtures import INVENTORY, Ended, as_hardened_first, environment, quiet, run

HURRIED = """
from auditor.content.crawler import session
from auditor.cli import main
session.RequestPacer.wait_for_next_request = lambda pace: None
main()
"""
SITES = frozenset({"antruc.test", "bennua.test", "dongvau.test", "gotre.test"})
ALARMS = ("content.injected", "content.suspected")
CONTENT = tuple(one for one in lab.load_planted_intrusion_traces() if one.what == "content")
FOOTHOLDS = tuple(one for one in lab.load_planted_intrusion_traces() if one.what == "foothold" and one.host == "web2")
"""Of the machine whose files are few: what a hunt reads of WordPress takes longest of all."""
ACCEPTED = "engine_only"
LATER = """cat > /var/www/antruc.test/wp-content/mu-plugins/chan-trang.php <<'END'
<?php
// luytre-lab: inert, shows text
add_action( 'wp_footer', function () {
    echo '<p style="text-indent:-9999px"><a href="https://xocdiaonline.example/">xóc đĩa online uy tín</a></p>';
} );
END
chown www-data: /var/www/antruc.test/wp-content/mu-plugins/chan-trang.php"""
"""What is injected when one trace is accepted already."""


@dataclass(frozen=True)
class Story:
    """What was done, and what each command said in the end."""

    clean: Mapping[str, Any]
    hardened: Mapping[str, Any]
    """Reviews of the sites as they are, and as hardened."""
    found: Mapping[str, Any]
    """The review of the compromised ones; ``again``: the audit after it."""
    again: Mapping[str, Any]
    key: str
    accepted: Mapping[str, Any]
    """The audit once ``key`` was accepted."""
    later: Mapping[str, Any]
    """The review of one site, measured by the run before, after something else was injected."""
    hunted: Mapping[str, Any]
    verified: Ended


@pytest.fixture(scope="module")
def story(hardened: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    as_hardened_first(*lab.get_standard_machines_by_name())
    after = review(environment(tmp_path_factory.mktemp("hardened")))
    lab.reset_machines_to_pristine_image()
    quiet(*lab.get_standard_machines_by_name())
    try:
        yield _played(after, tmp_path_factory.mktemp("clean"), tmp_path_factory.mktemp("compromised"))
    finally:
        lab.reset_machines_to_pristine_image()


def _played(hardened: Mapping[str, Any], clean: Path, compromised: Path) -> Story:
    before, state = review(environment(clean)), environment(compromised)
    lab.compromise_hosts()
    found = review(state)
    again = audit(state)
    key = next(one["key"] for one in traces(found, "antruc.test") if plant(ACCEPTED).told.matches_trace(one))
    agreed = ("--approver", "Văn thư", "--second", "Chánh Văn phòng", "--despite-high-confidence")
    said = ("--reason", "Trang của đơn vị", *agreed)
    assert run(state, "baseline", "accept", "antruc.test", key, *said, "-i", INVENTORY).code == 0
    accepted = audit(state)
    assert lab.run_on_machine_as_root("web1", LATER).returncode == 0
    later, hunted = (
        review(state, "--limit", "antruc.test", "--baseline", "last"),
        hunt(state, "--limit", "web2,web3"),
    )
    return Story(
        clean=before,
        hardened=hardened,
        found=found,
        again=again,
        key=key,
        accepted=accepted,
        later=later,
        hunted=hunted,
        verified=run(state, "history", "verify"),
    )


def review(state: Mapping[str, str], *arguments: str) -> Mapping[str, Any]:
    output = Path(state["LUYTRE_STATE"]).with_name("review")
    command = ("review", "-i", INVENTORY, "--json", "--format", "json", "--output", str(output), *arguments)
    done = subprocess.run(
        [sys.executable, "-c", HURRIED, *command],
        env=dict(state),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    told: Mapping[str, Any] = json.loads(done.stdout)
    return told


def audit(state: Mapping[str, str]) -> Mapping[str, Any]:
    return told(state, "audit")


def hunt(state: Mapping[str, str], *arguments: str) -> Mapping[str, Any]:
    return told(state, "hunt", *arguments)


def told(state: Mapping[str, str], verb: str, *arguments: str) -> Mapping[str, Any]:
    output = Path(state["LUYTRE_STATE"]).with_name(verb)
    done = run(state, verb, "-i", INVENTORY, "--json", "--format", "json", "--output", str(output), *arguments)
    assert done.code in (0, 1), done.err
    document: Mapping[str, Any] = done.json
    return document


def plant(name: str) -> lab.PlantedIntrusionTrace:
    return next(one for one in CONTENT if one.id == name)


def traces(told: Mapping[str, Any], site: str) -> list[Mapping[str, Any]]:
    """The traces that give the alarm."""
    found = [f for f in told["findings"] if f["control"] in ALARMS and f["subject"]["id"] == site]
    assert len(found) == len(ALARMS)
    return [trace for finding in found for trace in finding["violations"]]


def footholds(told: Mapping[str, Any], host: str) -> list[Mapping[str, Any]]:
    """The traces of a hunt that give the alarm."""
    found = [f for f in told["findings"] if f["control"].startswith("compromise.") and f["host"] == host]
    assert found
    return [trace for finding in found for trace in finding["violations"]]


def whole(told: Mapping[str, Any]) -> set[str]:
    """The sites that were looked at to the end."""
    return {one["site"] for one in told["reviews"] if one["stopped"] is None and one["fresh"] == one["known"] > 5}


@pytest.mark.parametrize("which", ["clean", "hardened"])
def test_nothing_is_found_on_the_sites_as_they_are(story: Story, which: str) -> None:
    told = getattr(story, which)
    assert whole(told) == SITES
    assert {site: traces(told, site) for site in SITES} == {site: [] for site in SITES}


@pytest.mark.parametrize("one", [one for one in CONTENT if one.told.by is None], ids=lambda one: str(one.id))
def test_what_was_put_on_a_site_is_found(story: Story, one: lab.PlantedIntrusionTrace) -> None:
    assert one.site is not None
    assert [trace for trace in traces(story.found, one.site) if one.told.matches_trace(trace)]


def test_what_a_browser_alone_sees_is_not_told_without_one(story: Story) -> None:
    for one in (one for one in CONTENT if one.told.by == "render"):
        assert one.site is not None
        assert not [trace for trace in traces(story.found, one.site) if one.told.matches_trace(trace)]


def test_the_sites_of_the_machine_beside_it_have_nothing(story: Story) -> None:
    assert whole(story.found) == SITES
    assert traces(story.found, "dongvau.test") == traces(story.found, "gotre.test") == []


def test_an_audit_after_a_review_says_the_same_of_content(story: Story) -> None:
    assert {site: traces(story.again, site) for site in SITES} == {site: traces(story.found, site) for site in SITES}


def test_what_is_accepted_is_no_finding_any_more_and_is_told(story: Story) -> None:
    left = [trace for trace in traces(story.again, "antruc.test") if trace["key"] != story.key]
    assert traces(story.accepted, "antruc.test") == left
    told = next(one for one in story.accepted["reviews"] if one["site"] == "antruc.test")
    assert [one["trace"]["key"] for one in told["accepted"]] == [story.key]


def test_what_is_injected_then_is_new_and_worse(story: Story) -> None:
    known = {trace["key"] for trace in traces(story.accepted, "antruc.test")}
    new = [trace for trace in traces(story.later, "antruc.test") if trace["key"] not in known]
    assert {trace["target"] for trace in new} >= {"xocdiaonline[.]example"}
    assert story.key not in {trace["key"] for trace in new}
    causes = story.later["verdict"]["causes"]
    assert [one["why"] for one in causes if one["control"] == "content.suspected"] == ["worse"]


@pytest.mark.parametrize("one", FOOTHOLDS, ids=lambda one: str(one.id))
def test_what_was_left_on_a_host_is_found(story: Story, one: lab.PlantedIntrusionTrace) -> None:
    weak = next(hunt["weak"] for hunt in story.hunted["hunts"] if hunt["host"] == "web2")
    assert [
        t for t in (weak if one.told.by == "earlier" else footholds(story.hunted, "web2")) if one.told.matches_trace(t)
    ]


def test_the_machine_beside_it_has_no_footholds(story: Story) -> None:
    assert footholds(story.hunted, "web3") == []


def test_the_history_holds(story: Story) -> None:
    assert story.verified.code == 0, story.verified.out + story.verified.err
