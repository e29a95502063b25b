"""Modules run in forks of one Python. Residents on a connection are in ``test_remote_workers.py``."""

from __future__ import annotations

import gc
import io
import os
import time

import pytest

from auditor.fleet.in_ansible import remote_worker
from auditor.fleet.in_ansible.remote_worker import LENGTH, MAX_OUTPUT, PYTHON, UP, run_module_in_fork


def run(module: str) -> tuple[int, bytes, bytes]:
    return run_module_in_fork(module.encode(), PYTHON, 0)


@pytest.mark.parametrize(
    ("module", "ended"),
    [
        ("print('tre')", (0, b"tre\n", b"")),
        ("import sys; sys.exit()", (0, b"", b"")),
        ("import sys; sys.exit(3)", (3, b"", b"")),
        ("import sys; sys.exit(256 + 3)", (3, b"", b"")),
        ("import sys; sys.exit('no')", (1, b"", b"no\n")),
        ("import sys; print('a', file=sys.stderr); print('b')", (0, b"b\n", b"a\n")),
        ("import os; os._exit(9)", (9, b"", b"")),
        ("import os; os.kill(os.getpid(), 9)", (137, b"", b"")),
        ("import atexit; atexit.register(print, 'last')", (0, b"last\n", b"")),
    ],
)
def test_a_module_ends_as_a_python_of_its_own_would(module: str, ended: tuple[int, bytes, bytes]) -> None:
    assert run(module) == ended


def test_a_mistake_in_it_is_told_and_is_nobody_else_s() -> None:
    for module in ("1 / 0", "def", "\0"):
        code, out, err = run(module)
        assert (code, out) == (1, b"")
        assert err.splitlines()[-1].startswith((b"ZeroDivisionError", b"SyntaxError"))
    assert run("print(1)") == (0, b"1\n", b"")


def test_it_is_the_main_module_alone_with_nothing_to_read() -> None:
    assert run("print(__name__); import sys; print(sys.argv, repr(sys.stdin.read()))") == (
        0,
        b"__main__\n[''] ''\n",
        b"",
    )
    assert run("print('x' in globals())")[1] == b"False\n"
    run("x = 1; import builtins; builtins.print = None")
    assert run("print('x' in globals())")[1] == b"False\n"


def test_it_has_no_descriptor_of_ours() -> None:
    ours = os.memfd_create("ours")
    try:
        listed = run("import os; print(sorted(int(one) for one in os.listdir('/proc/self/fd')))")[1]
    finally:
        os.close(ours)
    assert listed.split()[:3] == [b"[0,", b"1,", b"2,"]
    assert f"{ours}".encode() not in listed.replace(b",", b"").replace(b"]", b"").split()[4:]


def test_what_it_leaves_running_is_not_waited_for() -> None:
    began = time.monotonic()
    assert run("import subprocess; subprocess.Popen(['sleep', '5']); print(1)") == (0, b"1\n", b"")
    assert time.monotonic() - began < 4


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_one_that_never_stops_talking_is_ended(stream: str) -> None:
    code, out, err = run(f"import sys\nwhile True: sys.{stream}.write('x' * 1_000_000)")
    assert code == 137
    assert MAX_OUTPUT < len(out) + len(err) < MAX_OUTPUT + 2_000_000


def test_output_as_long_as_it_may_be_comes_whole() -> None:
    code, out, _err = run(f"import sys; sys.stdout.write('x' * {MAX_OUTPUT})")
    assert (code, len(out)) == (0, MAX_OUTPUT)


def test_a_step_whose_python_is_gone_ends_as_a_shell_does() -> None:
    code, out, err = run_module_in_fork(b"print(1)", "/nowhere/python", 0)
    assert (code, out) == (127, b"")
    assert b"/nowhere/python: No such file" in err


# --- requests -------------------------------------------------------------------------------------------------


def ask(*requests: bytes, tail: bytes = b"") -> list[bytes]:
    """Return what is answered to requests, one after the other."""
    given = b"".join(len(one).to_bytes(LENGTH, "big") + one for one in requests) + tail
    out, its_out = os.pipe()
    remote_worker.serve_module_requests(io.BytesIO(given), its_out)
    gc.unfreeze()  # what it keeps from being looked at is ours here
    os.close(its_out)
    with os.fdopen(out, "rb") as answers:
        assert answers.read(len(UP)) == UP
        found = []
        while head := answers.read(1 + 2 * LENGTH):
            sizes = (int.from_bytes(head[at : at + LENGTH], "big") for at in (1, 1 + LENGTH))
            found.append(b"%d " % head[0] + b"|".join(answers.read(size) for size in sizes))
        return found


def test_modules_are_run_one_after_the_other_until_nobody_asks() -> None:
    one, two = f"{PYTHON}\nprint(1)".encode(), f"{PYTHON}\nimport sys; sys.exit('no')".encode()
    assert ask(one, two, one) == [b"0 1\n|", b"1 |no\n", b"0 1\n|"]


@pytest.mark.parametrize(
    "tail",
    [
        b"",
        b"\0\0",
        b"\0\0\0\0",
        b"\0\0\0\x10/usr/bin",
        (remote_worker.MAX_REQUEST + 1).to_bytes(LENGTH, "big"),
        b"\xff\xff\xff\xff" + b"x" * 100,
    ],
)
def test_a_request_that_is_cut_off_or_too_large_ends_it_and_is_not_run(tail: bytes) -> None:
    assert ask(tail=tail) == []
    assert ask(f"{PYTHON}\nprint(1)".encode(), tail=tail) == [b"0 1\n|"]


def test_a_module_that_brings_no_archive_has_none_loaded() -> None:
    assert remote_worker.load_common_code_of_first_module(b"print(1)") == 0
