"""What the controls of shutting out make of fail2ban's facts."""

from __future__ import annotations

from typing import Any

from auditor.models import Host, Status
from tests.unit import access

HOST = Host(name="web1", address="192.0.2.10")
JAIL: dict[str, Any] = {
    "name": "sshd",
    "ssh": True,
    "ignored": ["192.0.2.1"],
    "logs": [],
    "patterns": [],
    "failures": 6,
    "within": 600,
    "seconds": 3600,
    "shuts_out": [],
}


def status(control: str, **changed: Any) -> Status:
    data = access.facts()
    data["bans"] = {
        "installed": True,
        "enabled": True,
        "active": True,
        "others": [],
        "source": "192.0.2.1",
        "jails": [JAIL],
        "logins": [],
        "untold": {},
    } | changed
    return access.finding(control, data, HOST).status


def test_ssh_is_guarded_by_a_jail_that_runs_and_comes_back_or_by_another_daemon() -> None:
    assert status("bans.ssh") is Status.PASS
    assert status("bans.ssh", enabled=False) is Status.FAIL
    assert status("bans.ssh", jails=[JAIL | {"seconds": 0}]) is Status.FAIL
    assert status("bans.ssh", jails=[JAIL | {"ssh": False}]) is Status.FAIL
    assert status("bans.ssh", jails=[], others=["crowdsec.service"]) is Status.PASS
    assert status("bans.ssh", jails=[], untold={"jails": "was not run"}) is Status.NOT_EVALUATED


def test_no_jail_shuts_the_management_out() -> None:
    assert status("bans.own_addresses") is Status.PASS
    ours = JAIL | {"name": "x", "shuts_out": ["192.0.2.1"]}
    assert status("bans.own_addresses", jails=[JAIL, ours]) is Status.PARTIAL
    assert status("bans.own_addresses", jails=[]) is Status.NOT_APPLICABLE


def test_each_login_is_watched() -> None:
    login = {"kind": "joomla", "path": "/x", "uri": "/administrator/index.php", "log": None, "readable": False}
    assert status("bans.cms") is Status.NOT_APPLICABLE
    assert status("bans.cms", logins=[login | {"watched": False}]) is Status.FAIL
    assert status("bans.cms", logins=[login | {"watched": True}]) is Status.PASS
