"""Programs of the host run without a shell, in a fixed environment, within their time."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from ansible.module_utils.luytre_guard.os import commands  # type: ignore[import-not-found]
from ansible.module_utils.luytre_guard.os.commands import CommandFailure  # type: ignore[import-not-found]

SH = "/bin/sh"


def test_a_program_is_found_in_the_system_s_folders_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "FOLDERS", (str(tmp_path), "/usr/bin"))
    (tmp_path / "env").write_text("not executable")
    (tmp_path / "sh").mkdir()
    assert commands.find_program("env") == "/usr/bin/env"
    assert commands.find_program("sh") == "/usr/bin/sh", "a folder is no program"
    assert commands.find_program("no-such-program") is None


def test_what_a_program_writes_comes_back_and_it_gets_what_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUYTRE_SECRET", "x")
    out = commands.run_program_and_return_output([SH, "-c", "cat; env; pwd"], input_bytes=b"given\n").decode()
    assert out.startswith("given\n")
    assert "LUYTRE_SECRET" not in out and "LC_ALL=C.UTF-8" in out
    assert out.endswith("\n/\n")
    assert commands.run_program_and_return_output([SH, "-c", "cat"]) == b""


def test_an_exit_code_is_a_failure_unless_it_is_meant() -> None:
    argv = [SH, "-c", "echo out; echo 'why  not' >&2; exit 3"]
    with pytest.raises(CommandFailure, match=r"^/bin/sh -c echo out; .* ended with 3: why not$"):
        commands.run_program_and_return_output(argv)
    assert commands.run_program_and_return_output(argv, ok=(0, 3)) == b"out\n"
    error = commands.run_program_and_return_error_or_none([SH, "-c", "echo said; exit 1"])
    assert error is not None and error.endswith("ended with 1: said")
    assert commands.run_program_and_return_error_or_none([SH, "-c", "true"]) is None


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(CommandFailure, match="/no/such: No such file or directory"):
        commands.run_program_and_return_output(["/no/such"])


def test_a_program_that_is_late_ends_with_all_that_it_started(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    with pytest.raises(CommandFailure, match="took longer than 1 s"):
        commands.run_program_and_return_output([SH, "-c", f"sleep 600 & echo $! > {mark}; wait"], seconds=1)
    child, end = int(mark.read_text()), time.monotonic() + 20
    while Path(f"/proc/{child}/stat").exists() and time.monotonic() < end:
        if Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.01)
    assert not Path(f"/proc/{child}").exists()


def test_one_that_leaves_a_process_behind_with_its_output_open_holds_nobody_up() -> None:
    began = time.monotonic()
    out = commands.run_program_and_return_output([SH, "-c", "sleep 20 & echo $!"])
    assert time.monotonic() - began < 15
    os.kill(int(out), 9)


def test_what_writes_without_end_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "MAX_OUTPUT", 3)
    assert commands.run_program_and_return_output([SH, "-c", "printf abc"]) == b"abc"
    with pytest.raises(CommandFailure, match="a program wrote 4 bytes"):
        commands.run_program_and_return_output([SH, "-c", "printf abcd"])
