"""How the file systems for temporary files are mounted comes back with what says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre_guard.os import mounts  # type: ignore[import-not-found]
from ansible.module_utils.luytre_guard.rollback_point import rollback_selection  # type: ignore[import-not-found]

FSTAB = {"paths": {"/etc/fstab": "content"}, "mounts": {"/dev/shm": ["nodev", "noexec", "nosuid"]}}  # noqa: S108
BEFORE = {"mounts": {"/dev/shm": ["nodev", "nosuid"]}}  # noqa: S108


def test_a_mount_gets_its_flags_each_said_by_its_own_word(monkeypatch: pytest.MonkeyPatch) -> None:
    states: list[dict[str, list[str]]] = [{"/tmp": ["noexec"]}]  # noqa: S108
    ran: list[list[str]] = []

    def said_no(argv: list[str], _seconds: float) -> None:
        ran.append(argv)
        states[0] = {"/tmp": ["nodev"]}  # noqa: S108

    monkeypatch.setattr(mounts, "read_mount_flags_of_shared_folders", lambda: states[0])
    monkeypatch.setattr(mounts.commands, "run_program_and_return_error_or_none", said_no)
    problems: list[str] = []
    assert mounts.restore_mount_flags({"/tmp": ["nodev"], "/var/tmp": []}, problems, problems.append) == ["/tmp"]  # noqa: S108
    assert ran == [["mount", "-o", "remount,bind,exec,suid,nodev,rw", "/tmp"]]  # noqa: S108
    assert problems == []


def test_a_mount_that_does_not_get_them_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mounts, "read_mount_flags_of_shared_folders", lambda: {"/tmp": ["noexec"]})  # noqa: S108
    monkeypatch.setattr(mounts.commands, "run_program_and_return_error_or_none", lambda *_: "busy")
    problems: list[str] = []
    assert mounts.restore_mount_flags({"/tmp": []}, problems, problems.append) == []  # noqa: S108
    assert problems == ["/tmp is still mounted with noexec: busy"]  # noqa: S108


@pytest.mark.parametrize(
    ("only", "present", "wanted", "told"),
    [
        (None, ["nodev", "noexec", "nosuid"], {"/dev/shm": ["nodev", "nosuid"]}, 0),  # noqa: S108
        (["/etc/fstab"], ["nodev", "noexec", "nosuid"], {"/dev/shm": ["nodev", "nosuid"]}, 0),  # noqa: S108
        (["/etc/ssh/"], ["nodev", "noexec", "nosuid"], {}, 0),
        (["/etc/fstab", "but:/etc/fstab"], ["nodev", "noexec", "nosuid"], {}, 0),
        (None, ["noexec"], {}, 1),
        (None, ["nodev", "nosuid"], {}, 0),
    ],
)
def test_a_rollback_remounts_what_the_run_remounted_and_nobody_since(
    monkeypatch: pytest.MonkeyPatch, only: Any, present: list[str], wanted: Any, told: int
) -> None:
    monkeypatch.setattr(rollback_selection.mounts, "read_mount_flags_of_shared_folders", lambda: {"/dev/shm": present})  # noqa: S108
    skipped: list[Any] = []
    assert rollback_selection.select_mount_flags_to_roll_back(BEFORE, FSTAB, only, skipped) == wanted
    assert len(skipped) == told


def test_what_is_mounted_is_read_as_it_is() -> None:
    assert all(
        path in mounts.SHARED_FOLDERS and set(flags) <= set(mounts.FLAGS)
        for path, flags in mounts.read_mount_flags_of_shared_folders().items()
    )
    assert mounts.is_file_that_sets_mount_options(
        "/etc/systemd/system/tmp.mount.d/zz-luytre.conf"
    ) and not mounts.is_file_that_sets_mount_options("/etc/hosts")
    assert mounts.find_mount_flags_changed_by_run({"/tmp": []}, {"/tmp": ["noexec"]}) == {"/tmp": ["noexec"]}  # noqa: S108


@pytest.mark.parametrize(
    ("bound", "flags"),
    [
        ("", []),
        ("40 1 8:1 /var/tmp /var/tmp rw,nosuid,nodev,noexec - ext4 /dev/sda1 rw\n", ["nodev", "noexec", "nosuid"]),
    ],
)
def test_a_folder_that_is_no_mount_has_the_flags_of_the_disk_that_it_lies_on(
    bound: str, flags: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "mountinfo"
    table.write_text("1 0 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n2 1 0:5 / /tmp rw,nosuid - tmpfs tmpfs rw\n" + bound)
    monkeypatch.setattr(mounts, "open", lambda *_, **words: table.open(**words), raising=False)
    assert mounts.read_mount_flags_of_shared_folders() == {"/tmp": ["nosuid"], "/var/tmp": flags, "/dev/shm": []}  # noqa: S108


def test_a_var_tmp_that_was_bound_since_loses_its_flags_with_the_run() -> None:
    before, then = {"/var/tmp": []}, {"/var/tmp": ["nodev", "noexec", "nosuid"]}  # noqa: S108
    assert mounts.find_mount_flags_changed_by_run(before, then) == then
