"""Ports that a daemon lets go of while it reads its files anew are root's for that long, and nobody's value is lost."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible.module_utils.luytre_shared.os import ports

from tests.lab.waiting import until


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in (("START", "1024\n"), ("LOCAL", "32768\t65535\n")):
        (tmp_path / name).write_text(text, "ascii")
        monkeypatch.setattr(ports, name, str(tmp_path / name))
    monkeypatch.setattr(ports, "SAVED_STATE", str(tmp_path / "saved"))
    monkeypatch.setattr(ports, "PROGRAM", str(tmp_path / "program.py"))
    return tmp_path


@pytest.fixture
def listener() -> Iterator[tuple[str, int]]:
    """Yield the number of a process that listens on one port alone, and that port: this one may listen on others' too."""
    program = (
        "import socket; one = socket.create_server(('127.0.0.1', 0)); print(one.getsockname()[1], flush=True); input()"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield str(process.pid), int(process.stdout.readline())
        process.communicate()


def test_what_a_process_listens_on_is_roots_meanwhile_and_everybodys_afterwards(
    kernel: Path, listener: tuple[str, int]
) -> None:
    process, port = listener
    with ports.reserve_ports_of_root_process(lambda: process):
        start, (low, high) = int((kernel / "START").read_text()), (kernel / "LOCAL").read_text().split()
        assert start == port + 1
        assert int(low) >= start, "the kernel takes it so alone"
        assert high == "65535"
        assert json.loads((kernel / "saved").read_text())["start"] == 1024
    assert (kernel / "START").read_text().strip() == "1024"
    assert (kernel / "LOCAL").read_text() == "32768\t65535"
    assert not (kernel / "saved").exists()


def test_one_that_was_killed_in_the_middle_leaves_the_next_what_it_found(
    kernel: Path, listener: tuple[str, int]
) -> None:
    (kernel / "saved").write_text(json.dumps({"start": 1024, "local": "32768\t65535"}), "ascii")
    (kernel / "START").write_text("59001", "ascii")
    with ports.reserve_ports_of_root_process(lambda: listener[0]):
        pass
    assert (kernel / "START").read_text() == "1024"


KILLED = """
import os, signal, sys
sys.path.insert(0, {folder!r})
import ports
ports.START, ports.LOCAL, ports.SAVED_STATE, ports.PROGRAM = (
    os.path.join({place!r}, name) for name in ("START", "LOCAL", "saved", "program.py")
)
ports._start_watcher_of_this_process = lambda: print(*ports._get_pid_and_start_time(os.getpid()), flush=True)
with ports.reserve_ports_of_root_process(lambda: {process!r}), ports._halt_processes_of_accounts_meanwhile([{account}]):
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(os.getuid() != 0, reason="becomes another account")
def test_what_a_killed_process_changed_is_put_back_by_whoever_waits_for_its_end(
    kernel: Path, listener: tuple[str, int]
) -> None:
    account = 23_458
    with contextlib.ExitStack() as stack:
        sleeping = subprocess.Popen(["/bin/sleep", "600"], user=account, group=account, extra_groups=[], cwd="/")
        halted = stack.enter_context(sleeping)
        stack.callback(halted.kill)
        folder = str(Path(ports.__file__).parent)
        program = KILLED.format(place=str(kernel), process=listener[0], account=account, folder=folder)
        done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=False, text=True)
        assert done.returncode == -signal.SIGKILL
        until(lambda: ports._is_stopped(halted.pid), "it goes on though nobody has let it")
        assert int((kernel / "START").read_text()) == listener[1] + 1
        process, began = done.stdout.split()[:2]
        ports.wait_for_process_end_and_put_back(int(process), "0")
        assert (kernel / "saved").exists(), "another process had that number"
        ports.wait_for_process_end_and_put_back(int(process), began)
        assert ((kernel / "START").read_text(), (kernel / "LOCAL").read_text()) == ("1024", "32768\t65535")
        until(lambda: not ports._is_stopped(halted.pid), "it stands still for good")
    assert not (kernel / "saved").exists()


def test_the_watcher_is_a_program_of_its_own(kernel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing of Ansible's on its path, as systemd starts it."""
    asked: list[list[str]] = []
    monkeypatch.setattr(ports.subprocess, "run", lambda argv, **_: asked.append(argv))
    ports._start_watcher_of_this_process()
    monkeypatch.undo()
    program = asked[0].index(str(kernel / "program.py"))
    words = ["-I", "-B", asked[0][program], "1", "0"]
    done = subprocess.run([sys.executable, *words], check=False, capture_output=True, timeout=20, cwd="/")
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("find", [lambda: None, lambda: "1"])
def test_a_process_that_is_not_there_or_listens_on_nothing_changes_nothing(kernel: Path, find: object) -> None:
    with ports.reserve_ports_of_root_process(find):
        assert (kernel / "START").read_text() == "1024\n"
    assert not (kernel / "saved").exists()


def test_where_the_kernel_lets_nobody_do_so_it_goes_on(kernel: Path, listener: tuple[str, int]) -> None:
    (kernel / "LOCAL").write_text("", "ascii")
    with ports.reserve_ports_of_root_process(lambda: listener[0]):
        assert (kernel / "START").read_text() == "1024\n"


@pytest.mark.skipif(os.getuid() != 0, reason="becomes other accounts")
def test_whoever_took_the_port_of_a_daemon_that_is_not_roots_is_ended_and_nobody_follows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each of the thieves waits for the port; the daemon has it once ``systemctl start`` was told."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    take = f"""
import socket, time
while True:
    taken = socket.socket()
    try:
        taken.bind(("127.0.0.1", {port})); taken.listen(); time.sleep(600)
    except OSError:
        taken.close(); time.sleep(0.0003)
"""
    daemon = take.replace("time.sleep(0.0003)", "raise")
    told: list[str] = []
    running: list[subprocess.Popen[bytes]] = []
    main: list[subprocess.Popen[bytes]] = []

    def start(program: str, uid: int) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(["/usr/bin/python3", "-c", program], user=uid, group=uid, extra_groups=[], cwd="/")
        running.append(process)
        return process

    def systemctl(*words: str) -> str:
        told.append(words[0])
        if words[0] == "start":
            main.append(start(daemon, 23_456))
            until(lambda: has_it(main[-1]), "the daemon does not have its port")
        return str(main[-1].pid if words[0] == "show" and main[-1].poll() is None else "0")

    def state(process: subprocess.Popen[bytes]) -> str:
        return Path(f"/proc/{process.pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]

    def has_it(process: subprocess.Popen[bytes]) -> bool:
        return port in {one for _, _, one in ports._list_tcp_ports_process_listens_on(str(process.pid))}

    monkeypatch.setattr(ports, "_run_systemctl_and_return_output", systemctl)
    try:
        main.append(start(daemon, 23_456))
        until(lambda: has_it(main[0]), "the daemon does not listen")
        thieves = [start(take, 23_457) for _ in range(4)]
        contained = start("import time; time.sleep(600)", 23_457)
        contained.send_signal(signal.SIGSTOP)
        until(lambda: state(contained) == "T", "it does not stand still")

        def restart() -> str:
            main[0].kill()
            main[0].wait()
            until(lambda: any(map(has_it, thieves)), "nobody takes it")
            return "bind: Address already in use"

        assert ports.run_reload_with_ports_of_unit_reserved("mariadb.service", restart) is None
        assert [word for word in told if word != "show"] == ["reset-failed", "start"]
        assert has_it(main[-1])
        left = [thief for thief in thieves if thief.poll() is None]
        assert len(left) == len(thieves) - 1, "only who had it was ended"
        assert all(state(thief) != "T" for thief in left)
        assert state(contained) == "T", "what an incident has stopped stays so"
    finally:
        for process in running:
            process.kill()
            process.wait()


LOOPBACK, OTHER, ALL = "0100007F", "0200007F", "00000000"


@pytest.mark.parametrize(
    ("local", "in_the_way"),
    [
        (f"{LOOPBACK}:0CEA", True),
        (f"{ALL}:0CEA", True),
        (f"{OTHER}:0CEA", False),
        (f"{LOOPBACK}:0CEB", False),
    ],
)
def test_who_listens_on_the_port_at_another_address_is_in_nobodys_way(local: str, in_the_way: bool) -> None:
    assert (
        ports._is_socket_blocking_wanted_port("/proc/net/tcp", local, [("/proc/net/tcp", LOOPBACK, 3306)]) is in_the_way
    )
