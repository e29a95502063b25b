"""What a host lists and reads for a hunt: on real files, some of them made to hurt."""

from __future__ import annotations

import base64
import hashlib
import itertools
import os
import tempfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible.module_utils.luytre_hunt import walk as walking
from ansible.module_utils.luytre_hunt.walk import LARGE, PHP, PROGRAM, SCRIPT, SETTINGS, UPLOAD, HuntWalk
from ansible.module_utils.luytre_hunt.wire_format import (
    convert_path_to_text_byte_by_byte,
    convert_text_back_to_path,
    pack_json_value_as_text,
    unpack_json_value_from_text,
)
from ansible.module_utils.luytre_shared.os.time_budget import TimeBudget

from auditor.compromise import file_listing
from auditor.compromise.scan_cache import ScanCache
from tests.unit.leased import leased
from tests.unit.modules import load

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="below a folder that root alone can write")
contents = load("on_host/hunt/library/hunt_contents.py")


@pytest.fixture
def top() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir="/run") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def walked(top: Path, known: dict[bytes, int] | None = None) -> HuntWalk:
    walk = HuntWalk([str(top)], known or {}, TimeBudget(20))
    walk.walk_all_web_roots()
    return walk


def what(walk: HuntWalk) -> dict[str, int]:
    return {convert_text_back_to_path(row[1]): row[9] for row in walk.rows}


def test_code_is_told_by_content_and_never_by_its_name(top: Path) -> None:
    for name, content in {
        "a.jpg": b"\xff\xd8\xff\0\0 <?php echo 1;",
        "b.php": b"no code",
        "c.xml": b'<?xml version="1.0"?><a/>',
        "d.txt": b"<? echo 1;",
        "e": b"#!/bin/sh\n",
        "f.bin": b"\x7fELF\0\0",
        ".htaccess": b"Options -Indexes",
        "h.shtml": b"<!--#exec cmd=x -->",
        "i.shtml": b"<!--#echo var=x -->",
        "g.svg": b'<svg><script language="php">x</script>',
    }.items():
        (top / name).write_bytes(content)
    assert what(walked(top)) == {
        **{"a.jpg": PHP, "b.php": 0, "c.xml": 0, "d.txt": PHP, "e": SCRIPT, "f.bin": PROGRAM, ".htaccess": SETTINGS},
        "g.svg": PHP,
        "h.shtml": SCRIPT,
        "i.shtml": 0,
    }


def test_md5_is_told_where_it_is_wanted(top: Path) -> None:
    (top / "a.php").write_bytes(b"<?php")
    found = []
    for wanted in (False, True):
        walk = HuntWalk([str(top)], {}, TimeBudget(20), md5=wanted)
        walk.walk_all_web_roots()
        found.append(walk.rows[0][12])
    assert found == [None, hashlib.new("md5", b"<?php", usedforsecurity=False).hexdigest()]


def test_links_pipes_and_sparse_files_cost_nothing_and_are_not_followed(top: Path) -> None:
    (top / "real.php").write_bytes(b"<?php 1;")
    (top / "link.php").symlink_to("/etc/passwd")
    (top / "round").symlink_to(top)
    os.mkfifo(top / "pipe")
    with (top / "huge").open("wb") as huge:
        huge.truncate(1 << 40)
    began = time.monotonic()
    walk = walked(top)
    assert time.monotonic() - began < 3
    assert what(walk) == {"real.php": PHP, "huge": LARGE}
    assert walk.others == 3


def test_what_its_owner_keeps_from_being_read_is_told_and_read_as_soon_as_it_can_be(top: Path) -> None:
    shell, digest = top / "x.jpg", hashlib.sha256(b"<?php a();").hexdigest()
    shell.write_bytes(b"<?php a();")
    with leased(shell):
        hidden = walked(top)
    files = [
        file_listing.WebFile(str(top), convert_text_back_to_path(row[1]), *row[2:5], *row[8:12]) for row in hidden.rows
    ]
    assert [(one.path, one.sha256, one.is_worth_judging) for one in files] == [("x.jpg", None, True)]
    kept = ScanCache(host="web1").build_cache_for_next_hunt(files, {}, "", warm=False)
    stamps = {bytes.fromhex(file[8]): at for at, file in enumerate(kept.files)}
    assert [row[8] for row in walked(top, stamps).rows] == [digest]


def test_names_are_bytes(top: Path) -> None:
    name = b"a\n\xff\xc3\xb4.php"
    with Path(os.fsdecode(os.fsencode(top) + b"/" + name)).open("wb") as made:
        made.write(b"<?php 1;")
    walk = walked(top)
    (row,) = walk.rows
    assert row[1].encode("latin-1") == name
    assert row[8] == hashlib.sha256(b"<?php 1;").hexdigest()
    assert (
        contents.read_file_content_if_digest_matches(str(top), convert_text_back_to_path(row[1]), row[8]) == b"<?php 1;"
    )


def test_what_did_not_change_is_not_read_again_and_what_did_is(top: Path) -> None:
    for name in "abc":
        (top / f"{name}.php").write_bytes(b"<?php 1;")
    first = walked(top)
    known = {bytes.fromhex(row[11]): at for at, row in enumerate(first.rows)}
    changed = top / "b.php"
    times = changed.stat()
    changed.write_bytes(b"<?php 2;")
    os.utime(changed, ns=(times.st_atime_ns, times.st_mtime_ns))
    second = walked(top, known)
    assert (len(second.same), [row[1] for row in second.rows], second.seen) == (2, ["b.php"], 3)


def test_where_files_are_put_is_told_by_the_application(top: Path) -> None:
    (top / "wp-includes").mkdir()
    (top / "wp-includes/version.php").write_text("<?php\n$wp_version = '6.8.2';\n")
    (top / "wp-content/uploads/2026").mkdir(parents=True)
    (top / "wp-content/uploads/2026/a.php").write_bytes(b"<?php 1;")
    walk = walked(top)
    assert {row[1]: row[10] for row in walk.rows} == {
        "wp-includes/version.php": 0,
        "wp-content/uploads/2026/a.php": UPLOAD,
    }
    assert walk.applications == [([0, ""], "wordpress", "6.8.2")]


def test_too_many_files_are_counted_and_not_told(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "MAX_ROWS", 2)
    for name in range(5):
        (top / f"{name}").write_bytes(b"x")
    walk = walked(top)
    assert (len(walk.rows), walk.left, walk.seen) == (2, 3, 5)


def test_what_one_folder_is_full_of_hides_nothing_elsewhere(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "CROWD", 5)
    monkeypatch.setattr(walking, "MAX_FILES", 30)
    (top / "a/z").mkdir(parents=True)
    (top / "b/c").mkdir(parents=True)
    for name in range(100):
        (top / f"a/{name}").write_bytes(b"")
    for path in ("a/z/last.php", "b/c/one.php", "b/two.php"):
        (top / path).write_bytes(b"<?php 1;")
    walk = HuntWalk([str(top / "a"), str(top / "b")], {}, TimeBudget(20))
    walk.walk_all_web_roots()
    assert {"c/one.php", "two.php"} <= {row[1] for row in walk.rows}
    assert walk.seen == 30
    assert walk.cut_short == [[0, "files"]]
    monkeypatch.setattr(walking, "MAX_FILES", 300)
    walk = HuntWalk([str(top / "a"), str(top / "b")], {}, TimeBudget(20))
    walk.walk_all_web_roots()
    assert (walk.seen, walk.cut_short, len({(row[0], row[1]) for row in walk.rows})) == (103, [], 103)


def test_the_nearest_folders_are_seen_first(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in "abcde":
        (top / folder / "deep").mkdir(parents=True)
        (top / folder / "near.php").write_bytes(b"<?php 1;")
        for name in range(10):
            (top / folder / "deep" / f"{name}").write_bytes(b"")
    (top / "top.php").write_bytes(b"<?php 1;")
    monkeypatch.setattr(walking, "MAX_FILES", 6)
    assert {row[1] for row in walked(top).rows} == {"top.php", *(f"{folder}/near.php" for folder in "abcde")}


def test_what_others_use_of_the_processors_shortens_no_walk(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in range(400):
        (top / f"{name}").write_bytes(b"")
    clock = itertools.count(time.monotonic(), 0.1)
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    walk = HuntWalk([str(top)], {}, TimeBudget(20, 200))
    walk.walk_all_web_roots()
    assert (walk.seen, walk.left, walk.cut_short) == (400, 0, [])


def test_what_lies_too_deep_is_told_as_not_seen(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "MAX_DEPTH", 2)
    (top / "a/b").mkdir(parents=True)
    (top / "a/b/x").write_bytes(b"")
    assert (walked(top).cut_short, walked(top).seen) == ([], 1)
    (top / "a/b/c").mkdir()
    assert walked(top).cut_short == [[0, "depth"]]


@pytest.mark.parametrize(
    "kind, seen, cut",
    [
        ("ext4", 1, []),
        ("of a subvolume", 1, []),
        ("proc", 0, []),
        ("nfs4", 0, [[0, "mounted"]]),
        ("fuse.sshfs", 0, [[0, "mounted"]]),
    ],
)
def test_other_disks_are_walked_and_what_another_machine_answers_for_is_told_as_not_seen(
    top: Path, monkeypatch: pytest.MonkeyPatch, kind: str, seen: int, cut: list[object]
) -> None:
    class Elsewhere(walking._Root):  # type: ignore[misc]
        """One below which everything lies on another device."""

        def __init__(self, *given: object) -> None:
            super().__init__(*given)
            self.device = -1

    (top / "x.php").write_bytes(b"<?php 1;")
    device = top.stat().st_dev
    table = f"36 35 {os.major(device)}:{os.minor(device)} / /x rw,noatime shared:1 - {kind} /dev/x rw"
    monkeypatch.setattr(walking, "read_text", lambda *_: "" if kind == "of a subvolume" else table)
    monkeypatch.setattr(walking, "_Root", Elsewhere)
    assert (walked(top).seen, walked(top).cut_short) == (seen, cut)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes() if path.exists() else b"").hexdigest()


def test_contents_fill_an_answer_and_the_rest_waits(top: Path) -> None:
    for name in "abc":
        (top / name).write_bytes(os.urandom(1000))
    (top / "link").symlink_to("/etc/passwd")
    wanted = [
        [convert_path_to_text_byte_by_byte(str(top)), name, digest(top / name)]
        for name in ("a", "link", "../etc/passwd", "b", "c")
    ]
    pieces, lengths = contents.pack_contents(wanted, 2300)
    assert lengths == [1000, -1, -1, 1000]
    told = file_listing.unpack_file_contents(base64.b64encode(pieces).decode(), pack_json_value_as_text(lengths), 5)
    assert told == [(top / "a").read_bytes(), None, None, (top / "b").read_bytes()]


def test_of_a_large_file_head_and_tail_are_read(top: Path) -> None:
    (top / "large").write_bytes(b"head" + bytes(3 << 20) + b"tail")
    found = contents.read_file_content_if_digest_matches(str(top), "large", digest(top / "large"))
    assert (len(found), found[:4], found[-4:]) == (2 << 20, b"head", b"tail")


@pytest.mark.parametrize("size", [9, 3 << 20])
def test_what_was_swapped_since_it_was_listed_is_not_read(top: Path, size: int) -> None:
    (top / "a").write_bytes(b"<?php eval" + bytes(size))
    wanted = [[convert_path_to_text_byte_by_byte(str(top)), "a", digest(top / "a")]]
    (top / "a").write_bytes(b"<?php 1;".ljust(size))
    assert contents.pack_contents(wanted, 10_000_000)[1] == [-1]


def test_what_is_packed_to_burst_is_refused() -> None:
    bomb = base64.b64encode(zlib.compress(bytes(65_000_000))).decode()
    with pytest.raises(ValueError, match="too large"):
        unpack_json_value_from_text(bomb)
