"""What is given to a resident, how long a host has, and what of its output is passed on.

Whole runs with processes in ssh's place are in ``test_door.py`` and ``test_remote_workers.py``.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

from auditor.fleet.in_ansible import bounds, ssh_wrapper

MODULE = "/bin/sh -c 'sudo -H -S -n  -u root /bin/sh -c '\"'\"'echo BECOME-SUCCESS-{} ; {}'\"'\"''"
PYTHON = "/usr/bin/python3"


def in_fork(work: Callable[[], object]) -> tuple[int, bytes, bytes]:
    """Do what ends its process; exit code, output and errors."""
    out, its_out = os.pipe()
    err, its_err = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.dup2(its_out, 1)
            os.dup2(its_err, 2)
            for end in (out, its_out, err, its_err):
                os.close(end)
            work()
        finally:
            os._exit(99)
    os.close(its_out)
    os.close(its_err)
    with os.fdopen(out, "rb") as printed, os.fdopen(err, "rb") as complained:
        said = printed.read(), complained.read()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), *said


def run(script: str, *, seconds: float = 30, time_file: Path | None = None) -> tuple[int, bytes, bytes]:
    command = [sys.executable, "-c", script]
    kept = None if time_file is None else str(time_file)
    return in_fork(lambda: ssh_wrapper.run_ssh_within_seconds(seconds, command, kept))


# --- which command is a module --------------------------------------------------------------------------------


def parse(command: str, *options: str) -> tuple[str, str] | None:
    return ssh_wrapper._parse_module_command([*options, "web1", command])


@pytest.mark.parametrize("python", [PYTHON, "/var/lib/luytre/guard/20261127T010000Z-ab12/python"])
def test_a_module_is_told_by_how_ansible_has_root_read_it(python: str) -> None:
    assert parse(MODULE.format("abc", python)) == ("BECOME-SUCCESS-abc", python)
    assert parse(MODULE.format("abc", python), "-o", "Port=22") == ("BECOME-SUCCESS-abc", python)


@pytest.mark.parametrize(
    "command",
    [
        "",
        "true",
        f"/bin/sh -c '{PYTHON}'",
        MODULE.format("abc", "/usr/bin/python3.11"),
        MODULE.format("abc", "/tmp/python3"),  # noqa: S108  never run
        MODULE.format("abc", f"{PYTHON} -c 1"),
        MODULE.format("abc", "/var/lib/luytre/guard/$(id)"),
        MODULE.format("abc", "/var/lib/luytre/guard/a;id"),
        MODULE.format("abc", "/var/lib/luytre/guard/a b"),
        MODULE.format("a b", PYTHON),
        MODULE.format("", PYTHON),
        MODULE.format("abc", PYTHON).replace("-u root", "-u www-data"),
        MODULE.format("abc", PYTHON) + " ; id",
        MODULE.format("abc", PYTHON).removesuffix("'\"'\"''"),
        "x" + MODULE.format("abc", PYTHON),
    ],
)
def test_any_other_command_is_ssh_s(command: str) -> None:
    assert parse(command) is None


@pytest.mark.parametrize("option", ["ControlPath=none", "-tt"])
def test_who_asks_for_a_connection_of_its_own_gets_one(option: str) -> None:
    assert parse(MODULE.format("abc", PYTHON), option) is None


# --- time -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "x", "1,5", "\0"])
def test_a_file_of_seconds_that_says_none_is_none_taken(text: str, tmp_path: Path) -> None:
    file = tmp_path / "taken"
    assert ssh_wrapper._read_seconds_from_file(str(file)) == 0
    file.write_text(text, "utf-8")
    assert ssh_wrapper._read_seconds_from_file(str(file)) == 0


def test_seconds_taken_add_up_and_a_place_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    file = tmp_path / "taken"
    ssh_wrapper._write_seconds_to_file(str(file), 2.5)
    assert ssh_wrapper._read_seconds_from_file(str(file)) == 2.5
    assert run("import time; time.sleep(0.2)", time_file=file)[0] == 0
    assert 2.7 <= ssh_wrapper._read_seconds_from_file(str(file)) < 10
    assert run("print(1)", time_file=tmp_path / "nowhere" / "taken") == (0, b"1\n", b"")


@pytest.mark.parametrize("seconds", [0, -5, 0.2])
def test_who_has_no_time_left_is_cut_off(seconds: float) -> None:
    began = time.monotonic()
    code, out, err = run("import time; time.sleep(60)", seconds=seconds)
    assert (code, out, err) == (255, b"", f"\n{bounds.TOO_LONG}\n".encode())
    assert time.monotonic() - began < 20


# --- what is passed on ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [0, 1, 7, 254])
def test_the_end_is_that_of_ssh(code: int) -> None:
    script = f"import sys; print('a'); print('b', file=sys.stderr); sys.exit({code})"
    assert run(script) == (code, b"a\n", b"b\n")


def test_one_that_a_signal_ends_ends_as_a_shell_would_say() -> None:
    assert run("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")[0] == 128 + 9


def test_an_answer_is_held_back_from_its_first_brace_until_it_is_known_to_be_sound() -> None:
    assert run("print('BECOME {\"a\": 1}')") == (0, b'BECOME {"a": 1}\n', b"")
    deep = "print('BECOME {\"a\": ' + '[' * 10000 + ']' * 10000 + '}')"
    assert run(deep) == (255, b"BECOME ", f"\n{bounds.TOO_MUCH}\n".encode())
    on_errors = "import sys; sys.stderr.write('{' * 10000)"
    assert run(on_errors) == (0, b"", b"{" * 10000)


def test_what_is_left_running_is_not_waited_for() -> None:
    began = time.monotonic()
    script = "import subprocess; subprocess.Popen(['sleep', '5']); print('done')"
    assert run(script)[:2] == (0, b"done\n")
    assert time.monotonic() - began < 4


# --- residents ------------------------------------------------------------------------------------------------


def answer(code: int, out: bytes, err: bytes = b"") -> bytes:
    return bytes([0, code]) + b"".join(len(words).to_bytes(4, "big") for words in (out, err)) + out + err


class Resident(Thread):
    """Stands for a resident: says these pieces, the first before it is given a module, and keeps what it was given."""

    def __init__(self, place: Path, *pieces: bytes) -> None:
        super().__init__()
        self.pieces = pieces
        self.given: list[bytes] = []
        self.listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listening.bind(str(place))
        self.listening.listen(1)
        self.start()

    def run(self) -> None:
        with self.listening, self.listening.accept()[0] as line, line.makefile("rb") as said:
            for number, piece in enumerate(self.pieces):
                if number < 2:
                    self.given.append(said.read(int.from_bytes(said.read(4), "big")))
                line.sendall(piece)


def give(place: Path, module: bytes = b"print(1)", *, seconds: float = 5) -> tuple[int, bytes, bytes]:
    source, ours = os.pipe()
    os.write(ours, module)
    os.close(ours)
    arguments, time_file = ["web1", MODULE.format("abc", PYTHON)], str(place.with_name("taken"))

    def run_module() -> None:
        os.dup2(source, 0)
        ssh_wrapper.run_module_by_remote_worker_and_exit(
            seconds, "BECOME-SUCCESS-abc", PYTHON, arguments, str(place), time_file
        )

    try:
        return in_fork(run_module)
    finally:
        os.close(source)


def test_a_module_is_given_to_a_resident_that_is_up_and_its_end_is_the_module_s(tmp_path: Path) -> None:
    resident = Resident(tmp_path / "r", b"\1", answer(7, b'{"changed": true}\n', b"odd\n"))
    assert give(tmp_path / "r") == (7, b'BECOME-SUCCESS-abc\n{"changed": true}\n', b"odd\n")
    resident.join(5)
    words, module = resident.given
    assert words.split(b"\0")[:4] == [b"5", b"BECOME-SUCCESS-abc", PYTHON.encode(), b"web1"]
    assert module == b"print(1)"
    assert float((tmp_path / "taken").read_text("utf-8")) >= 0


def test_one_that_is_not_up_is_given_no_module_and_says_why(tmp_path: Path) -> None:
    resident = Resident(tmp_path / "r", answer(3, b"", b"sudo: no\n"))
    assert give(tmp_path / "r") == (3, b"", b"sudo: no\n")
    resident.join(5)
    assert len(resident.given) == 1


@pytest.mark.parametrize("cut", [0, 1, 9])
def test_an_answer_that_is_cut_off_is_a_lost_connection(tmp_path: Path, cut: int) -> None:
    Resident(tmp_path / "r", b"\1", answer(0, b"{}")[:cut]).join(0)
    assert give(tmp_path / "r")[0] == 255


@pytest.mark.parametrize("depth", [101, 10_000])
def test_an_answer_that_is_built_to_be_costly_is_not_handed_on(tmp_path: Path, depth: int) -> None:
    Resident(tmp_path / "r", b"\1", answer(0, b'{"a": ' + b"[" * depth + b"]" * depth + b"}"))
    code, out, err = give(tmp_path / "r")
    assert (code, out, err) == (255, b"BECOME-SUCCESS-abc\n", f"\n{bounds.TOO_MUCH}\n".encode())


def test_a_module_comes_whole_whatever_its_length(tmp_path: Path) -> None:
    module = b"#" * 60_000
    resident = Resident(tmp_path / "r", b"\1", answer(0, b"{}"))
    assert give(tmp_path / "r", module)[0] == 0
    resident.join(5)
    assert resident.given[1] == module


def test_a_resident_that_is_not_there_is_a_lost_connection(tmp_path: Path) -> None:
    arguments = ["web1", MODULE.format("abc", PYTHON)]
    place, time_file = str(tmp_path / "nobody"), str(tmp_path / "taken")
    code, out, err = in_fork(
        lambda: ssh_wrapper.run_module_by_remote_worker_and_exit(5, "abc", PYTHON, arguments, place, time_file)
    )
    assert (code, out) == (255, b"")
    assert b"No such file" in err
