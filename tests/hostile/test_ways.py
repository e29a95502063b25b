"""Nobody who comes in over SSH is locked out unnamed, whatever their way in, on a host with all of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from auditor import lab
from auditor.system import resources
from tests.lab import ways
from tests.lab.fixtures import INVENTORY, Ended

HOST = "web3"
DROPIN = "/etc/ssh/sshd_config.d/00-luytre.conf"


def held(hardened: Ended) -> dict[str, str]:
    (host,) = (one for one in hardened.json["plan"]["hosts"] if one["host"] == HOST)
    return {change["control"]: change["held"]["en"] for change in host["changes"] if change["held"]}


def state(hardened: Ended) -> tuple[Any, Any]:
    (host,) = hardened.json["hardening"]["hosts"]
    return host["state"], host["why"]


def test_every_way_in_stays_until_it_is_given_up_by_name(
    fresh: Callable[..., None], auditor: Callable[..., Ended], playbook: Callable[..., Ended], tmp_path: Path
) -> None:
    fresh(HOST)
    ways.prepare(HOST, tmp_path)
    assert ways.try_all(HOST, tmp_path) == {way.name: True for way in ways.WAYS}
    play = str(resources.get_playbook("harden.yml"))
    reach = ("-i", INVENTORY, "--limit", HOST, "--output", str(tmp_path / "out"), "--yes", "--json")

    with ways.going_on(HOST, tmp_path):
        plain = playbook("--limit", HOST, "--tags", "ssh", play)
        assert plain.code == 0, plain.out
        for way in ways.WAYS:
            assert all(f"{control}: {way.account} (" in plain.out for control in way.needs), plain.out
        assert ways.try_all(HOST, tmp_path) == {way.name: True for way in ways.WAYS}
        refused = playbook("--limit", HOST, "--tags", "ssh.root_login", "-e", "ssh_permit_root_login=no", play)
        assert refused.code != 0
        assert "sshd itself says that its new settings would lock out root (10.213.47.1, publickey)" in refused.out
        assert "PermitRootLogin no" not in lab.run_on_machine_as_root(HOST, f"cat {DROPIN}").stdout.decode()
        first = auditor("harden", *reach)
    assert state(first) == ("confirmed", None), first.err
    why = held(first)
    for way in ways.WAYS:
        for control in way.needs:
            assert f"{way.account} (from 10.213.47.1, " in why[control], why
            assert f"{control}:{way.account}" in why[control]
    closed = {control for way in ways.WAYS for control in way.needs}
    told = {control for control in why if "lock out" in why[control] or "cut what" in why[control]}
    assert told == closed | {"ssh.root_direct"}
    assert "root" in why["ssh.root_direct"]
    assert ways.BEHIND in why["ssh.tcp_forwarding"]
    assert ways.try_all(HOST, tmp_path) == {way.name: True for way in ways.WAYS}

    # What came in without a terminal, before sshd was told to say what for, may have been a tunnel as well.
    names = [f"{control}:{way.account}" for way in ways.WAYS for control in (*way.needs, "ssh.tcp_forwarding")]
    second = auditor("harden", *reach, "--accept", ",".join([*closed, *names]))
    assert state(second) == ("confirmed", None), second.err
    assert not closed & set(held(second))
    assert ways.try_all(HOST, tmp_path) == {way.name: not way.needs for way in ways.WAYS}


def test_our_own_way_is_judged_by_the_address_that_the_host_sees(
    fresh: Callable[..., None], auditor: Callable[..., Ended], tmp_path: Path
) -> None:
    """Behind another address than the one that is let in, as behind a router, and over IPv6."""
    fresh(HOST)
    everything = yaml.safe_load(Path(INVENTORY, "hosts.yml").read_text("utf-8"))["all"]["vars"]
    ours, address = f"{lab.load_lab_spec().network.controller}/32", str(lab.load_lab_spec().hosts[HOST].address)
    lab.run_on_machine_as_root(HOST, "ip addr add fd09::13/64 dev eth0 nodad")
    lab.run_on_machine_as_root(HOST, "sed -i 's|from=\"[^\"]*|&,fd09::/64|' /home/luytre/.ssh/authorized_keys")
    with ways.another_address() as seen, ways.another_address("fd09::1/64") as sixth:
        connections = {
            "routed": {"ansible_host": address, "ansible_ssh_extra_args": f"-o BindAddress={seen}"},
            "sixth": {
                "ansible_host": "fd09::13",
                "ansible_ssh_extra_args": f"-o HostKeyAlias={address}",
            },
        }
        hosts = {
            name: {**own, "luytre_trusted_networks": [ours], "luytre_sites": [{"domain": f"{name}.test"}]}
            for name, own in connections.items()
        }
        (tmp_path / "hosts.yml").write_text(yaml.safe_dump({"all": {"vars": everything, "hosts": hosts}}), "utf-8")
        planned = auditor("plan", "-i", str(tmp_path), "--no-diff", "--json", "--lang", "en")
    refused = {host["host"]: host["refused"]["en"] for host in planned.json["hosts"]}
    shut_out = "the firewall would block this very connection (from {}"
    assert refused["routed"].startswith(shut_out.format(seen)), refused
    assert refused["sixth"].startswith(shut_out.format(sixth)), refused
