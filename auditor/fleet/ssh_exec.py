"""A connection of ssh's of its own to a host, beside those that Ansible keeps, and the programs run over it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import selectors
import shlex
import signal
import subprocess
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, Any

from auditor.fleet import ssh_options
from auditor.inventory.reach import Reach
from auditor.system import resources

CONNECT_SECONDS = 8
MAX_OUTPUT = 64_000
_AS_ROOT = (
    'set -- /usr/bin/python3 -I -B -c "$1" "$SSH_CONNECTION"; '
    'if [ "$(id -u)" = 0 ]; then exec "$@"; else exec sudo -n -- "$@"; fi'
)
_LAUNCH = """\
import os, sys
question = sys.stdin.buffer.readline().decode("ascii")
held = os.memfd_create("luytre")
with os.fdopen(os.dup(held), "wb") as file:
    file.write(sys.stdin.buffer.read())
sys.path.insert(0, "/proc/self/fd/%d" % held)
from asked import main
main([sys.argv[1], question])
"""
"""The question comes before the program.

Whoever is on a host sees the command lines of others, and is not to be told what is to be contained.
"""

_IMPORT = re.compile(
    r"^[ \t]*from ((?:ansible\.module_utils|auditor)\.[\w.]+) import (\([^()]*\)|[^\n(]+)", re.MULTILINE
)
_NAME = re.compile(r"(\w+)(?: as \w+)?")
_PACKAGE = Path(__file__).resolve().parents[1]
_MAIN = """\
import sys
from asked import main
main(sys.argv[1:])
"""
"""So that a program that is kept on a host is run by its archive's path."""


class NoAnswer(Exception):
    """A host was asked and said nothing that can be used; the message says why, and may be the host's own words."""


def build_ssh_command_of_reach(reach: Reach, remote: str) -> list[str]:
    """Return the command line that runs ``remote`` there.

    Options of ours come first, since ssh keeps the first value it meets.
    """
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
        *ssh_options.build_ssh_option_arguments(options),
        *(["-i", str(Path(reach.key_file).expanduser())] if reach.key_file else []),
        *reach.ssh_arguments,
        *ssh_options.LAST,
        "--",
        reach.address,
        remote,
    ]


def run_program_with_input_and_timeout(
    arguments: Sequence[str], stdin_data: Path | bytes, seconds: float, environment: Mapping[str, str]
) -> tuple[bytes, bytes, bool]:
    """Return what a program prints on both outputs, each cut at ``MAX_OUTPUT``, and whether it ended in time."""
    ends = time.monotonic() + seconds
    outputs = [b"", b""]
    with _run_process_with_output_selector(arguments, stdin_data, environment) as ready:
        while ready.get_map() and max(map(len, outputs)) < MAX_OUTPUT and time.monotonic() < ends:
            for key, _ in ready.select(max(0.0, ends - time.monotonic())):
                piece = os.read(key.fd, MAX_OUTPUT)
                outputs[key.data] += piece
                if not piece:
                    ready.unregister(key.fd)
        in_time = not ready.get_map()
    return outputs[0][:MAX_OUTPUT], outputs[1][:MAX_OUTPUT], in_time


@contextlib.contextmanager
def _run_process_with_output_selector(
    arguments: Sequence[str], stdin_data: Path | bytes, environment: Mapping[str, str]
) -> Iterator[selectors.DefaultSelector]:
    """Run a program: what it prints on its first and second output becomes ready as 0 and 1.

    It ends with the context.
    """
    with (
        _open_stdin_data_as_file(stdin_data) as script,
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
        try:
            for number, pipe in enumerate((process.stdout, process.stderr)):
                if pipe is not None:
                    ready.register(pipe.fileno(), selectors.EVENT_READ, number)
            yield ready
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # with it what it started itself, such as a ProxyCommand


def _open_stdin_data_as_file(stdin_data: Path | bytes) -> IO[bytes]:
    if isinstance(stdin_data, Path):
        return stdin_data.open("rb")
    file = os.fdopen(os.memfd_create("given"), "w+b")
    file.write(stdin_data)
    file.seek(0)
    return file


def run_as_root(
    reach: Reach,
    program: Path,
    question: Mapping[str, Any],
    seconds: float,
    files_beside: Mapping[str, bytes] | None = None,
) -> bytes:
    """Return what a program of ours answers when it is run once on a host as root: its last line.

    It imports what programs on hosts share, and may read ``files_beside`` in the archive that it comes in. Its ``main``
    is given the words of SSH_CONNECTION and the question as JSON. Raises NoAnswer.
    """
    arguments, environment = _build_ssh_command_running_as_root(reach)
    out, err, in_time = run_program_with_input_and_timeout(
        arguments, _build_stdin(question, program, files_beside or {}), seconds, environment
    )
    lines = out.splitlines()
    if not lines or not in_time:
        raise NoAnswer(_shorten_errors(err) or "no answer in time")
    return lines[-1]


def stream_as_root(
    reach: Reach,
    program: Path,
    question: Mapping[str, Any],
    seconds: float,
) -> Iterator[bytes]:
    """Run a program of ours once on a host as root; yield what it sends, piece by piece, for at most ``seconds``.

    Raises NoAnswer when nothing comes.
    """
    arguments, environment = _build_ssh_command_running_as_root(reach)
    ends, has_output, errors = time.monotonic() + seconds, False, b""
    with _run_process_with_output_selector(arguments, _build_stdin(question, program, {}), environment) as ready:
        while ready.get_map() and time.monotonic() < ends:
            for key, _ in ready.select(max(0.0, ends - time.monotonic())):
                piece = os.read(key.fd, MAX_OUTPUT)
                if not piece:
                    ready.unregister(key.fd)
                elif key.data:
                    errors = (errors + piece)[:MAX_OUTPUT]
                else:
                    has_output = True
                    yield piece
    if not has_output:
        raise NoAnswer(_shorten_errors(errors) or "no answer in time")


def _shorten_errors(errors: bytes) -> str:
    return " ".join(errors.decode("utf-8", "replace").split())[-300:]


def _build_ssh_command_running_as_root(reach: Reach) -> tuple[list[str], dict[str, str]]:
    """Return the command line, and the environment, by which a program that comes on standard input is run there.

    Raises NoAnswer.
    """
    if reach.unclear is not None:
        raise NoAnswer(f"{reach.unclear} in the inventory has to be a literal value")
    remote = shlex.join(["/bin/sh", "-c", _AS_ROOT, "sh", _LAUNCH])
    return build_ssh_command_of_reach(reach, remote), ssh_options.select_environment_with_needed_agent(
        os.environ, [reach.key_file]
    )


def _build_stdin(question: Mapping[str, Any], program: Path, files_beside: Mapping[str, bytes]) -> bytes:
    return json.dumps(question).encode("ascii") + b"\n" + pack_program(program, files_beside)


def pack_program(program: Path, files_beside: Mapping[str, bytes]) -> bytes:
    """Return the program, what it imports of ours and what it reads, as an archive that Python imports from."""
    modules = list_imported_modules(program)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("asked.py", program.read_bytes())
        archive.writestr("__main__.py", _MAIN)
        for folder in sorted({str(folder) for name in modules for folder in Path(name).parents[:-1]}):
            archive.writestr(f"{folder}/__init__.py", "")
        for name, file in modules.items():
            archive.writestr(name, file.read_bytes())
        for name, content in files_beside.items():
            archive.writestr(name, content)
    return target.getvalue()


@cache
def list_imported_modules(program: Path) -> Mapping[str, Path]:
    """Return what a program imports of ours, and what that imports, by the names in the archive."""
    found: dict[str, Path] = {}
    unread = [program]
    while unread:
        for name, file in _iter_imports(unread.pop().read_text("utf-8")):
            if name not in found:
                found[name] = file
                unread.append(file)
    return dict(sorted(found.items()))


def _iter_imports(source: str) -> Iterator[tuple[str, Path]]:
    """Yield the names in the archive, and the files, of what a module imports of ours, in functions too."""
    for package, names in _IMPORT.findall(source):
        for name in _NAME.findall(names):
            yield from _find_module(f"{package}.{name}") or _find_module(package)


def _find_module(module: str) -> tuple[tuple[str, Path], ...]:
    """Return the one module of that name; none for a package, or for what is Ansible's or Python's own."""
    in_archive = Path(*module.split(".")).with_suffix(".py")
    if in_archive.parts[0] == _PACKAGE.name:
        places = [_PACKAGE.parent / in_archive]
    else:
        on_host = resources.get_resources_folder() / "on_host"
        places = [folder.joinpath(*in_archive.parts[2:]) for folder in on_host.glob("*/module_utils")]
    return tuple((str(in_archive), place) for place in places if place.is_file())
