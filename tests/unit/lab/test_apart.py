"""A command with a lab of its own (``tests/lab/apart.sh``): what it shares, what it has for itself, and that nothing of it stays."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.lab import machine
from tests.lab.waiting import until

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes namespaces")

APART = Path(__file__).parents[2] / "lab/apart.sh"
CGROUPS = Path("/sys/fs/cgroup")


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A lab's state with keys, an image and a machine; nothing that came beside them may be left, nor anything mounted."""
    place = tmp_path / "lab"
    for file in ("ssh/automation.pub", "ca/ca.pem", "root_password", "cache/image", "machines/web1"):
        (place / file).parent.mkdir(parents=True, exist_ok=True)
        (place / file).write_text(f"{file} of the machine's lab\n")
    monkeypatch.setenv("LUYTRE_LAB_STATE", str(place))
    before = sorted(place.rglob("*"))
    yield place
    until(lambda: not list(place.glob("apart-*")), "its folder stays", 20)
    assert sorted(place.rglob("*")) == before
    assert str(place) not in Path("/proc/self/mountinfo").read_text()


def apart(*command: str, by: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*by, "sh", APART, *command], capture_output=True, text=True, timeout=60, check=False)


def groups() -> list[Path]:
    return [found for depth in ("", "*/") for found in CGROUPS.glob(f"{depth}luytre-apart-*")]


def test_an_exit_code_is_passed_on(state: Path) -> None:
    assert apart("sh", "-c", "exit 7").returncode == 7
    assert apart("true").returncode == 0


def test_no_other_network_processes_and_runtime_files_are_seen(state: Path) -> None:
    links = apart("ip", "-brief", "link").stdout.splitlines()
    assert [line.split()[0] for line in links] == ["lo"]
    processes = apart("sh", "-c", "echo /proc/[0-9]*").stdout.split()
    assert len(processes) == 2, "the shell that waits, and this one"
    assert set(apart("ls", "/run").stdout.split()) <= {"luytre-lab.building", "mount"}
    assert {
        line.partition(":")[2] for line in apart("grep", "name=systemd\\|^0:", "/proc/self/cgroup").stdout.split()
    } <= {
        ":/",
        "name=systemd:/",
    }


def test_machines_are_its_own_and_images_and_keys_are_the_lab_s(state: Path) -> None:
    done = apart("sh", "-euc", f"cd {state}; cat cache/image ssh/automation.pub ca/ca.pem root_password; test ! -e machines; "
                 "echo made > cache/made; echo known > ssh/known_hosts; mkdir machines")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == [
        "cache/image", "ssh/automation.pub", "ca/ca.pem", "root_password",
    ]  # fmt: skip
    made = state / "cache/made"
    assert made.read_text() == "made\n"
    made.unlink()


def test_who_makes_images_is_waited_for(state: Path) -> None:
    lock = "/run/luytre-lab.building"
    done = apart("flock", "--nonblock", lock, "flock", "--nonblock", lock, "true")
    assert done.returncode == 1
    held = subprocess.run(["flock", lock, "sh", APART, "flock", "--nonblock", lock, "true"], timeout=600, check=False)
    assert held.returncode == 1


def test_a_machine_apart_is_none_of_the_machine_s_lab(state: Path, tmp_path: Path) -> None:
    script, begun = tmp_path / "machine.sh", tmp_path / "begun"
    script.write_text(f"touch {begun}; read -r _\n")
    command = ["sh", "-eu", script, "web9", "luytre-machine"]
    with subprocess.Popen(["sh", APART, *command], stdin=subprocess.PIPE) as running:
        until(begun.exists, "it does not begin", 20)
        assert not machine.is_boot_script_of_machine_alive("web9")
        running.kill()
    with subprocess.Popen(command, stdin=subprocess.PIPE) as running:
        until(lambda: machine.is_boot_script_of_machine_alive("web9"), "the machine's own is not seen", 20)
        running.kill()


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_is_left_of_what_was_killed(state: Path, tmp_path: Path, by: signal.Signals) -> None:
    left = groups()
    begun, sleep = tmp_path / "begun", f"sleep 4711.{os.getpid()}"
    script = f"setsid {sleep} & mount -t tmpfs tmpfs {state}/cache; touch {begun}; wait"
    running = subprocess.Popen(["sh", APART, "sh", "-c", script])
    until(begun.exists, "it does not begin", 20)
    assert len(groups()) > len(left) or not list(CGROUPS.rglob("cgroup.procs"))
    children = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
    running.send_signal(by)
    if by == signal.SIGTERM:  # as whoever ends a job tells all that belongs to it
        assert len(children) == 2
        for child in children:
            os.kill(int(child), by)
    assert running.wait(20) == -by
    until(lambda: not list(state.glob("apart-*")), "its folder stays", 20)
    assert subprocess.run(["pgrep", "-xf", sleep], capture_output=True, check=False).stdout == b""
    assert groups() == left


def test_a_machine_that_refuses_is_told(state: Path) -> None:
    done = apart("true", by=("setpriv", "--bounding-set", "-sys_admin"))
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("apart.sh: this machine refuses what a lab of its own needs")


def test_without_images_none_are_made_of_other_keys(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUYTRE_LAB_STATE", str(state.parent / "none"))
    done = apart("true")
    assert (done.returncode, done.stderr) == (
        2, f"apart.sh: there are no images to share in {state.parent}/none: auditor lab build\n",
    )  # fmt: skip
