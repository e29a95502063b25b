"""Sockets as ss prints them, units as systemd shows them, and what the controls make of it."""

# ruff: noqa: S104  addresses as they are read

from __future__ import annotations

from typing import Any, get_args

import pytest
from ansible.module_utils.luytre.daemons import program_peers
from ansible.module_utils.luytre.system import services
from ansible.module_utils.luytre_shared.os import process_table
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader

from auditor.models import Site, Status
from auditor.models.run import Protection
from tests.unit.system_areas import facts, finding

SS = """\
udp UNCONN 0      0      0.0.0.0:111 0.0.0.0:* users:(("rpcbind",pid=38,fd=5),("systemd",pid=1,fd=35))
udp UNCONN 0      0      127.0.0.53%lo:53  0.0.0.0:*    users:(("systemd-resolve",pid=601,fd=16))
udp UNCONN 0      0      [fe80::1]%eth0:546  [::]:*    users:(("systemd-network",pid=500,fd=20))
tcp LISTEN 0      80     127.0.0.1:3306 0.0.0.0:* users:(("mariadbd",pid=30,fd=23))
tcp LISTEN 0      511            *:443        *:* users:(("apache2",pid=85,fd=6),("apache2",pid=84,fd=6))
tcp LISTEN 0      128         [::]:22      [::]:* users:(("sshd",pid=55,fd=4))
tcp LISTEN 0      100  [::ffff:127.0.0.1]:8080   *:* users:(("java",pid=9,fd=4))
tcp LISTEN 0      4096    0.0.0.0:4444 0.0.0.0:*
"""


def test_sockets_of_a_real_host() -> None:
    found = [
        (each["protocol"], each["address"], each["port"], each["claims"][:1], each["local"])
        for each in services.parse_ss_sockets(SS)
    ]
    assert found == [
        ("udp", "0.0.0.0", 111, [(38, 5)], False),
        ("udp", "127.0.0.53", 53, [(601, 16)], True),
        ("udp", "fe80::1", 546, [(500, 20)], False),
        ("tcp", "127.0.0.1", 3306, [(30, 23)], True),
        ("tcp", "*", 443, [(85, 6)], False),
        ("tcp", "::", 22, [(55, 4)], False),
        ("tcp", "::ffff:127.0.0.1", 8080, [(9, 4)], True),
        ("tcp", "0.0.0.0", 4444, [], False),
    ]


def test_a_process_may_call_itself_anything() -> None:
    line = 'tcp LISTEN 0 5 0.0.0.0:9 0.0.0.0:* users:(("a b)(",pid=77,fd=3)) uid:33 ino:12 sk:1 <->\nnonsense\ntcp\n'
    (one,) = services.parse_ss_sockets(line)
    assert (one["claims"], one["inode"]) == ([(77, 3)], 12)
    line = 'tcp LISTEN 0 5 0.0.0.0:9 0.0.0.0:* users:(("x",pid=1,fd=3)",pid=77,fd=3)) ino:12 sk:1 <->\n'
    (one,) = services.parse_ss_sockets(line)
    assert one["claims"] == [(1, 3), (77, 3)], "both are claims, and only the kernel says which is true"


@pytest.mark.parametrize(
    ("process", "port", "protocol", "service"),
    [
        ("sshd", 2222, "tcp", "ssh"),
        ("nginx", 443, "tcp", "web"),
        ("nginx", 8080, "tcp", None),
        ("python3", 80, "tcp", None),
        ("dhclient", 68, "udp", "dhcp"),
        ("python3", 68, "udp", None),
        ("chronyd", 123, "udp", "time"),
        ("mariadbd", 3306, "tcp", None),
    ],
)
def test_what_a_web_server_is_supposed_to_listen_for(
    process: str, port: int, protocol: str, service: str | None
) -> None:
    assert (
        services.classify_expected_web_server_listener({"daemon": process, "port": port, "protocol": protocol})
        == service
    )


def test_sockets_that_systemd_holds_are_named_by_their_unit() -> None:
    text = (
        "0.0.0.0:22 ssh.socket ssh.service\n[::]:111 rpcbind.socket rpcbind.service\n/run/x.sock x.socket x.service\n"
    )
    assert services.parse_systemctl_list_sockets(text) == {22: "ssh.socket", 111: "rpcbind.socket"}


def shown(**units: str) -> dict[str, Any]:
    return {name.replace("_", "."): dict(part.split("=") for part in value.split()) for name, value in units.items()}


def test_a_socket_alone_and_a_unit_of_the_next_boot_count() -> None:
    units = shown(
        rpcbind_socket="LoadState=loaded ActiveState=active UnitFileState=enabled",
        rpcbind_service="LoadState=masked ActiveState=inactive UnitFileState=masked",
        telnet_socket="LoadState=loaded ActiveState=inactive UnitFileState=enabled",
        vsftpd_service="LoadState=loaded ActiveState=inactive UnitFileState=disabled",
    )
    found = services.find_unneeded_service_units(units, "")
    assert [(each["unit"], each["active"], each["enabled"]) for each in found] == [
        ("telnet.socket", False, True),
        ("rpcbind.socket", True, True),
    ]


def test_rpcbind_is_of_use_to_nfs() -> None:
    units = shown(rpcbind_service="LoadState=loaded ActiveState=active UnitFileState=enabled")
    assert services.find_unneeded_service_units(units, "server:/data /srv/data nfs4 rw 0 0\n") == []


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("* hard core 0", "0"),
        ("* soft core 0", None),
        ("* - core unlimited\n* hard core 0", "0"),
        ("* hard core 0\n* - core unlimited", "unlimited"),
        ("#* hard core 0", None),
        ("root hard core 0", None),
    ],
)
def test_hard_limit_of_everybody(text: str, limit: str | None) -> None:
    assert services.parse_hard_core_file_limit(text) == limit


def listener(port: int, process: str, **more: Any) -> dict[str, Any]:
    base = {"protocol": "tcp", "address": "0.0.0.0", "port": port, "local": False, "process": process, "unit": None}
    return {**base, "service": services.classify_expected_web_server_listener({**base, "daemon": process}), **more}


def test_a_listener_needs_a_reason() -> None:
    data = facts()
    data["services"]["listeners"].append(listener(4444, "x"))
    result = finding("services.undeclared_listeners", data)
    assert result.status is Status.PARTIAL
    assert [each["port"] for each in result.violations] == [4444]
    assert finding("services.undeclared_listeners", data, open_ports=(4444,)).status is Status.PASS


def test_a_mail_server_only_for_this_machine() -> None:
    data = facts()
    assert finding("services.mta_local", data).status is Status.NOT_APPLICABLE
    data["services"]["mail_server"] = "postfix"
    data["services"]["listeners"].append(listener(25, "master", address="127.0.0.1", local=True))
    assert finding("services.mta_local", data).status is Status.PASS
    data["services"]["listeners"].append(listener(587, "master", address="::"))
    assert finding("services.mta_local", data).status is Status.FAIL
    assert finding("services.mta_local", data, open_ports=(25,)).status is Status.NOT_APPLICABLE


def test_the_declared_web_server_and_no_other() -> None:
    data = facts()
    assert finding("services.web_server_expected", data).status is Status.PASS
    wrong = (Site(domain="bennua.test", host="web2", server="nginx"),)
    assert finding("services.web_server_expected", data, sites=wrong).status is Status.FAIL
    data["services"]["listeners"].append(listener(8080, "nginx"))
    assert finding("services.web_server_expected", data).status is Status.FAIL
    undeclared = (Site(domain="bennua.test", host="web2"),)
    assert finding("services.web_server_expected", data, sites=undeclared).status is Status.NOT_APPLICABLE


@pytest.mark.parametrize("control", ["unneeded", "undeclared_listeners", "failed_units", "core_dumps"])
def test_a_hardened_host_passes(control: str) -> None:
    assert finding(f"services.{control}", facts()).status is Status.PASS


def test_systemd_keeps_no_memory_either() -> None:
    data = facts()
    data["services"]["core_dumps"]["systemd_storage"] = "external"
    assert finding("services.core_dumps", data).status is Status.FAIL


def test_who_opens_any_number_of_sockets_hides_nobody_elses(monkeypatch: pytest.MonkeyPatch) -> None:
    flood = [
        f'udp UNCONN 0 0 127.{n >> 16}.{n >> 8 & 255}.{n & 255}:7 0.0.0.0:* users:(("a",pid=70,fd={n})) ino:{n} sk:1 <->'
        for n in range(1, 30_001)
    ]
    own = 'tcp LISTEN 0 5 0.0.0.0:4444 0.0.0.0:* users:(("x",pid=70,fd=9)) ino:90001 sk:2 <->'
    roots = [
        f'tcp LISTEN 0 5 0.0.0.0:{port} 0.0.0.0:* users:(("r",pid=71,fd={port})) ino:{port} sk:3 <->'
        for port in range(100, 500)
    ]
    said = "\n".join([*flood, own, *roots]) + "\n"
    assert len(said) > 2_000_000

    def process(pid: int) -> process_table.ProcessInfo:
        return process_table.ProcessInfo(pid, 1, 33 if pid == 70 else 0, program="/usr/bin/python3")

    monkeypatch.setattr(services.process_table, "read_process_info", process)
    monkeypatch.setattr(services.process_table, "has_socket_open_at_descriptor", lambda *_: True)
    monkeypatch.setattr(services, "is_systemd_running_this_host", lambda: False)
    reading = AreaReader({}, 60)
    monkeypatch.setattr(reading, "run", lambda argv, output: said[: output.limit])
    found = services.list_listeners_as_facts(reading)
    ports = {each["port"] for each in found if not each["local"]}
    assert ports == {4444, *range(100, 500)}
    assert len(found) == 400 + services.MAX_OF_ACCOUNT


def test_what_may_shut_a_false_search_engine_out_is_told_when_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = {"fail2ban.service": {"ActiveState": "active"}, "crowdsec.service": {"ActiveState": "inactive"}}
    monkeypatch.setattr(services, "is_systemd_running_this_host", lambda: True)
    assert services.list_programs_banning_false_crawlers(shown) == ["fail2ban.service"]
    assert services.list_programs_banning_false_crawlers({}) == []
    monkeypatch.setattr(services, "is_systemd_running_this_host", lambda: False)
    assert services.list_programs_banning_false_crawlers({}) is None


def test_what_guards_against_malware_is_told_with_whether_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = {
        "clamav-daemon.service": {"LoadState": "loaded", "ActiveState": "inactive"},
        "kesl.service": {"LoadState": "not-found", "ActiveState": "inactive"},
        "kesl-supervisor.service": {"LoadState": "loaded", "ActiveState": "active"},
        "mdatp.service": {"LoadState": "not-found", "ActiveState": "inactive"},
    }
    monkeypatch.setattr(services, "is_systemd_running_this_host", lambda: True)
    found = [{"product": "ClamAV", "running": False}, {"product": "Kaspersky", "running": True}]
    assert services.list_malware_protection_products(shown) == found
    assert [Protection.model_validate(one).running for one in found] == [False, True]
    assert {name for name, _ in services.PROTECTION} == set(get_args(Protection.model_fields["product"].annotation))
    assert services.list_malware_protection_products({}) == []
    monkeypatch.setattr(services, "is_systemd_running_this_host", lambda: False)
    assert services.list_malware_protection_products({}) is None


def test_other_machines_that_programs_talk_to_are_told_by_the_port_that_was_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def end(address: str, port: int) -> str:
        return f"{int.from_bytes(bytes(map(int, address.split('.'))), 'little'):08X}:{port:04X}"

    def row(local: tuple[str, int], remote: tuple[str, int], state: str = "01") -> str:
        return f" 0: {end(*local)} {end(*remote)} {state} 0:0 0:0 0 0 0 7 1"

    here = "10.0.0.1"
    rows = [
        row((here, 3306), ("10.0.0.2", 40000)),
        row((here, 3306), ("10.0.0.2", 40001), "06"),
        row((here, 50000), ("10.0.0.3", 6379)),
        row((here, 443), ("198.51.100.1", 40000)),
        row(("127.0.0.1", 3306), ("127.0.0.1", 40002)),
        row((here, 3306), (here, 40003)),
        row((here, 3306), ("0.0.0.0", 0), "0A"),
    ]
    monkeypatch.setattr(
        program_peers, "read_text", lambda path, _limit: "" if "6" in path else "\n".join(["head", *rows])
    )
    assert program_peers.list_connected_peers({443, 3306}) == [
        {"address": "10.0.0.2", "port": 3306, "inbound": True},
        {"address": "10.0.0.3", "port": 6379, "inbound": False},
    ]
