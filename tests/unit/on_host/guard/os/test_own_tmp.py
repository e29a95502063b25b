"""A service that was started while /tmp was noexec has a folder of its own with that flag, and loses it with the host's."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible.module_utils.luytre_guard.os import commands, mounts, own_tmp  # type: ignore[import-not-found]

from tests.lab.waiting import until

IN_ITS_OWN = """
mkdir -p "$0/systemd-private-1-a.service/tmp" && mount --make-rprivate / && mount -t tmpfs own "$0" &&
mkdir -p "$0/systemd-private-1-a.service/tmp" "$1" && mount --bind "$0/systemd-private-1-a.service/tmp" "$1" &&
mount -o remount,bind,noexec,nosuid,relatime "$1" && exec sleep 600
"""


@pytest.fixture
def process(tmp_path: Path) -> Iterator[tuple[int, str]]:
    """Yield a process with a folder of its own that systemd could have given it, and that folder's path."""
    (tmp_path / "there").mkdir()
    (tmp_path / "place").mkdir()
    argv = ["unshare", "--mount", "sh", "-c", IN_ITS_OWN, str(tmp_path / "place"), str(tmp_path / "there")]
    with subprocess.Popen(argv) as running:
        try:
            until(
                lambda: (
                    running.poll() is not None
                    or own_tmp._read_private_mount_flags_of_process(running.pid, str(tmp_path / "there")) == NOW
                ),
                "it has no folder of its own",
            )
            if running.poll() is not None:
                pytest.skip("no mounts may be made here")
            yield running.pid, str(tmp_path / "there")
        finally:
            running.kill()


NOW = {"rw", "noexec", "nosuid", "relatime"}


def answer_for_units(monkeypatch: pytest.MonkeyPatch, *units: tuple[str, int, str]) -> None:
    text = "\n\n".join(f"PrivateTmp={own}\nMainPID={process}\nId={name}" for name, process, own in units)
    monkeypatch.setattr(commands, "run_program_and_return_output", lambda *_: text.encode())


def test_a_flag_that_went_from_the_hosts_goes_from_a_services_own(
    monkeypatch: pytest.MonkeyPatch, process: tuple[int, str]
) -> None:
    number, path = process
    answer_for_units(monkeypatch, ("none.service", 0, "no"), ("other.service", number, "no"))
    assert own_tmp.drop_mount_flags_in_private_tmp_folders(path, {"noexec"}) == []
    assert own_tmp._read_private_mount_flags_of_process(number, path) == NOW
    answer_for_units(monkeypatch, ("gone.service", 0, "yes"), ("a.service", number, "yes"))
    assert own_tmp.drop_mount_flags_in_private_tmp_folders(path, {"noexec"}) == []
    assert own_tmp._read_private_mount_flags_of_process(number, path) == NOW - {"noexec"}, "the others stay"


def test_one_that_cannot_be_changed_is_named(monkeypatch: pytest.MonkeyPatch, process: tuple[int, str]) -> None:
    number, path = process
    answer_for_units(monkeypatch, ("a.service", number, "yes"))
    monkeypatch.setattr(own_tmp, "_remount_in_namespace_of_process", lambda *_: None)
    assert own_tmp.drop_mount_flags_in_private_tmp_folders(path, {"noexec"}) == [
        f"a.service goes on with noexec in its own {path} until it is started anew"
    ]


def test_it_follows_the_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    states = [{"/tmp": ["nodev", "noexec"]}]  # noqa: S108
    went: list[tuple[str, set[str]]] = []
    monkeypatch.setattr(mounts, "read_mount_flags_of_shared_folders", lambda: states[0])
    later = {"/tmp": ["nodev"]}  # noqa: S108
    monkeypatch.setattr(mounts.commands, "run_program_and_return_error_or_none", lambda *_: states.insert(0, later))
    monkeypatch.setattr(own_tmp, "drop_mount_flags_in_private_tmp_folders", lambda *given: went.append(given) or ["x"])
    problems: list[str] = []
    told: list[str] = []
    mounts.restore_mount_flags({"/tmp": ["nodev"]}, problems, told.append)  # noqa: S108
    assert (went, problems, told) == ([("/tmp", {"noexec"})], [], ["x"]), "no later try would know of it"  # noqa: S108
