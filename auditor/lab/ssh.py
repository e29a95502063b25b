"""Commands on the lab's machines over SSH, as the automation user or, through sudo, as root."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from auditor.fleet import ssh_options
from auditor.lab.layers import Layer
from auditor.lab.spec import Spec
from auditor.lab.state import State


def known_hosts(spec: Spec, images: dict[str, Layer], state: State) -> str:
    """The known_hosts file: each machine's public keys as they stand in its image, for its name and address."""
    lines = []
    for name, top in images.items():
        for key in sorted((top.files(state.cache) / "etc/ssh").glob("ssh_host_*_key.pub")):
            kind, public, *_ = key.read_text("ascii").split()
            host = spec.hosts[name]
            known = ",".join((name, str(host.address), *([str(host.address6)] if host.address6 else [])))
            lines.append(f"{known} {kind} {public}\n")
    return "".join(lines)


def command(spec: Spec, name: str, state: State, *, remote: str | None = None, terminal: bool = False) -> list[str]:
    """The ssh command line for a machine; ``remote`` is run by the login shell there."""
    arguments = [
        "ssh", "-F", "/dev/null", *ssh_options.words(), "-i", str(state.key), "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes",
        "-o", "StrictHostKeyChecking=yes", "-o", f"UserKnownHostsFile={state.known_hosts}",
        "-o", "GlobalKnownHostsFile=/dev/null", "-o", "ConnectTimeout=5", "-o", "LogLevel=ERROR",
        "-t" if terminal else "-T", f"{spec.automation_user}@{spec.hosts[name].address}",
    ]  # fmt: skip
    return [*arguments, *(["--", remote] if remote is not None else [])]


def as_root(program: str | Sequence[str]) -> str:
    """The remote command that runs a shell script (a string) or a program (its arguments) as root."""
    arguments = ["sh", "-c", program] if isinstance(program, str) else list(program)
    return shlex.join(["sudo", "-n", "--", *arguments])


def run(
    spec: Spec, name: str, state: State, program: str | Sequence[str], *, given: bytes | None, timeout: float
) -> subprocess.CompletedProcess[bytes]:
    """Run something as root on a machine and wait for it. ``given`` is its standard input."""
    return subprocess.run(
        command(spec, name, state, remote=as_root(program)),
        input=b"" if given is None else given, capture_output=True, timeout=timeout, check=False,
    )  # fmt: skip


@dataclass(frozen=True)
class Said:
    """How a script ended, and what it printed."""

    code: int
    said: str


_EACH = """
import json, subprocess, sys
for script in json.load(sys.stdin):
    done = subprocess.run(["sh", "-c", script], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(json.dumps([done.returncode, done.stdout.decode("utf-8", "replace").strip()]), flush=True)
"""


def run_each(spec: Spec, name: str, state: State, scripts: Sequence[str], timeout: float) -> list[Said]:
    """Run shell scripts as root on a machine, one after the other, over one connection.

    A script that ends the connection is the last to be run: it and those after it have ended with -1.
    """
    given = json.dumps(list(scripts)).encode()
    done = run(spec, name, state, ["python3", "-c", _EACH], given=given, timeout=timeout)
    ended = [Said(*json.loads(line)) for line in done.stdout.splitlines()]
    lost = done.stderr.decode("utf-8", "replace").strip() or "the connection ended"
    return [*ended, *(Said(-1, lost) for _ in scripts[len(ended) :])]
