"""The password of an enrolment is in no file, no command line and no environment, and nowhere once all is killed."""

from __future__ import annotations

import hashlib
import os
import secrets
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

AUDITOR = Path(sys.executable).with_name("auditor")
PASSWORD = f"Mat-khau-{secrets.token_hex(8)}"
SSH = """#!/bin/sh
# A server that asks for the password, takes it, and never answers.
[ -n "$SSH_ASKPASS" ] || exit 255
"$SSH_ASKPASS" "root@may1's password: " | tr -d '\\n' | sha256sum > {asked}
exec sleep 600
"""
SCAN = "#!/bin/sh\necho may1 ssh-ed25519 AAAAC3Nz\n"
PATIENCE = 120.0


@pytest.fixture
def stage(tmp_path: Path) -> Path:
    for name in ("bin", "home", "tmp", "inventory"):
        (tmp_path / name).mkdir()
    os.mkfifo(tmp_path / "asked")
    for name, script in (("ssh", SSH.format(asked=tmp_path / "asked")), ("ssh-keyscan", SCAN)):
        (tmp_path / "bin" / name).write_text(script)
        (tmp_path / "bin" / name).chmod(0o755)
    return tmp_path


def below(process: int) -> list[int]:
    """The processes that it started, and those that they did."""
    with suppress(OSError):
        children = [
            int(one)
            for task in Path(f"/proc/{process}/task").iterdir()
            for one in (task / "children").read_text().split()
        ]
        return [one for child in children for one in (child, *below(child))]
    return []


def files_with_it(stage: Path) -> list[Path]:
    found = []
    for file in (*stage.rglob("*"), *Path("/dev/shm").glob("*")):  # noqa: S108  where memory has names
        with suppress(OSError):
            if file.is_file() and PASSWORD.encode() in file.read_bytes():
                found.append(file)
    return found


def processes_with_it(processes: list[int]) -> list[str]:
    found = []
    for process in processes:
        for kept in ("cmdline", "environ"):
            with suppress(OSError):
                if PASSWORD.encode() in Path(f"/proc/{process}/{kept}").read_bytes():
                    found.append(f"{process}/{kept}")
    return found


def told(asked: Path) -> Iterator[bytes]:
    with asked.open("r+b", buffering=0) as pipe:
        yield b""
        assert select.select([pipe], [], [], PATIENCE)[0], "never asked for the password"
        yield pipe.read(1000)


def test_the_password_of_an_enrolment_is_in_no_file_and_on_no_command_line(stage: Path) -> None:
    answer = told(stage / "asked")
    next(answer)
    environment = {
        "PATH": f"{stage}/bin:{os.environ['PATH']}", "HOME": str(stage / "home"), "TMPDIR": str(stage / "tmp"),
        "LUYTRE_STATE": str(stage / "home/state"),
    }  # fmt: skip
    command = [
        str(AUDITOR),
        "enroll",
        "may1",
        "-i",
        str(stage / "inventory"),
        "--password-stdin",
        "--yes",
        "--lang",
        "en",
    ]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment
    ) as started:
        assert started.stdin is not None
        started.stdin.write(f"{PASSWORD}\n".encode())
        started.stdin.close()
        processes = []
        try:
            assert next(answer).split()[0].decode() == hashlib.sha256(PASSWORD.encode()).hexdigest()
            processes = below(started.pid)
            assert len(processes) > 2
            assert processes_with_it([started.pid, *processes]) == []
            assert files_with_it(stage) == []
        finally:
            for process in (started.pid, *processes):
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
    assert files_with_it(stage) == []
