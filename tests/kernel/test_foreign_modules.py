"""Foreign modules in a running kernel: found, answered by what is printed, out of the kernel, and no trace of the next hunt."""

from __future__ import annotations

import subprocess
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from tests.kernel.conftest import boot
from tests.lab import modules
from tests.lab.modules import Module
from tests.lab.printed import Office, Typed, traces, type_steps


@dataclass(frozen=True)
class Story:
    """What was seen from loading to the next hunt."""

    host: str
    planted: Mapping[str, Module]
    before: Collection[str]
    hunted: Mapping[str, Any]
    typed: Sequence[Typed]
    after: Collection[str]
    again: Mapping[str, Any]
    loaded_again: Collection[str]


@pytest.fixture(scope="module", params=["web3", "web2"], ids=["trixie", "bookworm"])
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Story:
    host: str = request.param
    with boot(host) as machine:

        def types(_host: str, command: str) -> subprocess.CompletedProcess[bytes]:
            return machine.typed(command)

        office = Office(tmp_path_factory.mktemp("modules"))
        planted, before = modules.plant(machine), modules.in_force(machine)
        hunted = office.hunted("first", host)
        typed = list(type_steps(office.incident("open", "--all-found", host, "--yes").out, types))
        after, again = modules.in_force(machine), office.hunted("second", host)
        machine.typed("systemctl restart systemd-modules-load; modprobe kinds")
        loaded_again = modules.in_force(machine)
    return Story(host, planted, before, hunted, typed, after, again, loaded_again)


def test_all_that_is_planted_is_in_force(story: Story) -> None:
    assert story.before == {one.name for one in modules.MODULES}


def test_these_are_found_among_all_that_are_loaded(story: Story) -> None:
    found = {one["where"]: one for one in traces(story.hunted, story.host) if one["kind"] == "kernel_module"}
    assert {where: one["rules"] for where, one in found.items()} == {
        where: [one.rule] for where, one in story.planted.items()
    }
    sure = [one["where"] for one in traces(story.hunted, story.host, weak=False)]
    assert found.keys() == {*sure}, "none is a weak sign, and nothing else is an alarm"


def test_every_command_that_is_printed_ends_with_0(story: Story) -> None:
    assert [one for one in story.typed if one.code != 0] == []
    for module in modules.MODULES:
        assert any(f"rmmod {module.name}" in one.command for one in story.typed), module


def test_none_is_in_the_kernel_any_more(story: Story) -> None:
    assert not story.after


def test_the_next_hunt_is_without_them(story: Story) -> None:
    assert traces(story.again, story.host, weak=False) == []
    assert [one for one in traces(story.again, story.host) if one["kind"] == "kernel_module"] == []


def test_no_boot_and_no_program_loads_it_again(story: Story) -> None:
    assert not story.loaded_again
