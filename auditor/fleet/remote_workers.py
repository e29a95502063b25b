"""Connections to hosts on which a resident runs modules (``auditor.fleet.in_ansible.remote_worker``).

One for each way in, while a run lasts.

Doors (``auditor.fleet.in_ansible.ssh_wrapper``) ask over a socket in the run's own folder. What a host says is bounded
here, and ends with its time.
"""

from __future__ import annotations

import os
import resource
import select
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from threading import Event, Lock, Thread
from typing import cast

from auditor.fleet import ssh_options
from auditor.fleet.in_ansible import bounds, remote_worker

_ROOT = Path(__file__).parents[2]
_PLACE, _TIMES_FOLDER = "residents", "spent"
_IN_ALL = 1.6
"""All commands of one host together have so many times as much as one: all hosts wait for the slowest at each task."""
_PIECE = 65_536
_SOURCE = Path(remote_worker.__file__).read_bytes()
_BOOTSTRAP = f'{remote_worker.PYTHON} -I -c "import sys; exec(sys.stdin.buffer.read({len(_SOURCE)}))"'
"""What stands in its place: it reads the resident, and that what comes after it."""
_CONNECTION_LOST = 255
MAX_WORKERS = 100
"""Residents at a time.

Each holds three descriptors of ours; all together have no more than three eighths of those there may be.
"""
_GLANCE = 1.0
"""Seconds after which who waits for a host looks whether it was given up."""
_PAUSE = 0.1
"""Seconds after which it is tried again to hear a door, for which there was no descriptor or no thread."""
_CHATTER = 20_000
"""Bytes that a shell may say before a resident's first words."""
_COMPLAINT = 20_000
"""Bytes of what ssh says when a connection ends."""


class _ConnectionEnd(Exception):
    """There is no answer: the words in its place."""

    def __init__(self, code: int, out: bytes, err: bytes) -> None:
        super().__init__(code)
        self.answer = (code, out, err)


@dataclass(frozen=True)
class _ModuleRequest:
    seconds: float
    marker: str
    """What the command prints once it has the rights that it needs."""
    python: str
    """Which a module is for."""
    words: tuple[str, ...]
    """Of ssh, the command last."""

    @classmethod
    def parse(cls, message: bytes) -> _ModuleRequest:
        """Return what a door asks for."""
        seconds, marker, python, *words = message.decode("utf-8", "surrogateescape").split("\0")
        return cls(float(seconds), marker, python, tuple(words))


class _RemoteWorkerConnection:
    """One that runs on a host, behind its ssh.

    Raises _ConnectionEnd when it cannot be had, or is lost; it is of no more use then.
    """

    def __init__(self, request: _ModuleRequest, environment: Mapping[str, str]) -> None:
        command = request.words[-1].replace(request.python, _BOOTSTRAP, 1)
        self._ssh = subprocess.Popen(
            ssh_options.build_ssh_command([*request.words[:-1], command]),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=dict(environment), bufsize=0, start_new_session=True,
        )  # fmt: skip
        pipes = (self._ssh.stdin, self._ssh.stdout, self._ssh.stderr)
        self._in, self._out, self._err = (cast(FileIO, pipe) for pipe in pipes)
        for pipe in (self._in, self._out, self._err):
            os.set_blocking(pipe.fileno(), False)
        self._said = bytearray()
        self._complained = bytearray()
        self._complaints = 0
        self._is_amid = False
        """Whether an answer was begun, and never heard to its end."""
        self.is_lost = self._is_given_up = False

    def run(self, python: str, module: bytes, deadline: float) -> tuple[int, bytes, bytes]:
        """Return the exit code, output and errors of a module, run by that Python."""
        message = f"{python}\n".encode() + module
        head = self._send_and_read_exactly(
            len(message).to_bytes(remote_worker.LENGTH, "big") + message, 1 + 2 * remote_worker.LENGTH, deadline
        )
        lengths = [int.from_bytes(head[at : at + remote_worker.LENGTH], "big") for at in (1, 1 + remote_worker.LENGTH)]
        if sum(lengths) > bounds.MAX_SAID:
            raise self._close_and_make_connection_end(bounds.TOO_MUCH)
        words = self._send_and_read_exactly(b"", sum(lengths), deadline)
        return head[0], words[: lengths[0]], words[lengths[0] :]

    def is_connection_over(self) -> bool:
        """Return whether the connection is over, or says something that nobody asked for."""
        ready = select.poll()
        ready.register(self._out, select.POLLIN)
        return self._is_amid or self._ssh.poll() is not None or bool(self._said) or bool(ready.poll(0))

    def kill(self) -> None:
        """End the connection, and the resident with it, while somebody may be waiting for it.

        He is told also when something that ssh started, or that stands in its place, holds its pipes open.
        """
        self._is_given_up = True
        self._ssh.kill()

    def close(self) -> None:
        """End the connection, and the resident with it."""
        self.is_lost = True
        self.kill()
        for pipe in (self._in, self._out, self._err):
            pipe.close()
        self._ssh.wait()

    def greet(self, marker: str, deadline: float) -> None:
        """Have the worker started, whatever a shell says before its first words."""
        up = marker.encode() + b"\n" + remote_worker.UP
        self._send_and_read_until_complete(_SOURCE, lambda: up in self._said, deadline, _CHATTER)
        if not self._said.endswith(up):
            raise self._close_and_make_connection_end(bounds.TOO_MUCH)
        self._said.clear()

    def _send_and_read_exactly(self, request_bytes: bytes, length: int, deadline: float) -> bytes:
        """Say something, and read so many bytes."""
        self._send_and_read_until_complete(request_bytes, lambda: len(self._said) >= length, deadline, bounds.MAX_SAID)
        answer = bytes(self._said[:length])
        del self._said[:length]
        return answer

    def _send_and_read_until_complete(
        self, words: bytes, is_complete: Callable[[], bool], ends: float, most: int
    ) -> None:
        """Say something, and read until enough was heard."""
        self._is_amid = True
        ready = select.poll()
        for pipe in (self._out, self._err):
            ready.register(pipe, select.POLLIN)
        rest = memoryview(words)
        if rest:
            ready.register(self._in, select.POLLOUT)
        while rest or not is_complete():
            seconds = ends - time.monotonic()
            if seconds <= 0:
                raise self._close_and_make_connection_end(bounds.TOO_LONG)
            sources = {source for source, _ in ready.poll(min(seconds, _GLANCE) * 1000)}
            if self._is_given_up:
                raise self._close_and_make_connection_end(None)
            if self._in.fileno() in sources:
                with suppress(BlockingIOError):
                    rest = rest[self._write_as_much_as_taken(rest[:_PIECE]) :]
                if not rest:
                    ready.unregister(self._in)
            if self._err.fileno() in sources and not self._read_error_output_of_ssh():
                ready.unregister(self._err)
            if self._out.fileno() in sources:
                piece = self._out.read(_PIECE)
                if piece == b"":
                    raise self._close_and_make_connection_end(None)
                self._said += piece or b""
            if len(self._said) > most + _PIECE or self._complaints > bounds.MAX_SAID:
                raise self._close_and_make_connection_end(bounds.TOO_MUCH)
        self._is_amid = False

    def _write_as_much_as_taken(self, words: memoryview) -> int:
        """Return how many bytes were taken; all of them where nobody reads any more, as what is heard then tells."""
        try:
            return self._in.write(words) or 0
        except BrokenPipeError:
            return len(words)

    def _read_error_output_of_ssh(self) -> bool:
        """Return whether ssh may still say something."""
        piece = self._err.read(_PIECE)
        self._complaints += len(piece or b"")
        self._complained = (self._complained + (piece or b""))[-_COMPLAINT:]
        return piece != b""

    def _close_and_make_connection_end(self, why: str | None) -> _ConnectionEnd:
        """Return what is said in the place of an answer; ``why`` is None when the connection ended by itself."""
        code = _CONNECTION_LOST
        if why is None:
            with suppress(subprocess.TimeoutExpired):
                code = self._ssh.wait(1)
            self._read_error_output_of_ssh()
        out, err = bytes(self._said), bytes(self._complained)
        self.close()
        if why is not None:
            return _ConnectionEnd(_CONNECTION_LOST, b"", err + f"\n{why}\n".encode())
        return _ConnectionEnd(code if code > 0 else _CONNECTION_LOST, out, err)


@dataclass
class _Connection:
    """A way in to a host, used by one door at a time."""

    lock: Lock = field(default_factory=Lock)
    there: _RemoteWorkerConnection | None = None


class _RemoteWorkerPool:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._ways: dict[tuple[str, ...], _Connection] = {}
        self._lock = Lock()
        self._is_over = False

    def serve(self, door: socket.socket) -> None:
        """Answer one door."""
        with door, suppress(OSError):
            words = _receive_message(door)
            if words is None:
                return
            request = _ModuleRequest.parse(words)
            ends = time.monotonic() + request.seconds
            door.settimeout(request.seconds)
            with self._lock:
                if self._is_over:
                    return
                way = self._ways.setdefault(request.words[:-1], _Connection())
            with way.lock:
                try:
                    there = self._get_or_start_worker(way, request, ends)
                    door.sendall(b"\1")
                    module = _receive_message(door)
                    if module is None:
                        return
                    code, out, err = there.run(request.python, module, ends)
                except _ConnectionEnd as ended:
                    code, out, err = ended.answer
            lengths = b"".join(len(words).to_bytes(remote_worker.LENGTH, "big") for words in (out, err))
            door.sendall(b"\0" + bytes([code & 255]) + lengths + out + err)

    def _get_or_start_worker(self, way: _Connection, request: _ModuleRequest, ends: float) -> _RemoteWorkerConnection:
        if way.there is not None and not way.there.is_lost and way.there.is_connection_over():
            way.there.close()
        if way.there is None or way.there.is_lost:
            self.close_idle(_get_max_worker_count() - 1)
            try:
                with self._lock:
                    if self._is_over:
                        raise _ConnectionEnd(_CONNECTION_LOST, b"", b"the run is over\n")
                    way.there = _RemoteWorkerConnection(request, self._environment)
            except OSError as error:
                self.close_idle(0)
                raise _ConnectionEnd(_CONNECTION_LOST, b"", f"{error}\n".encode()) from error
            way.there.greet(request.marker, ends)
        return way.there

    def close_idle(self, most: int) -> None:
        """Give up the oldest of those that nobody uses, so that no more than so many are left."""
        with self._lock:
            ways = [way for way in self._ways.values() if way.there is not None and not way.there.is_lost]
        for way in ways[: max(0, len(ways) - most)]:
            if way.lock.acquire(blocking=False):
                with suppress(OSError):
                    if way.there is not None and not way.there.is_lost:
                        way.there.close()
                way.lock.release()

    def close(self) -> None:
        """End all; whoever waits for one is told that it is lost."""
        with self._lock:
            self._is_over = True
        for way in self._ways.values():  # nobody adds one any more
            if way.there is not None:
                way.there.kill()
            with way.lock:
                if way.there is not None and not way.there.is_lost:
                    way.there.close()


def _get_max_worker_count() -> int:
    return max(1, min(MAX_WORKERS, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 8))


def write_ssh_wrapper(folder: Path, seconds: float) -> Path:
    """Return the program that Ansible runs as ssh in the run that has the folder.

    It gives one command on a host ``seconds``.
    """
    start = (
        f"import sys; sys.path.append({str(_ROOT)!r}); from auditor.fleet.in_ansible.ssh_wrapper import main; main()"
    )
    (folder / _TIMES_FOLDER).mkdir()
    limits = [str(seconds), str(_IN_ALL * seconds)]
    command = [sys.executable, "-I", "-S", "-c", start, *limits, str(folder / _TIMES_FOLDER), str(folder / _PLACE)]
    path = folder / "ssh"
    path.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n', "utf-8")
    path.chmod(0o700)
    return path


@contextmanager
def serve_workers(folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """Let doors of the run that has the folder find residents while the context lasts.

    ssh is run with that environment.
    """
    residents, over = _RemoteWorkerPool(environment), Event()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / _PLACE))
        listener.listen(64)
        Thread(target=_accept_connections, args=[listener, residents, over], daemon=True).start()
        try:
            yield
        finally:
            over.set()
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            residents.close()


def _accept_connections(listener: socket.socket, residents: _RemoteWorkerPool, over: Event) -> None:
    """Have doors answered until it is over, also when there are no descriptors or threads for a while."""
    while not over.is_set():
        try:
            door, _ = listener.accept()
        except OSError:
            residents.close_idle(0)
            over.wait(_PAUSE)
            continue
        try:
            Thread(target=residents.serve, args=[door], daemon=True).start()
        except RuntimeError:
            door.close()


def _receive_message(door: socket.socket) -> bytes | None:
    """Return what a door says, behind its length; None when it goes before it has said all of it."""
    message = bytearray()
    while piece := door.recv(_PIECE):
        message += piece
        length = int.from_bytes(message[: remote_worker.LENGTH], "big")
        if len(message) >= remote_worker.LENGTH and len(message) >= remote_worker.LENGTH + length:
            return bytes(message[remote_worker.LENGTH :])
    return None
