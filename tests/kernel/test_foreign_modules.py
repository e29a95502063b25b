"""Foreign modules in a running kernel: found, answered by what is printed, out of the kernel, and no trace of the next hunt."""

from __future__ import annotations

import subprocess
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from tests.kernel.conftest import HOST
from tests.lab import modules
from tests.lab.modules import Module
from tests.lab.own_kernel import Machine
from tests.lab.printed import Office, Typed, traces, type_steps


@dataclass(frozen=True)
class Story:
    """What was seen from loading to the next hunt."""

    planted: Mapping[str, Module]
    before: Collection[str]
    hunted: Mapping[str, Any]
    typed: Sequence[Typed]
    after: Collection[str]
    again: Mapping[str, Any]
    loaded_again: Collection[str]


@pytest.fixture(scope="module")
def story(booted: Machine, tmp_path_factory: pytest.TempPathFactory) -> Story:
    def types(_host: str, command: str) -> subprocess.CompletedProcess[bytes]:
        return booted.typed(command)

    office = Office(tmp_path_factory.mktemp("modules"))
    planted, before = modules.plant(booted), modules.in_force(booted)
    hunted = office.hunted("first", HOST)
    typed = list(type_steps(office.incident("open", "--all-found", HOST, "--yes").out, types))
    after, again = modules.in_force(booted), office.hunted("second", HOST)
    booted.typed("systemctl restart systemd-modules-load; modprobe kinds")
    loaded_again = modules.in_force(booted)
    modules.forget(booted)
    return Story(planted, before, hunted, typed, after, again, loaded_again)


def test_all_that_is_planted_is_in_force(story: Story) -> None:
    assert story.before == {one.name for one in modules.MODULES}


def test_these_are_found_among_all_that_are_loaded(story: Story) -> None:
    found = {one["where"]: one for one in traces(story.hunted, HOST) if one["kind"] == "kernel_module"}
    assert {where: one["rules"] for where, one in found.items()} == {
        where: [one.rule] for where, one in story.planted.items()
    }
    sure = [one["where"] for one in traces(story.hunted, HOST, weak=False)]
    assert found.keys() == {*sure}, "none is a weak sign, and nothing else is an alarm"


def test_every_command_that_is_printed_ends_with_0(story: Story) -> None:
    assert [one for one in story.typed if one.code != 0] == []
    for module in modules.MODULES:
        assert any(f"rmmod {module.name}" in one.command for one in story.typed), module


def test_none_is_in_the_kernel_any_more(story: Story) -> None:
    assert not story.after


def test_the_next_hunt_is_without_them(story: Story) -> None:
    assert traces(story.again, HOST, weak=False) == []
    assert [one for one in traces(story.again, HOST) if one["kind"] == "kernel_module"] == []


def test_no_boot_and_no_program_loads_it_again(story: Story) -> None:
    assert not story.loaded_again
