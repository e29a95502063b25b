"""FTP, mail, caches and databases beside the web, root's units, and ports that are sent on."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre.daemons import data_stores, ftp, mail_relay, piped_downloads, root_units
from ansible.module_utils.luytre.parsers import iptables, ruleset
from ansible.module_utils.luytre.system import cron

from auditor.facts.system.firewall import PublishedPort
from auditor.facts.system.services import DataStore, Ftp
from auditor.models import Status
from tests.unit.system_areas import facts, finding


@pytest.fixture
def conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(ftp, "VSFTPD", str(tmp_path / "vsftpd.conf"))
    monkeypatch.setattr(ftp, "PROFTPD", str(tmp_path / "proftpd.conf"))
    monkeypatch.setattr(ftp, "PURE_FTPD", str(tmp_path))
    return tmp_path


SAFE = "anonymous_enable=NO\nlocal_enable=YES\nwrite_enable=YES\nssl_enable=YES\n"


@pytest.mark.parametrize(
    ("text", "plain", "anonymous", "writes"),
    [
        (SAFE, False, False, False),
        ("", False, True, False),
        (SAFE.replace("ssl_enable=YES", "ssl_enable=NO"), True, False, False),
        (SAFE + "force_local_logins_ssl=NO\n", True, False, False),
        (SAFE.replace("anonymous_enable=NO", "#anonymous_enable=NO"), False, True, False),
        (SAFE.replace("anonymous_enable=NO", "anonymous_enable=YES") + "anon_upload_enable=YES\n", False, True, True),
        (SAFE + "local_root=/var/www/x\n", False, False, False),
    ],
)
def test_vsftpd(conf: Path, text: str, plain: bool, anonymous: bool, writes: bool) -> None:
    (conf / "vsftpd.conf").write_text(text)
    told = ftp.describe_vsftpd()
    assert (told["plain_logins"], told["anonymous"], told["anonymous_writes"]) == (plain, anonymous, writes)
    assert told["root"] == ("/var/www/x" if "local_root" in text else None)
    Ftp.model_validate({"server": "vsftpd", **told})


def test_proftpd_with_what_it_includes(conf: Path) -> None:
    (conf / "proftpd.conf").write_text(f"DefaultRoot /var/www\nInclude {conf}/d/\n")
    assert ftp.describe_proftpd() == {
        "plain_logins": True,
        "anonymous": False,
        "anonymous_writes": False,
        "root": "/var/www",
    }
    (conf / "d").mkdir()
    (conf / "d" / "tls.conf").write_text("TLSEngine on\n# TLSRequired off\nTLSRequired on\n")
    assert not ftp.describe_proftpd()["plain_logins"]
    anonymous = "<Anonymous ~ftp>\n<Limit STOR>\nAllowAll\n</Limit>\n</Anonymous>\n"
    (conf / "d" / "x.conf").write_text(anonymous)
    assert ftp.describe_proftpd()["anonymous_writes"]


def test_pure_ftpd(conf: Path) -> None:
    assert ftp.describe_pure_ftpd()["plain_logins"]
    (conf / "TLS").write_text("2\n")
    (conf / "NoAnonymous").write_text("yes\n")
    assert ftp.describe_pure_ftpd() == {
        "plain_logins": False,
        "anonymous": False,
        "anonymous_writes": False,
        "root": None,
    }


STOCK = {
    "mynetworks": "127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128",
    "smtpd_relay_restrictions": "permit_mynetworks permit_sasl_authenticated defer_unauth_destination",
    "smtpd_recipient_restrictions": "",
}


@pytest.mark.parametrize(
    ("changed", "is_open"),
    [
        ({}, False),
        ({"mynetworks": "127.0.0.0/8 0.0.0.0/0"}, True),
        ({"mynetworks": "127.0.0.0/8, 8.8.0.0/16"}, True),
        ({"mynetworks": "10.0.0.0/8 192.168.0.0/16 203.0.113.7/32"}, False),
        ({"mynetworks": "[::]/0"}, True),
        ({"smtpd_relay_restrictions": "permit"}, True),
        ({"smtpd_relay_restrictions": "reject_unauth_destination permit"}, False),
        ({"smtpd_relay_restrictions": "permit", "smtpd_recipient_restrictions": "reject_unauth_destination"}, False),
        ({"smtpd_relay_restrictions": "", "smtpd_recipient_restrictions": "permit_mynetworks, reject"}, False),
        (
            {"mynetworks": "0.0.0.0/0", "smtpd_relay_restrictions": "reject_unauth_destination, permit_mynetworks"},
            False,
        ),
    ],
)
def test_a_relay_is_open_when_a_stranger_gets_through(changed: dict[str, str], is_open: bool) -> None:
    assert (mail_relay.find_open_relay_reason({**STOCK, **changed}) is not None) is is_open


def test_a_service_of_its_own_may_be_the_open_one() -> None:
    text = "smtp inet n - y - - smtpd\n587 inet n - y - - smtpd\n  -o smtpd_relay_restrictions=permit\n# -o x=y\n"
    assert list(mail_relay.iter_network_smtp_services(text)) == [("587", {"smtpd_relay_restrictions": "permit"})]


def test_an_open_relay_counts_where_the_network_reaches_it() -> None:
    data = facts()
    data["services"]["relay"] = {"open": True, "because": "permit"}
    assert finding("services.open_relay", data).status is Status.PASS
    listener = {"protocol": "tcp", "address": "*", "port": 25, "local": False, "process": "master", "unit": None}
    data["services"]["listeners"].append({**listener, "service": None})
    assert finding("services.open_relay", data).status is Status.FAIL


def _server(answer: bytes) -> tuple[int, threading.Thread]:
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listener:
            peer, _ = listener.accept()
            with peer:
                peer.recv(100)
                peer.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return listener.getsockname()[1], thread


@pytest.mark.parametrize(
    ("process", "answer", "told"),
    [
        ("redis-server", b"+PONG\r\n", True),
        ("redis-server", b"-NOAUTH Authentication required.\r\n", False),
        ("redis-server", b"-DENIED Redis is running in protected mode\r\n", False),
        ("memcached", b"VERSION 1.6.18\r\n", True),
        ("nginx", b"+PONG\r\n", False),
    ],
)
def test_a_store_is_open_when_it_answers(
    process: str, answer: bytes, told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_stores, "RULES", "/nowhere")
    port, _ = _server(answer)
    found = data_stores.find_stores_open_to_anybody(
        [{"protocol": "tcp", "address": "127.0.0.1", "port": port, "process": process}]
    )
    assert [one["network"] for one in found] == ([False] if told else [])
    for one in found:
        DataStore.model_validate(one)


def test_nobody_hides_a_store_behind_others() -> None:
    many = [{"protocol": "tcp", "address": "::1", "port": port, "process": "memcached"} for port in range(30)]
    assert data_stores.describe_unprobed_stores(many[: data_stores.MAX_ASKED]) is None
    assert (
        data_stores.describe_unprobed_stores(many) == f"{30 - data_stores.MAX_ASKED} stores more listen than are asked"
    )
    data = facts()
    data["services"]["untold"] = {"stores": "10 stores more"}
    assert finding("services.stores_open", data).status is Status.NOT_EVALUATED


def test_a_store_is_asked_as_the_network_asks_it() -> None:
    table = """Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     |-- 10.213.47.22
        /32 host LOCAL
     |-- 10.213.47.255
        /32 link BROADCAST
     |-- 127.0.0.1
        /32 host LOCAL
Local:
     |-- 10.213.47.22
        /32 host LOCAL
"""
    assert data_stores.parse_own_network_addresses(table) == ["10.213.47.22"]


def test_rules_of_postgresql_that_ask_no_password() -> None:
    text = """# TYPE DATABASE USER ADDRESS METHOD
local all postgres peer
local all all trust
host all all 127.0.0.1/32 scram-sha-256
host all all 10.0.0.0 255.0.0.0 trust
hostssl replication all ::1/128 trust
#host all all 0.0.0.0/0 trust
"""
    assert [(one["address"], one["network"]) for one in data_stores.list_postgresql_trust_rules("f", text)] == [
        ("local", False),
        ("10.0.0.0", True),
        ("::1/128", False),
    ]


def test_stores_are_told_by_who_reaches_them() -> None:
    store = {"store": "Redis", "address": "0.0.0.0", "port": 6379, "rule": "", "network": True}  # noqa: S104
    data = facts()
    data["services"]["stores"] = [store]
    assert finding("services.stores_open", data).status is Status.FAIL
    assert finding("services.stores_local", data).status is Status.PASS
    data["services"]["stores"] = [{**store, "network": False}]
    assert finding("services.stores_open", data).status is Status.PASS
    assert finding("services.stores_local", data).status is Status.FAIL


SHOWN = """Id=a.service
User=
DynamicUser=no
LoadState=loaded
ExecStart={ path=/opt/a/run ; argv[]=/opt/a/run --x ; ignore_errors=no ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 }
ExecStartPre={ path=/bin/sh ; argv[]=/bin/sh -c curl -s http://x/y | bash ; ignore_errors=no ; start_time=[n/a] }

Id=b.service
User=b
LoadState=loaded
ExecStart={ path=/opt/b/run ; argv[]=/opt/b/run ; ignore_errors=no ; start_time=[n/a] }

Id=c.service
LoadState=not-found
ExecStart={ path=/opt/c/run ; argv[]=/opt/c/run ; ignore_errors=no ; start_time=[n/a] }
"""


def test_units_that_run_as_root_what_others_can_change_or_what_they_fetch() -> None:
    class Trust:
        def describe_first_changer_on_path(self, path: str) -> str | None:
            return f"{path} can be changed by user x" if path.startswith("/opt/a") else None

    class Reading:
        trust = Trust()

        def run(self, argv: list[str], ok: Any = None) -> str:
            return SHOWN

    loose, fetching = root_units.find_risky_root_units(Reading())
    assert loose == [{"unit": "a.service", "doubt": "/opt/a/run can be changed by user x"}]
    assert fetching == ["a.service"]


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("curl -s http://x/y | bash", True),
        ("wget -qO- http://x/y|sudo -E /bin/sh", True),
        ("curl http://x | python3 -", True),
        ("bash <(curl -s http://x)", True),
        ('sh -c "$(curl -fsSL http://x)"', True),
        ("eval `wget -qO- http://x`", True),
        ("curl -s http://x -o /tmp/y; bash /usr/local/sbin/z", False),
        ("curl -s http://x | grep ok", False),
        ("curl -s http://x | logger -t shell", False),
        ("/usr/bin/certbot renew", False),
    ],
)
def test_what_is_fetched_and_run_in_one_breath(command: str, told: bool, tmp_path: Path) -> None:
    assert piped_downloads.is_download_piped_into_interpreter(command) is told
    assert cron.parse_crontab("f", f"1 2 3 4 5 root {command}\n", None)[0]["fetches"] is told
    script = tmp_path / "x"
    script.write_text(f"#!/bin/sh\n# curl http://x | sh\n{command}\n")
    assert piped_downloads.has_piped_download_in_script(str(script)) is told


def _rule(*expressions: dict[str, Any]) -> dict[str, Any]:
    return {"rule": {"family": "ip", "table": "nat", "chain": "prerouting", "expr": list(expressions)}}


def _match(left: dict[str, Any], right: Any, op: str = "==") -> dict[str, Any]:
    return {"match": {"op": op, "left": left, "right": right}}


DPORT = {"payload": {"protocol": "tcp", "field": "dport"}}
SENT = {"dnat": {"addr": "172.17.0.2", "port": 3306}}


@pytest.mark.parametrize(
    ("expressions", "ports"),
    [
        ((_match(DPORT, 13306), SENT), [13306]),
        ((_match(DPORT, {"set": [1, {"range": [5, 7]}]}), SENT), [1, 5, 6, 7]),
        ((SENT,), [0]),
        ((_match({"meta": {"key": "iifname"}}, "docker0", "!="), _match(DPORT, 1), SENT), [1]),
        ((_match({"meta": {"key": "iifname"}}, "docker0"), _match(DPORT, 1), SENT), []),
        ((_match({"payload": {"protocol": "ip", "field": "daddr"}}, "127.0.0.1"), _match(DPORT, 1), SENT), []),
        (
            (
                _match({"payload": {"protocol": "ip", "field": "saddr"}}, {"prefix": {"addr": "10.0.0.0", "len": 8}}),
                _match(DPORT, 1),
                SENT,
            ),
            [],
        ),
        ((_match(DPORT, 1), {"accept": None}), []),
    ],
)
def test_ports_that_are_sent_on(expressions: tuple[dict[str, Any], ...], ports: list[int]) -> None:
    found = ruleset.list_published_ports([_rule(*expressions)])
    assert [one["port"] for one in found] == ports
    for one in found:
        PublishedPort.model_validate(one)


def test_ports_that_iptables_sends_on() -> None:
    saved = """*nat
:PREROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A DOCKER -i docker0 -j RETURN
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
-A DOCKER -d 127.0.0.1/32 ! -i docker0 -p tcp -m tcp --dport 8081 -j DNAT --to-destination 172.17.0.3:80
COMMIT
"""
    assert ruleset.list_published_ports(iptables.convert_iptables_save_to_nft_json(saved, "ip")) == [
        {"family": "ip", "protocol": "tcp", "port": 8080, "target": "172.17.0.2:80"}
    ]


def test_a_port_that_is_sent_on_has_to_be_declared() -> None:
    data = facts()
    data["firewall"]["published"] = [{"family": "ip", "protocol": "tcp", "port": 8080, "target": "172.17.0.2:80"}]
    assert finding("firewall.published_ports", data).status is Status.FAIL
    assert finding("firewall.published_ports", data, open_ports=(8080,)).status is Status.PASS
