from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.errors import InputError
from auditor.system import files

WRITER = """
import pathlib, sys, time
from auditor.system import files

def parts():
    yield b"new " * 100_000
    print("in the middle", flush=True)
    time.sleep(60)
    yield b"end"

files.write_file_atomically(pathlib.Path(sys.argv[1]), parts())
"""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def killed_in_the_middle(path: Path) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True, umask=0)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "in the middle\n"
    os.kill(writer.pid, signal.SIGKILL)
    assert writer.wait() == -signal.SIGKILL
    writer.stdout.close()


def test_a_writer_killed_in_the_middle_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "weaknesses.json"
    files.write_file_atomically(path, [b"old"])
    path.chmod(0o640)
    killed_in_the_middle(path)
    assert path.read_bytes() == b"old"
    assert mode(path) == 0o640
    (left,) = names(tmp_path) - {path.name}
    assert mode(tmp_path / left) == 0o600
    files.write_file_atomically(path, [b"newer"])
    assert path.read_bytes() == b"newer"
    assert names(tmp_path) == {path.name, left}, "its writer could be alive"


def test_a_writer_killed_in_the_middle_leaves_no_file_where_none_was(tmp_path: Path) -> None:
    killed_in_the_middle(tmp_path / "weaknesses.json")
    assert not (tmp_path / "weaknesses.json").exists()
    assert len(names(tmp_path)) == 1


def test_what_killed_writers_left_is_cleared_away_a_day_later_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "w.json"
    others = (
        ".w.json.bak",
        ".w.json.0123456789abc",
        ".wxjson.0123456789ab",
        "w.json.0123456789ab",
        ".v.json.0123456789ab",
    )
    for name in (*others, ".w.json.0123456789ab", ".w.json.ba9876543210"):
        (tmp_path / name).write_bytes(b"x")
        os.utime(tmp_path / name, (0, time.time() - 90_000))
    os.utime(tmp_path / ".w.json.ba9876543210")
    folder = tmp_path / ".w.json.aaaaaaaaaaaa"
    folder.mkdir()
    (folder / "page").write_bytes(b"x")
    os.utime(folder, (0, 0))
    files.write_file_atomically(path, [b"new"])
    assert names(tmp_path) == {"w.json", ".w.json.ba9876543210", *others}


@pytest.mark.parametrize(
    ("before", "asked", "after"),
    [(None, None, 0o600), (None, 0o600, 0o600), (0o644, None, 0o644), (0o644, 0o600, 0o600), (0o400, None, 0o400)],
)
def test_how_open_a_file_is(tmp_path: Path, before: int | None, asked: int | None, after: int) -> None:
    path = tmp_path / "one"
    if before is not None:
        path.write_bytes(b"old")
        path.chmod(before)
    umask = os.umask(0)
    try:
        files.write_file_atomically(path, [b"new"], asked)
    finally:
        os.umask(umask)
    assert (path.read_bytes(), mode(path)) == (b"new", after)


def test_the_file_is_on_the_disk_before_it_has_its_name_and_the_name_before_it_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def synced(handle: int) -> None:
        steps.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else f"file of {os.fstat(handle).st_size}")
        fsync(handle)

    def renamed(self: Path, target: Path) -> Path:
        steps.append("name")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", renamed)
    files.write_file_atomically(tmp_path / "one", [b"1234", b"5"])
    assert steps == ["file of 5", "name", "folder"]


def broken() -> Iterator[bytes]:
    yield b"new"
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_leaves_what_was_there_and_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "one"
    files.write_private(path, [b"old"])
    with pytest.raises(InputError, match=f"cannot write {path}: No space left on device"):
        files.write_private(path, broken())
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == {"one"}


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file or directory"):
        files.write_file(tmp_path / "none" / "one", b"new")


def test_what_a_person_asks_for_gets_its_folder(tmp_path: Path) -> None:
    assert files.write_output(tmp_path / "out" / "new" / "one", b"new").read_bytes() == b"new"
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match=r"cannot write .*: (Not a directory|File exists)"):
        files.write_output(tmp_path / "file" / "one", b"new")


def test_what_has_no_name_is_one_line() -> None:
    with pytest.raises(InputError, match="Is a directory"):
        files.write_private(Path("/"), [b"new"])


def test_what_others_laid_in_its_place_does_not_open_it_to_them(tmp_path: Path) -> None:
    (tmp_path / "open").write_bytes(b"theirs")
    (tmp_path / "open").chmod(0o666)
    (tmp_path / "link").symlink_to("open")
    if os.getuid() == 0:
        os.chown(tmp_path / "open", 33, 33)
    for name in ("link", *(("open",) if os.getuid() == 0 else ())):
        files.write_file(tmp_path / name, b"ours")
        assert (tmp_path / name).read_bytes() == b"ours"
        assert mode(tmp_path / name) == 0o600


def test_a_link_in_the_place_of_a_file_is_replaced_not_followed(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_bytes(b"theirs")
    (tmp_path / "one").symlink_to(tmp_path / "theirs")
    files.write_private(tmp_path / "one", [b"ours"])
    assert (tmp_path / "theirs").read_bytes() == b"theirs"
    assert (tmp_path / "one").read_bytes() == b"ours"
    assert not (tmp_path / "one").is_symlink()
