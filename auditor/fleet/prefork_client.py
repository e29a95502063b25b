"""Ansible's own process, from which all plays of this one are forked.

To load Ansible takes longer than most plays (decision 27).

It is begun with the first play, and ends with us, however we end. What Ansible reads of the environment only while it
loads is the same for all plays of one zygote; where it is another, there is another zygote.
"""

from __future__ import annotations

import atexit
import os
import re
import select
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from auditor.system import message_framing

_PROGRAM = (sys.executable, "-I", "-m", "auditor.fleet.in_ansible.prefork")
_WAITS = ("/bin/sh", "-c", 'read -r code <"$0" && exit "$code"')
_READ_WHEN_LOADED = re.compile(r"_?ANSIBLE_.*|LC_.*|LANG|LANGUAGE|HOME|PATH|TZ|TMPDIR|NO_COLOR|EDITOR|PAGER")
_NOWHERE = {"ANSIBLE_HOME": "/dev/null"}
"""Plugins are looked for below it; there nobody can put any."""

_zygotes: dict[tuple[object, ...], _ForkServerProcess] = {}
_lock = Lock()


class PlayHandle:
    """Holds a play. ``command`` is a process that lasts as long as the play's own, and ends with its code."""

    def __init__(self, line: socket.socket, command: list[str]) -> None:
        self.command = command
        self._line = line
        self._watched = select.poll()
        self._watched.register(line, select.POLLIN)

    def has_lost_fork_server(self) -> bool:
        """Return whether there is no zygote any more that would tell the code."""
        return bool(self._watched.poll(0))

    def end_play_and_wait(self) -> None:
        """End the play, and wait until it has ended."""
        with self._line, suppress(OSError):
            self._line.shutdown(socket.SHUT_WR)
            self._line.recv(1)


@dataclass(frozen=True)
class PlayProcess:
    """Where a play's process runs, and within what bounds."""

    folder: Path
    """The play's own."""
    cwd: str
    output_pipe: Path
    """What Ansible prints goes there."""
    memory: int | None
    """Bytes of addresses for each of its processes."""


@contextmanager
def run_ansible_playbook_in_fork(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    names_differing_by_play: frozenset[str],
    process: PlayProcess,
) -> Iterator[PlayHandle]:
    """Have ``ansible-playbook`` play with these arguments while this lasts; when it is over, the play has ended.

    ``names_differing_by_play``: names in the environment that say something else for every play, and that Ansible reads
    when it plays.
    """
    over = process.folder / "over"
    os.mkfifo(over, 0o600)
    request = {
        "arguments": list(arguments),
        "environment": dict(environment),
        "cwd": process.cwd,
        "over": str(over),
        "printed": str(process.output_pipe),
        "memory": process.memory,
    }
    line = PlayHandle(
        _request_play_from_fork_server(
            request, {key: environment[key] for key in environment.keys() - names_differing_by_play}
        ),
        [*_WAITS, str(over)],
    )
    try:
        yield line
    finally:
        line.end_play_and_wait()


def _request_play_from_fork_server(request: Mapping[str, object], environment: Mapping[str, str]) -> socket.socket:
    ours, theirs = socket.socketpair()
    with theirs, _lock:
        _get_fork_server_of_environment(environment).take(theirs)
    with suppress(OSError):  # whoever asks for a lost line, is told so
        ours.sendall(message_framing.pack_message(request))
    return ours


class _ForkServerProcess:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                _PROGRAM,
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={**environment, **_NOWHERE},
                start_new_session=True,
            )

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def take(self, line: socket.socket) -> None:
        with suppress(OSError):
            socket.send_fds(self._control, [b"\0"], [line.fileno()])

    def end(self) -> None:
        with self._control, suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        self._process.wait()


def _get_fork_server_of_environment(environment: Mapping[str, str]) -> _ForkServerProcess:
    read = sorted((key, value) for key, value in environment.items() if _READ_WHEN_LOADED.fullmatch(key))
    kind = (os.getpid(), *read)
    if kind in _zygotes and not _zygotes[kind].is_alive():
        _zygotes.pop(kind).end()
    if kind not in _zygotes:
        _zygotes[kind] = _ForkServerProcess(environment)
    return _zygotes[kind]


@atexit.register
def _end_fork_servers_of_this_process() -> None:
    for (process, *_), zygote in _zygotes.items():
        if process == os.getpid():
            zygote.end()
