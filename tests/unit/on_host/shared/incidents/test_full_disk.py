"""A disk that takes no more leaves nothing of a record that was begun, and the one before as it was."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from ansible.module_utils.luytre_change import permissions
from ansible.module_utils.luytre_shared.incidents import action_runner, quarantine_store

from tests.unit.on_host.full_disk import no_file_grows

NAME = "SC-20261127-1/1"


@pytest.mark.parametrize("before", [False, True], ids=["first", "another"])
def test_a_record_is_whole_or_not_there(tmp_path: Path, *, before: bool) -> None:
    record, store = (
        action_runner.ActionRecord(str(tmp_path / "luytre/records")),
        quarantine_store.QuarantineStore(str(tmp_path / "luytre/store")),
    )
    for one in (record, store):
        with one.hold_lock():
            if before:
                one.save_record_of_action(NAME, {"secret": "old"})
            with no_file_grows(), pytest.raises(OSError, match="File too large"):
                one.save_record_of_action(NAME, {"secret": "new"})
    assert (record.read_all_records_by_action_id(), store.read_record_of_action(NAME)) == (
        ({NAME: {"secret": "old"}}, {"secret": "old"}) if before else ({}, None)
    )
    left = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert left == ({"lock", "actions.json", "record.json"} if before else set())


def test_what_is_moved_to_another_file_system_is_whole_or_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def elsewhere(*_: object, **__: object) -> None:
        raise OSError(errno.EXDEV, "another file system")

    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    (tmp_path / "here/x").write_text("a long line")
    here, there = (os.open(tmp_path / name, os.O_RDONLY) for name in ("here", "there"))
    monkeypatch.setattr(os, "rename", elsewhere)
    with no_file_grows(), pytest.raises(OSError, match="File too large"):
        permissions._move_file_to_other_folder(here, "x", there, "y")
    os.close(here)
    os.close(there)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["x"]
