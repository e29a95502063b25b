"""Every kind of trace on Debian 12 and 13: found by the hunt, answered by what is printed, out of force by its behaviour, and no trace of the next hunt."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from auditor import lab
from tests.lab import kinds
from tests.lab.fixtures import Ended, quiet
from tests.lab.printed import Office, Typed, traces, type_one, type_steps

HOSTS = ("web1", "web2")
OURS = re.compile(r"(?<!')auditor (?:incident) .*")
LISTED = re.compile(r"(?m)^([0-9]+/\S+)  (\S+)")
"""A process as a step lists it: what ``contain process`` takes, and whose it is."""
BEFORE = (("process", "/usr/sbin/sshd (root)"), ("process", "/usr/lib/openssh/sshd-session (root)"))
"""Connections of before, which have the preloaded library until they end."""

ANSWERS = {
    "kind": "malware",
    "how_found": "other:hunt",
    "severity": "serious",
    "personal_data": "no",
    "state": "handled",
}


@dataclass(frozen=True)
class Story:
    """What was seen from planting to the next hunt."""

    planted: Mapping[str, kinds.Host]
    before: Mapping[str, Mapping[str, bool]]
    hunted: Mapping[str, Any]
    opened: Ended
    on_hosts: Sequence[Typed]
    ours: Sequence[tuple[str, Ended]]
    after: Mapping[str, Mapping[str, bool]]
    again: Mapping[str, Any]


@pytest.fixture(scope="module")
def story(booted: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    lab.reset_machines_to_pristine_image(HOSTS)
    quiet(*HOSTS)
    try:
        yield _played(Office(tmp_path_factory.mktemp("kinds")))
    finally:
        lab.reset_machines_to_pristine_image(HOSTS)


def _played(office: Office) -> Story:
    planted = {host.name: host for host in kinds.planted(HOSTS)}
    before, hunted = _in_force(planted), office.hunted("first", *HOSTS)
    opened = office.incident("open", "--all-found", *HOSTS, "--yes")
    ours = [(line, office.run(*shlex.split(line)[1:])) for line in _printed(opened.out)]
    on_hosts = list(type_steps(opened.out, _as_root))
    ours += _stopped(office, _incident(opened.out), on_hosts)
    on_hosts += _next(office, _incident(opened.out))
    return Story(planted, before, hunted, opened, on_hosts, ours, _in_force(planted), office.hunted("second", *HOSTS))


def _in_force(planted: Mapping[str, kinds.Host]) -> Mapping[str, Mapping[str, bool]]:
    with ThreadPoolExecutor() as pool:
        return dict(zip(planted, pool.map(kinds.Host.in_force, planted.values()), strict=True))


def _incident(out: str) -> str:
    found = re.search(r"SC-\d{8}-\d+", out)
    assert found is not None, out
    return found[0]


def _printed(out: str) -> Iterator[str]:
    """Commands of ours that are typed after looking, each once."""
    lines = (found[0] for line in out.splitlines() if (found := OURS.search(line)))
    yield from dict.fromkeys(line for line in lines if shlex.split(line)[2] in ("contain", "clean"))


def _as_root(host: str, command: str) -> subprocess.CompletedProcess[bytes]:
    return lab.run_on_machine_as_root(host, ["bash", "-c", command])


def _stopped(office: Office, incident: str, typed: Sequence[Typed]) -> list[tuple[str, Ended]]:
    """Stop what the steps list of www-data's and say to stop, then end it."""
    done = []
    for host in HOSTS:
        lists = [one.out for one in typed if one.host == host and "then stop" in one.says]
        theirs = sorted({found[1] for out in lists for found in LISTED.finditer(out) if found[2] == "www-data"})
        if not theirs:
            continue  # the step before has ended them
        words = ("contain", incident, *(word for one in theirs for word in ("process", one)), "--host", host)
        done.append((shlex.join(words), office.incident(*words)))
        lab.run_on_machine_as_root(host, "kill -KILL " + " ".join(one.partition("/")[0] for one in theirs))
    return done


def _answered(word: str) -> str:
    """Return a word of a command with what only people know in place of the three dots."""
    question, dots, rest = word.partition("=…")
    return f"{question}={ANSWERS.get(question, 'An exercise')}" if dots and not rest else word


def _next(office: Office, incident: str) -> Iterator[Typed]:
    """Go from step to step until what is left is done on hosts, and do that with what was contained: end processes, take the locked account out."""
    for _ in range(20):
        step = office.next_step(incident)
        if step["step"] == "by_hand":
            break
        if step["step"] == "report":  # an exercise owes nobody anything
            done = office.incident("waive", incident, step["owed"][0]["report"], "--why", "An exercise.")
        else:
            done = office.run(*(_answered(word) for word in shlex.split(step["commands"][0])[1:]))
        assert done.code == 0, (step, done)
    for one in step["by_hand"]:
        if any("kill -KILL" in line or "sao-luu" in line for line in one["commands"]):
            yield from (type_one(one["host"], one["where"], line, _as_root) for line in one["commands"])


@pytest.mark.parametrize("host", HOSTS)
def test_all_that_is_planted_is_in_force(story: Story, host: str) -> None:
    assert [name for name, there in story.before[host].items() if not there] == []


@pytest.mark.parametrize("host", HOSTS)
def test_all_that_is_planted_is_found(story: Story, host: str) -> None:
    found = traces(story.hunted, host, weak=False)
    weak = traces(story.hunted, host)
    missed = [
        one.id for one in story.planted[host].plants if not any(map(one.fits, weak if one.answer == "weak" else found))
    ]
    assert missed == []


def test_every_command_that_is_printed_ends_with_0(story: Story) -> None:
    assert [one for one in story.on_hosts if one.code != 0] == []
    assert [(line, ended.out + ended.err) for line, ended in story.ours if ended.code != 0] == []


@pytest.mark.parametrize("host", HOSTS)
def test_nothing_of_it_has_its_effect_any_more(story: Story, host: str) -> None:
    assert [name for name, there in story.after[host].items() if there] == []


@pytest.mark.parametrize("host", HOSTS)
def test_the_next_hunt_is_without_it(story: Story, host: str) -> None:
    left = [(one["kind"], one["where"]) for one in traces(story.again, host, weak=False)]
    assert [one for one in left if one not in BEFORE] == []
