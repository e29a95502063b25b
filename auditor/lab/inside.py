"""Programs on the lab's machines, begun inside them as root.

How a machine's network and SSH are, and what they remember, stays as it is.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from auditor.errors import LabError
from auditor.lab import machine

ABSENT = 255
"""The exit code for a machine that does not run, as ssh's is."""
_JOIN = 'n=$1; shift; while [ "$n" -gt 0 ]; do echo 0 >"$1"; shift; n=$((n-1)); done; exec "$@"'
_TREES = {"name=systemd": ("/sys/fs/cgroup/systemd",), "": ("/sys/fs/cgroup/unified", "/sys/fs/cgroup")}
"""Where the control groups of a hierarchy are mounted, whichever of its versions the controller has."""
_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "USER": "root",
    "LOGNAME": "root",
    "SHELL": "/bin/bash",
}


def run_inside_machine(
    name: str, program: str | Sequence[str], stdin_data: bytes | None = None, *, timeout: float
) -> subprocess.CompletedProcess[bytes]:
    """Run a shell script (a string) or a program (its arguments) on a machine and wait for it.

    ``stdin_data`` is its standard input.
    """
    arguments = ["sh", "-c", program] if isinstance(program, str) else list(program)
    try:
        first = machine.find_init_process(name)
        groups = _list_control_groups_of_machine(first)
    except (LabError, OSError) as error:
        return subprocess.CompletedProcess(arguments, ABSENT, b"", str(error).encode())
    command = ["nsenter", "--target", first.name, "--all", "--root", "--wdns=/", "--", *arguments]
    return subprocess.run(
        ["sh", "-c", _JOIN, "sh", str(len(groups)), *groups, *command],
        input=b"" if stdin_data is None else stdin_data,
        env=_ENVIRONMENT,
        capture_output=True,
        timeout=timeout,
        check=False,
    )


def _list_control_groups_of_machine(init_process_folder: Path) -> list[str]:
    """Return the control groups of a machine's first process: what runs there runs in one of the machine's."""
    lines = [line.split(":", 2) for line in (init_process_folder / "cgroup").read_text("utf-8").splitlines()]
    paths = [f"{tree}{path}/cgroup.procs" for _, controllers, path in lines for tree in _TREES.get(controllers, ())]
    return [each for each in paths if Path(each).exists()]
