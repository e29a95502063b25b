"""Ansible's ad-hoc commands, with Ansible imported once: that takes longer than most modules do."""

from __future__ import annotations

import atexit
import functools
import json
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

SECONDS = 300
SERVER = """\
import gc, json, os, sys
from ansible.cli.adhoc import main
gc.freeze()
for line in sys.stdin:
    child = os.fork()
    if not child:
        folder, arguments = json.loads(line)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for stream, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(f"{folder}/{name}", os.O_WRONLY | os.O_CREAT), stream)
        try:
            main(["ansible", *arguments])
        except SystemExit as ended:
            sys.stdout.flush()
            os._exit(ended.code) # Python's own end takes longer than many a module
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def run(
    host: str, module: str, arguments: Mapping[str, object], *more: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a module on a lab host as root; ``environment`` is what Ansible is configured with beside our own."""
    command = ["-i", "inventories/lab", host, "-b", "-m", module, "-a", json.dumps(arguments), *more]
    server = _server(tuple(sorted({"ANSIBLE_NOCOLOR": "1", **environment}.items())))
    assert server.stdin is not None
    assert server.stdout is not None
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps([folder, command]), file=server.stdin, flush=True)
        ready, _, _ = select.select([server.stdout], [], [], SECONDS)
        assert ready, f"{module} on {host} does not end"
        code = int(server.stdout.readline())
        out, err = (Path(folder, name).read_text("utf-8") for name in ("out", "err"))
    return subprocess.CompletedProcess(command, code, out, err)


@functools.cache
def _server(environment: tuple[tuple[str, str], ...]) -> subprocess.Popen[str]:
    """It ends with us, as nobody asks any more."""
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **dict(environment)},
        text=True,
    )
    atexit.register(server.communicate)
    return server
