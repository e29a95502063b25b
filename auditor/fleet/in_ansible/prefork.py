"""Ansible, loaded once: this process plays nothing itself, and every play is a fork of it, as it was after loading.

Its standard input is the control socket of ``auditor.fleet.prefork_client``. Over it comes a socket for each play, its
line, and over the line what is to be played. A play is ended when its line is hung up, and the line is hung up here
when the play has ended: so no play outlives who asked for it, and nobody goes on before it has ended. After its control
socket and the last line this process ends.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import os
import resource
import selectors
import signal
import socket
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from auditor.system import message_framing

NAME = "ansible-playbook"
"""By which a play's process is found among others, as ever."""
_OWN_NAME = "luytre-zygote"
_MAX_REQUEST = 8_000_000
_PIECE = 65_536
_PR_SET_PDEATHSIG = 1
_prctl = ctypes.CDLL(None).prctl
_READ_AGAIN = ("ANSIBLE_HOME", "DEFAULT_LOCAL_TMP")
"""Settings that Ansible reads when it is loaded, and that are each play's own."""
_ALL = ("callback", "filter", "test")
"""Kinds of plugins of which Ansible loads all."""
_PLUGINS = {
    "action": ("assert", "command", "copy", "debug", "fail", "normal", "set_fact", "shell", "validate_argument_spec"),
    "become": ("sudo",),
    "cache": ("jsonfile",),
    "connection": ("local", "ssh"),
    "inventory": ("yaml",),
    "lookup": ("config", "file", "template"),
    "shell": ("sh",),
    "strategy": ("linear",),
}
"""Others that our plays use."""
_AGAIN = "AnsibleCollectionFinder has already been configured"


@dataclass
class _ForkedPlay:
    pid: int
    process: int
    line: socket.socket
    over: int
    """The pipe over which the runner's process is told the code.

    Open as long as the line: what is in it would be lost.
    """
    has_ended: bool = False
    is_hung_up: bool = False

    def close(self) -> None:
        self.line.close()
        for descriptor in (self.over, self.process):
            os.close(descriptor)


def serve_plays_and_exit() -> NoReturn:
    """Have plays played until nobody can ask for one; ends this process."""
    gc.disable()  # what is loaded stays
    _set_process_name(_OWN_NAME)
    _PlayForkServer(socket.socket(fileno=sys.stdin.fileno())).serve()
    os._exit(0)


class _PlayForkServer:
    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._ready = selectors.DefaultSelector()
        self._ready.register(control, selectors.EVENT_READ, self._fork_requested_play)
        self._plays: list[_ForkedPlay] = []
        self._is_loaded = False

    def serve(self) -> None:
        while self._ready.get_map():
            for key, _ in self._ready.select():
                key.data()

    def _fork_requested_play(self) -> None:
        _, lines, _, _ = socket.recv_fds(self._control, 1, 1)
        if not lines:
            self._ready.unregister(self._control)
            return
        line = socket.socket(fileno=lines[0])
        request = _receive_request(line)
        if request is None:
            line.close()
            return
        if not self._is_loaded:
            _load_ansible(request["printed"])
            self._is_loaded = True
        over = os.open(request["over"], os.O_RDWR)
        zygote, pid = os.getpid(), os.fork()
        if not pid:
            self._ready.close()
            self._control.close()
            line.close()
            os.close(over)
            for play in self._plays:
                play.close()
            _run_forked_play_and_exit(request, zygote)
        play = _ForkedPlay(pid, os.pidfd_open(pid), line, over)
        self._plays.append(play)
        self._ready.register(play.process, selectors.EVENT_READ, lambda: self._report_exit_code_of_play(play))
        self._ready.register(line, selectors.EVENT_READ, lambda: self._kill_play_hung_up_on(play))

    def _kill_play_hung_up_on(self, play: _ForkedPlay) -> None:
        self._ready.unregister(play.line)
        play.is_hung_up = True
        if play.has_ended:
            self._close_and_forget_play(play)
            return
        os.kill(play.pid, signal.SIGSTOP)  # it begins nothing more
        for pid in (*_list_children(play.pid), play.pid):  # each leads a group, or will
            for kill in (os.killpg, os.kill):
                with suppress(ProcessLookupError):
                    kill(pid, signal.SIGKILL)

    def _report_exit_code_of_play(self, play: _ForkedPlay) -> None:
        self._ready.unregister(play.process)
        code = os.waitstatus_to_exitcode(os.waitpid(play.pid, 0)[1])
        os.write(play.over, b"%d\n" % (code if code >= 0 else 128 - code))
        play.has_ended = True
        if play.is_hung_up:
            self._close_and_forget_play(play)

    def _close_and_forget_play(self, play: _ForkedPlay) -> None:
        self._plays.remove(play)
        with suppress(OSError):
            play.line.shutdown(socket.SHUT_RDWR)  # others' plays may have been forked with it
        play.close()


def _list_children(pid: int) -> list[int]:
    """Return the children of a process."""
    children: list[int] = []
    for children_file in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            children += map(int, children_file.read_text("ascii").split())
    return children


def _receive_request(line: socket.socket) -> dict[str, Any] | None:
    """Return what is to be played; None when who asked is gone."""
    unpacker = message_framing.MessageUnpacker(_MAX_REQUEST)
    with suppress(ConnectionError):
        while piece := line.recv(_PIECE):
            for message in unpacker.iter_messages(piece):
                return message
    return None


def _load_ansible(output_pipe: str) -> None:
    """Load Ansible, which may complain to who asked first."""
    with tempfile.TemporaryDirectory(prefix="luytre-") as folder:
        os.environ["ANSIBLE_LOCAL_TEMP"] = folder
        _redirect_output(output_pipe)
        ansible = _import_ansible()

        ansible.loader.init_plugin_loader()
        for kind in _ALL:
            list(getattr(ansible.loader, f"{kind}_loader").all(class_only=True))
        for kind, names in _PLUGINS.items():
            for name in names:
                getattr(ansible.loader, f"{kind}_loader").get(f"ansible.builtin.{name}", class_only=True)

    warnings.filterwarnings("ignore", _AGAIN)
    _redirect_output(os.devnull)
    gc.freeze()


def _import_ansible() -> ModuleType:
    from auditor.fleet.in_ansible import ansible_internals  # noqa: PLC0415  what it complains of is for who asked

    return ansible_internals


def _redirect_output(path: str) -> None:
    """Raise OSError where nobody reads any more: who asked is gone."""
    target = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    os.set_blocking(target, True)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
        os.dup2(target, stream.fileno())
    os.close(target)


def _run_forked_play_and_exit(request: Mapping[str, Any], zygote: int) -> NoReturn:
    """Be the process that ``ansible-playbook`` would be; ends this process.

    When Ansible has ended, with its files closed and its processes ended by itself, nothing is taken down that ends
    with the process; what lies on the disk is removed by those who asked Python for it.
    """
    code = 1
    try:
        _become_process_of_play(request, zygote)
        code = _run_playbook(request["arguments"])
    except BaseException:
        traceback.print_exc()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    atexit._run_exitfuncs()
    os._exit(code)


def _become_process_of_play(request: Mapping[str, Any], zygote: int) -> None:
    os.setsid()
    _die_when_parent_dies()
    os.register_at_fork(after_in_child=_die_when_parent_dies)  # what works on a task leaves our group
    if os.getppid() != zygote:
        os._exit(1)
    _set_process_name(NAME)
    null_device = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null_device, sys.stdin.fileno())
    os.close(null_device)
    _redirect_output(request["printed"])
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    tempfile.tempdir = None
    if request["memory"] is not None:
        resource.setrlimit(resource.RLIMIT_AS, (request["memory"], request["memory"]))


def _die_when_parent_dies() -> None:
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _run_playbook(arguments: list[str]) -> int:
    ansible = _import_ansible()

    for name in _READ_AGAIN:
        ansible.constants.set_constant(name, ansible.constants.config.get_config_value(name))
    sys.argv = [NAME, *arguments]
    try:
        ansible.playbook.main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def _set_process_name(name: str) -> None:
    with suppress(OSError):
        Path("/proc/self/comm").write_text(name, "ascii")


if __name__ == "__main__":
    serve_plays_and_exit()
