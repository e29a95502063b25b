from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre_shared.os import child_process, subprocess_pool
from ansible.module_utils.luytre_shared.os.subprocess_pool import MAX_ANSWER, run_work_for_each_name_in_subprocess


def sound(name: str) -> dict[str, Any]:
    return {"seconds": 0.0, "error": None, "data": {"name": name, "text": "Ủy ban \udcff"}}


def test_every_area_answers_for_itself() -> None:
    answers = run_work_for_each_name_in_subprocess(
        ["a", "b", "c", "d", "e"], sound, dict.fromkeys(["a", "b", "c", "d", "e"], 5), 2
    )
    assert {name: answer["data"]["name"] for name, answer in answers.items()} == {name: name for name in "abcde"}


def test_one_that_hangs_is_ended_with_what_it_started(tmp_path: Path) -> None:
    mark = tmp_path / "pid"

    def work(name: str) -> dict[str, Any]:
        if name == "hangs":
            child = subprocess.Popen(["sleep", "600"])
            mark.write_text(str(child.pid))
            child.wait()
        return sound(name)

    started = time.monotonic()
    answers = run_work_for_each_name_in_subprocess(["hangs", "fine"], work, dict.fromkeys(["hangs", "fine"], -1.5), 2)
    assert time.monotonic() - started < 5
    assert answers["hangs"]["error"] == "took longer than its time"
    assert answers["fine"]["error"] is None
    assert _gone(int(mark.read_text()))


def _gone(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        status = Path(f"/proc/{pid}/stat")
        if not status.exists() or status.read_text().split()[2] == "Z":
            return True
    return False


def test_one_that_dies_or_says_too_much_has_no_answer() -> None:
    def work(name: str) -> dict[str, Any]:
        if name == "dies":
            os._exit(3)
        return {"seconds": 0.0, "error": None, "data": "x" * (MAX_ANSWER + 100)}

    answers = run_work_for_each_name_in_subprocess(["dies", "floods"], work, dict.fromkeys(["dies", "floods"], 10), 2)
    assert answers["dies"]["error"] == "ended without an answer"
    assert answers["floods"]["error"] == f"said more than {MAX_ANSWER} bytes"


def test_one_that_cannot_be_ended_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def waitpid(_pid: int, options: int) -> tuple[int, int]:
        assert options & os.WNOHANG, "a process that waits for somebody's file system may never end"
        return 0, 0

    monkeypatch.setattr(child_process.os, "waitpid", waitpid)
    monkeypatch.setattr(subprocess_pool, "END_SECONDS", 0.02)
    answers = run_work_for_each_name_in_subprocess(["fine"], sound, dict.fromkeys(["fine"], 5), 1)
    monkeypatch.undo()
    os.waitpid(-1, 0)
    assert answers["fine"]["error"] is None


def test_one_that_is_left_holds_nothing_that_others_wait_for() -> None:
    """As long as it held the pipe to the controller, the connection would not end."""
    reading, writing = os.pipe()

    def work(name: str) -> dict[str, Any]:
        held = [handle for handle in range(3, 100) if _target(handle) == pipe]
        return {"seconds": 0.0, "error": None, "data": held + [_target(handle) for handle in (0, 1, 2)]}

    pipe = str(Path(f"/proc/self/fd/{writing}").readlink())
    answers = run_work_for_each_name_in_subprocess(["one"], work, dict.fromkeys(["one"], 5), 1)
    os.close(reading)
    os.close(writing)
    assert answers["one"] == {"seconds": 0.0, "error": None, "data": [os.devnull] * 3}


def _target(handle: int) -> str:
    try:
        return str(Path(f"/proc/self/fd/{handle}").readlink())
    except OSError:
        return ""
