"""What stops a process: the very one that is meant, never what the host lives by, and no other when it is let go on."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ansible.module_utils.luytre_shared.incidents import action_runner

from tests.unit.on_host.contain.programs import program

US = ("198.51.100.1", "50000", "192.0.2.10", "22")
SLEEP = os.path.realpath(shutil.which("sleep") or "/usr/bin/sleep")


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    own = program("process.py")
    monkeypatch.setattr(own, "RECORD", action_runner.ActionRecord(str(tmp_path / "luytre/processes")))
    return own


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([SLEEP, "60"]) as process:
        yield process
        process.kill()


def asked(pid: int, exe: str = SLEEP, **more: Any) -> dict[str, Any]:
    return {"id": "SC-20261127-1/1", "what": f"{pid}{exe}", **more}


def goes_on(host: ModuleType, pid: int) -> bool:
    """Whether it does; a busy machine may need a moment for that."""
    until = time.monotonic() + 10
    while not host.is_running(pid) and time.monotonic() < until:
        time.sleep(0.01)
    return bool(host.is_running(pid))


def test_a_process_is_stopped_and_goes_on_and_nothing_is_left(
    host: ModuleType, child: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    assert host.plan_stopping_of_process(asked(child.pid), US)["would"] == [f"SIGSTOP {child.pid} ({SLEEP})"]
    assert host.report_state_of_stopped_process(asked(child.pid), US) == {"state": "none"}
    assert goes_on(host, child.pid)
    assert host.stop_process_once(asked(child.pid), US) == {"state": "confirmed", "why": "", "about": ""}
    assert host.read_state_of_all_threads_of_process(child.pid) == "T"
    assert host.report_state_of_stopped_process(asked(child.pid), US)["state"] == "confirmed"
    assert host.let_stopped_process_go_on(asked(child.pid), US) == {"state": "none"}
    assert goes_on(host, child.pid)
    assert list(tmp_path.iterdir()) == []


def test_a_process_of_two_incidents_goes_on_when_both_let_it(host: ModuleType, child: subprocess.Popen[bytes]) -> None:
    first, second = asked(child.pid), asked(child.pid, id="SC-20261127-2/1")
    for one in (first, second):
        assert host.stop_process_once(one, US)["state"] == "confirmed"
    host.let_stopped_process_go_on(first, US)
    assert host.report_state_of_stopped_process(second, US)["state"] == "confirmed"
    assert host.read_state_of_all_threads_of_process(child.pid) == "T"
    host.let_stopped_process_go_on(second, US)
    assert goes_on(host, child.pid)


def test_one_that_is_ended_is_gone_with_the_digest_of_what_it_ran_and_nothing_is_left(
    host: ModuleType, child: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    host.stop_process_once(asked(child.pid), US)
    end = asked(child.pid, id="SC-20261127-1/2", end=True)
    assert host.plan_stopping_of_process(end, US)["would"] == [f"SIGKILL {child.pid} ({SLEEP})"]
    assert not host.has_process_of_pidfd_ended(os.pidfd_open(child.pid))
    told = host.stop_process_once(end, US)
    assert told == {
        "state": "confirmed",
        "why": "",
        "about": "",
        "sha256": sha256(Path(SLEEP).read_bytes()).hexdigest(),
    }
    assert child.wait(10) == -signal.SIGKILL
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(action_runner.ActionRefusal, match="no_process"):
        host.stop_process_once(end, US)


def test_one_of_many_is_known_by_when_it_began(host: ModuleType, child: subprocess.Popen[bytes]) -> None:
    began = host.read_start_time_and_program_of_process(child.pid)["began"]
    for end in (False, True):
        with pytest.raises(action_runner.ActionRefusal, match="no_process"):
            host.stop_process_once({"id": "SC-20261127-1/1", "what": f"{child.pid}@{began + 1}{SLEEP}", "end": end}, US)
    assert goes_on(host, child.pid)
    told = host.stop_process_once({"id": "SC-20261127-1/1", "what": f"{child.pid}@{began}{SLEEP}", "end": True}, US)
    assert told["state"] == "confirmed"


def test_what_lets_people_in_is_not_ended_either(
    host: ModuleType, child: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "KEEPERS", {SLEEP: ""})
    with pytest.raises(action_runner.ActionRefusal, match="keeper"):
        host.stop_process_once(asked(child.pid, end=True), US)
    assert goes_on(host, child.pid)


def test_whoever_lets_it_go_on_is_told_and_it_is_stopped_again(
    host: ModuleType, child: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    host.stop_process_once(asked(child.pid), US)
    os.kill(child.pid, signal.SIGCONT)
    monkeypatch.setattr(host, "STOP_SECONDS", 0)
    with pytest.raises(action_runner.ActionRefusal, match="not_stopped"):
        host.report_state_of_stopped_process(asked(child.pid), US)
    monkeypatch.setattr(host, "STOP_SECONDS", 3)
    assert host.stop_process_once(asked(child.pid), US)["state"] == "confirmed"
    host.let_stopped_process_go_on(asked(child.pid), US)
    assert goes_on(host, child.pid)


def test_what_stood_still_before_stands_still_after(host: ModuleType, child: subprocess.Popen[bytes]) -> None:
    os.kill(child.pid, signal.SIGSTOP)
    os.waitpid(child.pid, os.WUNTRACED)
    host.stop_process_once(asked(child.pid), US)
    host.let_stopped_process_go_on(asked(child.pid), US)
    assert not host.is_running(child.pid)


@pytest.mark.parametrize("changed", [{"began": 1}, {"exe": "/other"}])
def test_a_number_that_is_another_process_by_now_gets_nothing(
    host: ModuleType, child: subprocess.Popen[bytes], changed: dict[str, Any]
) -> None:
    host.stop_process_once(asked(child.pid), US)
    with host.RECORD.hold_lock():
        host.RECORD.save_record_of_action(
            "SC-20261127-1/1", {**host.RECORD.read_all_records_by_action_id()["SC-20261127-1/1"], **changed}
        )
    assert host.report_state_of_stopped_process(asked(child.pid), US) == {"state": "none"}
    assert host.let_stopped_process_go_on(asked(child.pid), US) == {"state": "none"}
    assert not host.is_running(child.pid)


def test_one_that_runs_something_else_is_left_alone(
    host: ModuleType, child: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    with pytest.raises(action_runner.ActionRefusal) as refusal:
        host.stop_process_once(asked(child.pid, "/opt/x"), US)
    assert refusal.value.args == ("other_process", SLEEP)
    assert goes_on(host, child.pid)
    assert list(tmp_path.iterdir()) == []


def test_one_that_has_ended_is_no_process_whether_or_not_somebody_waits_for_it(
    host: ModuleType, child: subprocess.Popen[bytes]
) -> None:
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    for _ in range(2):
        with pytest.raises(action_runner.ActionRefusal, match="no_process"):
            host.stop_process_once(asked(child.pid), US)
        child.wait()


def test_never_ours(host: ModuleType) -> None:
    with pytest.raises(action_runner.ActionRefusal, match="ours"):
        host.refuse_to_stop_essential_process(os.getpid(), host.read_start_time_and_program_of_process(os.getpid()))


@pytest.mark.parametrize(
    "exe",
    [
        "",
        "/usr/sbin/sshd",
        "/usr/sbin/sshd (deleted)",
        "/usr/lib/openssh/sshd-session",
        "/usr/lib/systemd/systemd-logind",
    ],
)
def test_never_what_lets_people_in_or_keeps_the_host_going(
    host: ModuleType, child: subprocess.Popen[bytes], exe: str
) -> None:
    with pytest.raises(action_runner.ActionRefusal, match="keeper"):
        host.refuse_to_stop_essential_process(child.pid, {"began": 1, "exe": host.percent_encode_path(exe.encode())})


def test_a_keeper_is_known_by_its_file_whatever_its_path_seems_to_be(
    host: ModuleType, child: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "KEEPERS", {SLEEP: ""})
    with pytest.raises(action_runner.ActionRefusal, match="keeper"):
        host.refuse_to_stop_essential_process(child.pid, {"began": 1, "exe": "/elsewhere"})


ROOTS = "Uid:\t0\t0\t0\t0\n"
BUS = "Uid:\t100\t100\t100\t100\n"


@pytest.mark.parametrize(
    ("exe", "status", "group", "keeps"),
    [
        ("/usr/bin/dbus-daemon", BUS, "0::/system.slice/dbus.service", True),
        ("/usr/bin/dbus-daemon", BUS, "0::/system.slice/system-x.slice/dbus.service/sub", True),
        ("/usr/bin/dbus-daemon", BUS, "0::/system.slice/php8.4-fpm.service", False),
        ("/usr/bin/dbus-daemon", BUS, "0::/user.slice/user-33.slice/user@33.service/app.slice/dbus.service", False),
        ("/usr/bin/dbus-daemon", BUS, "0::/user.slice/x/system.slice/dbus.service", False),
        ("/usr/bin/dbus-daemon", BUS, "", False),
        ("/usr/sbin/agetty", BUS, "0::/system.slice/system-getty.slice/getty@tty1.service", False),
        ("/usr/sbin/agetty", ROOTS, "0::/user.slice/user-0.slice/session-1.scope", True),
        ("/usr/sbin/sshd", BUS, "0::/system.slice/ssh.service", False),
        ("/usr/sbin/sshd", "Uid:\t1000\t0\t1000\t1000\n", "", True),
        ("/usr/sbin/openvpn", BUS, "0::/system.slice/system-openvpn.slice/openvpn@x.service", True),
        ("/usr/lib/systemd/systemd-resolved", BUS, "0::/system.slice/systemd-resolved.service", True),
        ("/usr/lib/systemd/systemd", BUS, "0::/user.slice/user-33.slice/user@33.service/init.scope", False),
    ],
)
def test_what_a_lesser_user_runs_is_not_the_hosts_own_whichever_program_it_is(
    host: ModuleType, monkeypatch: pytest.MonkeyPatch, exe: str, status: str, group: str, *, keeps: bool
) -> None:
    texts = {"/proc/77/status": "Name:\tx\n" + status, "/proc/77/cgroup": group + "\n"}
    monkeypatch.setattr(host, "read_proc_file_or_empty", texts.__getitem__)
    monkeypatch.setattr(host.accounts, "list_pids_of_this_process_and_ancestors", lambda: [1, 2])
    if keeps:
        with pytest.raises(action_runner.ActionRefusal, match="keeper"):
            host.refuse_to_stop_essential_process(77, {"began": 1, "exe": exe})
    else:
        host.refuse_to_stop_essential_process(77, {"began": 1, "exe": exe})


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts programs of others")
def test_what_a_lesser_user_runs_of_the_keepers_is_stopped(host: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "KEEPERS", {SLEEP: ""})
    with subprocess.Popen([SLEEP, "60"], user=33, group=33, cwd="/") as process:
        try:
            assert host.stop_process_once(asked(process.pid), US)["state"] == "confirmed"
        finally:
            process.kill()


_ENDED_FIRST = """
import ctypes, threading, time
threading.Thread(target=time.sleep, args=(60,)).start()
print("on", flush=True)
ctypes.CDLL(None).pthread_exit(None)
"""


def test_a_process_whose_first_thread_has_ended_is_stopped(host: ModuleType) -> None:
    with subprocess.Popen([sys.executable, "-c", _ENDED_FIRST], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None and process.stdout.readline() == b"on\n"
            until = time.monotonic() + 10
            while host.read_process_stat_fields(process.pid)[0] != "Z" and time.monotonic() < until:
                time.sleep(0.01)
            exe = os.path.realpath(sys.executable)
            assert host.stop_process_once(asked(process.pid, exe), US)["state"] == "confirmed"
            assert host.let_stopped_process_go_on(asked(process.pid, exe), US) == {"state": "none"}
            assert goes_on(host, process.pid)
        finally:
            process.kill()


def test_what_it_started_and_goes_on_is_told(host: ModuleType) -> None:
    shell = os.path.realpath("/bin/sh")
    with subprocess.Popen([shell, "-c", f"{SLEEP} 60 & echo $!; wait"], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        told = host.stop_process_once(asked(parent.pid, shell), US)
        assert (told["why"], told["about"]) == ("children", str(pid))
        os.kill(pid, signal.SIGKILL)
        parent.kill()


def test_any_name_is_one_line(host: ModuleType) -> None:
    assert host.percent_encode_path(b"/opt/a b\n%\xff (deleted)") == "/opt/a%20b%0A%25%FF%20(deleted)"
