"""What holds on every SSH connection to a host, whatever this machine's own ssh_config grants to hosts."""

from __future__ import annotations

import binascii

TYPE_CHECKING = False  # of ``typing``, which takes longer to import than every task's door all else
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SAFE: Mapping[str, str] = {
    "ForwardAgent": "no",
    "ForwardX11": "no",
    "ForwardX11Trusted": "no",
    "GSSAPIDelegateCredentials": "no",
    "ClearAllForwardings": "yes",
    "Tunnel": "no",
    "PermitLocalCommand": "no",
    "RemoteCommand": "none",
}
"""Nothing of this machine is lent to a host that may be owned. ssh keeps the first value it meets: they come first."""
LAST = ("-a", "-x")
"""Of flags the last one counts."""
AGENT = "SSH_AUTH_SOCK"


def build_ssh_option_arguments(options: Mapping[str, str] = SAFE) -> list[str]:
    """Return options as arguments of ssh."""
    return [word for key, value in options.items() for word in ("-o", f"{key}={value}")]


def build_ssh_command(arguments: Sequence[str]) -> list[str]:
    """Return a command of ssh with these arguments, which end with what is run there, or with the host."""
    return ["ssh", *build_ssh_option_arguments(), *arguments[:-1], *LAST, *arguments[-1:]]


def select_environment_with_needed_agent(
    variables: Mapping[str, str], key_files: Iterable[str | None]
) -> dict[str, str]:
    """Return the variables, with the agent only where some host needs it.

    A host needs it that has no key file of its own, or one with a passphrase.
    """
    asks_agent = AGENT in variables and any(
        file is None or is_private_key_usable_with_passphrase(file) for file in set(key_files)
    )
    return {key: value for key, value in variables.items() if key != AGENT or asks_agent}


def is_private_key_usable_with_passphrase(file: str) -> bool:
    """Return whether a private key can be used by whoever knows its passphrase alone; what cannot be read has none."""
    from pathlib import Path  # noqa: PLC0415  every task's door imports this module

    try:
        lines = Path(file).expanduser().read_bytes()[:100_000].splitlines()
        if lines[0] != b"-----BEGIN OPENSSH PRIVATE KEY-----":
            return any(b"ENCRYPTED" in line for line in lines[:3])
        head = binascii.a2b_base64(b"".join(lines[1:3]) + b"===")
    except (OSError, ValueError, IndexError, RuntimeError):
        return False
    return not head.startswith(b"openssh-key-v1\0\0\0\0\4none")
