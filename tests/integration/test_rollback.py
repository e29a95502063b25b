"""A whole hardening, confirmed, then undone: nothing on the disk or in force may tell that it ever was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from auditor import lab
from auditor.hardening.health import smoke
from tests.lab.beside import Stage, act
from tests.lab.disk import differences
from tests.lab.fixtures import INVENTORY, Ended, Hardened, as_hardened_first, run
from tests.lab.in_force import differing

WRITTEN_AT_BOOT = ("/etc/alternatives", "/etc/alternatives/php-fpm.sock", "/var/lib/dpkg/alternatives/php-fpm.sock")
"""Of php-fpm, which makes this link at each start; the hosts are restarted before the rollback."""

STOPPED_SINCE = ("unit apt-daily.timer", "unit apt-daily-upgrade.timer")
"""What the run enabled, and the test's own quiet has stopped after the restart: told as somebody's doing, which it is."""

OF_UPGRADE = (
    *("/var/lib/dpkg/status", "/var/lib/dpkg/status-old", "/var/lib/dpkg/statoverride-old", "/var/lib/dpkg/info"),
    "/usr/share/doc",
)
"""dpkg's records, which tell of the upgrade that stays."""

UPGRADED = "luytre-lab-canary"
"""The package that the lab has an update for: upgrades stay."""


def test_undoes_a_whole_hardening(hardened: Hardened) -> None:
    undone = hardened.undone
    assert undone.code == 0, undone.err or [(step["host"], step["refused"], step["undone"]) for step in undone.json]
    left = {one["path"] for step in undone.json for one in step["undone"]["left"]}
    assert all(path.startswith("/var/log/") or path in STOPPED_SINCE for path in left), left
    for host, before in hardened.before.items():
        told = differences(before, hardened.disk_undone[host])
        assert [f"{host} {path} {both}" for path, both in told.items() if not of_others(path)] == []
    assert (
        smoke.find_urls_unlike_smoke_baseline(
            smoke.learn_smoke_baseline_from_two_visits(hardened.pages), hardened.pages_undone
        )
        == ()
    )


def test_what_is_in_force_is_as_before(hardened: Hardened) -> None:
    for host, before in hardened.in_force.items():
        hardened_by = differing(before, hardened.in_force_hardened[host])
        assert {kind.rpartition(" ")[0] for kind in hardened_by} >= {"sysctl", "package", "unit file", "rule"}, host
        told = differing(before, hardened.in_force_undone[host])
        assert {f"{host} {what}": both for what, both in told.items() if UPGRADED not in what} == {}
    assert any("variable" in what for what in differing(hardened.in_force["web1"], hardened.in_force_hardened["web1"]))
    assert any("account" in what for what in differing(hardened.in_force["web1"], hardened.in_force_hardened["web1"]))


def test_the_next_audit_equals_the_first(hardened: Hardened) -> None:
    first, now = by_subject(hardened.first), by_subject(hardened.rolled_back)
    assert {key for key in first if first[key] != now.get(key)} <= {
        key for key in first if key[0] == "updates.security_pending"
    }


def of_others(path: str) -> bool:
    return UPGRADED in path or path in WRITTEN_AT_BOOT or path in OF_UPGRADE


def by_subject(found: list[dict[str, Any]]) -> dict[tuple[str, str, str], str]:
    return {(one["control"], one["subject"]["id"], one["host"]): one["status"] for one in found}


@act("web3")
def one_undone(stage: Stage) -> tuple[str, Ended, str]:
    """What sshd does as it was hardened, the rollback of one of its controls, and what sshd does then."""
    as_hardened_first(stage.host)
    arguments = ("--limit", stage.host, "--control", "ssh.x11_forwarding", "--yes")
    before = lab.run_on_machine_as_root(stage.host, "sshd -T").stdout.decode()
    undone = run(stage.hardened.state, "rollback", "-i", INVENTORY, *arguments)
    return before, undone, lab.run_on_machine_as_root(stage.host, "sshd -T").stdout.decode()


def test_one_control_goes_and_the_others_of_its_file_stay__one_undone(
    acted: Callable[[str], tuple[str, Ended, str]],
) -> None:
    before, undone, after = acted("one_undone")
    assert "maxauthtries 4" in before and "x11forwarding no" in before
    assert undone.code == 0, undone.out + undone.err
    assert "x11forwarding yes" in after and "maxauthtries 4" in after
