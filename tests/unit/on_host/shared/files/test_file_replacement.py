"""What replaces a file's content: all that hangs on it stays, and what another has put in its place does, too."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible.module_utils.luytre_shared.files import file_replacement


@pytest.fixture
def place(tmp_path: Path) -> Iterator[int]:
    folder = os.open(tmp_path, os.O_RDONLY)
    yield folder
    os.close(folder)


def test_the_file_has_other_bytes_and_is_else_as_it_was(tmp_path: Path, place: int) -> None:
    file = tmp_path / "wp-config.php"
    file.write_bytes(b"<?php // 1\n")
    file.chmod(0o640)
    with file.open("rb") as held:
        file_replacement.replace_file_if_still_the_same(
            place, file.name, held.fileno(), os.fstat(held.fileno()), b"<?php // 2\n"
        )
    status = file.stat()
    assert file.read_bytes() == b"<?php // 2\n"
    assert (status.st_mode & 0o7777, status.st_uid) == (0o640, os.getuid())
    assert [one.name for one in tmp_path.iterdir()] == [file.name]


@pytest.mark.parametrize("how", ["written to", "swapped", "linked"])
def test_what_came_meanwhile_stays(tmp_path: Path, place: int, how: str) -> None:
    file, other = tmp_path / "wp-config.php", tmp_path / "other"
    file.write_bytes(b"first")
    other.write_bytes(b"theirs")
    with file.open("rb") as held:
        status = os.fstat(held.fileno())
        if how == "written to":
            file.write_bytes(b"theirs")
        elif how == "swapped":
            other.rename(file)
        else:
            file.unlink()
            file.symlink_to(other)
        with pytest.raises(file_replacement.FileSwapped):
            file_replacement.replace_file_if_still_the_same(place, file.name, held.fileno(), status, b"ours")
    assert file.read_bytes() == b"theirs"
    assert {one.name for one in tmp_path.iterdir()} <= {file.name, other.name}
