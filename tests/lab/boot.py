"""How a lab host starts again."""

from __future__ import annotations

import subprocess

from auditor import lab
from tests.lab.waiting import until

SECONDS = 180
"""What a host may take to start on a busy machine."""
_STATE = "cat /proc/sys/kernel/random/boot_id; systemctl is-system-running"
"""Asked again and again: with ``--wait``, systemctl hangs for ever where it is begun before the bus is there."""
_UP = frozenset({"running", "degraded"})


def read_boot(host: str) -> tuple[str, str]:
    """Return the identifier of the host's boot and the state of its systemd, each empty where the host does
    not answer.
    """
    try:
        answer = lab.run_on_machine_as_root(host, _STATE, timeout=20).stdout.decode("utf-8", "replace").splitlines()
    except subprocess.TimeoutExpired:
        answer = []
    boot, state = (*answer, "", "")[:2]
    return boot, state


def wait_until_up(host: str, earlier: str = "") -> str:
    """Wait until a host has started, in another boot than ``earlier``, and return ``running`` or ``degraded``.

    Raises AssertionError when it does not start in ``SECONDS``.
    """
    state = ""

    def is_up() -> bool:
        nonlocal state
        boot, state = read_boot(host)
        return boot not in ("", earlier) and state in _UP

    until(is_up, f"{host} does not start again", SECONDS)
    return state


def reboot(host: str) -> str:
    """Reboot a host, wait until it has started, and return ``running`` or ``degraded``.

    Raises AssertionError when it does not start in ``SECONDS``.
    """
    earlier, _ = read_boot(host)
    assert earlier, f"{host} does not answer"
    lab.run_on_machine_as_root(host, "(sleep 0.2; systemctl reboot) >/dev/null 2>&1 &")
    return wait_until_up(host, earlier)
