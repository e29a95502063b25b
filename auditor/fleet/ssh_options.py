"""What holds on every SSH connection to a host, whatever this machine's own ssh_config grants to hosts."""

from __future__ import annotations

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


def words(options: Mapping[str, str] = SAFE) -> list[str]:
    """Options as arguments of ssh."""
    return [word for key, value in options.items() for word in ("-o", f"{key}={value}")]


def command(arguments: Sequence[str]) -> list[str]:
    """A command of ssh with these arguments, which end with what is run there, or with the host."""
    return ["ssh", *words(), *arguments[:-1], *LAST, *arguments[-1:]]


def environment(given: Mapping[str, str], key_files: Iterable[str | None]) -> dict[str, str]:
    """The same variables; the agent is among them only where some host has no key file of its own."""
    asks_agent = any(file is None for file in key_files)
    return {key: value for key, value in given.items() if key != AGENT or asks_agent}
