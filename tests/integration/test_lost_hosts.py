"""A host of an incident is cut off, then down, then installed anew: each command says so in one line with the fix, and the case log holds what is so."""

from __future__ import annotations

import functools
import json
import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from auditor import lab
from auditor.lab import compromise
from auditor.models import clock
from tests.lab.fixtures import INVENTORY, Ended, environment, quiet, run

HOST, SITE, SHELL, ADDRESS = "web2", "bennua.test", "/var/www/bennua.test/lib/cache.php", "203.0.113.66"
NEW_KEYS = "rm /etc/ssh/ssh_host_*; ssh-keygen -A > /dev/null; systemctl restart ssh; userdel -rf luytre; true"
FINGERPRINT = "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub | cut -d ' ' -f 2"
MONTH = clock.today().strftime("%Y-%m")


@dataclass
class Office:
    """Whose inventory and history are of this test alone, with host keys that an enrolment may write."""

    folder: Path
    said: dict[str, Ended] = field(default_factory=dict)
    """By what had become of the host, then the command."""

    @property
    def inventory(self) -> Path:
        return self.folder / "inventory"

    def type(self, when: str, *words: str, given: str = "") -> Ended:
        state = {**environment(self.folder), "LUYTRE_INVENTORY": str(self.inventory), "LUYTRE_LANG": "en"}
        ended = run(state, *words, given=given, cwd=self.folder)
        self.said[f"{when} {' '.join(words[:2])}"] = ended
        return ended

    def incident(self, when: str, verb: str, *words: str) -> Ended:
        return self.type(when, "incident", verb, *words, "--who", "Văn phòng")

    def next(self, when: str, incident: str) -> Ended:
        return self.type(when, "incident", "next", incident)

    def states(self, incident: str) -> dict[str, str]:
        """What the case log has of each means."""
        entries = json.loads(self.type("", "incident", "show", incident, "--json").out)["entries"]
        return {one["deed"]["means"]: one["deed"]["state"] for one in entries if "means" in one["deed"]}


@dataclass(frozen=True)
class Story:
    """What was said, and what the case log had of each means by then."""

    said: dict[str, Ended]
    contained: dict[str, str]
    anew: dict[str, str]
    again: dict[str, str]
    released: dict[str, str]


@pytest.fixture(scope="module")
def story(booted: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    office = Office(tmp_path_factory.mktemp("lost"))
    shutil.copytree(INVENTORY, office.inventory)
    known = yaml.safe_load((office.inventory / "hosts.yml").read_text("utf-8"))
    variables, group = known["all"]["vars"], known["all"]["children"]["webservers"]
    group["hosts"] = {HOST: group["hosts"][HOST]}
    keys = office.inventory / "office/known_hosts"
    shutil.copy(lab.get_lab_state_in_use().known_hosts_file, keys)
    shutil.copy(lab.get_lab_state_in_use().root / "ssh/automation", office.folder / "automation")
    variables["ansible_ssh_private_key_file"] = str(office.folder / "automation")
    arguments = variables["ansible_ssh_common_args"]
    variables["ansible_ssh_common_args"] = re.sub(r"UserKnownHostsFile=\S+", f"UserKnownHostsFile={keys}", arguments)
    (office.inventory / "hosts.yml").write_text(yaml.safe_dump(known, allow_unicode=True), "utf-8")
    (office.inventory / "office/systems.yml").unlink()
    lab.reset_machines_to_pristine_image([HOST])
    quiet(HOST)
    done = lab.run_on_machine_as_root(
        HOST, "command -v nft > /dev/null || DEBIAN_FRONTEND=noninteractive apt-get -qq install -y nftables"
    )
    assert done.returncode == 0, done.stderr
    compromise.plant_intrusion_traces_on_machine(
        HOST, functools.partial(lab.run_on_machine_as_root, HOST), ("shell_in_the_portal",)
    )
    try:
        yield _played(office)
    finally:
        lab.plug_or_pull_network_cable_of_machine(HOST, up=True)
        lab.reset_machines_to_pristine_image([HOST])


def _played(office: Office) -> Story:
    office.type("", "hunt")
    incident = office.incident("", "open", "--all-found", HOST, "--yes").out.split()[0]
    office.incident("", "contain", incident, "isolation", HOST, "address", ADDRESS)
    office.incident("isolated", "contain", incident, "path", f"{SITE}/x.php")
    office.incident("isolated", "collect", incident)
    for report in ("now", "first"):
        office.incident("isolated", "reported", incident, report, "--how", "x")
    office.type("isolated", "hunt")
    office.incident("isolated", "close", incident, "--cause", "x")
    contained = office.states(incident)

    lab.plug_or_pull_network_cable_of_machine(HOST, up=False)
    office.type("down", "audit")
    office.incident("down", "contain", incident, "unit", "x.service")
    office.next("down", incident)
    office.incident("down", "close", incident, "--cause", "x")
    lab.plug_or_pull_network_cable_of_machine(HOST, up=True)

    lab.reset_machines_to_pristine_image([HOST])
    lab.run_on_machine_as_root(HOST, NEW_KEYS)
    office.type("changed", "hunt")
    office.incident("changed", "contain", incident, "unit", "x.service")
    told = office.next("changed", incident)
    enroll, hunt = (shlex.split(line)[1:] for line in told.out.splitlines() if line.startswith("  auditor "))
    fingerprint = lab.run_on_machine_as_root(HOST, FINGERPRINT).stdout.decode().strip()
    password = lab.get_lab_state_in_use().root_password_file.read_text("utf-8")
    office.type("changed", *enroll, "--fingerprint", fingerprint, "--password-stdin", given=password)
    compromise.plant_intrusion_traces_on_machine(
        HOST, functools.partial(lab.run_on_machine_as_root, HOST), ("shell_in_the_portal",)
    )
    office.type("anew", *hunt)
    anew = office.states(incident)
    written = office.type("anew", "report", "official", "--unit", "phuong-ben-nua", "--period", MONTH)
    assert written.code in (0, 1), written.err
    office.next("anew", incident)
    office.incident("anew", "close", incident, "--cause", "x")
    again = shlex.split(_commands(office.said["anew incident next"])[0])[1:]
    office.type("again", *again, "--yes")
    contained_again = office.states(incident)
    rest = office.incident("again", "close", incident, "--cause", "x")
    numbers = [line.split()[4] for line in _commands(rest) if " release " in line]
    office.incident("released", "release", incident, *numbers)
    return Story(office.said, contained, anew, contained_again, office.states(incident))


def _commands(ended: Ended) -> list[str]:
    return [line.strip() for line in (ended.out + ended.err).splitlines() if line.strip().startswith("auditor ")]


def test_on_a_host_that_is_cut_off_all_goes_on(story: Story) -> None:
    for command in ("contain", "collect", "reported"):
        assert story.said[f"isolated incident {command}"].code == 0, story.said[f"isolated incident {command}"]
    assert "exit 3" not in story.said["isolated hunt"].out
    assert "Isolated (number" in story.said["isolated incident close"].err
    assert story.contained == {**dict.fromkeys(("file", "isolation", "address", "path"), "confirmed")}


def test_a_host_that_is_down_is_named_before_all_else_with_the_fix(story: Story) -> None:
    assert f"{HOST} cannot be reached: start the host" in story.said["down incident next"].out
    assert f"auditor hunt --limit {HOST}" in story.said["down incident next"].out
    lines = story.said["down incident close"].err.splitlines()
    at = next(number for number, line in enumerate(lines) if "could not reach" in line)
    assert f"could not reach {HOST}: the host could not be reached (timed out)" in lines[at]
    assert f"auditor hunt --limit {HOST}" in lines[at + 1]
    assert "unknown whether" in story.said["down incident contain"].out


def test_a_host_with_another_key_is_enrolled_by_what_is_printed(story: Story) -> None:
    assert "the host key differs from the recorded one" in story.said["changed incident contain"].out
    assert story.said[f"changed enroll {HOST}"].code == 0, story.said[f"changed enroll {HOST}"].err
    assert "differs from the recorded one" not in story.said["anew hunt --limit"].err


def test_what_a_new_host_does_not_hold_is_in_force_in_no_paper(story: Story) -> None:
    assert {means: story.anew[means] for means in ("file", "isolation", "address", "path")} == dict.fromkeys(
        ("file", "isolation", "address", "path"), "unknown"
    )
    assert f"no longer in force on {HOST}" in story.said["anew incident close"].err


def test_what_is_still_there_is_contained_again_and_the_rest_released(story: Story) -> None:
    assert story.again["file"] == story.released["file"] == "confirmed"
    assert {state for means, state in story.released.items() if means != "file"} == {"released"}
    assert "has no record of it" in story.said["released incident release"].out
