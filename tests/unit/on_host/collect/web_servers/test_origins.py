"""Whose scripts may ask with a visitor's login, by what is answered."""

from __future__ import annotations

import os
import time
from typing import Any

import pytest
from ansible.module_utils.luytre.web_servers import handshakes, origins

from tests.unit.on_host.collect.web_servers.test_handshakes import server

LOGIN = b"Access-Control-Allow-Credentials: true\r\n"


@pytest.fixture(autouse=True)
def ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """This test listens itself, on a busy machine."""
    monkeypatch.setattr(handshakes, "OWNERS", {"0", str(os.geteuid())})
    monkeypatch.setattr(origins, "SECONDS", 60.0)
    monkeypatch.setattr(origins, "ALL_SECONDS", 60.0)


def asked(head: bytes, declared: dict[str, Any] | None = None, **more: Any) -> tuple[list[str], list[str]]:
    """What is told of a virtual host that answers with this head, and the requests that it got."""
    requests: list[str] = []

    def answer(connection: Any) -> None:
        requests.append(connection.recv(10_000).decode())
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n")

    with server(answer) as port:
        vhost = {"names": ["antruc.test"], "listens": [{"address": "*", "port": port, "tls": False}], "cors_open": []}
        origins.add_cors_answers_to_vhosts([{**vhost, **more}], declared or {}, time.monotonic() + 60)
    return vhost["cors_open"], requests  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("head", "told"),
    [
        (b"Access-Control-Allow-Origin: *\r\n" + LOGIN, True),
        (b"access-control-allow-origin:" + origins.STRANGER.encode() + b"\r\n" + LOGIN.upper(), True),
        (b"Access-Control-Allow-Origin: *\r\n", False),
        (b"Access-Control-Allow-Origin: https://antruc.test\r\n" + LOGIN, False),
        (b"X: Access-Control-Allow-Origin: *\r\n" + LOGIN, False),
        (b"Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Credentials: false\r\n", False),
        (LOGIN, False),
        (b"x" * 100_000 + b"\r\n", False),
        (b"", False),
    ],
)
def test_what_is_answered_counts(head: bytes, told: bool) -> None:
    found, requests = asked(head)
    assert found == (["http://antruc.test/"] if told else [])
    assert requests[0].startswith("HEAD / HTTP/1.1\r\nHost: antruc.test\r\nOrigin: https://khac.example\r\n")


def test_pages_that_the_inventory_names_are_asked_too() -> None:
    declared = {
        "sites": [
            {
                "domain": "www.antruc.test",
                "aliases": ["antruc.test"],
                "smoke_urls": ["/api/tin", "/a b", "/x\r\nY: 1", "/2"],
            },
            {"domain": "khac.test", "smoke_urls": ["/khac"]},
            {"domain": "antruc.test", "smoke_urls": ["/3"]},
        ]
    }
    found, requests = asked(b"Access-Control-Allow-Origin: *\r\n" + LOGIN, declared)
    assert found == [f"http://antruc.test{path}" for path in ("/", "/api/tin", "/2")]
    assert len(requests) == origins.MAX_PAGES


def test_nobody_is_asked_by_no_name_and_where_another_than_root_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(LOGIN, names=["~^(.+)$"]) == ([], [])
    monkeypatch.setattr(handshakes, "OWNERS", frozenset())
    assert asked(LOGIN) == ([], [])


def test_who_is_slow_costs_a_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origins, "SECONDS", 0.2)

    def answer(connection: Any) -> None:
        while connection.recv(1_000):
            pass

    with server(answer) as port:
        vhosts = [
            {
                "names": [f"{number}.test"],
                "listens": [{"address": "127.0.0.1", "port": port, "tls": False}],
                "cors_open": [],
            }
            for number in range(100)
        ]
        began = time.monotonic()
        origins.add_cors_answers_to_vhosts(vhosts, {}, began + 0.5)
        assert time.monotonic() - began < 5
    assert not any(vhost["cors_open"] or vhost["cors_known"] for vhost in vhosts)


@pytest.mark.parametrize(
    ("names", "name"),
    [
        (["_", "antruc.test"], "antruc.test"),
        (["*.antruc.test"], "x.antruc.test"),
        ([], origins.NOBODYS),
        (["_"], origins.NOBODYS),
        (["~^(.+)$"], None),
    ],
)
def test_by_which_name_a_virtual_host_is_asked(names: list[str], name: str | None) -> None:
    assert origins.choose_name_to_ask_vhost_by(names) == name


@pytest.mark.parametrize(
    ("names", "address", "known"),
    [
        (["antruc.test"], "127.0.0.1", True),
        (["~^(.+)$"], "127.0.0.1", False),
        (["antruc.test"], "unix:/run/x.sock", False),
        (["antruc.test"], "may.test", False),
    ],
)
def test_what_could_not_be_asked_is_not_known(names: list[str], address: str, known: bool) -> None:
    with server(lambda connection: connection.recv(10_000)) as port:
        vhost = {"names": names, "listens": [{"address": address, "port": port, "tls": False}], "cors_open": []}
        origins.add_cors_answers_to_vhosts([vhost], {}, time.monotonic() + 60)
    assert vhost["cors_known"] is known, "turned away without a word is an answer"


def test_tls_is_asked_before_what_has_none() -> None:
    listens = [{"address": "[::]", "port": 80, "tls": False}, {"address": "*", "port": 443, "tls": True}]
    assert origins.choose_listen_to_ask_vhost_at(listens, ()) == ("127.0.0.1", 443, True)
    assert origins.choose_listen_to_ask_vhost_at(listens, (("*", 443),)) == ("::1", 80, False)
    assert origins.choose_listen_to_ask_vhost_at([{"address": "a.test", "port": 80, "tls": False}], ()) is None
