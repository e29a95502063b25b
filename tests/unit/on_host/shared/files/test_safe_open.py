"""What is opened below folders that others write, and what is refused: on real files, as root."""

from __future__ import annotations

import os
import socket
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre_shared.files import safe_open
from ansible.module_utils.luytre_shared.files.safe_open import (
    ALL_LINKS,
    DIRECTORY,
    NO_LINKS,
    REGULAR,
    ROOTS_LINKS,
    Unsafe,
)

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="makes devices, and links of others")
LINK, KIND, WAY, ROOTS = (
    "is a link",
    "is not a regular file",
    "a link or no folder on the way",
    "a link that is not root's",
)
TEXT = b"words\n"


@pytest.fixture
def top() -> Iterator[Path]:
    """A folder that root alone can write on the way down, with one of each kind of thing in ``here``."""
    with tempfile.TemporaryDirectory(dir="/run") as name:
        top, here = Path(name), Path(name) / "here"
        top.chmod(0o755)
        here.mkdir()
        (here / "file").write_bytes(TEXT)
        (here / "closed").write_bytes(TEXT)
        (here / "closed").chmod(0)
        (here / "folder").mkdir()
        (here / "folder" / "file").write_bytes(TEXT)
        os.mkfifo(here / "fifo")
        os.mknod(here / "device", stat.S_IFCHR | 0o666, os.makedev(1, 5))
        os.mknod(here / "block", stat.S_IFBLK | 0o666, os.makedev(7, 200))
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(here / "socket"))
        for link, target in {
            "root-file": "file", "root-absolute": str(here / "file"), "root-up": "../here/./folder/../file",
            "root-folder": "folder", "root-fifo": "fifo", "root-device": "device", "root-gone": "absent",
            "root-round": "root-round", "root-twice": "root-folder/file", "root-theirs": "their-file",
        }.items():  # fmt: skip
            (here / link).symlink_to(target)
        for link, target in {"their-file": "file", "their-folder": "folder", "their-device": "device"}.items():
            (here / link).symlink_to(target)
            os.chown(here / link, 33, 33, follow_symlinks=False)
        yield top


def answer(where: str, links: str, wanted: str = REGULAR) -> str:
    """``read`` when it was opened; else why not."""
    try:
        handle = safe_open.open_path(where, wanted, links)
    except FileNotFoundError:
        return "missing"
    except Unsafe as refused:
        return str(refused.strerror)
    try:
        return "read" if wanted == DIRECTORY or safe_open.read_start(handle, 100) == TEXT else "another"
    finally:
        os.close(handle)


@pytest.mark.parametrize(
    ("where", "none", "roots", "followed"),
    [
        ("file", "read", "read", "read"),
        ("closed", "read", "read", "read"),
        ("folder", KIND, KIND, KIND),
        ("folder/file", "read", "read", "read"),
        ("./folder//file", "read", "read", "read"),
        ("fifo", KIND, KIND, KIND),
        ("device", KIND, KIND, KIND),
        ("block", KIND, KIND, KIND),
        ("socket", KIND, KIND, KIND),
        ("absent", "missing", "missing", "missing"),
        ("absent/file", "missing", "missing", "missing"),
        ("file/file", WAY, WAY, None),
        ("fifo/file", WAY, WAY, None),
        ("root-file", LINK, "read", "read"),
        ("root-absolute", LINK, "read", "read"),
        ("root-up", LINK, "read", "read"),
        ("root-twice", LINK, "read", "read"),
        ("root-folder/file", WAY, "read", "read"),
        ("root-folder", LINK, KIND, KIND),
        ("root-fifo", LINK, KIND, KIND),
        ("root-device", LINK, KIND, KIND),
        ("root-gone", LINK, "missing", "missing"),
        ("root-round", LINK, "leads through too many links", None),
        ("root-round/file", WAY, "leads through too many links", None),
        ("root-theirs", LINK, ROOTS, "read"),
        ("their-file", LINK, ROOTS, "read"),
        ("their-device", LINK, ROOTS, KIND),
        ("their-folder/file", WAY, ROOTS, "read"),
        ("folder/../file", "leads upward", "leads upward", "read"),
    ],
)
def test_what_a_path_leads_to_by_every_policy(
    top: Path, where: str, none: str, roots: str, followed: str | None
) -> None:
    """``followed`` None: the system itself refuses it."""
    began = time.monotonic()
    full = f"{top}/here/{where}"
    assert answer(full, NO_LINKS) == none
    assert answer(full, ROOTS_LINKS) == roots
    if followed is None:
        with pytest.raises(OSError, match=r"Errno (20|40)"):
            safe_open.open_path(full, links=ALL_LINKS)
    else:
        assert answer(full, ALL_LINKS) == followed
    assert time.monotonic() - began < 2, "nothing is waited for"


@pytest.mark.parametrize(
    ("where", "none", "roots"),
    [
        ("folder", "read", "read"),
        (".", "read", "read"),
        ("file", "is not a folder", "is not a folder"),
        ("device", "is not a folder", "is not a folder"),
        ("root-folder", LINK, "read"),
        ("their-folder", LINK, ROOTS),
        ("absent", "missing", "missing"),
    ],
)
def test_what_is_a_folder(top: Path, where: str, none: str, roots: str) -> None:
    full = f"{top}/here/{where}"
    assert (answer(full, NO_LINKS, DIRECTORY), answer(full, ROOTS_LINKS, DIRECTORY)) == (none, roots)


def below(root: Any, relative: str) -> str:
    try:
        handle = safe_open.open_below(root, relative)
    except FileNotFoundError:
        return "missing"
    except Unsafe as refused:
        return str(refused.strerror)
    with os.fdopen(handle, "rb") as file:
        assert file.read() == TEXT
    return "read"


@pytest.mark.parametrize(
    ("relative", "expected"),
    [
        ("here/file", "read"),
        ("/here/file", "read"),
        ("here/root-file", LINK),
        ("here/their-file", LINK),
        ("here/root-folder/file", WAY),
        ("here/fifo", KIND),
        ("here/device", KIND),
        ("", KIND),
        ("../run", "leads upward"),
        ("here/../here/file", "leads upward"),
        ("here/absent", "missing"),
    ],
)
def test_below_a_root_no_link_counts_not_even_roots(top: Path, relative: str, expected: str) -> None:
    folder = os.open(top, safe_open.FOLDER)
    try:
        for root in (str(top), folder, f"{safe_open.THROUGH}{folder}"):
            assert below(root, relative) == expected
        os.fstat(folder)
    finally:
        os.close(folder)


def test_a_link_on_the_way_to_a_root_counts_when_root_made_it(top: Path) -> None:
    (top / "way").symlink_to("here")
    assert below(f"{top}/way", "folder/file") == "read"
    os.chown(top / "way", 33, 33, follow_symlinks=False)
    assert below(f"{top}/way", "folder/file") == ROOTS
    assert below("relative", "file") == "is no absolute path"


def test_anything_is_held_but_not_opened(top: Path) -> None:
    for name in ("file", "fifo", "device", "socket", "root-gone", "their-file", "folder"):
        held = safe_open.open_below(str(top / "here"), name, safe_open.ANYTHING)
        assert os.path.samestat(os.fstat(held), (top / "here" / name).lstat())
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.read(held, 1)
        os.close(held)


@pytest.mark.parametrize("instead", ["fifo", "device", "their-file", "socket"])
def test_what_is_swapped_while_it_is_opened_is_what_was_looked_at(
    top: Path, monkeypatch: pytest.MonkeyPatch, instead: str
) -> None:
    here = top / "here"

    def swapped(held: int, flags: int, again: Any = safe_open.reopen) -> int:
        (here / "file").rename(here / "gone")
        (here / instead).rename(here / "file")
        return int(again(held, flags))

    monkeypatch.setattr(safe_open, "reopen", swapped)
    assert answer(f"{here}/file", NO_LINKS) == "read"
    assert not stat.S_ISREG((here / "file").lstat().st_mode)


def test_a_folder_that_becomes_a_link_on_the_way_is_refused(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = top / "here"

    def swapped(folder: int, name: str, enter: Any = safe_open.open_folder_in_open_folder) -> int:
        if name == "folder":
            (here / "folder").rename(here / "gone")
            (here / "their-folder").rename(here / "folder")
        return int(enter(folder, name))

    monkeypatch.setattr(safe_open, "open_folder_in_open_folder", swapped)
    assert answer(f"{here}/folder/file", NO_LINKS) == WAY


def test_no_device_and_no_fifo_is_ever_opened(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(safe_open, "reopen", lambda held, flags: opened.append(str(held)))
    for name in ("fifo", "device", "block", "socket", "root-device", "their-device"):
        for links in (NO_LINKS, ROOTS_LINKS, ALL_LINKS):
            with pytest.raises(Unsafe):
                safe_open.open_path(f"{top}/here/{name}", links=links)
    assert opened == []


@pytest.mark.parametrize(("size", "limit"), [(0, 10), (10, 10), (200_000, 200_000)])
def test_all_of_a_file_within_the_bound(top: Path, size: int, limit: int) -> None:
    (top / "sized").write_bytes(b"x" * size)
    with os.fdopen(safe_open.open_path(f"{top}/sized"), "rb") as file:
        assert len(safe_open.read_whole(file.fileno(), limit)) == size


def test_a_file_beyond_the_bound_is_cut_or_refused(top: Path) -> None:
    (top / "sized").write_bytes(b"x" * 200_001)
    with os.fdopen(safe_open.open_path(f"{top}/sized"), "rb") as file:
        assert len(safe_open.read_start(file.fileno(), 70_000)) == 70_000
        file.seek(0)
        with pytest.raises(Unsafe, match="is larger than 200000 bytes"):
            safe_open.read_whole(file.fileno(), 200_000)


def test_nothing_stays_open(top: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for where in ("file", "fifo", "absent/x", "root-up", "root-round", "their-folder/file", "root-folder/file"):
        for links in (NO_LINKS, ROOTS_LINKS, ALL_LINKS):
            for wanted in (REGULAR, DIRECTORY):
                try:
                    os.close(safe_open.open_path(f"{top}/here/{where}", wanted, links))
                except OSError:
                    continue
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_what_the_kernel_tells_is_read() -> None:
    for path in ("/proc/self/status", "/proc/net/dev"):
        with os.fdopen(safe_open.open_path(path, links=ALL_LINKS), "rb") as file:
            assert safe_open.read_start(file.fileno(), 100)
