"""A journald that starts with its old settings turns the kernel's audit off, which others had on."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from ansible.module_utils.luytre_guard import commands, kernel_audit  # type: ignore[import-not-found]


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A host of which ``enabled`` is what its kernel says, and ``auditd`` whether that runs."""
    state = {"enabled": "1", "auditd": "active"}

    def run(argv: Sequence[str]) -> bytes:
        assert argv == ["auditctl", "-s"]
        return b"enabled %s\nfailure 1\n" % state["enabled"].encode()

    def try_run(argv: Sequence[str]) -> str | None:
        if argv[0] == "systemctl":
            return None if state["auditd"] == "active" else "systemctl ended with 3"
        assert argv == ["auditctl", "-e", "1"]
        state["enabled"] = "1"
        return None

    monkeypatch.setattr(commands, "find_program", lambda _name: "/usr/sbin/auditctl")
    monkeypatch.setattr(commands, "run_program_and_return_output", run)
    monkeypatch.setattr(commands, "run_program_and_return_error_or_none", try_run)
    return state


@pytest.mark.parametrize(
    ("was", "now", "auditd", "then"),
    [
        ("1", "0", "active", "1"),
        ("1", "1", "active", "1"),
        ("0", "0", "active", "0"),  # it was off before, and nobody asked for it
        ("1", "0", "inactive", "0"),  # for whom?
    ],
)
def test_what_was_on_is_on_again(host: dict[str, str], was: str, now: str, auditd: str, then: str) -> None:
    host["enabled"] = was
    was_on, problems = kernel_audit.is_on(), list[str]()
    host.update(enabled=now, auditd=auditd)
    actions = kernel_audit.restore(was_on, problems)
    assert (host["enabled"], problems) == (then, [])
    assert bool(actions) is (now != then)


def test_a_host_without_auditd_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "find_program", lambda _name: None)
    assert kernel_audit.is_on() is False
