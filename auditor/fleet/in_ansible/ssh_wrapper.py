"""Stands between Ansible and ssh: a host that says more than it may, or takes longer, is cut off.

Run as ``SECONDS ALL_SECONDS FOLDER RESIDENTS ARGUMENTS…`` of ssh, which reads our own input; its output is passed on.
What a host has taken by now is kept in the folder: all hosts wait for the slowest at each task, so that one which is
slow at every one would use up the time of all. From the first brace on, where a module's answer begins, output is held
back until ssh has ended, so that an answer built to be costly is never decoded. A host that is cut off ends as one
whose connection broke: with 255, and the reason as the last words.

What would start a Python for one module alone is given to a resident instead, by way of the socket RESIDENTS
(``auditor.fleet.remote_workers``).

Every task of every host starts one, so that nothing is imported that is not needed.
"""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]  # what is above it makes enumerations, longer than all else
import _socket as sockets  # as it is with this one
import binascii
import os
import select
import sys
import time

from auditor.fleet import ssh_options
from auditor.fleet.in_ansible import bounds
from auditor.text import json_shape

_CONNECTION_LOST = 255
_PIECE = 65_536
_MORE = 10.0
"""Seconds after which nobody is waited for who counts seconds, too."""
_MARKER = "BECOME-SUCCESS-"
_BECOMES = "/bin/sh -c 'sudo -H -S -n  -u root /bin/sh -c '\"'\"'echo "
_END = "'\"'\"''"
"""Around the Python by which Ansible has root read a module."""
_PYTHON = "/usr/bin/python3"
_RUNS = "/var/lib/luytre/guard/"
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-_.")
_UP = b"\1"
"""A resident is there, and waits for the module."""
_NEW = "ControlPath=none"


def main() -> None:
    """Run ssh with our arguments; ends this process."""
    arguments = sys.argv[5:]
    way = "\0".join(word for word in arguments[:-1] if word != "-tt")
    time_file = f"{sys.argv[3]}/{binascii.crc32(os.fsencode(way)):08x}"
    seconds = min(float(sys.argv[1]), float(sys.argv[2]) - _read_seconds_from_file(time_file))
    module = _parse_module_command(arguments)
    if module is None:
        run_ssh_within_seconds(seconds, ssh_options.build_ssh_command(arguments), time_file)
    else:
        run_module_by_remote_worker_and_exit(seconds, *module, arguments, sys.argv[4], time_file)


def _parse_module_command(arguments: list[str]) -> tuple[str, str] | None:
    """Return what the command prints before it is given a module, and the Python that it is for.

    None where it is another command.

    What asks for a new connection gets one, as what it is for is to see whether there can be one.
    """
    before, separator, after = arguments[-1].partition(_MARKER)
    marker, _, rest = after.partition(" ; ")
    python = rest.removesuffix(_END)
    is_module = before == _BECOMES and separator and marker.isalnum() and rest.endswith(_END)
    is_known = python == _PYTHON or (python.startswith(_RUNS) and _PLAIN.issuperset(python))
    return (
        (_MARKER + marker, python)
        if is_module and is_known and _NEW not in arguments and "-tt" not in arguments
        else None
    )


def run_module_by_remote_worker_and_exit(
    seconds: float, marker: str, python: str, arguments: list[str], place: str, time_file: str
) -> None:
    """Have the module on our own input run by a resident, and note how many seconds it took; ends this process."""
    began = time.monotonic()
    words = os.fsencode("\0".join([str(seconds), marker, python, *arguments]))
    here = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
    answer = bytearray()
    try:
        here.settimeout(seconds + _MORE)
        here.connect(place)
        here.sendall(len(words).to_bytes(4, "big") + words)
        answer += here.recv(_PIECE)
        if answer[:1] == _UP:
            answer.clear()
            _write_all_bytes(1, f"{marker}\n".encode())
            module = bytearray()
            while piece := os.read(0, _PIECE):
                module += piece
            here.sendall(len(module).to_bytes(4, "big") + module)
        while piece := here.recv(_PIECE):
            answer += piece
    except OSError as lost:
        _write_all_bytes(2, f"{lost}\n".encode())
        os._exit(_CONNECTION_LOST)
    _write_seconds_to_file(time_file, _read_seconds_from_file(time_file) + time.monotonic() - began)
    if len(answer) < 10:
        os._exit(_CONNECTION_LOST)
    length = int.from_bytes(answer[2:6], "big")
    out, err = bytes(answer[10 : 10 + length]), bytes(answer[10 + length :])
    json_part = out[out.find(b"{") :] if b"{" in out else b""
    if not json_shape.is_json_within_bounds(json_part, max_values=bounds.MAX_VALUES, max_depth=bounds.MAX_DEPTH):
        _write_all_bytes(2, f"\n{bounds.TOO_MUCH}\n".encode())
        os._exit(_CONNECTION_LOST)
    _write_all_bytes(1, out)
    _write_all_bytes(2, err)
    os._exit(answer[1])


def _read_seconds_from_file(path: str) -> float:
    try:
        with open(path) as file:  # noqa: PTH123  here and below: pathlib takes longer to import than all else
            return float(file.read())
    except (OSError, ValueError):
        return 0.0


def _write_seconds_to_file(path: str, seconds: float) -> None:
    try:
        with open(path, "w") as file:  # noqa: PTH123
            file.write(f"{seconds:.3f}")
    except OSError:
        return  # a disk that is full here: each command still has its own time


def run_ssh_within_seconds(seconds: float, command: list[str], time_file: str | None = None) -> None:
    """Run a command for at most so many seconds, and note in the file ``time_file`` how many it took.

    Ends this process.
    """
    began = time.monotonic()
    ends = began + seconds
    out, its_out = os.pipe()
    err, its_err = os.pipe()
    streams = [(os.POSIX_SPAWN_DUP2, its_out, 1), (os.POSIX_SPAWN_DUP2, its_err, 2)]
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=streams)
    os.close(its_out)
    os.close(its_err)
    signal.signal(signal.SIGTERM, lambda *_: _kill(child))
    held_output, why = _relay_child_output_until_end(child, {out: 1, err: 2}, ends)
    if time_file is not None:
        _write_seconds_to_file(time_file, _read_seconds_from_file(time_file) + time.monotonic() - began)
    if why is None and not json_shape.is_json_within_bounds(
        held_output, max_values=bounds.MAX_VALUES, max_depth=bounds.MAX_DEPTH
    ):
        why = bounds.TOO_MUCH
    if why is not None:
        _kill(child)
        _write_all_bytes(2, f"\n{why}\n".encode())
        os._exit(_CONNECTION_LOST)
    _write_all_bytes(1, held_output)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


def _relay_child_output_until_end(child: int, streams: dict[int, int], ends: float) -> tuple[bytes, str | None]:
    """Pass on what the child prints until it has ended: what was held back, and why it is to be cut off, if it is."""
    held_output = bytearray()
    total = 0
    process_handle = os.pidfd_open(child)
    ready = select.poll()
    for source in (*streams, process_handle):
        os.set_blocking(source, False)
        ready.register(source, select.POLLIN)
    while True:
        remaining_seconds = ends - time.monotonic()
        if remaining_seconds <= 0:
            return b"", bounds.TOO_LONG
        sources = [source for source, _ in ready.poll(remaining_seconds * 1000)]
        is_over = process_handle in sources
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
                total += len(piece)
                if total > bounds.MAX_SAID:
                    return b"", bounds.TOO_MUCH
                begins = 0 if held_output else piece.find(b"{") if target == 1 else -1
                if target == 1 and begins >= 0:
                    held_output += piece[begins:]
                    piece = piece[:begins]
                _write_all_bytes(target, piece)
                if not is_over:
                    break
        if is_over:
            return bytes(held_output), None


def _write_all_bytes(target: int, words: bytes) -> None:
    while words:
        words = words[os.write(target, words) :]


def _kill(child: int) -> None:
    try:
        os.kill(child, signal.SIGKILL)
    except ProcessLookupError:
        return
