"""What a rollback, whole or of one control, means for the controls: expected beforehand, and as the audit finds it afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.hardening import drift, rollback
from auditor.models import Hardening, Host, HostHardening, HostOutcome, HostState, Inventory, Run
from tests.unit.hardening.test_guard_answers import played
from tests.unit.hardening.test_plan import finding, run

HOST = Host(name="h", address="192.0.2.1")
INVENTORY = Inventory(path="i", organisation=None, hosts=(HOST,))
TOUCHES = {
    "ssh.x": ("/etc/ssh/",),
    "kernel.y": ("sysctl:net.ipv4.conf.*.rp_filter",),
    "mariadb.z": ("database:mysql",),
    "time.p": ("package:chrony",),
    "services.u": ("unit:a.service",),
    "updates.all": ("/usr/", "/etc/", "/var/lib/dpkg/"),
    "nginx.other": ("/etc/nginx/",),
}


def entry(*controls: str, state: HostState = "confirmed", released: tuple[str, ...] = ()) -> HostHardening:
    touches = {name: TOUCHES[name] for name in controls}
    return HostHardening(host="h", state=state, controls=controls, touches=touches, released=released)


def hardening(name: str, *hosts: HostHardening) -> Hardening:
    return Hardening(id=name, inventory="i", started="2026-11-24T09:00:00+07:00", seconds=600, hosts=hosts)


def undone(
    monkeypatch: pytest.MonkeyPatch, said: dict[str, Any], of: HostHardening, **more: Any
) -> rollback.HostRollback:
    monkeypatch.setattr(rollback, "play", lambda *_, **__: played(said))
    (step,) = rollback.undo_hardening(INVENTORY, hardening("a", of), [of], **more)
    return step


@pytest.mark.parametrize(
    ("said", "reopens"),
    [
        ({"files": ["/etc/ssh/sshd_config"]}, ("ssh.x",)),
        ({"removed": ["/etc/ssh/sshd_config.d/00-luytre.conf"]}, ("ssh.x",)),
        ({"sysctls": ["net/ipv4/conf/all/rp_filter"]}, ("kernel.y",)),
        ({"database": True}, ("mariadb.z",)),
        ({"packages": {"installed": ["chrony:amd64"]}}, ("time.p",)),
        ({"units": ["a.service"]}, ("services.u",)),
        ({"left": [{"path": "/etc/ssh/sshd_config", "reason": "changed since the run"}]}, ()),
        ({"files": ["/etc/passwd"], "packages": {"staying": {"openssl": "1 -> 2"}}}, ()),
        (
            {"files": [f"/x/{number}" for number in range(300)]},
            tuple(name for name in TOUCHES if name != "updates.all"),
        ),
    ],
)
def test_controls_of_which_something_comes_back_are_open_again(
    monkeypatch: pytest.MonkeyPatch, said: dict[str, Any], reopens: tuple[str, ...]
) -> None:
    assert undone(monkeypatch, said, entry(*TOUCHES)).reopens == reopens


def test_one_control_is_open_again_also_where_it_has_no_file_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    step = undone(monkeypatch, {}, entry("ssh.x", "kernel.y"), only_touches_by_host={"h": ()}, control="ssh.x")
    assert step.reopens == ("ssh.x",)
    upgrade = undone(
        monkeypatch, {}, entry("updates.all"), only_touches_by_host={"h": TOUCHES["updates.all"]}, control="updates.all"
    )
    assert upgrade.reopens == (), "upgrades stay"
    assert undone(monkeypatch, {"files": ["/etc/a"]}, entry(released=("ssh.x",))).in_force_again == ("ssh.x",)


def after(*open_controls: str, reached: bool = True) -> Run:
    outcome = HostOutcome(host="h", reached=reached)
    return run(*(finding(name, "host", "h") for name in open_controls)).model_copy(update={"outcomes": (outcome,)})


def test_afterwards_the_audit_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    of = entry("ssh.x", "kernel.y", "updates.all")
    step = undone(monkeypatch, {"files": ["/etc/ssh/a"]}, of)
    (seen,) = rollback.add_reopened_controls_from_audit([step], [of], None, after("kernel.y", "time.p"))
    assert seen.reopens == ("kernel.y",)
    (seen,) = rollback.add_reopened_controls_from_audit([step], [of], "ssh.x", after("kernel.y"))
    assert seen.reopens == ()
    (seen,) = rollback.add_reopened_controls_from_audit([step], [of], None, after(reached=False))
    assert seen.reopens == ("ssh.x",), "as expected, where nobody could look"


def test_a_control_is_undone_where_it_was_last_put_in_force_and_not_twice() -> None:
    first, second = hardening("1", entry("ssh.x", "kernel.y")), hardening("2", entry("time.p"))
    released = hardening("3", entry(released=("ssh.x",)))
    found = rollback.find_newest_hardening_with_control_in_force([second, first], [HOST], "ssh.x")
    assert found is not None and found[0].id == "1" and [one.host for one in found[1]] == ["h"]
    assert rollback.find_newest_hardening_with_control_in_force([released, second, first], [HOST], "ssh.x") is None
    again = rollback.find_newest_hardening_with_control_in_force(
        [hardening("4", entry("ssh.x")), released, first], [HOST], "ssh.x"
    )
    assert again is not None and again[0].id == "4"
    undone_release = hardening("3", entry(state="rolled_back", released=("ssh.x",)))
    back = rollback.find_newest_hardening_with_control_in_force([undone_release, first], [HOST], "ssh.x")
    assert back is not None and back[0].id == "1"


def test_of_hosts_that_are_named_each_goes_back_by_its_own_last_hardening() -> None:
    others, here = HostHardening(host="b", state="confirmed"), entry("ssh.x")
    hosts = [HOST, Host(name="b", address="192.0.2.2")]

    def found(*kept: Hardening, of: list[Host] = hosts) -> list[tuple[str, list[str]]]:
        return [
            (one.id, [part.host for part in parts])
            for one, parts in rollback.find_last_hardening_in_force_of_each_host(kept, of)
        ]

    kept = [hardening("3", others), hardening("2", here, others), hardening("1", here)]
    assert found(*kept, of=[HOST]) == [("2", ["h"])]
    assert found(*kept) == [("3", ["b"]), ("2", ["h"])]
    reverted = hardening("4", entry("ssh.x", state="reverted"))
    assert found(reverted, *kept, of=[HOST]) == [("2", ["h"])], "what is not in force is not undone"
    back = hardening("4", entry("ssh.x", state="rolled_back"))
    assert found(back, *kept, of=[HOST]) == [], "nobody goes back another step by asking twice"


def test_drift_is_about_what_is_in_force_and_the_audit_says_what_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {
        "run": "1",
        "paths": [{"path": "/etc/ssh/a", "what": "content"}, {"path": "/etc/nginx/b", "what": "missing"}],
        "count": 2,
    }
    monkeypatch.setattr(drift, "play", lambda *_, **__: played(said))
    kept = [
        hardening("2", entry(released=("nginx.other",))),
        hardening("1", entry("ssh.x", "nginx.other", "updates.all")),
    ]
    found = drift.ask_hosts_for_drift(INVENTORY, [HOST], kept)
    assert [one.concerned_controls for one in found] == [("ssh.x",)]
    assert found[0].reopened is None
    assert drift.add_reopened_controls_from_audit(found, after("ssh.x", "kernel.y"))[0].reopened == ("ssh.x",)
    assert drift.add_reopened_controls_from_audit(found, after())[0].reopened == ()
    assert drift.add_reopened_controls_from_audit(found, after(reached=False))[0].reopened is None


def test_a_host_that_was_installed_anew_is_told_as_such() -> None:
    said = rollback._explain_refused_rollback("there is no confirmed run 20261130T010000Z-abc on this host")
    assert "reinstalled" in said.en
    assert "cài lại" in said.vi
