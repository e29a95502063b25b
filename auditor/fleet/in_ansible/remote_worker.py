"""Stays on a host while a run lasts, and runs each of Ansible's modules in a fork of itself.

A Python of its own for every module takes longer to start, and to load what all modules use, than most of them take.
This one is started as the first module would be, by the same user over the same connection; its standard input and
output are that connection. In: the length of what follows, the Python that is asked for as a line, and a module as
Ansible sends it. Out: its exit code, the lengths of what it printed to either stream, and that. It ends with its input.
Runs on hosts: Python 3.9, nothing but its own library.
"""

from __future__ import annotations

import atexit
import base64
import fcntl
import gc
import os
import re
import select
import signal
import sys
import traceback
import types
from importlib.machinery import ModuleSpec, PathFinder
from typing import BinaryIO, NoReturn

UP = b"UP\n"
"""Its first words."""
LENGTH = 4
"""Bytes of a length."""
MAX_REQUEST = 64_000_000
"""Bytes of what is asked for."""
MAX_OUTPUT = 10_000_000
"""Bytes that a module may print. One that prints more is ended: whoever would cut it off may be gone by now."""
PYTHON = "/usr/bin/python3"
"""The host's own; another one is a run's, which says in a file beside it how a step of it begins."""
BEGINS = ".step"
_PIECE = 65_536
_HIGH = 100
"""The least descriptor of what stays open: a step wants lower ones for itself."""
_MOST_OPEN = 4_096
_ZIP = re.compile(rb"^zip_data='([A-Za-z0-9+/=]*)',$", re.MULTILINE)
_OF_ALL = "ansible.module_utils._internal._ansiballz._loader"
"""What every module loads of Ansible, and by it most of the rest."""
_LIBRARY = ("shutil", "tempfile", "zipfile", "runpy", "subprocess", "json", "datetime")
"""What most modules load of Python's."""


def serve_module_requests(source: BinaryIO, answers: int) -> None:
    """Run modules until nobody asks for one; ``answers`` is the descriptor that theirs go to."""
    for name in _LIBRARY:
        __import__(name)
    _write_all_bytes(answers, UP)
    archive = None
    while True:
        size = int.from_bytes(source.read(LENGTH).ljust(LENGTH, b"\0"), "big")
        request = source.read(size) if size <= MAX_REQUEST else b""
        if not request or len(request) < size:
            return
        python, _, module = request.partition(b"\n")
        if archive is None:
            archive = load_common_code_of_first_module(module)
            gc.freeze()
        code, out, err = run_module_in_fork(module, os.fsdecode(python), archive)
        _write_all_bytes(
            answers, bytes([code]) + b"".join(len(words).to_bytes(LENGTH, "big") for words in (out, err)) + out + err
        )


def load_common_code_of_first_module(module: bytes) -> int:
    """Load what all modules use out of the first one.

    The descriptor of the archive that holds it, 0 where it holds none.
    """
    match = _ZIP.search(module)
    if not match:
        return 0
    handle = os.memfd_create("luytre")
    archive = fcntl.fcntl(handle, fcntl.F_DUPFD_CLOEXEC, _HIGH)
    os.close(handle)
    _write_all_bytes(archive, base64.b64decode(match.group(1)))
    place = f"/proc/self/fd/{archive}"
    sys.path.insert(0, place)
    __import__(_OF_ALL)
    sys.path.remove(place)
    return archive


class _AnsibleModuleFinder:
    """Finds what is not loaded yet of Ansible in the module's own archive, which comes first in its path."""

    @staticmethod
    def find_spec(name: str, _path: object = None, target: types.ModuleType | None = None) -> ModuleSpec | None:
        parent = name.rpartition(".")[0].split(".")
        return (
            PathFinder.find_spec(name, ["/".join([sys.path[0], *parent])], target) if parent[0] == "ansible" else None
        )


def run_module_in_fork(module: bytes, python: str, archive: int) -> tuple[int, bytes, bytes]:
    """Return the exit code, output and errors of one module, run by that Python.

    What it leaves running is not waited for.
    """
    out, its_out = os.pipe()
    err, its_err = os.pipe()
    pid = os.fork()
    if not pid:
        _run_as_module_process_and_exit(module, python, its_out, its_err, archive)
    os.close(its_out)
    os.close(its_err)
    outputs = _read_pipes_until_process_ends(pid, (out, err))
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return code if code >= 0 else 128 - code, outputs[0], outputs[1]


def _read_pipes_until_process_ends(pid: int, pipes: tuple[int, int]) -> list[bytes]:
    """Return what comes out of the pipes until the process has ended."""
    outputs = {pipe: bytearray() for pipe in pipes}
    process_handle = os.pidfd_open(pid)
    ready = select.poll()
    for source in (*pipes, process_handle):
        os.set_blocking(source, False)
        ready.register(source, select.POLLIN)
    open_still, is_over = set(pipes), False
    while not is_over:
        sources = {source for source, _ in ready.poll()}
        is_over = process_handle in sources
        for pipe in open_still & (set(pipes) if is_over else sources):
            while (piece := _read_pipe_if_ready(pipe)) is not None:
                outputs[pipe] += piece
                if not piece:
                    ready.unregister(pipe)
                    open_still.discard(pipe)
                if not piece or not is_over or _is_output_beyond_limit(outputs):
                    break
        if _is_output_beyond_limit(outputs):
            os.kill(pid, signal.SIGKILL)
            is_over = True
    for source in (*pipes, process_handle):
        os.close(source)
    return [bytes(words) for words in outputs.values()]


def _is_output_beyond_limit(outputs: dict[int, bytearray]) -> bool:
    return sum(len(words) for words in outputs.values()) > MAX_OUTPUT


def _read_pipe_if_ready(pipe: int) -> bytes | None:
    try:
        return os.read(pipe, _PIECE)
    except BlockingIOError:
        return None


def _run_as_module_process_and_exit(module: bytes, python: str, out: int, err: int, archive: int) -> NoReturn:
    """Be the process that a module of Ansible's expects to be, with nothing open but ``archive``; ends this process."""
    code = 1
    try:
        os.setsid()
        null_device = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((null_device, 0), (out, 1), (err, 2)):
            os.dup2(source, target)
        os.closerange(3, max(archive, 3))
        os.closerange(max(archive + 1, 3), _MOST_OPEN)
        says, complains = sys.stdout.errors, sys.stderr.errors
        sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w", errors=says), open(2, "w", errors=complains)
        sys.argv = [""]
        sys.meta_path.insert(0, _AnsibleModuleFinder)
        main = sys.modules["__main__"] = types.ModuleType("__main__")
        if python != PYTHON:
            _begin_step_with_python(python)
        exec(compile(module, "<stdin>", "exec"), main.__dict__)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
    except BaseException:
        traceback.print_exc()
    finally:
        try:
            atexit._run_exitfuncs()
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code & 255)


def _begin_step_with_python(python: str) -> None:
    """Begin a step of a run; where its Python is gone, end as a shell does that does not find it."""
    try:
        with open(python + BEGINS, "rb") as file:
            begins = file.read()
    except OSError as error:
        sys.stderr.write(f"{python}: {error.strerror}\n")
        raise SystemExit(127) from None
    exec(compile(begins, python, "exec"), {"__name__": "step"})


def _write_all_bytes(target: int, words: bytes) -> None:
    rest = memoryview(words)
    while rest:
        rest = rest[os.write(target, rest) :]


if __name__ == "__main__":
    serve_module_requests(sys.stdin.buffer, os.dup(1))
