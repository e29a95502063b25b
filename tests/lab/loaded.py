"""Programs in Python that are loaded once for all of a suite's commands.

Most of them take longer to load than to do what they are asked.

A server for each program, and for each environment that it may read while it loads, is forked for each command. What a
command is given and says lies in files; its environment and folder are its own.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

_asking = Lock()
OF_ONE = frozenset({"LUYTRE_STATE", "PYTEST_CURRENT_TEST"})
"""Variables that are another for most commands, and that no program reads while it loads."""
SERVER = """\
import atexit, gc, importlib, json, os, signal, sys
main, tidies = importlib.import_module(sys.argv[1]).main, sys.argv[2] == "True"
exec(sys.argv[3])
gc.freeze()
signal.signal(signal.SIGCHLD, signal.SIG_IGN)

def command(folder, cwd, environment, arguments):
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    for stream, name, how in ((0, "given", os.O_RDONLY), (1, "out", os.O_WRONLY), (2, "err", os.O_WRONLY)):
        os.dup2(os.open(f"{folder}/{name}", how), stream)
    sys.stdin, sys.argv = open(0), arguments # the server's own holds what others are asked for
    try:
        main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0

for line in sys.stdin:
    if os.fork():
        continue
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    asked = json.loads(line)
    child = os.fork()
    if child:
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        with open(asked[0] + "/over", "w") as over:
            print(code, file=over)
        os._exit(0)
    code = 1
    try:
        code = command(*asked)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        if tidies:
            atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
"""


@dataclass(frozen=True)
class Program:
    """Whose ``main`` is the command. ``tidies``: it leaves something to do for its end, which is not the server's.

    ``ahead`` loads what most of its commands load when they need it.
    """

    module: str
    tidies: bool = False
    ahead: str = ""


AUDITOR = Program(
    "auditor.cli",
    tidies=True,
    ahead="""
import ansible_runner.interface
import auditor.audit.evaluate, auditor.commands.output.run, auditor.hardening.harden, auditor.report.files
from auditor import facts
facts.load_fact_area_models()
""",
)
PLAYBOOK = Program("ansible.cli.playbook")
AD_HOC = Program("ansible.cli.adhoc")


def run(
    program: Program,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    *,
    given: str = "",
    cwd: Path | None = None,
    seconds: float = 900,
) -> subprocess.CompletedProcess[str]:
    """Return a command to its end; the first of its arguments is its name."""
    read = frozenset((key, value) for key, value in environment.items() if key not in OF_ONE)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        os.mkfifo(folder / "over")
        for name, content in (("given", given), ("out", ""), ("err", "")):
            (folder / name).write_text(content, "utf-8")
        over = os.open(folder / "over", os.O_RDWR)
        try:
            asked = [place, str(cwd or Path.cwd()), dict(environment), list(arguments)]
            with _asking:
                given_to = _server(program, read).stdin
                assert given_to is not None
                given_to.write(json.dumps(asked).encode() + b"\n")
            ready, _, _ = select.select([over], [], [], seconds)
            assert ready, f"{arguments} does not end"
            code = int(os.read(over, 99))
        finally:
            os.close(over)
        out, err = ((folder / name).read_text("utf-8") for name in ("out", "err"))
    return subprocess.CompletedProcess(list(arguments), code, out, err)


@functools.cache
def _server(program: Program, environment: frozenset[tuple[str, str]]) -> subprocess.Popen[bytes]:
    started = subprocess.Popen(
        [sys.executable, "-c", SERVER, program.module, str(program.tidies), program.ahead],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,  # as little a terminal as what its commands get
        stderr=subprocess.DEVNULL,
        env=dict(environment),
        bufsize=0,
    )
    atexit.register(_end, started)
    return started


def _end(server: subprocess.Popen[bytes]) -> None:
    assert server.stdin is not None
    server.stdin.close()
    server.wait()
