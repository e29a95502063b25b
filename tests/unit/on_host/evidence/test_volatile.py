"""What is read of processes goes out as it is read, so that one that does not answer hides none of the others."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre_evidence import frames as sending
from ansible.module_utils.luytre_evidence import volatile

from auditor.text import redact


def made(proc: Path, pid: int, title: str) -> None:
    folder = proc / str(pid)
    (folder / "fd").mkdir(parents=True)
    (folder / "status").write_text("Name:\tx\nUid:\t33\t33\t33\t33\n")
    (folder / "stat").write_text(f"{pid} (x) S 1 " + "0 " * 30)
    (folder / "cmdline").write_text(title.replace(" ", "\0"))
    (folder / "exe").symlink_to("/bin/sh")
    (folder / "fd/3").symlink_to("/var/www/x")


def relayed(work: Any) -> tuple[bytes, list[Any]]:
    """What came of a step, and what it and its members came to."""
    frames: list[bytes] = []
    sending.EvidenceRelay(
        frames.append, 1_000_000, time.monotonic() + 60, redact.redact_secrets_in_text
    ).run_step_in_child_within_seconds("step", work, 60)
    content = b"".join(frame[5:] for frame in frames if frame[:1] == sending.DATA)
    return content, [json.loads(frame[5:]).get("why") for frame in frames if frame[:1] in (sending.END, sending.NOTE)]


def never(*_given: object) -> Any:
    """As if it was ended while it waited for what does not come."""
    os._exit(9)


def test_a_process_that_does_not_answer_hides_none_that_was_read_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a process says of itself can lie in memory that somebody's own file system serves."""
    made(tmp_path, 5, "sh -c one")
    made(tmp_path, 7, "two")
    read = volatile._read_text
    monkeypatch.setattr(volatile, "_read_text", lambda path: never() if path.endswith("7/cmdline") else read(path))
    content, told = relayed(lambda sender: volatile.processes(sender, str(tmp_path)))
    assert b"5\t1\twww-data\t0\tS\t" in content and b"sh -c one\n" in content
    assert told == ["fault"] * 2
    opened, told = relayed(lambda sender: volatile.open_files(sender, str(tmp_path)))
    assert opened.decode().splitlines()[1:] == ["5\t3\t/var/www/x", "7\t3\t/var/www/x"]


def test_programs_that_take_long_to_be_read_hide_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(tmp_path, 5, "one")
    made(tmp_path, 7, "two")
    read = volatile._compute_sha256_of_program_once
    monkeypatch.setattr(
        volatile, "_compute_sha256_of_program_once", lambda path, known: never() if known else read(path, known)
    )
    content, told = relayed(lambda sender: volatile.programs(sender, str(tmp_path)))
    shell = hashlib.sha256(Path("/bin/sh").read_bytes()).hexdigest()
    assert content.decode().split()[:2] == [shell, "5"]
    assert told == ["fault"] * 2
