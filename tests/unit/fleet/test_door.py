"""What stands between Ansible and ssh, with real processes in ssh's place."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.fleet.in_ansible import bounds
from auditor.text import json_shape


def through(script: str, *, seconds: float = 60, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    door = f"from auditor.fleet.in_ansible.ssh_wrapper import run_ssh_within_seconds; run_ssh_within_seconds({seconds}, {[sys.executable, '-c', script]!r})"
    return subprocess.run(
        [sys.executable, "-c", door],
        input=given,
        capture_output=True,
        check=False,
    )


def test_what_ssh_reads_prints_and_ends_with_goes_through() -> None:
    done = through(
        "import sys; print('BECOME', flush=True); print('{%s}' % input()); print('odd', file=sys.stderr); sys.exit(7)",
        given=b"tre\n",
    )
    assert (done.returncode, done.stdout, done.stderr) == (7, b"BECOME\n{tre}\n", b"odd\n")


def test_an_answer_as_long_as_it_may_be_goes_through_whole() -> None:
    done = through(f"print('{{\"document\": \"' + 'x' * {bounds.MAX_SAID - 100} + '\"}}')")
    assert done.returncode == 0
    assert len(done.stdout) == bounds.MAX_SAID - 100 + len('{"document": ""}\n')


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_host_that_never_stops_talking_is_cut_off(stream: str) -> None:
    done = through(f"import sys\nwhile True: sys.{stream}.write('x' * 100_000)")
    assert done.returncode == 255
    assert done.stderr.endswith(f"\n{bounds.TOO_MUCH}\n".encode())
    assert len(done.stdout) + len(done.stderr) <= bounds.MAX_SAID + 100


def test_a_host_that_hangs_is_cut_off() -> None:
    done = through("import time; print('{', flush=True); time.sleep(600)", seconds=0.3)
    assert (done.returncode, done.stdout) == (255, b"")
    assert done.stderr == f"\n{bounds.TOO_LONG}\n".encode()


def test_a_host_that_is_slow_at_every_command_has_no_more_time_than_all_of_them_may_take(tmp_path: Path) -> None:
    ssh = tmp_path / "bin" / "ssh"
    ssh.parent.mkdir()
    ssh.write_text('#!/bin/sh\nfor last; do :; done; eval "$last"\n', "utf-8")
    ssh.chmod(0o700)
    (tmp_path / "spent").mkdir()

    def asked(host: str, command: str, *more: str) -> subprocess.CompletedProcess[bytes]:
        door = "from auditor.fleet.in_ansible.ssh_wrapper import main; main()"
        given = ["1000", "1000", str(tmp_path / "spent"), "-o", "Port=22", *more, host, command]
        environment = {**os.environ, "PATH": f"{ssh.parent}:{os.environ['PATH']}"}
        return subprocess.run([sys.executable, "-c", door, *given], env=environment, capture_output=True, check=False)

    assert asked("slow", "echo {}").stdout == b"{}\n"
    (spent,) = (tmp_path / "spent").iterdir()
    assert 0 < float(spent.read_text("utf-8")) < 1000
    spent.write_text("999.9", "utf-8")
    assert asked("slow", "sleep 600", "-tt").stderr == f"\n{bounds.TOO_LONG}\n".encode()
    assert asked("slow", "sleep 600").returncode == 255
    assert asked("good", "echo {}").stdout == b"{}\n"


@pytest.mark.parametrize(
    "answer",
    [
        "'{\"a\": ' + '[' * 500 + ']' * 500 + '}'",
        "'x\"\\n{\"a\": ' + '[' * 500 + ']' * 500 + '}'",
        "'{\"a\\nb\": \"' + '[' * 500 + ']' * 500 + '\"}'",
        "'{' + '{\"a\":' * 500",
        "'{\"a\": [' + '0,' * 300_000 + '0]}'",
    ],
    ids=["deep", "deep-after-an-odd-quote", "deep-by-lines", "deep-objects", "many"],
)
def test_an_answer_built_to_be_costly_is_not_passed_on(answer: str) -> None:
    done = through(f"print({answer})")
    assert (done.returncode, b"[" in done.stdout) == (255, False)
    assert done.stderr.endswith(f"{bounds.TOO_MUCH}\n".encode())


def test_brackets_within_text_are_text() -> None:
    assert json_shape.is_json_within_bounds(
        b'{"document": "' + b'[{\\"a\\": 1},' * 50_000 + b'"}', max_values=1000, max_depth=5
    )


def test_what_is_left_over_of_a_command_keeps_nobody_waiting() -> None:
    """A connection that is kept for the next task holds its outputs open."""
    done = through("import os, time\nif os.fork(): print('{}')\nelse: time.sleep(20)")
    assert (done.returncode, done.stdout) == (0, b"{}\n")
