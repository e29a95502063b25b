"""A change of root's own configuration: all of it, or nothing; and nowhere that somebody else has a say in."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible.module_utils.luytre_change.transaction import Refused, Transaction

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
    with pytest.raises(Refused, match="dòng 3: sai"):
        wanted.commit([["true"], REFUSES])
    assert picture(etc) == before


def test_a_second_time_changes_nothing(etc: Path) -> None:
    (etc / "a").write_text("x\n")
    again = Transaction(str(etc))
    again.file(f"{etc}/a", "x\n")
    again.absent(f"{etc}/b")
    assert not again.changed
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
        with pytest.raises(Refused):
            Transaction(str(etc)).file(path, "x")


def test_a_link_is_replaced_and_never_followed(etc: Path) -> None:
    (etc / "target").write_text("kept\n")
    (etc / "link").symlink_to("target")
    wanted = Transaction(str(etc))
    wanted.file(f"{etc}/link", "new\n")
    wanted.commit([])
    assert (etc / "target").read_text() == "kept\n"
    assert not (etc / "link").is_symlink()
    with pytest.raises(Refused):
        (etc / "other").symlink_to("target")
        Transaction(str(etc)).edit(f"{etc}/other", lambda text: text)


def test_a_test_that_would_believe_what_another_can_change_is_not_run_and_all_is_taken_back(etc: Path) -> None:
    wanted = change(etc)
    theirs, mark = etc / "theirs", etc / "mark"
    theirs.write_text("")
    os.chown(theirs, 65534, 65534)
    before = picture(etc)
    with pytest.raises(Refused, match=r"touch was not run as root: .*/theirs can be changed by user nobody"):
        wanted.commit([["touch", str(mark)]], lambda: ([str(theirs)], []))
    assert picture(etc) == before
    wanted.commit([["touch", str(mark)]], lambda: ([], [str(theirs)]))
    assert mark.exists(), "a log may be another's where nobody can put something else in its place"
