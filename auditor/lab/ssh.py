"""Commands on the lab's machines over SSH, as the automation user or, through sudo, as root."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Sequence

from auditor.fleet import ssh_options
from auditor.lab.layers import Layer
from auditor.lab.spec import Spec
from auditor.lab.state import LabState


def format_known_hosts(spec: Spec, images: dict[str, Layer], state: LabState) -> str:
    """Return the known_hosts file: each machine's public keys as they stand in its image, for its name and address."""
    lines = []
    for name, top in images.items():
        for key in sorted((top.files(state.cache) / "etc/ssh").glob("ssh_host_*_key.pub")):
            kind, public, *_ = key.read_text("ascii").split()
            host = spec.hosts[name]
            names = ",".join((name, str(host.address), *([str(host.address6)] if host.address6 else [])))
            lines.append(f"{names} {kind} {public}\n")
    return "".join(lines)


def build_command(
    spec: Spec, name: str, state: LabState, *, remote: str | None = None, terminal: bool = False
) -> list[str]:
    """Return the ssh command line for a machine; ``remote`` is run by the login shell there."""
    arguments = [
        "ssh", "-F", "/dev/null", *ssh_options.build_arguments(), "-i", str(state.key),
        "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes",
        "-o", "StrictHostKeyChecking=yes", "-o", f"UserKnownHostsFile={state.known_hosts}",
        "-o", "GlobalKnownHostsFile=/dev/null", "-o", "ConnectTimeout=5", "-o", "LogLevel=ERROR",
        "-t" if terminal else "-T", f"{spec.automation_user}@{spec.hosts[name].address}",
    ]  # fmt: skip
    return [*arguments, *(["--", remote] if remote is not None else [])]


def build_root_command(program: str | Sequence[str]) -> str:
    """Return the remote command that runs a shell script (a string) or a program (its arguments) as root."""
    arguments = ["sh", "-c", program] if isinstance(program, str) else list(program)
    return shlex.join(["sudo", "-n", "--", *arguments])


def lets_in(spec: Spec, name: str, state: LabState) -> bool:
    """Return whether the automation user comes in, and becomes root, over SSH."""
    ssh_command = build_command(spec, name, state, remote=build_root_command(["true"]))
    return (
        subprocess.run(ssh_command, stdin=subprocess.DEVNULL, capture_output=True, timeout=20, check=False).returncode
        == 0
    )
