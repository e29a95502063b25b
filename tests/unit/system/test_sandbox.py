"""What a child that reads bytes of others can reach, whoever started it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from auditor.system import sandbox

ADMIN = 12_345
TRIED = """
import json, os, socket, sys
from auditor.system.sandbox import confine_this_process_to_sandbox
confine_this_process_to_sandbox(1_000_000_000)
def works(what):
    try:
        what()
        return True
    except OSError:
        return False
secret, = sys.argv[1:]
os.write(1, json.dumps({
    "reads": works(lambda: open(secret).read()),
    "lists": works(lambda: os.listdir("/etc")),
    "removes": works(lambda: os.unlink(secret)),
    "writes": works(lambda: os.mkdir(os.path.dirname(os.__file__) + "/new")),
    "connects": works(lambda: socket.create_connection(("127.0.0.1", int(os.environ["PORT"])), 2)),
    "signals": works(lambda: os.kill(int(os.environ["VICTIM"]), 0)),
    "unshares": works(lambda: os.unshare(os.CLONE_NEWUSER)),
    "imports": bool(__import__("encodings.cp437")),
}).encode())
"""
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user to try it")


@pytest.fixture(params=[0, ADMIN])
def uid(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def test_a_child_reaches_nothing_of_who_started_it(uid: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    import socket

    folder = Path(tmp_path_factory.mktemp("admin"))
    for above in (folder, folder.parent, folder.parent.parent):
        above.chmod(0o755)
    secret = folder / "id_ed25519"
    secret.write_text("secret")
    secret.chmod(0o600)
    for path in (folder, secret):
        os.chown(path, uid, uid)
    with socket.create_server(("127.0.0.1", 0)) as server:
        environment = {"PORT": str(server.getsockname()[1]), "VICTIM": str(os.getpid())}
        victim = subprocess.Popen(["sleep", "60"], user=uid)
        environment["VICTIM"] = str(victim.pid)
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-c", TRIED, str(secret)],
                user=uid,
                group=uid,
                extra_groups=[],
                env=environment,
                cwd="/",
                capture_output=True,
                check=True,
            )
        finally:
            victim.kill()
            victim.wait()
    reached = json.loads(done.stdout)
    assert reached.pop("imports") is True
    assert reached == dict.fromkeys(reached, False)
    assert secret.read_text() == "secret"


def test_a_child_that_takes_too_long_is_ended_by_its_own_clock(uid: int) -> None:
    spins = (
        "import os, signal; from auditor.system.sandbox import confine_this_process_to_sandbox; confine_this_process_to_sandbox(1_000_000_000)\n"
        "signal.setitimer(signal.ITIMER_PROF, 0.1)\nwhile True: pass"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", spins], user=uid, group=uid, extra_groups=[], timeout=20, check=False
    )
    assert done.returncode != 0


def test_what_it_left_ends_with_the_child_that_was_started(uid: int) -> None:
    waits = (
        "import os, time; from auditor.system.sandbox import confine_this_process_to_sandbox; confine_this_process_to_sandbox(1_000_000_000)\n"
        "os.write(1, b'ready'); time.sleep(60)"
    )
    child = subprocess.Popen(
        [sys.executable, "-I", "-c", waits], user=uid, group=uid, extra_groups=[], stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stdout.read(5) == b"ready"
    child.send_signal(signal.SIGKILL)
    begun = time.monotonic()
    assert child.stdout.read() == b""  # whoever still had the other end would keep it open
    assert time.monotonic() - begun < 10
    child.wait()
    child.stdout.close()


def test_where_the_kernel_gives_no_namespaces_it_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_flags: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "unshare", refused)
    monkeypatch.setattr(sandbox, "_exposures", [])
    assert sandbox._enter_namespaces_of_its_own(()) is False
    assert not sandbox.was_any_child_not_isolated()
    sandbox.note_whether_child_was_isolated(True)
    assert not sandbox.was_any_child_not_isolated()
    sandbox.note_whether_child_was_isolated(False)
    assert sandbox.was_any_child_not_isolated()


def test_root_of_a_namespace_without_other_accounts_is_confined_too() -> None:
    confine = "import os; from auditor.system.sandbox import confine_this_process_to_sandbox; print(confine_this_process_to_sandbox(1_000_000_000), os.path.exists('/etc/passwd'))"
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", sys.executable, "-c", confine],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout.split() == ["True", "False"], done.stderr
