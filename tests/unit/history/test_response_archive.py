"""Answers with traces are files for their owner only, and go with the look that they belong to."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from auditor.errors import InputError
from auditor.history import response_archive


def test_an_answer_is_written_whole_for_its_owner_only(tmp_path: Path) -> None:
    path = response_archive.write_private_response_file(tmp_path / "a.test/x", "look-1", b"bytes")
    assert (path.name, path.read_bytes()) == ("look-1.warc.gz", b"bytes")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_where_nothing_can_be_written_it_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.test").write_text("no folder")
    with pytest.raises(InputError):
        response_archive.write_private_response_file(tmp_path / "a.test", "look-1", b"bytes")


def test_answers_of_looks_that_are_gone_go_and_others_stay(tmp_path: Path) -> None:
    for name in ("kept-1", "kept-12", "gone-1", "kept-x-1"):
        response_archive.write_private_response_file(tmp_path, name, b"")
    (tmp_path / "notes.txt").touch()
    response_archive.delete_response_files_of_other_looks(tmp_path, {"kept"})
    assert {path.name for path in tmp_path.iterdir()} == {"kept-1.warc.gz", "kept-12.warc.gz", "notes.txt"}
    response_archive.delete_response_files_of_other_looks(tmp_path / "none", {"kept"})
