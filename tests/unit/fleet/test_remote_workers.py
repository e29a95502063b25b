"""Residents, doors and their runs, with this machine in the host's place: ssh runs the command here, sudo changes nobody."""

from __future__ import annotations

import errno
import json
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import cast

import pytest

from auditor.fleet import remote_workers
from auditor.fleet.in_ansible import bounds, remote_worker
from tests.lab.waiting import until

SSH = '#!/bin/sh\nfor last; do :; done\neval "$last"\n'
SUDO = '#!/bin/sh\nshift 5\nexec "$@"\n'
COMMAND = "/bin/sh -c 'sudo -H -S -n  -u root /bin/sh -c '\"'\"'echo BECOME-SUCCESS-{} ; /usr/bin/python3'\"'\"''"
WHO = 'import json, os; print(json.dumps({"parent": os.getppid()}))'
DOOR = "import sys; from auditor.fleet.in_ansible.ssh_wrapper import main; main()"


@dataclass
class Ask:
    """Have a module run, as Ansible has it."""

    folder: Path
    environment: dict[str, str]
    end: Callable[[], None]

    def command(self, *more: str, seconds: float = 30, to: str = "web1") -> list[str]:
        limits = [str(seconds), "1000", str(self.folder / "spent"), str(self.folder / "residents")]
        return [sys.executable, "-c", DOOR, *limits, *more, to, COMMAND.format("abc")]

    def __call__(
        self, module: str | bytes, *more: str, seconds: float = 30, to: str = "web1"
    ) -> subprocess.CompletedProcess[bytes]:
        given = module.encode() if isinstance(module, str) else module
        command = self.command(*more, seconds=seconds, to=to)
        return subprocess.run(command, input=given, env=self.environment, capture_output=True, check=False)


@pytest.fixture
def host(tmp_path: Path) -> Callable[[str, str], None]:
    """Put a program in the place of the host's."""
    programs = tmp_path / "bin"
    programs.mkdir()

    def put(name: str, text: str) -> None:
        (programs / name).write_text(text, "utf-8")
        (programs / name).chmod(0o700)

    put("ssh", SSH)
    put("sudo", SUDO)
    return put


@pytest.fixture
def ask(tmp_path: Path, host: Callable[[str, str], None]) -> Iterator[Ask]:
    """A run with residents."""
    environment = {**os.environ, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
    (tmp_path / "spent").mkdir()
    with ExitStack() as run:
        run.enter_context(remote_workers.serve_workers(tmp_path, environment))
        yield Ask(tmp_path, environment, run.close)


def answer(done: subprocess.CompletedProcess[bytes]) -> dict[str, object]:
    assert done.returncode == 0, done
    first, _, rest = done.stdout.partition(b"\n")
    assert first == b"BECOME-SUCCESS-abc"
    loaded: dict[str, object] = json.loads(rest)
    return loaded


def test_modules_of_one_host_are_run_by_one_resident_and_each_host_has_its_own(ask: Ask) -> None:
    first, second, other = answer(ask(WHO)), answer(ask(WHO)), answer(ask(WHO, to="web2"))
    assert first == second != other


def test_what_a_module_prints_and_ends_with_is_passed_on(ask: Ask) -> None:
    done = ask("import sys; print('warm'); print('odd', file=sys.stderr); sys.exit(7)")
    assert (done.returncode, done.stdout, done.stderr) == (7, b"BECOME-SUCCESS-abc\nwarm\n", b"odd\n")
    done = ask("import os; os.kill(os.getpid(), 9)")
    assert done.returncode == 137
    done = ask("1 / 0")
    assert done.returncode == 1 and b"ZeroDivisionError" in done.stderr
    assert answer(ask(WHO))


def test_a_module_finds_what_one_in_a_python_of_its_own_does(ask: Ask) -> None:
    module = (
        "import __main__, atexit, json, os, sys\n"
        "atexit.register(lambda: print('{\"over\": true}' if over else 'no'))\n"
        "over = __name__ == '__main__' == __main__.__name__ and not hasattr(__main__, '__file__') and sys.argv == [''] and '' not in sys.path\n"
        "over = over and sys.stdin.read() == '' and os.getpid() == os.getsid(0) and sorted(map(int, os.listdir('/proc/self/fd')))[:3] == [0, 1, 2]\n"
        "over = over and __main__.over is over\n"
    )
    assert answer(ask(module)) == answer(ask(module)) == {"over": True}


def test_nothing_of_the_resident_s_is_open_in_a_module(ask: Ask) -> None:
    module = "import json, os; print(json.dumps({'open': [n for n in os.listdir('/proc/self/fd') if os.path.exists('/proc/self/fd/' + n)]}))"
    for _ in range(2):
        assert answer(ask(module)) == {"open": ["0", "1", "2"]}


TRIES = """
import ctypes, json, os, sys
pid, reached = int(sys.argv[1]), []
def reach(name, what):
    try:
        what()
    except OSError:
        return
    reached.append(name)
def traced():
    if ctypes.CDLL(None, use_errno=True).ptrace(16, pid, None, None):
        raise OSError(ctypes.get_errno())
reach("signal", lambda: os.kill(pid, 0))
reach("ptrace", traced)
for name in ("environ", "mem", "maps", "fd/0", "fd/1", "cwd"):
    reach(name, lambda: os.open(f"/proc/{pid}/{name}", os.O_RDONLY))
reach("limits", lambda: __import__("resource").prlimit(pid, 7, (1, 1)))
reach("priority", lambda: os.setpriority(os.PRIO_PROCESS, pid, 19))
print(json.dumps(reached))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another")
def test_nobody_else_gets_at_a_resident(ask: Ask) -> None:
    pid = cast("int", answer(ask(WHO))["parent"])
    command = ["/usr/bin/python3", "-I", "-c", TRIES, str(pid)]
    for user, reached in ((65534, []), (0, ["signal"])):
        done = subprocess.run(command, user=user, extra_groups=[], cwd="/", capture_output=True, check=True)
        assert json.loads(done.stdout)[:1] == reached
    os.kill(pid, 9)  # who was traced stays stopped, and does not see that the run ends


MAKE = """
import json, sys
from ansible import constants
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader, module_loader
from ansible.template import Templar
init_plugin_loader()
from ansible.executor.module_common import modify_module
constants.DEFAULT_LOCAL_TMP = sys.argv[1]
for name, arguments in json.loads(sys.argv[2]).items():
    made = modify_module(
        module_name="ansible.builtin." + name, module_path=module_loader.find_plugin(name),
        module_args={**arguments, "_ansible_tmpdir": None, "_ansible_remote_tmp": sys.argv[1], "_ansible_keep_remote_files": False},
        templar=Templar(DataLoader()), task_vars={"ansible_python_interpreter": "/usr/bin/python3"},
        module_compression="ZIP_DEFLATED", async_timeout=0, become_plugin=None, environment=None, remote_is_local=False)
    open(sys.argv[1] + "/" + name, "wb").write(made.b_module_data)
"""
"""Modules as Ansible sends them; in a process of its own, as it changes how Python finds what is imported."""


def test_modules_of_ansible_share_what_was_loaded_for_the_first_and_find_what_is_their_own(
    ask: Ask, tmp_path: Path
) -> None:
    modules = {"ping": {"data": "tre"}, "stat": {"path": str(tmp_path)}, "slurp": {"src": __file__}}
    subprocess.run([sys.executable, "-c", MAKE, str(tmp_path), json.dumps(modules)], check=True)
    assert answer(ask((tmp_path / "ping").read_bytes())) == {"ping": "tre"}
    told = answer(ask((tmp_path / "stat").read_bytes()))["stat"]
    assert isinstance(told, dict) and told["isdir"]
    assert answer(ask((tmp_path / "slurp").read_bytes()))["source"] == __file__


def test_what_a_module_leaves_running_keeps_nobody_waiting(ask: Ask, tmp_path: Path) -> None:
    started = time.monotonic()
    module = f"import subprocess; p = subprocess.Popen(['sleep', '600']); open({str(tmp_path / 'pid')!r}, 'w').write(str(p.pid)); print('{{}}')"
    assert answer(ask(module)) == {}
    os.kill(int((tmp_path / "pid").read_text("utf-8")), 9)
    assert time.monotonic() - started < 20


def test_a_module_that_takes_too_long_is_given_up_and_the_next_has_a_new_resident(ask: Ask) -> None:
    first = answer(ask(WHO))
    done = ask("import time; time.sleep(600)", seconds=0.5)
    assert (done.returncode, done.stderr) == (255, f"\n{bounds.TOO_LONG}\n".encode())
    assert answer(ask(WHO)) != first


def test_a_module_that_says_too_much_is_given_up(ask: Ask) -> None:
    done = ask(f"print('x' * {bounds.MAX_SAID + 1})")
    assert done.returncode == 255 and done.stderr.endswith(f"{bounds.TOO_MUCH}\n".encode())
    done = ask("print('{\"a\": ' + '[' * 500 + ']' * 500 + '}')")
    assert done.returncode == 255 and done.stderr.endswith(f"{bounds.TOO_MUCH}\n".encode())
    assert b"[[" not in done.stdout
    assert answer(ask(WHO))


def test_a_module_that_never_ends_saying_is_ended_by_the_resident_itself(ask: Ask, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    module = f"import os\nopen({str(pid)!r}, 'w').write(str(os.getpid()))\nwhile True: os.write(1, b'x' * 60_000)\n"
    assert ask(module).stderr.endswith(f"{bounds.TOO_MUCH}\n".encode())
    until(lambda: not Path(f"/proc/{pid.read_text('utf-8')}").exists(), "the module goes on")
    assert remote_worker.MAX_OUTPUT == bounds.MAX_SAID


def test_what_is_left_running_and_never_ends_saying_keeps_nobody_waiting(ask: Ask) -> None:
    ask("import os, subprocess; subprocess.Popen(['timeout', '60', 'yes']); os._exit(0)", seconds=20)
    assert answer(ask(WHO))


def test_what_a_module_says_in_no_encoding_is_said_as_by_a_python_of_its_own(ask: Ask) -> None:
    for module, told in (("print('\\udcff')", b"\xff\n"), ("raise ValueError('\\udcff')", b"ValueError: \\udcff\n")):
        done = ask(module)
        assert done.stdout.endswith(told) or done.stderr.endswith(told), done


@pytest.mark.parametrize(
    ("host_does", "told"),
    [
        ("printf '\\0\\377\\377\\377\\377\\377\\377\\377\\377'; sleep 600", bounds.TOO_MUCH),
        ("yes | head -c 50000000; sleep 600", bounds.TOO_MUCH),
        ("printf '\\0\\0\\0\\0\\5'", ""),
        ("printf '\\0\\0\\0\\0\\5\\0\\0\\0\\0ab'; exit 3", ""),
        ("sleep 600", bounds.TOO_LONG),
    ],
)
def test_an_owned_host_is_cut_off(ask: Ask, host: Callable[[str, str], None], host_does: str, told: str) -> None:
    host("sudo", f"#!/bin/sh\nhead -c 1 >/dev/null\necho BECOME-SUCCESS-abc\necho UP\n{host_does}\n")
    done = ask(WHO, seconds=3)
    assert done.returncode not in (0, None) and b"{" not in done.stdout
    assert told.encode() in done.stderr
    host("sudo", SUDO)
    assert answer(ask(WHO))


def test_a_host_that_speaks_unasked_is_not_heard(ask: Ask, host: Callable[[str, str], None]) -> None:
    lie = b"\0\0\0\0\2\0\0\0\0{}"
    octal = "".join(f"\\{byte:03o}" for byte in lie)
    host(
        "sudo",
        f"#!/bin/sh\nhead -c 1 >/dev/null\necho BECOME-SUCCESS-abc\necho UP\nprintf '{octal}{octal}'\nsleep 600\n",
    )
    assert b"parent" not in ask(WHO).stdout
    host("sudo", SUDO)
    assert "parent" in answer(ask(WHO))


def test_a_host_whose_ssh_never_ends_complaining_is_cut_off(ask: Ask, host: Callable[[str, str], None]) -> None:
    host("sudo", "#!/bin/sh\nhead -c 1 >/dev/null\necho BECOME-SUCCESS-abc\necho UP\nyes >&2\n")
    assert ask(WHO).stderr.endswith(f"\n{bounds.TOO_MUCH}\n".encode())
    host("sudo", SUDO)
    assert answer(ask(WHO))


def test_where_there_are_few_descriptors_few_residents_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    for limit, stay in ((100_000, remote_workers.MAX_WORKERS), (256, 32), (4, 1)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, limit=limit: (limit, limit))
        assert remote_workers._get_max_worker_count() == stay


class Listening:
    """Where doors come; for the first there is no descriptor."""

    def __init__(self, *doors: socket.socket) -> None:
        self.over = Event()
        self._coming: list[socket.socket | None] = [None, *doors]

    def accept(self) -> tuple[socket.socket, str]:
        door = self._coming.pop(0) if self._coming else None
        if not self._coming:
            self.over.set()
        if door is None:
            raise OSError(errno.EMFILE, "too many open files")
        return door, ""


def test_doors_are_heard_again_when_there_were_no_descriptors_or_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    first, last = socket.socketpair()
    listening, there = Listening(first, last), remote_workers._RemoteWorkerPool({})
    heard: list[socket.socket] = []
    begins: list[Callable[..., Thread]] = [Thread, lambda **_: (_ for _ in ()).throw(RuntimeError("no thread"))]
    monkeypatch.setattr(remote_workers, "_PAUSE", 0)
    monkeypatch.setattr(remote_workers, "Thread", lambda **given: begins.pop()(**given))
    monkeypatch.setattr(there, "serve", heard.append)
    with first, last:
        remote_workers._accept_connections(cast(socket.socket, listening), there, listening.over)
        until(lambda: heard == [last], "the last is not heard")
        assert first.fileno() == -1


def test_an_answer_that_was_not_heard_to_its_end_is_not_taken_for_the_next_one(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = answer(ask(WHO))
    with monkeypatch.context() as broken:
        broken.setattr(
            remote_workers._RemoteWorkerConnection,
            "_write_as_much_as_taken",
            lambda *_: (_ for _ in ()).throw(OSError("odd")),
        )
        assert ask(WHO).returncode == 255
    assert answer(ask(WHO)) != first


def test_a_door_that_comes_when_the_run_is_over_opens_no_way(tmp_path: Path) -> None:
    there = remote_workers._RemoteWorkerPool({})
    there.close()
    ours, theirs = socket.socketpair()
    words = b"1\0abc\0/usr/bin/python3\0web1\0id"
    with ours:
        ours.sendall(len(words).to_bytes(4, "big") + words)
        there.serve(theirs)
        assert ours.recv(1) == b""
    assert not there._ways


def test_who_may_not_become_root_is_told_in_sudo_s_words(ask: Ask, host: Callable[[str, str], None]) -> None:
    host("sudo", "#!/bin/sh\necho 'sudo: a password is required' >&2\nexit 1\n")
    done = ask(WHO)
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"sudo: a password is required\n")


def test_a_host_out_of_reach_is_told_in_ssh_s_words(ask: Ask, host: Callable[[str, str], None]) -> None:
    host("ssh", "#!/bin/sh\necho 'ssh: connect to host web1: No route to host' >&2\nexit 255\n")
    done = ask(WHO)
    assert (done.returncode, done.stderr) == (255, b"ssh: connect to host web1: No route to host\n")


def test_a_connection_that_broke_is_made_anew(ask: Ask) -> None:
    parent = answer(ask(WHO))["parent"]
    assert isinstance(parent, int)
    os.kill(parent, 9)
    until(lambda: not Path(f"/proc/{parent}").exists(), "the resident goes on")
    assert answer(ask(WHO))["parent"] != parent


def test_a_connection_that_breaks_under_a_module_is_told_as_lost(ask: Ask) -> None:
    done = ask("import os; os.kill(os.getppid(), 9); import time; time.sleep(5)")
    assert done.returncode not in (0, None)
    assert answer(ask(WHO))


def test_who_asks_for_a_new_connection_gets_one(ask: Ask) -> None:
    standing = answer(ask(WHO))
    assert answer(ask(WHO, "-o", "ControlPath=none")) != standing
    assert answer(ask(WHO)) == standing


def test_of_more_hosts_than_may_have_one_the_oldest_that_nobody_uses_is_given_up(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_workers, "MAX_WORKERS", 2)
    first, second, third = (answer(ask(WHO, to=host)) for host in ("web1", "web2", "web3"))
    until(lambda: not Path(f"/proc/{first['parent']}").exists(), "the oldest goes on")
    assert (answer(ask(WHO, to="web2")), answer(ask(WHO, to="web3"))) == (second, third)
    assert answer(ask(WHO, to="web1")) != first


def test_of_a_module_that_was_not_given_whole_nothing_is_run(ask: Ask, tmp_path: Path) -> None:
    standing, mark = answer(ask(WHO)), tmp_path / "mark"
    process = subprocess.Popen(ask.command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ask.environment)
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == b"BECOME-SUCCESS-abc\n"
    process.stdin.write(f"open({str(mark)!r}, 'w')\n".encode())
    process.stdin.flush()
    process.kill()
    process.communicate()
    assert answer(ask(WHO)) == standing
    assert not mark.exists()


def test_a_run_that_ends_under_a_module_waits_for_nobody(ask: Ask, tmp_path: Path) -> None:
    module = f"import time; open({str(tmp_path / 'mark')!r}, 'w'); time.sleep(600)"
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(ask, module)
        until(lambda: (tmp_path / "mark").exists(), "the module does not begin")
        ended = time.monotonic()
        ask.end()
        assert asked.result(20).returncode not in (0, None)
        assert time.monotonic() - ended < 20


def test_when_the_run_is_over_no_resident_is_left(ask: Ask) -> None:
    parent = answer(ask(WHO))["parent"]
    assert Path(f"/proc/{parent}").exists()
    ask.end()
    until(lambda: not Path(f"/proc/{parent}").exists(), "the resident goes on")
    assert ask(WHO).returncode == 255
