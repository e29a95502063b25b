"""Whoever owns a folder swaps what lies in it before each call of the system's that taking a file away and putting it back make, one after the other."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre_shared.files import safe_open
from ansible.module_utils.luytre_shared.incidents import action_runner, safe_move

from tests.unit.on_host.contain.programs import program

NAME, SECRET, SHELL = "SC-20261127-1/1", b"root's own", b"<?php exit;"
Swap = Callable[[Path], None]


class Moments:
    """The system, but that at one of its calls somebody else comes first; ``apart``: the quarantine lies on a file system of its own."""

    def __init__(self, *, apart: bool) -> None:
        self.apart, self.calls = apart, 0
        self.at = 0
        self.act: Callable[[], object] = bool
        self.told: set[str] = set()
        self.taken: set[str] = set()
        """SHA-256 of what was said to be taken, and of what the quarantine held in between."""

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if not callable(real) or isinstance(real, type) or name in ("fsdecode", "fsencode", "fspath"):
            return real

        def call(*given: Any, **named: Any) -> Any:
            self.calls += 1
            if self.calls == self.at:
                self.act()
            sides = [named.get(f"{side}_dir_fd") for side in ("src", "dst")]
            if self.apart and None not in sides and len({Path(f"/proc/self/fd/{one}").readlink() for one in sides}) > 1:
                raise OSError(errno.EXDEV, "another file system")
            return real(*given, **named)

        return call


def file_is_a_link(top: Path) -> None:
    (top / "site/uploads/x.php").rename(top / "site/elsewhere")
    (top / "site/uploads/x.php").symlink_to(top / "roots/x.php")


def folder_is_a_link(top: Path) -> None:
    (top / "site/uploads").rename(top / "site/elsewhere")
    (top / "site/uploads").symlink_to(top / "roots")


def folder_is_a_link_to_an_empty_one(top: Path) -> None:
    (top / "site/uploads").rename(top / "site/elsewhere")
    (top / "site/uploads").symlink_to(top / "empty")


def another_file(top: Path) -> None:
    (top / "site/uploads/x.php").rename(top / "site/elsewhere")
    (top / "site/uploads/x.php").write_bytes(b"of a site")


SWAPS = (file_is_a_link, folder_is_a_link, folder_is_a_link_to_an_empty_one, another_file)


@contextlib.contextmanager
def played(top: Path, at: int, swap: Swap, *, apart: bool) -> Iterator[Moments]:
    """A site is made, its file taken away and put back, with the swap at that call; both answers may be anything."""
    for folder in ("site/uploads", "roots", "empty"):
        (top / folder).mkdir(parents=True)
    (top / "site/uploads/x.php").write_bytes(SHELL)
    (top / "roots/x.php").write_bytes(SECRET)
    own, system = program("quarantine.py"), Moments(apart=apart)
    own.STORE.home, own.ROOTS = str(top / "luytre/quarantine"), ()  # type: ignore[attr-defined]

    def act() -> None:
        with contextlib.suppress(OSError):  # what would be swapped is in the quarantine
            swap(top)

    system.at, system.act = at, act
    with pytest.MonkeyPatch.context() as patch:
        for module in (own, safe_move, safe_open):
            patch.setattr(module, "os", system)
        patch.setattr(
            own, "find_processes_holding_file_open", lambda _status: []
        )  # it looks at all processes, and at no name
        ask = {"id": NAME, "what": str(top / "site/uploads/x.php"), "roots": [str(top / "site")]}
        with contextlib.suppress(action_runner.ActionRefusal, OSError):
            system.told.add(own.quarantine_file_once(ask)["sha256"])
        for path in top.glob("luytre/quarantine/*/file"):
            system.taken.add("a link" if path.is_symlink() else hashlib.sha256(path.read_bytes()).hexdigest())
        with contextlib.suppress(action_runner.ActionRefusal, OSError):
            own.put_quarantined_file_back(ask)
    yield system


def all_files(top: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(top)): path.read_bytes()
        for path in top.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


@pytest.mark.parametrize("apart", [False, True], ids=["same file system", "another"])
@pytest.mark.parametrize("swap", SWAPS, ids=lambda one: str(one.__name__))
def test_a_swap_at_any_moment_gets_nothing(tmp_path: Path, swap: Swap, *, apart: bool) -> None:
    with played(tmp_path / "0", 0, swap, apart=apart) as system:
        count = system.calls
        assert all_files(tmp_path / "0") == {"site/uploads/x.php": SHELL, "roots/x.php": SECRET}
    assert count > 30
    for at in range(1, count + 1):
        top = tmp_path / str(at)
        with played(top, at, swap, apart=apart) as system:
            there = all_files(top)
            assert system.taken <= {*system.told, hashlib.sha256(SHELL).hexdigest()}, (
                at
            )  # what was looked at, and nothing else
            secret = top / "roots/x.php"
            assert (there.pop("roots/x.php"), secret.stat().st_nlink) == (SECRET, 1), at
            assert SECRET not in there.values(), at
            assert not any(name.startswith(("roots/", "empty/")) for name in there), at
            assert SHELL in there.values(), at  # nothing is lost either
