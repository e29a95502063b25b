"""Commands on the lab's machines over SSH, as the automation user or, through sudo, as root."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Sequence

from auditor.fleet import ssh_options
from auditor.lab.layers import ImageLayer
from auditor.lab.spec import LabSpec
from auditor.lab.state import LabState


def format_known_hosts(spec: LabSpec, images: dict[str, ImageLayer], state: LabState) -> str:
    """Return the known_hosts file: each machine's public keys as they stand in its image, for its name and address."""
    lines = []
    for name, top in images.items():
        for key in sorted((top.files(state.image_layer_cache_folder) / "etc/ssh").glob("ssh_host_*_key.pub")):
            kind, public, *_ = key.read_text("ascii").split()
            host = spec.hosts[name]
            names = ",".join((name, str(host.address), *([str(host.address6)] if host.address6 else [])))
            lines.append(f"{names} {kind} {public}\n")
    return "".join(lines)


def build_ssh_command_of_machine(
    spec: LabSpec, name: str, state: LabState, *, remote: str | None = None, terminal: bool = False
) -> list[str]:
    """Return the ssh command line for a machine; ``remote`` is run by the login shell there."""
    arguments = [
        "ssh", "-F", "/dev/null", *ssh_options.build_ssh_option_arguments(), "-i", str(state.private_key_file),
        "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes",
        "-o", "StrictHostKeyChecking=yes", "-o", f"UserKnownHostsFile={state.known_hosts_file}",
        "-o", "GlobalKnownHostsFile=/dev/null", "-o", "ConnectTimeout=5", "-o", "LogLevel=ERROR",
        "-t" if terminal else "-T", f"{spec.automation_user}@{spec.hosts[name].address}",
    ]  # fmt: skip
    return [*arguments, *(["--", remote] if remote is not None else [])]


def build_remote_command_run_as_root(program: str | Sequence[str]) -> str:
    """Return the remote command that runs a shell script (a string) or a program (its arguments) as root."""
    arguments = ["sh", "-c", program] if isinstance(program, str) else list(program)
    return shlex.join(["sudo", "-n", "--", *arguments])


def is_ssh_login_as_root_possible(spec: LabSpec, name: str, state: LabState) -> bool:
    """Return whether the automation user comes in, and becomes root, over SSH."""
    ssh_command = build_ssh_command_of_machine(spec, name, state, remote=build_remote_command_run_as_root(["true"]))
    return (
        subprocess.run(ssh_command, stdin=subprocess.DEVNULL, capture_output=True, timeout=20, check=False).returncode
        == 0
    )
