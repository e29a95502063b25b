"""Every command that the program prints about what intruders left can be typed as it is, and ends with 0: the auditor's with --dry-run where it changes something, those for a host there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from auditor import lab
from tests.lab.fixtures import INVENTORY, Ended, environment, quiet, run

HOSTS = "web1,web2"
WHO = ("--who", "Văn phòng", "-i", INVENTORY, "--lang", "en")
OURS = re.compile(r"(?<!')auditor (?:incident|hunt|review|audit) .*")
ON_HOST = re.compile(r"    (sudo .*|! .*)")
WHERE = re.compile(r"needs manual review \(not contained automatically\): .* on (\w+)\)")


@dataclass(frozen=True)
class Story:
    """What was printed from the first hunt to the second."""

    state: Mapping[str, str]
    hunted: Ended
    rehearsed: tuple[tuple[str, Ended], ...]
    """What a hunt prints beside its traces, with --dry-run."""
    opened: Ended
    planned: tuple[tuple[str, Ended], ...]
    """What is typed after looking, with --dry-run."""
    typed: tuple[tuple[str, Ended], ...]
    by_hand: tuple[tuple[str, str, int, bytes], ...]
    following: Ended
    again: Mapping[str, Any]


@pytest.fixture(scope="module")
def story(booted: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    lab.reset_machines_to_pristine_image()
    quiet(*lab.get_standard_machines_by_name())
    lab.compromise_hosts()
    try:
        yield _played(environment(tmp_path_factory.mktemp("printed")), tmp_path_factory.mktemp("out"))
    finally:
        lab.reset_machines_to_pristine_image()


def _played(state: Mapping[str, str], out: Path) -> Story:
    hunt = ("hunt", "-i", INVENTORY, "--limit", HOSTS, "--output", str(out), "--lang", "en")
    hunted = run(state, *hunt)
    rehearsed = tuple((line, _ours(state, line, "--dry-run")) for line in _printed(hunted, "--all-found"))
    opened = run(state, "incident", "open", "--all-found", "web1", "web2", "--yes", *WHO)
    lines = _printed(opened, "contain")
    planned = tuple((line, _ours(state, line, "--dry-run")) for line in lines)
    typed = tuple((line, _ours(state, line)) for line in lines)
    by_hand = tuple(_on_hosts(opened.out))
    following = run(state, "incident", "next", "-i", INVENTORY, "--json", "--lang", "en")
    again = run(state, *hunt[:-2], "--json", "--format", "json").json
    return Story(state, hunted, rehearsed, opened, planned, typed, by_hand, following, again)


def _printed(ended: Ended, verb: str) -> tuple[str, ...]:
    """The commands of ours in an output that have this word, each once."""
    found = [one[0] for line in ended.out.splitlines() if (one := OURS.search(line))]
    return tuple(dict.fromkeys(line for line in found if verb in shlex.split(line)))


def _ours(state: Mapping[str, str], line: str, *more: str) -> Ended:
    return run(state, *shlex.split(line)[1:], *more)


def _on_hosts(out: str) -> Iterator[tuple[str, str, int, bytes]]:
    host = ""
    for line in out.splitlines():
        if found := WHERE.match(line):
            host = found[1]
        elif found := ON_HOST.fullmatch(line):
            done = lab.run_on_machine_as_root(host, found[1])
            yield host, found[1], done.returncode, done.stderr


def test_what_stands_beside_each_trace_opens_an_incident(story: Story) -> None:
    assert {shlex.split(line)[4] for line, _ in story.rehearsed} == {"web1", "web2"}
    assert [(line, ended.err) for line, ended in story.rehearsed if ended.code != 0] == []


def test_the_commands_that_accept_come_after_those_that_contain(story: Story) -> None:
    of_web2 = story.hunted.out[story.hunted.out.index("web2  scanned") :]
    assert of_web2.index("incident open --all-found web2") < of_web2.index("baseline accept web2")


def test_what_a_person_types_can_be_typed(story: Story) -> None:
    assert story.planned
    assert [(line, ended.out + ended.err) for line, ended in story.planned if ended.code != 0] == []


def test_nothing_that_is_printed_has_to_be_filled_in(story: Story) -> None:
    words = {word for line, _ in (*story.planned, *story.rehearsed) for word in re.split(r"[ :/]", line)}
    assert not words & {"PID", "LINE", "PATH", "UNIT", "ACCOUNT", "DOMAIN"}


def test_every_step_by_hand_ends_with_0_on_its_host(story: Story) -> None:
    assert {host for host, *_ in story.by_hand} == {"web1", "web2"}
    assert [step for step in story.by_hand if step[2] != 0] == []


def test_the_next_step_is_evidence(story: Story) -> None:
    assert story.following.code == 0
    assert story.following.json["step"] == "collect"


def test_nothing_of_it_is_left_on_the_host_whose_footholds_were_all_answered(story: Story) -> None:
    found = [
        one for one in story.again["findings"] if one["control"].startswith("compromise.") and one["host"] == "web2"
    ]
    assert found
    left = [(one["kind"], one["where"]) for finding in found for one in finding["violations"]]
    ours = ("process", "/usr/sbin/sshd (root)")  # a connection of before, which has the library loaded until it ends
    stopped = ("process", "/usr/local/bin/.kw (www-data)")  # its memory is evidence: a person ends it
    assert [one for one in left if one not in (ours, stopped)] == []
