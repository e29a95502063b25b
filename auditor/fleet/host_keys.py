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
        """As ``ssh-keygen -l`` writes it."""
        digest = hashlib.sha256(base64.b64decode(self.key)).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def shown(address: str, port: int) -> tuple[HostKey, ...]:
    """The keys that a server shows, which proves nothing yet. Raises InputError when it shows none."""
    scan = ("ssh-keyscan", "-T", str(SCAN_SECONDS), "-t", _KINDS, "-p", str(port), "--", address)
    keys = _keys(ssh_tool(*scan, seconds=SCAN_ALL_SECONDS).stdout)
    if not keys:
        raise _silent(address, port)
    return keys


def _silent(address: str, port: int) -> InputError:
    """Why a server shows no keys, as far as one more connection tells."""
    try:
        with socket.create_connection((address, port), timeout=SCAN_SECONDS) as connection:
            said = connection.recv(255)
    except ConnectionResetError:
        said = b""
    except OSError:
        said = b"?"
    if said == b"" or b"Not allowed" in said:
        return InputError(
            f"{address} port {port} closes the connection before it presents a key",
            mend=(
                "it may be blocking this address temporarily (PerSourcePenalties, fail2ban) or have too many "
                "connections: wait a few minutes, or check at its console"
            ),
        )
    return InputError(
        f"no SSH server responds at {address} port {port}", mend="check the address, the port and the firewall"
    )


def recorded(file: Path, address: str, port: int) -> tuple[HostKey, ...]:
    """The keys that a ``known_hosts`` file holds for a server; none when there is no such file."""
    return _keys(_found(file, _name(address, port)))


def lines(address: str, port: int, keys: Sequence[HostKey]) -> str:
    """Keys of a server as lines of a ``known_hosts`` file."""
    return "".join(f"{_name(address, port)} {key.kind} {key.key}\n" for key in keys)


def record(file: Path, address: str, port: int, keys: Sequence[HostKey]) -> None:
    """Put a server's keys in the place of those that the file holds for it; all else in it stays."""
    name = _name(address, port)
    gone = {int(number) for number in re.findall(r"^# Host .* found: line (\d+) *$", _found(file, name), re.MULTILINE)}
    before = file.read_text("utf-8").splitlines() if file.exists() else []
    kept = [_without(name, line) if number in gone else line for number, line in enumerate(before, 1)]
    file.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{line}\n" for line in kept if line is not None) + lines(address, port, keys)
    files.whole(file, [text.encode()])


def ssh_tool(*command: str, seconds: float | None = None) -> subprocess.CompletedProcess[str]:
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
            f"the program {command[0]} is not installed on this machine", mend="apt-get install openssh-client"
        ) from None


def _name(address: str, port: int) -> str:
    return address if port == 22 else f"[{address}]:{port}"


def _found(file: Path, name: str) -> str:
    return ssh_tool("ssh-keygen", "-F", name, "-f", str(file)).stdout if file.exists() else ""


def _keys(text: str) -> tuple[HostKey, ...]:
    words = (line.split() for line in text.splitlines() if line and line[0] not in "#@")
    return tuple(HostKey(kind, key) for _, kind, key, *_ in words)


def _without(name: str, line: str) -> str | None:
    """The line for the other servers that it names; None when there are none. Hashed, it names one."""
    names, _, key = line.partition(" ")
    left = [one for one in names.split(",") if one.lower() != name.lower() and not one.startswith("|")]
    return f"{','.join(left)} {key}" if left else None
