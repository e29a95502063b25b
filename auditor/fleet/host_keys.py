"""Host keys: what a server shows, and what is recorded of it in a ``known_hosts`` file."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from auditor.errors import InputError
from auditor.system import files

SCAN_SECONDS = 10
"""That a server may keep silent."""
SCAN_ALL_SECONDS = 60
"""That it may take in all: it could say a word a second for ever."""
_KINDS = "ed25519,ecdsa,rsa"
"""What servers have. Each costs a connection without a login, for too many of which sshd shuts our address out."""


@dataclass(frozen=True)
class HostKey:
    """A public host key."""

    kind: str
    key: str

    @property
    def fingerprint(self) -> str:
        """Return the fingerprint as ``ssh-keygen -l`` writes it."""
        digest = hashlib.sha256(base64.b64decode(self.key)).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def scan_keys(address: str, port: int) -> tuple[HostKey, ...]:
    """Return the keys that a server shows, which proves nothing yet. Raises InputError when it shows none."""
    scan = ("ssh-keyscan", "-T", str(SCAN_SECONDS), "-t", _KINDS, "-p", str(port), "--", address)
    keys = _parse_keys(run_ssh_tool(*scan, seconds=SCAN_ALL_SECONDS).stdout)
    if not keys:
        raise _explain_why_server_shows_no_keys(address, port)
    return keys


def _explain_why_server_shows_no_keys(address: str, port: int) -> InputError:
    """Return why a server shows no keys, as far as one more connection tells."""
    try:
        with socket.create_connection((address, port), timeout=SCAN_SECONDS) as connection:
            banner = connection.recv(255)
    except ConnectionResetError:
        banner = b""
    except OSError:
        banner = b"?"
    if banner == b"" or b"Not allowed" in banner:
        return InputError(
            "{address} port {port} closes the connection before it presents a key",
            mend=(
                "it may be blocking this address temporarily (PerSourcePenalties, fail2ban) or have too many "
                "connections: wait a few minutes, or check at its console"
            ),
            address=address,
            port=port,
        )
    return InputError(
        "no SSH server responds at {address} port {port}",
        mend="check the address, the port and the firewall",
        address=address,
        port=port,
    )


def read_recorded_host_keys(file: Path, address: str, port: int) -> tuple[HostKey, ...]:
    """Return the keys that a ``known_hosts`` file holds for a server; none when there is no such file."""
    return _parse_keys(_find_known_hosts_entries(file, _format_known_hosts_name(address, port)))


def format_known_hosts_lines(address: str, port: int, keys: Sequence[HostKey]) -> str:
    """Return keys of a server as lines of a ``known_hosts`` file."""
    return "".join(f"{_format_known_hosts_name(address, port)} {key.kind} {key.key}\n" for key in keys)


def replace_host_keys_in_known_hosts(file: Path, address: str, port: int, keys: Sequence[HostKey]) -> None:
    """Put a server's keys in the place of those that the file holds for it; all else in it stays."""
    name = _format_known_hosts_name(address, port)
    replaced_numbers = {
        int(number)
        for number in re.findall(
            r"^# Host .* found: line (\d+) *$", _find_known_hosts_entries(file, name), re.MULTILINE
        )
    }
    before = file.read_text("utf-8").splitlines() if file.exists() else []
    new_lines = [
        _remove_name_from_known_hosts_line(name, line) if number in replaced_numbers else line
        for number, line in enumerate(before, 1)
    ]
    file.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{line}\n" for line in new_lines if line is not None) + format_known_hosts_lines(
        address, port, keys
    )
    files.write_file_atomically(file, [text.encode()])


def run_ssh_tool(*command: str, seconds: float | None = None) -> subprocess.CompletedProcess[str]:
    """Run one of OpenSSH's tools; whether it went well is for the caller to see. Raises InputError when it is not here.

    After so many seconds it is ended, and has said nothing. Its words may be a server's, in any bytes.
    """
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", "")
    except FileNotFoundError:
        raise InputError(
            "the program {program} is not installed on this machine",
            mend="apt-get install openssh-client",
            program=command[0],
        ) from None


def _format_known_hosts_name(address: str, port: int) -> str:
    return address if port == 22 else f"[{address}]:{port}"


def _find_known_hosts_entries(file: Path, name: str) -> str:
    return run_ssh_tool("ssh-keygen", "-F", name, "-f", str(file)).stdout if file.exists() else ""


def _parse_keys(text: str) -> tuple[HostKey, ...]:
    words = (line.split() for line in text.splitlines() if line and line[0] not in "#@")
    return tuple(HostKey(kind, key) for _, kind, key, *_ in words)


def _remove_name_from_known_hosts_line(name: str, line: str) -> str | None:
    """Return the line for the other servers that it names; None when there are none. Hashed, it names one."""
    names, _, key = line.partition(" ")
    other_names = [other for other in names.split(",") if other.lower() != name.lower() and not other.startswith("|")]
    return f"{','.join(other_names)} {key}" if other_names else None
