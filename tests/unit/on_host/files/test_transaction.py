"""A change of root's own configuration: all of it, or nothing; and nowhere that somebody else has a say in."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre_change import attributes, corrections
from ansible.module_utils.luytre_change.permissions import AsideFolder, Correction
from ansible.module_utils.luytre_change.transaction import ChangeRefusal, FileTransaction

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


def change(etc: Path) -> FileTransaction:
    (etc / "old").write_text("a\n")
    (etc / "gone").write_text("b\n")
    wanted = FileTransaction(str(etc))
    wanted.want_file_with_text(f"{etc}/deep/er/new", "d\n")
    wanted.want_file_edited_by_function(f"{etc}/old", lambda text: text + "e\n")
    wanted.want_link_to_target(f"{etc}/link", "old")
    wanted.want_nothing_at_path(f"{etc}/gone")
    return wanted


def test_all_of_it(etc: Path) -> None:
    change(etc).commit_changes_or_revert_on_failure([["true"]])
    assert (etc / "deep/er/new").read_text() == "d\n"
    assert (etc / "old").read_text() == "a\ne\n"
    assert (etc / "link").readlink() == Path("old")
    assert not (etc / "gone").exists()


def test_or_nothing_with_the_daemons_own_words(etc: Path) -> None:
    wanted = change(etc)
    before = picture(etc)
    with pytest.raises(ChangeRefusal, match="dòng 3: sai"):
        wanted.commit_changes_or_revert_on_failure([["true"], REFUSES])
    assert picture(etc) == before


def test_a_disk_that_takes_no_more_leaves_no_draft_and_all_as_it_was(etc: Path) -> None:
    (etc / "a.conf").write_text("a long line\n")
    (etc / "link").symlink_to("a.conf")
    before, inode = picture(etc), (etc / "a.conf").stat().st_ino
    wanted = FileTransaction(str(etc))
    wanted.want_file_edited_by_function(f"{etc}/a.conf", lambda _text: "b\n")
    wanted.want_link_to_target(f"{etc}/link", "b.conf")
    wanted.want_file_with_text(f"{etc}/deep/b.conf", "another long line\n")
    with no_file_grows(), pytest.raises(ChangeRefusal, match="File too large"):
        wanted.commit_changes_or_revert_on_failure([["true"]])
    assert picture(etc) == before
    assert (etc / "a.conf").stat().st_ino == inode


def test_what_does_not_come_back_keeps_nothing_else_from_it(etc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        (etc / name).write_text(name)
    wanted = FileTransaction(str(etc))
    for name in "abc":
        wanted.want_file_edited_by_function(f"{etc}/{name}", lambda _text: "x")

    def rename(source: str, target: str) -> None:
        if source.endswith("luytre-old") and target.endswith("/b"):
            raise OSError(5, "Input/output error")
        Path(source).replace(target)

    monkeypatch.setattr(os, "rename", rename)
    with pytest.raises(OSError, match="Input/output error"):
        wanted.commit_changes_or_revert_on_failure([REFUSES])
    assert [(etc / name).read_text() for name in "abc"] == ["a", "x", "c"]


def test_no_daemon_takes_in_what_lies_beside_a_file_for_a_moment(etc: Path) -> None:
    wanted = change(etc)
    wanted.commit_changes_or_revert_on_failure(
        [["sh", "-c", f"ls {etc}/* > {etc}/deep/seen; ! grep luytre {etc}/deep/seen"]]
    )
    assert not [one for one in etc.rglob("*") if "luytre" in one.name]


def test_a_second_time_changes_nothing(etc: Path) -> None:
    (etc / "a").write_text("x\n")
    again = FileTransaction(str(etc))
    again.want_file_with_text(f"{etc}/a", "x\n")
    again.want_nothing_at_path(f"{etc}/b")
    assert not again.has_changes_wanted_or_made
    assert again.ansible_diff == []


def test_a_file_of_anothers_in_the_place_of_ours_is_written_anew(etc: Path) -> None:
    (etc / "site.conf").write_text("x\n")
    os.chown(etc / "site.conf", 1, 1)
    (etc / "site.conf").chmod(0o4777)
    with (etc / "site.conf").open("a") as theirs:
        wanted = FileTransaction(str(etc))
        wanted.want_file_with_text(f"{etc}/site.conf", "x\n")
        wanted.commit_changes_or_revert_on_failure([])
        theirs.write("y\n")
    assert ((etc / "site.conf").stat().st_uid, (etc / "site.conf").stat().st_mode & 0o7777) == (0, 0o644)
    assert (etc / "site.conf").read_text() == "x\n"


def test_a_file_that_is_there_keeps_its_mode(etc: Path) -> None:
    (etc / "a").write_text("x\n")
    (etc / "a").chmod(0o640)
    wanted = FileTransaction(str(etc))
    wanted.want_file_with_text(f"{etc}/a", "y\n")
    wanted.commit_changes_or_revert_on_failure([])
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
            FileTransaction(str(etc)).want_file_with_text(path, "x")


def test_a_link_is_replaced_and_never_followed(etc: Path) -> None:
    (etc / "target").write_text("kept\n")
    (etc / "link").symlink_to("target")
    wanted = FileTransaction(str(etc))
    wanted.want_file_with_text(f"{etc}/link", "new\n")
    wanted.commit_changes_or_revert_on_failure([])
    assert (etc / "target").read_text() == "kept\n"
    assert not (etc / "link").is_symlink()
    with pytest.raises(ChangeRefusal):
        (etc / "other").symlink_to("target")
        FileTransaction(str(etc)).want_file_edited_by_function(f"{etc}/other", lambda text: text)


def test_a_test_that_would_believe_what_another_can_change_is_not_run_and_all_is_taken_back(etc: Path) -> None:
    wanted = change(etc)
    theirs, mark = etc / "theirs", etc / "mark"
    theirs.write_text("")
    os.chown(theirs, 65534, 65534)
    before = picture(etc)
    with pytest.raises(ChangeRefusal, match=r"touch was not run as root: .*/theirs can be changed by user nobody"):
        wanted.commit_changes_or_revert_on_failure([["touch", str(mark)]], lambda: ([str(theirs)], []))
    assert picture(etc) == before
    wanted.commit_changes_or_revert_on_failure([["touch", str(mark)]], lambda: ([], [str(theirs)]))
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
        monkeypatch.setattr(corrections, "AsideFolder", lambda run: AsideFolder(run, home))
        yield etc


def owned(folder: Path) -> dict[str, tuple[int, int, int]]:
    return {one.name: (one.lstat().st_uid, one.lstat().st_gid, one.lstat().st_mode) for one in folder.iterdir()}


def tightening(etc: Path, aside: bool, tests: list[list[str]], check: bool = False) -> FileTransaction:
    params = {"tighten": True, "aside": aside, "run": "r"}
    with FileTransaction(str(etc)) as wanted:
        wanted.tighten_permissions_of_part_at_once("nginx", params, check)
        wanted.want_file_edited_by_function(f"{etc}/old", lambda text: text + "e\n")
        if not check:
            wanted.commit_changes_or_revert_on_failure(tests)
    return wanted


@pytest.mark.parametrize("aside", [False, True])
def test_who_can_change_it_is_put_right_with_the_rest_and_taken_back_with_it(loose: Path, aside: bool) -> None:
    before = picture(loose), owned(loose)
    with pytest.raises(ChangeRefusal, match="dòng 3: sai"):
        tightening(loose, aside, [REFUSES])
    assert (picture(loose), owned(loose)) == before
    assert tightening(loose, aside, [], check=True).has_changes_wanted_or_made
    assert (picture(loose), owned(loose)) == before, "a check run changes nothing"
    done = tightening(loose, aside, [["true"]])
    assert set(done.corrected.changed) == {f"{loose}/old", f"{loose}/gone"}
    assert (loose / "old").read_text() == "olde\n"
    assert [(loose / name).stat().st_mode & 0o7777 for name in ("old", "gone")] == [0o644, 0o4755]
    assert (loose / "theirs").exists() is (loose / "link").is_symlink() is not aside
    assert set(done.corrected.held) == (set() if aside else {f"{loose}/theirs"})


def test_what_cannot_be_put_right_leaves_the_rest_as_it_was(loose: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = owned(loose)
    real = attributes.put_attributes_without_widening_access

    def stops(handle: int, *wanted: Any) -> None:
        if Path(f"/proc/self/fd/{handle}").readlink().name == "gone" and wanted[-1] == 0o4755:
            raise OSError(30, "Read-only file system")
        real(handle, *wanted)

    monkeypatch.setattr(attributes, "put_attributes_without_widening_access", stops)
    with pytest.raises(ChangeRefusal, match=r"Read-only file system.*gone"):
        tightening(loose, True, [["true"]])
    assert owned(loose) == before


@pytest.mark.parametrize("aside", [False, True])
def test_a_daemon_is_asked_only_when_its_configuration_is_another(loose: Path, aside: bool) -> None:
    with FileTransaction(str(loose)) as wanted:
        wanted.tighten_permissions_of_part_at_once("nginx", {"tighten": True, "aside": aside, "run": "r"}, False)
    assert wanted.has_changes_wanted_or_made and wanted.is_daemon_test_needed is aside


def test_a_name_that_is_none_for_a_folder_changes_nothing(loose: Path) -> None:
    with pytest.raises(ChangeRefusal, match="no name for a folder"), FileTransaction(str(loose)) as wanted:
        wanted.tighten_permissions_of_part_at_once("nginx", {"tighten": True, "aside": True, "run": "../r"}, False)
    with FileTransaction(str(loose)) as wanted:
        wanted.tighten_permissions_of_part_at_once("nginx", {"tighten": False, "aside": True, "run": ""}, False)
    assert not wanted.has_changes_wanted_or_made
