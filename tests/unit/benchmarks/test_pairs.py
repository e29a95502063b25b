"""The soak of random pairs: what it draws from, and what it takes for a loss or a difference."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path

import pytest

from auditor.hardening.health.smoke import Answers, FetchResult
from auditor.incidents.actions.registry import CONTAINMENT_KINDS, ERADICATION_KINDS
from benchmarks.pairs import __main__ as pairs
from benchmarks.pairs import actions
from benchmarks.pairs.actions import ACTIONS, FAULTS, Trial, possible
from benchmarks.pairs.place import Place
from tests.lab import targets

OTHERS = {"harden", "plan", "rollback", "lift", "drift", "hunt", "upgrade", "edit", "reboot", "kill", "cable"}
SITE, PAGE = "bennua.test", "https://bennua.test/"


def trial(folder: Path, **planted: str) -> Trial:
    one = Trial(1, ("plan", "plan"), Place("web2", folder), random.Random(1), folder)  # noqa: S311
    one.planted = planted  # type: ignore[assignment]
    return one


def action(means: str, what: str, state: str) -> Mapping[str, object]:
    return {"means": means, "what": what, "state": state}


def answers(status: int | None) -> Answers:
    return {SITE: (FetchResult(url=PAGE, status=status),)}


def test_every_means_has_an_action_and_so_has_all_else_that_happens_to_hosts() -> None:
    means = {f"contain {one}" for one in CONTAINMENT_KINDS} | {f"clean {one}" for one in ERADICATION_KINDS}
    assert set(ACTIONS) == means | OTHERS | {"disk_full"}
    assert set(ACTIONS) >= FAULTS


def test_a_host_has_something_for_every_means_and_one_without_wordpress_for_every_other() -> None:
    assert set(possible("web1")) == set(ACTIONS)
    of_applications = {"contain administrator", *(f"clean {one}" for one in ERADICATION_KINDS if one != "process-end")}
    assert set(ACTIONS) - set(possible("web2")) == of_applications


def test_a_seed_is_one_trial(tmp_path: Path) -> None:
    one, other = (pairs.drawn(7, ["web1", "web2"], tmp_path) for _ in range(2))
    assert (one.pair, one.host, one.together) == (other.pair, other.host, other.together)
    assert one.random.random() == other.random.random()


@pytest.mark.parametrize(
    ("log", "in_force", "expected"),
    [
        ([action("unit", "x.service", "confirmed")], False, ["unit: the log says confirmed, and the host does not"]),
        ([], True, ["unit: in force on the host, and the log says nothing"]),
        (
            [action("unit", "x.service", "released")],
            True,
            ["unit: in force on the host, and the log says ['released']"],
        ),
        ([action("unit", "x.service", "confirmed")], True, []),
        ([action("unit", "x.service", "begun")], True, []),
        ([action("unit", "x.service", "begun")], False, []),
        ([], False, []),
    ],
)
def test_log_and_host_are_compared_both_ways(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    log: list[Mapping[str, object]],
    in_force: bool,
    expected: list[str],
) -> None:
    monkeypatch.setattr(targets, "is_in_force", lambda *_: in_force)
    assert list(pairs.differences(trial(tmp_path, unit="x.service"), log)) == expected


def test_only_the_planted_file_is_one_of_the_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "is_in_force", lambda *_: True)
    others = [action("file", "/var/www/other.php", "confirmed")]
    assert len(list(pairs.differences(trial(tmp_path, file="/var/www/an.php"), others))) == 1


@pytest.mark.parametrize(
    ("status", "means", "dead"),
    [(500, set(), True), (503, set(), True), (503, {"site"}, False), (500, {"site"}, True), (None, {"site"}, True)],
)
def test_a_site_that_a_containment_in_the_log_closed_is_not_lost(
    status: int | None, means: set[str], dead: bool
) -> None:
    """A contain that was killed before its end has the site closed, and the log says that it began."""
    log = [action(one, SITE, "begun") for one in means]
    assert bool(pairs.unserved(answers(200), answers(status), pairs.possibly_contained(log))) is dead
    assert not pairs.unserved(answers(200), answers(None), {"isolation"})


def test_an_action_that_is_refused_whenever_it_is_drawn_is_named(tmp_path: Path) -> None:
    one, other = trial(tmp_path), trial(tmp_path)
    one.refused, other.refused = ["plan", "plan"], ["plan"]
    assert pairs.unplayed([one, other]) == {}
    assert "(refused: plan)" in pairs.row(other)
    other.refused = ["plan", "plan"]
    assert pairs.unplayed([one, other]) == {"plan": 4}


def test_a_command_that_is_taken_for_a_mistake_is_no_action(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = trial(tmp_path)
    monkeypatch.setattr(one, "do", lambda *_: one.codes.append(2))
    actions.act(one, "plan")
    assert one.refused == ["plan"]
