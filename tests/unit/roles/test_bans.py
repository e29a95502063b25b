"""What the jails' file of ours comes to: whom it names, and that a second run writes the same."""

from __future__ import annotations

from typing import Any

import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

from auditor.system import resources

ROLE = resources.get_roles_folder() / "bans"
OURS = "192.0.2.1"


def jail(name: str, *ignored: str) -> dict[str, Any]:
    return {"name": name, "ignored": list(ignored)}


def login(kind: str, log: str | None, *, readable: bool = True) -> dict[str, Any]:
    return {"kind": kind, "log": log, "readable": readable, "watched": False}


def told(
    text: str,
    *enforce: str,
    jails: tuple[dict[str, Any], ...] = (),
    logins: tuple[dict[str, Any], ...] = (),
    in_force: tuple[str, ...] = (),
) -> Any:
    """What a template of the role comes to."""
    seen = [
        {"source": "198.51.100.4", "methods": ["publickey"], "claimed": False},
        {"source": "198.51.100.5", "methods": ["password"], "claimed": False},
        {"source": "198.51.100.6", "methods": ["publickey"], "claimed": True},
        {"source": "fe80::1%eth0", "methods": ["publickey"], "claimed": False},
    ]
    known: dict[str, Any] = {
        "luytre_enforce": {control: [] for control in enforce},
        "luytre_concerned": list(enforce),
        "luytre_survey": {"in_force": {control: [] for control in in_force}},
        "luytre_trusted_networks": ["203.0.113.0/24"],
        "survey_areas": {
            "bans": {"data": {"source": OURS, "installed": bool(jails), "jails": list(jails), "logins": list(logins)}},
            "ways": {"data": {"seen": seen, "ports": [22, 2222]}},
        },
    }
    for file in ("defaults", "vars"):
        written = yaml.safe_load((ROLE / file / "main.yml").read_text("utf-8"))
        known |= {
            name: trust_as_template(value) if isinstance(value, str) else value for name, value in written.items()
        }
    return Templar(loader=DataLoader(), variables=known).template(trust_as_template(text))


def rendered(*enforce: str, **host: Any) -> dict[str, dict[str, str]]:
    """Jail to what is set for it."""
    said: str = told((ROLE / "templates" / "jails.local.j2").read_text("utf-8"), *enforce, **host)
    found: dict[str, dict[str, str]] = {}
    for line in said.splitlines():
        if line.startswith("["):
            found[line.strip("[]")] = {}
        elif " = " in line and not line.startswith("#"):
            name, value = line.split(" = ", 1)
            found[list(found)[-1]][name] = value
    return found


def test_ours_are_whom_the_inventory_names_and_who_came_by_a_key() -> None:
    sshd = rendered("bans.ssh")["sshd"]
    assert sshd["ignoreip"].split() == ["127.0.0.0/8", OURS, "198.51.100.4", "203.0.113.0/24", "::1"]
    assert (sshd["enabled"], sshd["port"]) == ("true", "22,2222")


def test_a_log_that_cannot_be_read_is_left_out() -> None:
    logs = (login("wordpress", "/b"), login("wordpress", "/x", readable=False), login("joomla", None))
    found = rendered("bans.cms", logins=logs)
    assert found["luytre-wordpress"]["logpath"] == "/b"
    assert "luytre-joomla" not in found


def test_debians_jail_for_ssh_is_off_where_nobody_accepted_it_and_stays_where_it_ran() -> None:
    assert rendered("bans.cms")["sshd"] == {"enabled": "false"}
    assert rendered("bans.cms", jails=(jail("sshd"),))["sshd"].keys() == {"ignoreip"}
    assert rendered("bans.cms", jails=(jail("sshd"),), in_force=("bans.ssh",))["sshd"] == {"enabled": "false"}


def test_what_others_ignore_stays_and_is_added_to_once() -> None:
    first = rendered("bans.own_addresses", jails=(jail("web", "192.0.2.7", "10.0.0.0/8"),))["web"]["ignoreip"]
    assert {"192.0.2.7", "10.0.0.0/8", OURS} <= set(first.split())
    again = rendered("bans.own_addresses", jails=(jail("web", *reversed(first.split())),))["web"]["ignoreip"]
    assert again == first


def test_fail2ban_comes_for_jails_of_ours_alone() -> None:
    def asked(*enforce: str, **host: Any) -> bool:
        return bool(told("{{ bans_asked }}", *enforce, **host))

    assert not asked("bans.own_addresses")
    assert not asked("bans.own_addresses", "bans.cms")
    assert asked("bans.own_addresses", jails=(jail("web"),))
    assert asked("bans.cms", logins=(login("joomla", "/a"),))
    assert asked("bans.ssh")
