"""Ports that a daemon lets go of while it reads its files anew are root's for that long, and nobody's value is lost."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible.module_utils.luytre_shared import ports


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in (("START", "1024\n"), ("LOCAL", "32768\t60999\n")):
        (tmp_path / name).write_text(text, "ascii")
        monkeypatch.setattr(ports, name, str(tmp_path / name))
    monkeypatch.setattr(ports, "SAVED", str(tmp_path / "saved"))
    return tmp_path


@pytest.fixture
def listener() -> Iterator[int]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def own() -> str:
    return str(os.getpid())


def test_what_a_process_listens_on_is_roots_meanwhile_and_everybodys_afterwards(kernel: Path, listener: int) -> None:
    with ports.reserve(own):
        start, (low, high) = int((kernel / "START").read_text()), (kernel / "LOCAL").read_text().split()
        assert start == listener + 1
        assert int(low) >= start, "the kernel takes it so alone"
        assert high == "60999"
        assert json.loads((kernel / "saved").read_text())["start"] == 1024
    assert (kernel / "START").read_text().strip() == "1024"
    assert (kernel / "LOCAL").read_text() == "32768\t60999"
    assert not (kernel / "saved").exists()


def test_one_that_was_killed_in_the_middle_leaves_the_next_what_it_found(kernel: Path, listener: int) -> None:
    (kernel / "saved").write_text(json.dumps({"start": 1024, "local": "32768\t60999"}), "ascii")
    (kernel / "START").write_text("59001", "ascii")
    with ports.reserve(own):
        pass
    assert (kernel / "START").read_text() == "1024"


@pytest.mark.parametrize("find", [lambda: None, lambda: "1"])
def test_a_process_that_is_not_there_or_listens_on_nothing_changes_nothing(kernel: Path, find: object) -> None:
    with ports.reserve(find):
        assert (kernel / "START").read_text() == "1024\n"
    assert not (kernel / "saved").exists()


def test_where_the_kernel_lets_nobody_do_so_it_goes_on(kernel: Path, listener: int) -> None:
    (kernel / "LOCAL").write_text("", "ascii")
    with ports.reserve(own):
        assert (kernel / "START").read_text() == "1024\n"
