"""A journald that starts with its old settings turns the kernel's audit off, which others had on."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from ansible.module_utils.luytre_guard.changes import packages  # type: ignore[import-not-found]
from ansible.module_utils.luytre_guard.os import commands, kernel_audit  # type: ignore[import-not-found]


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


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """A host that notes what it is asked: ``enabled``, whether ``auditd`` runs, ``ran``, and what fails."""
    state: dict[str, object] = {"enabled": b"enabled 1", "auditd": True, "fails": None, "ran": list[str]()}

    def run(argv: Sequence[str]) -> bytes:
        if state["enabled"] is None:
            raise commands.CommandFailure("auditctl: Operation not permitted")
        return b"%s\nfailure 1\n" % state["enabled"]

    def try_run(argv: Sequence[str]) -> str | None:
        if argv[0] == "systemctl":
            return None if state["auditd"] else "systemctl ended with 3"
        state["ran"].append(" ".join(argv))  # type: ignore[attr-defined]
        return "it is broken" if argv[-1] == state["fails"] else None

    monkeypatch.setattr(commands, "find_program", lambda _name: "/usr/sbin/auditctl")
    monkeypatch.setattr(commands, "run_program_and_return_output", run)
    monkeypatch.setattr(commands, "run_program_and_return_error_or_none", try_run)
    return state


LOAD, CLEAR = ["auditctl -D", "augenrules --load"], ["auditctl -D", "auditctl -e 0"]
RULES = {"/etc/audit/rules.d/50-luytre.rules": "new"}


@pytest.mark.parametrize(
    ("changed", "auditd", "enabled", "ran", "problem"),
    [
        (RULES, True, b"enabled 1", LOAD, None),
        (RULES, False, b"enabled 1", CLEAR, None),
        ({"/etc/auditbeat/x": "new"}, True, b"enabled 1", [], None),
        (RULES, True, b"enabled 2", [], "until the next reboot"),
        (RULES, True, None, [], None),  # a container
    ],
)
def test_rules_in_force_follow_the_files(
    asked: dict[str, object],
    changed: dict[str, str],
    auditd: bool,
    enabled: bytes | None,
    ran: list[str],
    problem: str | None,
) -> None:
    asked.update(auditd=auditd, enabled=enabled)
    problems: list[str] = []
    actions = kernel_audit.load_rules_after_change(changed, problems)
    assert (asked["ran"], len(actions)) == (ran, bool(ran))
    assert (problem is None) == (problems == [])
    assert problem is None or problem in problems[0]


def test_rules_that_do_not_load_are_named(asked: dict[str, object]) -> None:
    asked["fails"] = "--load"
    problems: list[str] = []
    kernel_audit.load_rules_after_change(RULES, problems)
    assert problems == ["could not load the audit rules: it is broken"]


def test_rules_go_with_the_auditd_that_a_run_installed(
    asked: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {"bash": ("5.2", "ii ")}
    answers = iter([{**before, "auditd": ("4.0", "ii ")}, before, before])
    monkeypatch.setattr(packages.InstalledPackagesQuery, "__init__", lambda _self: None)
    monkeypatch.setattr(packages.InstalledPackagesQuery, "answer", lambda _self: next(answers, before))
    for name in ("_remove_stat_overrides_of_gone_accounts", "_stop_services_of_packages"):
        monkeypatch.setattr(packages, name, lambda *_: None)
    monkeypatch.setattr(packages, "_finish_interrupted_dpkg_configuration", lambda *_: before)
    monkeypatch.setattr(packages, "_purge_as_many_packages_as_possible", lambda *_: [])
    problems: list[str] = []
    assert packages.restore_packages_of_before(before, problems)["purged"] == ["auditd"]
    assert (asked["ran"], problems) == (CLEAR, [])
