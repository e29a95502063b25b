"""A change of root's own configuration: all of it, or nothing; and nowhere that somebody else has a say in."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre_change import attributes, corrections
from ansible.module_utils.luytre_change.permissions import Aside, Correction
from ansible.module_utils.luytre_change.transaction import ChangeRefusal, Transaction

from tests.unit.on_host.full_disk import no_file_grows

REFUSES = ["sh", "-c", "echo 'dòng 3: sai'; exit 1"]


@pytest.fixture
def etc() -> Iterator[Path]:
    """A folder that root alone can write, all the way up: unlike below /tmp."""
    with tempfile.TemporaryDirectory(dir="/run") as name:
        yield Path(name)


def picture(folder: Path) -> dict[str, object]:
    """Everything below a folder: links, texts, modes."""
    return {
        str(path.relative_to(folder)): path.readlink()
        if path.is_symlink()
        else (path.read_bytes() if path.is_file() else None, path.stat().st_mode)
        for path in sorted(folder.rglob("*"))
    }


def change(etc: Path) -> Transaction:
    (etc / "old").write_text("a\n")
    (etc / "gone").write_text("b\n")
    wanted = Transaction(str(etc))
    wanted.file(f"{etc}/deep/er/new", "d\n")
    wanted.edit(f"{etc}/old", lambda text: text + "e\n")
    wanted.link(f"{etc}/link", "old")
    wanted.absent(f"{etc}/gone")
    return wanted


def test_all_of_it(etc: Path) -> None:
    change(etc).commit([["true"]])
    assert (etc / "deep/er/new").read_text() == "d\n"
    assert (etc / "old").read_text() == "a\ne\n"
    assert (etc / "link").readlink() == Path("old")
    assert not (etc / "gone").exists()


def test_or_nothing_with_the_daemons_own_words(etc: Path) -> None:
    wanted = change(etc)
    before = picture(etc)
    with pytest.raises(ChangeRefusal, match="dòng 3: sai"):
        wanted.commit([["true"], REFUSES])
    assert picture(etc) == before


def test_a_disk_that_takes_no_more_leaves_no_draft_and_all_as_it_was(etc: Path) -> None:
    (etc / "a.conf").write_text("a long line\n")
    (etc / "link").symlink_to("a.conf")
    before, inode = picture(etc), (etc / "a.conf").stat().st_ino
    wanted = Transaction(str(etc))
    wanted.edit(f"{etc}/a.conf", lambda _text: "b\n")
    wanted.link(f"{etc}/link", "b.conf")
    wanted.file(f"{etc}/deep/b.conf", "another long line\n")
    with no_file_grows(), pytest.raises(ChangeRefusal, match="File too large"):
        wanted.commit([["true"]])
    assert picture(etc) == before
    assert (etc / "a.conf").stat().st_ino == inode


def test_what_does_not_come_back_keeps_nothing_else_from_it(etc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        (etc / name).write_text(name)
    wanted = Transaction(str(etc))
    for name in "abc":
        wanted.edit(f"{etc}/{name}", lambda _text: "x")

    def rename(source: str, target: str) -> None:
        if source.endswith("luytre-old") and target.endswith("/b"):
            raise OSError(5, "Input/output error")
        Path(source).replace(target)

    monkeypatch.setattr(os, "rename", rename)
    with pytest.raises(OSError, match="Input/output error"):
        wanted.commit([REFUSES])
    assert [(etc / name).read_text() for name in "abc"] == ["a", "x", "c"]


def test_no_daemon_takes_in_what_lies_beside_a_file_for_a_moment(etc: Path) -> None:
    wanted = change(etc)
    wanted.commit([["sh", "-c", f"ls {etc}/* > {etc}/deep/seen; ! grep luytre {etc}/deep/seen"]])
    assert not [one for one in etc.rglob("*") if "luytre" in one.name]


def test_a_second_time_changes_nothing(etc: Path) -> None:
    (etc / "a").write_text("x\n")
    again = Transaction(str(etc))
    again.file(f"{etc}/a", "x\n")
    again.absent(f"{etc}/b")
    assert not again.is_changed
    assert again.diff == []


def test_a_file_of_anothers_in_the_place_of_ours_is_written_anew(etc: Path) -> None:
    (etc / "site.conf").write_text("x\n")
    os.chown(etc / "site.conf", 1, 1)
    (etc / "site.conf").chmod(0o4777)
    with (etc / "site.conf").open("a") as theirs:
        wanted = Transaction(str(etc))
        wanted.file(f"{etc}/site.conf", "x\n")
        wanted.commit([])
        theirs.write("y\n")
    assert ((etc / "site.conf").stat().st_uid, (etc / "site.conf").stat().st_mode & 0o7777) == (0, 0o644)
    assert (etc / "site.conf").read_text() == "x\n"


def test_a_file_that_is_there_keeps_its_mode(etc: Path) -> None:
    (etc / "a").write_text("x\n")
    (etc / "a").chmod(0o640)
    wanted = Transaction(str(etc))
    wanted.file(f"{etc}/a", "y\n")
    wanted.commit([])
    assert (etc / "a").stat().st_mode & 0o777 == 0o640


def test_nowhere_that_somebody_else_has_a_say(etc: Path) -> None:
    (etc / "open").mkdir()
    (etc / "open").chmod(0o777)
    (etc / "theirs").mkdir()
    os.chown(etc / "theirs", 33, 33)
    (etc / "leads").symlink_to("/run")
    for path in (
        f"{etc}/open/a",
        f"{etc}/theirs/a",
        f"{etc}/leads/a",
        f"{etc}/../a",
        "/run/luytre-elsewhere",
        f"{etc}x",
    ):
        with pytest.raises(ChangeRefusal):
            Transaction(str(etc)).file(path, "x")


def test_a_link_is_replaced_and_never_followed(etc: Path) -> None:
    (etc / "target").write_text("kept\n")
    (etc / "link").symlink_to("target")
    wanted = Transaction(str(etc))
    wanted.file(f"{etc}/link", "new\n")
    wanted.commit([])
    assert (etc / "target").read_text() == "kept\n"
    assert not (etc / "link").is_symlink()
    with pytest.raises(ChangeRefusal):
        (etc / "other").symlink_to("target")
        Transaction(str(etc)).edit(f"{etc}/other", lambda text: text)


def test_a_test_that_would_believe_what_another_can_change_is_not_run_and_all_is_taken_back(etc: Path) -> None:
    wanted = change(etc)
    theirs, mark = etc / "theirs", etc / "mark"
    theirs.write_text("")
    os.chown(theirs, 65534, 65534)
    before = picture(etc)
    with pytest.raises(ChangeRefusal, match=r"touch was not run as root: .*/theirs can be changed by user nobody"):
        wanted.commit([["touch", str(mark)]], lambda: ([str(theirs)], []))
    assert picture(etc) == before
    wanted.commit([["touch", str(mark)]], lambda: ([], [str(theirs)]))
    assert mark.exists(), "a log may be another's where nobody can put something else in its place"


# --- who can change it, put right first ------------------------------------------------------------------------


@pytest.fixture
def loose(etc: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with two of root's files that its group may write, one of www-data's, and a link to that."""
    for name, mode in (("old", 0o664), ("gone", 0o4775)):
        (etc / name).write_text(name)
        (etc / name).chmod(mode)
    (etc / "theirs").write_text("theirs")
    os.chown(etc / "theirs", 33, 33)
    (etc / "link").symlink_to("theirs")
    found = [Correction(str(etc / name), 0o7755) for name in ("old", "gone", "theirs")]
    monkeypatch.setitem(corrections.PARTS, "nginx", lambda: found)
    monkeypatch.setitem(corrections.LINK_FOLDERS, "nginx", str(etc))
    with tempfile.TemporaryDirectory(dir="/run") as home:
        monkeypatch.setattr(corrections, "Aside", lambda run: Aside(run, home))
        yield etc


def owned(folder: Path) -> dict[str, tuple[int, int, int]]:
    return {one.name: (one.lstat().st_uid, one.lstat().st_gid, one.lstat().st_mode) for one in folder.iterdir()}


def tightening(etc: Path, aside: bool, tests: list[list[str]], check: bool = False) -> Transaction:
    params = {"tighten": True, "aside": aside, "run": "r"}
    with Transaction(str(etc)) as wanted:
        wanted.tighten("nginx", params, check)
        wanted.edit(f"{etc}/old", lambda text: text + "e\n")
        if not check:
            wanted.commit(tests)
    return wanted


@pytest.mark.parametrize("aside", [False, True])
def test_who_can_change_it_is_put_right_with_the_rest_and_taken_back_with_it(loose: Path, aside: bool) -> None:
    before = picture(loose), owned(loose)
    with pytest.raises(ChangeRefusal, match="dòng 3: sai"):
        tightening(loose, aside, [REFUSES])
    assert (picture(loose), owned(loose)) == before
    assert tightening(loose, aside, [], check=True).is_changed
    assert (picture(loose), owned(loose)) == before, "a check run changes nothing"
    done = tightening(loose, aside, [["true"]])
    assert set(done.corrected.changed) == {f"{loose}/old", f"{loose}/gone"}
    assert (loose / "old").read_text() == "olde\n"
    assert [(loose / name).stat().st_mode & 0o7777 for name in ("old", "gone")] == [0o644, 0o4755]
    assert (loose / "theirs").exists() is (loose / "link").is_symlink() is not aside
    assert set(done.corrected.held) == (set() if aside else {f"{loose}/theirs"})


def test_what_cannot_be_put_right_leaves_the_rest_as_it_was(loose: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = owned(loose)
    real = attributes.put

    def stops(handle: int, *wanted: Any) -> None:
        if Path(f"/proc/self/fd/{handle}").readlink().name == "gone" and wanted[-1] == 0o4755:
            raise OSError(30, "Read-only file system")
        real(handle, *wanted)

    monkeypatch.setattr(attributes, "put", stops)
    with pytest.raises(ChangeRefusal, match=r"Read-only file system.*gone"):
        tightening(loose, True, [["true"]])
    assert owned(loose) == before


@pytest.mark.parametrize("aside", [False, True])
def test_a_daemon_is_asked_only_when_its_configuration_is_another(loose: Path, aside: bool) -> None:
    with Transaction(str(loose)) as wanted:
        wanted.tighten("nginx", {"tighten": True, "aside": aside, "run": "r"}, False)
    assert wanted.is_changed and wanted.to_test is aside


def test_a_name_that_is_none_for_a_folder_changes_nothing(loose: Path) -> None:
    with pytest.raises(ChangeRefusal, match="no name for a folder"), Transaction(str(loose)) as wanted:
        wanted.tighten("nginx", {"tighten": True, "aside": True, "run": "../r"}, False)
    with Transaction(str(loose)) as wanted:
        wanted.tighten("nginx", {"tighten": False, "aside": True, "run": ""}, False)
    assert not wanted.is_changed
