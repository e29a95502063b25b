"""The process from which plays are forked, with a real Ansible."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from auditor.fleet.in_ansible.prefork import _redirect_output
from auditor.fleet.prefork_client import PlayHandle, PlayProcess, run_ansible_playbook_in_fork
from auditor.fleet.runner import CUT_SHORT, MAX_MEMORY, THIS_MACHINE, PlaybookOrder, play

HERE = "all: {hosts: {here: {ansible_connection: local}}}\n"
WAIT = "    - ansible.builtin.pause:\n        seconds: 20\n"


def says(what: str) -> str:
    return f"    - ansible.builtin.debug:\n        msg: '{what}'\n"


def written(folder: Path, *tasks: str) -> Path:
    path = folder / "play.yml"
    path.write_text(f"- hosts: all\n  gather_facts: false\n  tasks:\n{''.join(tasks)}", "utf-8")
    return path


@contextmanager
def lasting(folder: Path, *arguments: str | Path, memory: int | None = None, **own: str) -> Iterator[PlayHandle]:
    """A play in this folder, with these variables of the environment; what it prints is in ``folder / "printed"``."""
    (folder / "printed").touch()
    (folder / "hosts.yml").write_text(HERE, "utf-8")
    own |= {"ANSIBLE_HOME": f"{folder}/home", "ANSIBLE_LOCAL_TEMP": f"{folder}/local"}
    with run_ansible_playbook_in_fork(
        ["-i", f"{folder}/hosts.yml", *map(str, arguments)],
        os.environ | own,
        frozenset(own),
        PlayProcess(folder, str(folder), folder / "printed", memory),
    ) as line:
        yield line


def code(line: PlayHandle) -> int:
    return subprocess.run(line.command, check=False, timeout=60).returncode


def until(met: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not met():
        assert time.monotonic() < end, "never came to be"
        time.sleep(0.02)


def are_called(pids: Iterable[str], name: str) -> list[str]:
    """Those of the processes that have this name."""
    found = []
    for pid in pids:
        with suppress(OSError):
            found += [pid] if Path(f"/proc/{pid}/comm").read_text("ascii") == f"{name}\n" else []
    return found


def children(pid: int | str) -> list[str]:
    return [child for path in Path(f"/proc/{pid}/task").glob("*/children") for child in path.read_text("ascii").split()]


def plays(zygotes: Iterable[str]) -> list[str]:
    return are_called((child for zygote in zygotes for child in children(zygote)), "ansible-playboo")


@pytest.mark.parametrize(
    ("argument", "ends", "said"),
    [("--version", 0, "ansible-playbook ["), ("--nonsense", 2, "arguments are required: playbook")],
)
def test_a_play_ends_with_ansible_s_own_code_and_all_that_it_said(
    tmp_path: Path, argument: str, ends: int, said: str
) -> None:
    with lasting(tmp_path, argument) as line:
        assert code(line) == ends
    assert said in (tmp_path / "printed").read_text("utf-8")


def test_what_was_not_foreseen_is_told(tmp_path: Path) -> None:
    with lasting(tmp_path, "--version", ANSIBLE_PYTHON_INTERPRETER="x\0y") as line:
        assert code(line) == 1
    assert "ValueError: embedded null byte" in (tmp_path / "printed").read_text("utf-8")


def test_a_play_that_wants_more_memory_than_it_may_have_fails_alone(tmp_path: Path) -> None:
    for name, length, ends in (("large", MAX_MEMORY, 2), ("small", 1_000, 0)):
        (folder := tmp_path / name).mkdir()
        long = f'{{{{ ("x" * {length}) | length }}}}'
        with lasting(folder, written(folder, says(long)), memory=MAX_MEMORY) as line:
            assert code(line) == ends, (folder / "printed").read_text("utf-8")


def test_each_play_has_its_own_environment_and_leaves_the_next_nothing(tmp_path: Path) -> None:
    look = '{{ lookup("ansible.builtin.env", "ONE") }}/{{ lookup("ansible.builtin.env", "TWO") }}/{{ left | default("none") }}'
    leave = "    - ansible.builtin.set_fact:\n        left: something\n"
    for name, said in (("ONE", "yes//none"), ("TWO", "/yes/none")):
        (folder := tmp_path / name).mkdir()
        with lasting(folder, written(folder, says(look), leave), **{name: "yes"}) as line:
            assert code(line) == 0
        assert f'"msg": "{said}"' in (folder / "printed").read_text("utf-8")


def test_a_play_has_ended_when_its_line_has_been_hung_up(tmp_path: Path) -> None:
    with lasting(tmp_path, written(tmp_path, says("begun"), WAIT)):
        until(lambda: "begun" in (tmp_path / "printed").read_text("utf-8"))
        (play_of_it,) = plays(are_called(children(os.getpid()), "luytre-zygote"))
    assert not Path(f"/proc/{play_of_it}").exists()


def test_what_a_task_runs_ends_with_its_play(tmp_path: Path) -> None:
    runs = (
        f"    - ansible.builtin.shell: echo $$ > {tmp_path}/draft; mv {tmp_path}/draft {tmp_path}/pid; exec sleep 600\n"
    )
    with lasting(tmp_path, written(tmp_path, runs)):
        until((tmp_path / "pid").exists)
        pid = (tmp_path / "pid").read_text("utf-8").strip()
    until(lambda: not are_called([pid], "sleep"))


def test_what_ansible_reads_when_it_is_loaded_counts_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for verbosity in (0, 2):
        monkeypatch.setenv("ANSIBLE_VERBOSITY", str(verbosity))
        (folder := tmp_path / str(verbosity)).mkdir()
        with lasting(folder, written(folder, says("verbosity {{ ansible_verbosity }}"))) as line:
            assert code(line) == 0
        assert f"verbosity {verbosity}" in (folder / "printed").read_text("utf-8")


def test_an_ansible_that_cannot_be_loaded_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANSIBLE_VERBOSITY", "loud")
    with lasting(tmp_path, written(tmp_path, says("x"))) as line:
        until(line.has_lost_fork_server)
    said = (tmp_path / "printed").read_text("utf-8")
    assert "invalid value: Invalid value provided for 'integer': 'loud'" in said


def test_when_the_zygote_is_killed_so_is_the_play_and_the_next_has_a_new_one(tmp_path: Path) -> None:
    kill = (
        "    - ansible.builtin.shell: >-\n        p=$$; while [ $(cat /proc/$p/comm) != luytre-zygote ];\n"
        "        do p=$(ps -o ppid= -p $p | tr -d ' '); done; kill -9 $p\n"
    )
    run = play(PlaybookOrder(written(tmp_path, says("x"), kill, WAIT), inventory=THIS_MACHINE))
    assert (run.status, [task.action for task in run.tasks]) == (CUT_SHORT, ["ansible.builtin.debug"])
    assert play(PlaybookOrder(written(tmp_path, says("x")), inventory=THIS_MACHINE)).status == "successful"


def test_a_play_leaves_nothing_among_temporary_files(tmp_path: Path) -> None:
    with (
        tempfile.TemporaryDirectory() as short,  # a socket's path is
        lasting(tmp_path, written(tmp_path, says("x")), TMPDIR=short) as line,
    ):
        assert code(line) == 0
        assert list(Path(short).iterdir()) == []


def test_a_zygote_whose_first_asker_is_gone_waits_for_no_reader(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "printed")
    with pytest.raises(OSError, match="No such device"):
        _redirect_output(str(tmp_path / "printed"))


def test_when_a_play_alone_is_killed_so_is_what_works_on_its_task(tmp_path: Path) -> None:
    kill = (
        "    - ansible.builtin.shell: >-\n        p=$$; while q=$(ps -o ppid= -p $p | tr -d ' ');\n"
        "        [ $(cat /proc/$q/comm) != luytre-zygote ]; do w=$p; p=$q; done;\n"
        f"        echo $w > {tmp_path}/pid; kill -9 $p; exec sleep 60\n"
    )
    assert play(PlaybookOrder(written(tmp_path, says("x"), kill), inventory=THIS_MACHINE)).status == CUT_SHORT
    pid = (tmp_path / "pid").read_text("utf-8").strip()
    until(lambda: not are_called([pid], "ansible-playboo"))


ASKS = """
import sys
from pathlib import Path
from auditor.fleet.runner import THIS_MACHINE, PlaybookOrder, play
play(PlaybookOrder(Path(sys.argv[1]), inventory=THIS_MACHINE))
"""


def test_nothing_is_left_of_a_command_that_is_killed(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    path = written(tmp_path, f"    - ansible.builtin.copy:\n        dest: {begun}\n        content: ''\n", WAIT)
    with subprocess.Popen([sys.executable, "-c", ASKS, path], env={**os.environ, "TMPDIR": str(tmp_path)}) as asks:
        until(begun.exists)
        zygotes = are_called(children(asks.pid), "luytre-zygote")
        left = [*zygotes, *plays(zygotes)]
        assert len(left) == 2
        asks.send_signal(signal.SIGKILL)
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in left))
