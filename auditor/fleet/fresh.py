"""A connection of ssh's of its own to a host, beside those that Ansible keeps."""

from __future__ import annotations

import contextlib
import io
import json
import os
import selectors
import shlex
import signal
import subprocess
import time
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from auditor.fleet import ssh_options
from auditor.inventory.reach import Reach
from auditor.system import resources

CONNECT_SECONDS = 8
MAX_OUTPUT = 64_000
_AS_ROOT = (
    'set -- /usr/bin/python3 -I -c "$1" "$SSH_CONNECTION" "$2"; '
    'if [ "$(id -u)" = 0 ]; then exec "$@"; else exec sudo -n -- "$@"; fi'
)
_LAUNCH = """\
import os, sys
held = os.memfd_create("luytre")
with os.fdopen(os.dup(held), "wb") as file:
    file.write(sys.stdin.buffer.read())
sys.path.insert(0, "/proc/self/fd/%d" % held)
from asked import main
main(sys.argv[1:])
"""
_SHARED = "ansible/module_utils/luytre_shared"
"""Where programs of ours find what all of them share, as modules of Ansible's do."""


class NoAnswer(Exception):
    """A host was asked and said nothing that can be used; the message says why, and may be the host's own words."""


def command(reach: Reach, remote: str) -> list[str]:
    """The command line that runs ``remote`` there. Options of ours come first, since ssh keeps the first value it meets."""
    options = {
        **ssh_options.SAFE,
        "ControlMaster": "no",
        "ControlPath": "none",
        "BatchMode": "yes",
        "StrictHostKeyChecking": "yes",
        "ConnectTimeout": str(CONNECT_SECONDS),
        "LogLevel": "ERROR",
        "Port": str(reach.port),
        **({"User": reach.user} if reach.user else {}),
    }
    return [
        "ssh",
        "-T",
        *ssh_options.words(options),
        *(["-i", str(Path(reach.key_file).expanduser())] if reach.key_file else []),
        *reach.ssh_arguments,
        *ssh_options.LAST,
        "--",
        reach.address,
        remote,
    ]


def talk(
    arguments: Sequence[str], given: Path | bytes, seconds: float, environment: Mapping[str, str]
) -> tuple[bytes, bytes, bool]:
    """What a program prints on both outputs, each cut at ``MAX_OUTPUT``, and whether it ended in time."""
    ends = time.monotonic() + seconds
    said = [b"", b""]
    with (
        _opened(given) as script,
        subprocess.Popen(
            arguments,
            stdin=script,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        ) as process,
        selectors.DefaultSelector() as ready,
    ):
        for number, pipe in enumerate((process.stdout, process.stderr)):
            if pipe is not None:
                ready.register(pipe.fileno(), selectors.EVENT_READ, number)
        while ready.get_map() and max(map(len, said)) < MAX_OUTPUT and time.monotonic() < ends:
            for key, _ in ready.select(max(0.0, ends - time.monotonic())):
                piece = os.read(key.fd, MAX_OUTPUT)
                said[key.data] += piece
                if not piece:
                    ready.unregister(key.fd)
        in_time = not ready.get_map()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # with it what it started itself, such as a ProxyCommand
    return said[0][:MAX_OUTPUT], said[1][:MAX_OUTPUT], in_time


def _opened(given: Path | bytes) -> IO[bytes]:
    if isinstance(given, Path):
        return given.open("rb")
    file = os.fdopen(os.memfd_create("given"), "w+b")
    file.write(given)
    file.seek(0)
    return file


def asked_as_root(reach: Reach, program: Path, question: Mapping[str, Any], seconds: float) -> bytes:
    """What a program of ours answers when it is run once on a host as root: its last line.

    It may import ``luytre_shared``. Its ``main`` is given the words of SSH_CONNECTION and the question as JSON. Raises NoAnswer.
    """
    if reach.unclear is not None:
        raise NoAnswer(f"{reach.unclear} in the inventory has to be a literal value")
    remote = shlex.join(["/bin/sh", "-c", _AS_ROOT, "sh", _LAUNCH, json.dumps(question)])
    environment = ssh_options.environment(os.environ, [reach.key_file])
    out, err, in_time = talk(command(reach, remote), _packed(program), seconds, environment)
    lines = out.splitlines()
    if not lines or not in_time:
        said = err.decode("utf-8", "replace").split()
        raise NoAnswer(" ".join(said)[-300:] or "no answer in time")
    return lines[-1]


def _packed(program: Path) -> bytes:
    """The program, and what it may import, as an archive that Python imports from."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("asked.py", program.read_bytes())
        for folder in ("ansible", "ansible/module_utils"):
            archive.writestr(f"{folder}/__init__.py", "")
        for module in sorted((resources.root() / "on_host/shared/module_utils/luytre_shared").glob("*.py")):
            archive.writestr(f"{_SHARED}/{module.name}", module.read_bytes())
    return target.getvalue()
