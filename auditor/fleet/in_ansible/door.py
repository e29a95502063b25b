"""Stands between Ansible and ssh: a host that says more than it may, or takes longer, is cut off.

Run as ``SECONDS ALL_SECONDS FOLDER ARGUMENTS…`` of ssh, which reads our own input; its output is passed on. What a host
has taken by now is kept in the folder: all hosts wait for the slowest at each task, so that one which is slow at every
one would use up the time of all. From the first brace on, where
a module's answer begins, output is held back until ssh has ended, so that an answer built to be costly is never
decoded. A host that is cut off ends as one whose connection broke: with 255, and the reason as the last words.

Every task of every host starts one, so that nothing is imported that is not needed.
"""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]  # what is above it makes enumerations, longer than all else
import binascii
import os
import select
import sys
import time

from auditor.fleet import ssh_options
from auditor.fleet.in_ansible import bounds
from auditor.text import json_shape

_LOST = 255
_PIECE = 65_536


def main() -> None:
    """Run ssh with our arguments; ends this process."""
    arguments = sys.argv[4:]
    way = "\0".join(word for word in arguments[:-1] if word != "-tt")
    spent = f"{sys.argv[3]}/{binascii.crc32(os.fsencode(way)):08x}"
    run(min(float(sys.argv[1]), float(sys.argv[2]) - _read(spent)), ssh_options.command(arguments), spent)


def _read(path: str) -> float:
    try:
        with open(path) as file:  # noqa: PTH123  here and below: pathlib takes longer to import than all else
            return float(file.read())
    except (OSError, ValueError):
        return 0.0


def _write(path: str, seconds: float) -> None:
    try:
        with open(path, "w") as file:  # noqa: PTH123
            file.write(f"{seconds:.3f}")
    except OSError:
        return  # a disk that is full here: each command still has its own time


def run(seconds: float, command: list[str], spent: str | None = None) -> None:
    """Run a command for at most so many seconds, and note in the file ``spent`` how many it took; ends this process."""
    began = time.monotonic()
    ends = began + seconds
    out, its_out = os.pipe()
    err, its_err = os.pipe()
    streams = [(os.POSIX_SPAWN_DUP2, its_out, 1), (os.POSIX_SPAWN_DUP2, its_err, 2)]
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=streams)
    os.close(its_out)
    os.close(its_err)
    signal.signal(signal.SIGTERM, lambda *_: _end(child))
    held, why = _talk(child, {out: 1, err: 2}, ends)
    if spent is not None:
        _write(spent, _read(spent) + time.monotonic() - began)
    if why is None and not json_shape.is_sound(held, values=bounds.MAX_VALUES, depth=bounds.MAX_DEPTH):
        why = bounds.TOO_MUCH
    if why is not None:
        _end(child)
        _pass(2, f"\n{why}\n".encode())
        os._exit(_LOST)
    _pass(1, held)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


def _talk(child: int, streams: dict[int, int], ends: float) -> tuple[bytes, str | None]:
    """Pass on what the child prints until it has ended: what was held back, and why it is to be cut off, if it is."""
    held = bytearray()
    said = 0
    ended = os.pidfd_open(child)
    ready = select.poll()
    for source in (*streams, ended):
        os.set_blocking(source, False)
        ready.register(source, select.POLLIN)
    while True:
        left = ends - time.monotonic()
        if left <= 0:
            return b"", bounds.TOO_LONG
        sources = [source for source, _ in ready.poll(left * 1000)]
        is_over = ended in sources
        for source, target in list(streams.items()):
            while is_over or source in sources:
                try:
                    piece = os.read(source, _PIECE)
                except BlockingIOError:
                    break
                if not piece:
                    ready.unregister(source)
                    del streams[source]
                    break
                said += len(piece)
                if said > bounds.MAX_SAID:
                    return b"", bounds.TOO_MUCH
                begins = 0 if held else piece.find(b"{") if target == 1 else -1
                if target == 1 and begins >= 0:
                    held += piece[begins:]
                    piece = piece[:begins]
                _pass(target, piece)
                if not is_over:
                    break
        if is_over:
            return bytes(held), None


def _pass(target: int, words: bytes) -> None:
    while words:
        words = words[os.write(target, words) :]


def _end(child: int) -> None:
    try:
        os.kill(child, signal.SIGKILL)
    except ProcessLookupError:
        return
