"""A connection of ssh's of its own to a host, beside those that Ansible keeps."""

from __future__ import annotations

from pathlib import Path

from auditor.fleet import ssh_options
from auditor.inventory.reach import Reach

CONNECT_SECONDS = 8


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
