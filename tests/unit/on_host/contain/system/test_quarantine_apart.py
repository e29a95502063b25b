"""A file on a file system of its own, as /tmp and /dev/shm are, leaves its place whatever its owner makes of it. With real file systems."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from auditor.text import paths
from tests.unit.leased import leased
from tests.unit.on_host.contain.programs import program

SHELL = b"<?php eval($_POST['x']);"
NAME = "SC-20261127-1/1"
MEMORY = Path("/dev/shm")  # noqa: S108  it is what is tested
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to others")


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    own = program("quarantine.py")
    own.STORE.home = str(tmp_path / "luytre/quarantine")
    if tmp_path.stat().st_dev == MEMORY.stat().st_dev:
        pytest.skip("one file system only")
    return own


@pytest.fixture
def shell(host: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Of www-data, in a folder that everybody writes, the topmost of its file system."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        Path(folder).chmod(0o1777)
        tops = host.safe_move.list_parent_folders_on_same_filesystem
        monkeypatch.setattr(
            host.safe_move, "list_parent_folders_on_same_filesystem", lambda place, ones: tops(place, ones)[1:]
        )  # not /dev/shm itself
        path = Path(folder, "x.php")
        path.write_bytes(SHELL)
        os.chown(path, 33, 33)
        yield path


def asked(path: Path, **more: Any) -> dict[str, Any]:
    return {"id": NAME, "what": paths.percent_encode_unprintable_in_path(str(path)), "roots": [], **more}


def heavy(path: Path) -> None:
    """More hangs on it than any file system of a disk has room for."""
    os.setxattr(path, "user.heavy", b"x" * 60_000)


def sparse(path: Path) -> None:
    os.truncate(path, (1 << 30) + 1)


@pytest.mark.parametrize("made", [heavy, sparse])
def test_what_cannot_be_copied_stays_on_its_file_system_where_root_alone_reads_it(
    host: ModuleType, shell: Path, made: Callable[[Path], None]
) -> None:
    made(shell)
    before = shell.lstat()
    taken = host.answer_quarantine_question(asked(shell, do="contain"))
    assert (taken["state"], taken["why"]) == ("confirmed", "kept_there")
    assert not shell.exists()
    kept = Path(taken["about"])
    assert kept.parent == shell.parent and kept.name.startswith(".luytre-quarantine-")
    assert (kept.stat().st_uid, kept.stat().st_mode & 0o777) == (0, 0o700)
    assert os.path.samestat((kept / "file").lstat(), before)
    assert (
        host.answer_quarantine_question(asked(shell, do="contain"))
        == host.answer_quarantine_question(asked(shell, do="look"))
        == taken
    )
    assert host.answer_quarantine_question(asked(shell, do="release")) == {"state": "none"}
    assert os.path.samestat(shell.lstat(), before)
    assert list(shell.parent.iterdir()) == [shell]
    assert not Path(host.STORE.home).exists()


def test_a_file_that_lets_itself_be_copied_is_kept_where_it_stays_over_a_reboot(host: ModuleType, shell: Path) -> None:
    taken = host.answer_quarantine_question(asked(shell, do="contain"))
    assert taken == {"state": "confirmed", "sha256": hashlib.sha256(SHELL).hexdigest(), "why": ""}
    assert list(shell.parent.iterdir()) == []
    assert (Path(host.STORE.get_folder_of_action(NAME)) / "file").read_bytes() == SHELL
    assert host.answer_quarantine_question(asked(shell, do="release")) == {"state": "none"}
    assert (shell.read_bytes(), shell.stat().st_uid) == (SHELL, 33)


def test_a_file_that_has_a_lease_leaves_its_place(host: ModuleType, shell: Path) -> None:
    with leased(shell):
        taken = host.answer_quarantine_question(asked(shell, do="contain"))
        assert (taken["state"], taken["why"]) == ("confirmed", "held_open")
        assert not shell.exists()
    assert host.answer_quarantine_question(asked(shell, do="release")) == {"state": "none"}
    assert shell.read_bytes() == SHELL


_WRITER = """
import os, sys
held = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND)
os.write(held, b"x" * 100_000)
print("on", flush=True)
while True:
    os.write(held, b"x" * 100_000)
    if os.fstat(held).st_size > 200_000_000:
        os.ftruncate(held, 100_000)
"""


def test_a_file_that_its_owner_goes_on_writing_to_leaves_its_place_and_root_writes_no_more_than_it_looked_at(
    host: ModuleType, shell: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[int] = []
    filled = host.safe_move._copy_first_bytes_to_empty_file
    monkeypatch.setattr(
        host.safe_move, "_copy_first_bytes_to_empty_file", lambda *given: (copied.append(given[2]), filled(*given))
    )
    with subprocess.Popen([sys.executable, "-c", _WRITER, shell], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None and writer.stdout.readline() == b"on\n"
        try:
            begun = time.monotonic()
            taken = host.answer_quarantine_question(asked(shell, do="contain"))
            took = time.monotonic() - begun
        finally:
            writer.kill()
    assert (taken["state"], shell.exists()) == ("confirmed", False)
    assert taken["why"] in ("held_open", "changed")
    assert all(size <= host.safe_move.MAX_DIGESTED for size in copied)
    assert took < host.SECONDS - 3


def test_a_copy_has_no_more_than_the_file_had_when_it_was_looked_at_and_takes_no_room_for_what_is_empty(
    host: ModuleType, shell: Path, tmp_path: Path
) -> None:
    os.truncate(shell, 300_000_000)
    folder, reading = os.open(tmp_path, os.O_RDONLY), os.open(shell, os.O_RDONLY)
    host.safe_move.copy_file(reading, folder, "copy", host.safe_move.compute_digest(reading))
    status = (tmp_path / "copy").stat()
    assert status.st_size == 300_000_000 and status.st_blocks * 512 < 2_000_000
    with pytest.raises(host.ActionRefusal, match="swapped"):
        host.safe_move.copy_file(reading, folder, "other", hashlib.sha256(SHELL).hexdigest())
    assert not (tmp_path / "other").exists()


def test_what_went_with_the_memory_that_it_was_in_is_told_and_nothing_is_put_back(
    host: ModuleType, shell: Path
) -> None:
    heavy(shell)
    kept = Path(host.answer_quarantine_question(asked(shell, do="contain"))["about"])
    shutil.rmtree(kept)
    assert host.answer_quarantine_question(asked(shell, do="look"))["why"] == "kept_gone"
    shell.touch()
    assert host.answer_quarantine_question(asked(shell, do="look"))["why"] == "back_again"
    shell.unlink()
    told = host.answer_quarantine_question(asked(shell, do="release"))
    assert (told["state"], told["why"], told["about"]) == ("none", "kept_gone", str(kept))
    assert not Path(host.STORE.home).exists()


def test_a_folder_of_anothers_under_the_name_of_ours_is_none_of_ours(host: ModuleType, shell: Path) -> None:
    heavy(shell)
    kept = Path(host.answer_quarantine_question(asked(shell, do="contain"))["about"])
    kept.rename(kept.with_name("away"))
    kept.mkdir()
    (kept / "file").write_bytes(b"theirs")
    os.chown(kept, 33, 33)
    assert host.answer_quarantine_question(asked(shell, do="release"))["why"] == "unsafe"
    assert not shell.exists()
