"""Who could have written a file, and what becomes of it: on real files, as root."""

from __future__ import annotations

import os
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible.module_utils.luytre_change.permissions import (
    AsideFolder,
    Correction,
    CorrectionResult,
    apply_permission_corrections,
)
from ansible.module_utils.luytre_shared.os import file_writers
from ansible.module_utils.luytre_shared.os.file_writers import describe_content_doubt, open_path_target


@pytest.fixture
def etc() -> Iterator[Path]:
    """A folder of root's alone, all the way up."""
    with tempfile.TemporaryDirectory(dir="/run") as name:
        yield Path(name)


def make(path: Path, owner: int = 0, group: int = 0, mode: int = 0o644, text: str = "words\n") -> Path:
    path.write_text(text)
    os.chown(path, owner, group)
    path.chmod(mode)
    return path


def author(path: Path) -> tuple[str, str] | None:
    found = describe_content_doubt(str(path))
    return found and (found["kind"], found["name"])


def state(path: Path) -> tuple[int, int, int]:
    status = path.lstat()
    return status.st_uid, status.st_gid, status.st_mode & 0o7777


def closed(path: Path, **more: bool) -> Correction:
    return Correction(str(path), 0o640, groups=("root",), **more)


def put(wanted: list[Correction], aside: AsideFolder | None = None, check: bool = False) -> CorrectionResult:
    done: CorrectionResult = apply_permission_corrections(wanted, check, aside)
    return done


def test_the_root_of_everything_can_be_judged_too() -> None:
    assert describe_content_doubt("/") is None and describe_content_doubt("/none/such") is None


def test_roots_own_files_are_not_doubted_whoever_may_read_them(etc: Path) -> None:
    for mode in (0o644, 0o440, 0o664, 0o4755):
        assert author(make(etc / "file", mode=mode)) is None
    assert author(make(etc / "file", group=4, mode=0o640)) is None


@pytest.mark.parametrize(
    ("owner", "group", "mode", "expected"),
    [
        (33, 0, 0o400, ("user", "www-data")),
        (0, 4, 0o660, ("group", "adm")),
        (0, 0, 0o646, ("everybody", "")),
        (54_321, 0, 0o600, ("user", "54321")),
    ],
)
def test_who_could_have_written_a_file(etc: Path, owner: int, group: int, mode: int, expected: tuple[str, str]) -> None:
    assert author(make(etc / "file", owner, group, mode)) == expected


def test_a_folder_of_anothers_on_the_way_makes_all_in_it_doubtful_sticky_or_not(etc: Path) -> None:
    (etc / "folder").mkdir()
    file = make(etc / "folder" / "file")
    for mode in (0o755, 0o1755):
        os.chown(etc / "folder", 33, 33)
        (etc / "folder").chmod(mode)
        found = describe_content_doubt(str(file))
        assert found is not None and (found["place"], found["movable"]) == (str(etc / "folder"), False)


def test_an_access_list_counts_as_the_mode_does(etc: Path) -> None:
    file = make(etc / "file")
    entries = [(1, 6, 0), (2, 6, 33), (4, 4, 0), (16, 6, 0), (32, 4, 0)]
    acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
    try:
        os.setxattr(file, "system.posix_acl_access", acl)
    except OSError:
        file = make(Path("/var/tmp/luytre-acl"))  # noqa: S108  /run takes no lists here
        os.setxattr(file, "system.posix_acl_access", acl)
    try:
        assert author(file) == ("user", "www-data")
    finally:
        file.unlink()


def test_its_first_lines_are_told_and_no_more_of_it(etc: Path) -> None:
    file = make(etc / "file", 33, text="one\n\x1b[31mtwo\n" + "x" * 9_000 + "\n" * 50)
    found = describe_content_doubt(str(file))
    assert found is not None and found["beginning"][:2] == ["one", "\\u001b[31mtwo"]
    assert max(map(len, found["beginning"])) <= 160 and len(found["beginning"]) <= 6
    secret = describe_content_doubt(str(file), secret=True)
    assert secret is not None and secret["beginning"] == [] and not secret["movable"]


def test_only_the_mode_of_roots_own_file_is_tightened(etc: Path) -> None:
    file = make(etc / "file", mode=0o664, group=4)
    assert put([closed(file)]).held == {str(file): f"{file} can be changed by group adm"}
    file = make(etc / "file", mode=0o664)
    assert put([closed(file)], check=True).changed == {str(file): ("root:root 0664", "root:root 0640")}
    assert state(file) == (0, 0, 0o664)
    put([closed(file)])
    assert state(file) == (0, 0, 0o640)
    assert put([closed(file)]).changed == {} and put([closed(etc / "none")]).changed == {}


@pytest.mark.parametrize(("owner", "mode"), [(33, 0o440), (0, 0o666), (33, 0o4777)])
def test_what_others_could_have_written_stays_as_it_is(etc: Path, owner: int, mode: int) -> None:
    file = make(etc / "file", owner, mode=mode)
    assert list(put([closed(file)]).held) == [str(file)]
    assert state(file) == (owner, 0, mode)


def test_what_anybody_writes_and_nobody_believes_is_only_closed(etc: Path) -> None:
    file = make(etc / "data", mode=0o666)
    put([Correction(str(file), 0o7775, by_owner=False)])
    assert state(file) == (0, 0, 0o664)
    other = make(etc / "other", 33, mode=0o4777)
    assert list(put([Correction(str(other), 0o7775, by_owner=False)]).held) == [str(other)]
    assert state(other) == (33, 0, 0o4777)


def test_what_was_accepted_is_moved_aside_as_it_is_and_can_come_back(etc: Path) -> None:
    file = make(etc / "file", 33, 4, 0o664, "theirs\n")
    (etc / "links").mkdir()
    link = etc / "links" / "link"
    link.symlink_to(file)
    aside = AsideFolder("run", str(etc / "aside"))
    assert put([closed(file)], aside, check=True).aside == {str(file): f"{etc}/aside/run{file}"} and file.exists()
    done = put([closed(file)], aside)
    there = Path(done.aside[str(file)])
    assert not file.exists() and (there.read_text(), state(there)) == ("theirs\n", (33, 4, 0o664))
    assert state(etc / "aside") == (0, 0, 0o700)
    moved = aside.move_links_to_moved_files_aside(done.aside, str(etc / "links"), False)
    assert list(moved) == [str(link)] and not link.is_symlink()
    aside.move_everything_back()
    assert (file.read_text(), state(file)) == ("theirs\n", (33, 4, 0o664)) and link.is_symlink()


def test_two_of_one_name_both_are_kept(etc: Path) -> None:
    aside = AsideFolder("run", str(etc / "aside"))
    places = [put([closed(make(etc / "file", 33))], aside).aside[str(etc / "file")] for _ in range(2)]
    assert len({*places}) == 2 and all(Path(place).exists() for place in places)


def test_across_file_systems_it_is_the_same_file_there(etc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def apart(*_: object, **__: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    file = make(etc / "file", 33, 4, 0o640, "theirs\n" * 100)
    monkeypatch.setattr(os, "rename", apart)
    there = Path(put([closed(file)], AsideFolder("run", str(etc / "aside"))).aside[str(file)])
    assert not file.exists() and (there.read_text(), state(there)) == ("theirs\n" * 100, (33, 4, 0o640))


def test_a_folder_is_closed_and_what_others_put_there_moved(etc: Path) -> None:
    folder = etc / "folder"
    folder.mkdir()
    files = [make(folder / "mine"), make(folder / "theirs", 33)]
    os.chown(folder, 33, 33)
    wanted = [Correction(str(folder), 0o7755), *map(closed, files)]
    assert set(put(wanted).held) == {str(folder), *map(str, files)}
    tried = put(wanted, AsideFolder("run", str(etc / "aside")), check=True)
    done = put(wanted, AsideFolder("run", str(etc / "aside")))
    assert set(tried.aside) == set(done.aside) == {str(folder / "theirs")} and not done.held
    assert state(folder) == (0, 33, 0o755) and state(folder / "mine") == (0, 0, 0o640)


@pytest.mark.parametrize(("owner", "group", "mode"), [(33, 0, 0o755), (0, 33, 0o775), (0, 0, 0o777), (0, 0, 0o1777)])
def test_a_folder_that_counts_for_nothing_while_it_is_loose_is_closed_by_a_person(
    etc: Path, monkeypatch: pytest.MonkeyPatch, owner: int, group: int, mode: int
) -> None:
    """Others move root's own log, with their words in it, to where sudo reads once the folder is closed."""
    folder = etc / "sudoers.d"
    folder.mkdir()
    log = make(folder / "log", mode=0o440, text="www-data ALL=(ALL) NOPASSWD: ALL\n")
    os.chown(folder, owner, group)
    folder.chmod(mode)
    monkeypatch.setattr(file_writers, "PASSED_OVER", (str(folder),))
    wanted = [Correction(str(folder), 0o7755), closed(log)]
    for aside in (None, AsideFolder("run", str(etc / "aside"))):
        done = put(wanted, aside)
        assert set(done.held) == {str(folder), str(log)}
        assert (done.changed, done.aside) == ({}, {})
    found = [describe_content_doubt(str(path)) for path in (folder, log)]
    assert [one and (one["place"], one["movable"]) for one in found] == [(str(folder), False)] * 2


def test_keys_and_what_the_host_needs_are_never_moved(etc: Path) -> None:
    key = make(etc / "key", 33, mode=0o600)
    assert list(put([closed(key, secret=True)], AsideFolder("run", str(etc / "aside"))).held) == [str(key)]
    assert not (etc / "aside").exists()


def test_no_link_is_followed_neither_at_the_end_nor_on_the_way(etc: Path) -> None:
    secret = make(etc / "secret", mode=0o666)
    (etc / "link").symlink_to(secret)
    (etc / "way").symlink_to(etc)
    for path in (etc / "link", etc / "way" / "secret"):
        done = put([closed(path)], AsideFolder("run", str(etc / "aside")))
        assert (done.changed, done.held, done.aside) == ({}, {}, {})
    assert state(secret) == (0, 0, 0o666)


def test_a_link_of_anothers_is_doubted_as_a_file_is(etc: Path) -> None:
    (etc / "link").symlink_to("/etc/hostname")
    os.lchown(etc / "link", 33, 33)
    found = describe_content_doubt(str(etc / "link"))
    assert found is not None and (found["name"], found["beginning"]) == ("www-data", ["-> /etc/hostname"])
    assert list(put([closed(etc / "link")]).held) == [str(etc / "link")]


def test_a_file_that_takes_the_name_after_the_judgement_is_not_made_roots(
    etc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, theirs = make(etc / "file", mode=0o666), make(etc / "theirs", 33, mode=0o666)
    honest = os.fchmod

    def swapping(handle: int, mode: int) -> None:
        if theirs.exists():
            theirs.rename(file)
        honest(handle, mode)

    monkeypatch.setattr(os, "fchmod", swapping)
    put([Correction(str(file), 0o644, by_owner=False)])
    assert state(file) == (33, 0, 0o666)


def test_pipes_and_sockets_are_neither_opened_nor_changed(etc: Path) -> None:
    os.mkfifo(etc / "pipe")
    (etc / "pipe").chmod(0o666)
    with open_path_target(str(etc / "pipe")) as found:
        assert found is not None and found.handle is None
    assert list(put([closed(etc / "pipe")]).held) == [str(etc / "pipe")]
