"""What answers on a host besides its declared sites, looked at before and after."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from ansible.module_utils.luytre.web import apache

from auditor.audit.effects import Effect
from auditor.facts import HostFacts, load_fact_area_models
from auditor.hardening.health import other_endpoints
from auditor.hardening.health.other_endpoints import ClaimedEndpoint, EndpointResponses, OtherEndpoints
from auditor.models import Host, Site
from auditor.web.fetch import FetchResult
from auditor.web.page import VisiblePage
from tests.unit import access, system_areas
from tests.unit.on_host.collect.web.test_nginx import config
from tests.unit.on_host.collect.web.test_nginx import facts as nginx_facts

HOST = Host(
    name="h",
    address="127.0.0.1",
    open_ports=(8443,),
    sites=(Site(domain="a.test", aliases=("www.a.test",), host="h"),),
)
VHOSTS = """
server { listen 80; listen 443 ssl; server_name a.test www.a.test; root /var/www/a; }
server { listen 8080; server_name cu.test *.cu.test ~^x-.+$ _ "-x.test" "a;b.test"; root /var/www/cu; }
server { listen 127.0.0.1:81; server_name trong.test; root /var/www/trong; }
"""


def listening(port: int, **more: Any) -> dict[str, Any]:
    plain = {"protocol": "tcp", "address": "*", "local": False, "process": "x", "unit": None, "service": None}
    return {**plain, "port": port, **more}


def facts(**more: Any) -> HostFacts:
    data = {**system_areas.facts(), **access.facts()}
    data["nginx"], data["apache"] = nginx_facts(config("", a=VHOSTS)), dict(apache.ABSENT)
    data["services"]["listeners"] = [
        *(listening(port) for port in (80, 3000, 3306)),
        listening(21, unit="vsftpd.service"),
        listening(5432, local=True),
        listening(68, protocol="udp"),
    ]
    ftp = {"service": "FTP", "unit": "vsftpd.service", "port": 21, "active": True, "enabled": True, "maskable": True}
    data["services"]["unneeded"] = [ftp]
    for area, fields in more.items():
        data[area].update(fields)
    return HostFacts(
        0, {name: load_fact_area_models()[name].model_validate(value) for name, value in data.items()}, {}, {}
    )


def test_every_name_that_is_a_name_is_asked_where_it_is_served_to_the_network() -> None:
    known = other_endpoints.find_endpoints_besides_declared_sites(HOST, facts())
    own = ("a.test", "www.a.test", "cu.test", "trong.test")
    assert [str(door) for door in known.endpoints if door.name in own] == [
        "http://www.a.test/",
        "https://www.a.test/",
        "http://cu.test:8080/",
    ]
    assert known.left_out == 4


def test_every_port_open_to_the_network_is_tried() -> None:
    assert other_endpoints.find_endpoints_besides_declared_sites(HOST, facts()).ports == (80, 3000, 3306, 21, 8443)


@pytest.mark.parametrize(
    ("effects", "closing"),
    [
        ((), set()),
        ((Effect.STOPS_FRAMING, Effect.CLOSES_MAIL_PORTS, Effect.CLOSES_PHP_PORTS), set()),
        ((Effect.STOPS_UNNEEDED_SERVICES,), {21}),
        ((Effect.CLOSES_DATABASE_PORTS,), {3306}),
        ((Effect.CLOSES_MARIADB_PORTS,), {3306}),
        ((Effect.CLOSES_UNDECLARED_PORTS,), {21, 3000, 3306}),
    ],
)
def test_only_a_port_that_is_closed_by_name_may_close(effects: tuple[Effect, ...], closing: set[int]) -> None:
    known = other_endpoints.find_endpoints_besides_declared_sites(HOST, facts(), effects)
    assert known.closing_ports & set(known.ports) == closing


CU = ClaimedEndpoint("cu.test", 8080, tls=False)
PAGE = FetchResult(str(CU), 200, None, 10_000, "text/html", VisiblePage("Cũ"))


def told(was: FetchResult, now: FetchResult | None, again: FetchResult | None = None) -> list[str]:
    seen = (EndpointResponses({CU: was}), EndpointResponses({CU: again or was}))
    return [
        what.en
        for what, _ in other_endpoints.find_endpoints_worse_than_before(
            OtherEndpoints(), seen, EndpointResponses({CU: now} if now else {})
        )
    ]


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (PAGE, None),
        (FetchResult(PAGE.url, 200, None, 9_000, "text/html"), None),
        (FetchResult(PAGE.url, 301, "https://cu.test/"), None),
        (FetchResult(PAGE.url, 500), "status 200 → 500"),
        (FetchResult(PAGE.url, 404), "status 200 → 404"),
        (FetchResult(PAGE.url, None, error="ConnectError"), "no answer (ConnectError)"),
        (None, "no answer (?)"),
        (FetchResult(PAGE.url, 200, None, 1_000, "text/html"), "size 10000 → 1000 bytes"),
        (FetchResult(PAGE.url, 200, None, 10_000, "text/plain"), "content type text/html → text/plain"),
        (
            FetchResult(PAGE.url, 200, None, 9_000, "text/html", VisiblePage(complaints=frozenset({"x"}))),
            "an error of its",
        ),
    ],
)
def test_a_name_that_nobody_declared_is_named_when_it_serves_worse(now: FetchResult | None, said: str | None) -> None:
    found = told(PAGE, now)
    assert len(found) == (said is not None)
    assert said is None or (said in found[0] and found[0].startswith("http://cu.test:8080/: "))


@pytest.mark.parametrize("was", [FetchResult(PAGE.url, 500), FetchResult(PAGE.url, None, error="refused")])
def test_what_failed_before_is_not_judged_and_said(was: FetchResult) -> None:
    assert told(was, FetchResult(PAGE.url, None)) == []
    (one,) = other_endpoints.list_endpoints_not_comparable(
        OtherEndpoints(), (EndpointResponses({CU: was}), EndpointResponses({CU: was}))
    )
    assert one.en == "http://cu.test:8080/: failed before, or varied by itself"


def test_names_that_were_not_asked_are_counted() -> None:
    assert [
        one.en
        for one in other_endpoints.list_endpoints_not_comparable(
            OtherEndpoints(left_out=3), (EndpointResponses(), EndpointResponses())
        )
    ] == ["3 other names that its web servers claim were not looked at"]


def test_a_port_that_answered_goes_on_answering_unless_it_is_closed_by_name() -> None:
    before = (EndpointResponses(ports={3000: "", 21: "220", 25: None}),) * 2
    known = OtherEndpoints(closing_ports=frozenset({21}))
    shut = EndpointResponses(ports={3000: None, 21: None, 25: None})
    assert [what.en for what, _ in other_endpoints.find_endpoints_worse_than_before(known, before, shut)] == [
        "port 3000 no longer answers"
    ]
    other = EndpointResponses(ports={3000: "HTTP", 21: "SSH"})
    assert [
        what.en for what, _ in other_endpoints.find_endpoints_worse_than_before(OtherEndpoints(), before, other)
    ] == ["port 21 answers otherwise than before"]
    assert (
        other_endpoints.find_endpoints_worse_than_before(
            OtherEndpoints(), before, EndpointResponses(ports={3000: "", 21: "220"})
        )
        == ()
    )


def test_a_name_on_a_port_that_is_closed_by_name_goes_with_it() -> None:
    before = (EndpointResponses({CU: PAGE}),) * 2
    assert (
        other_endpoints.find_endpoints_worse_than_before(
            OtherEndpoints(closing_ports=frozenset({8080})), before, EndpointResponses()
        )
        == ()
    )


def test_another_name_of_a_site_that_is_not_judged_brings_nothing_back() -> None:
    before = (EndpointResponses({CU: PAGE}),) * 2
    assert other_endpoints.find_endpoints_worse_than_before(OtherEndpoints(), before, EndpointResponses()) != ()
    assert (
        other_endpoints.find_endpoints_worse_than_before(OtherEndpoints(), before, EndpointResponses(), {CU.name}) == ()
    )


@pytest.fixture
def greeted() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(b"220 mail.test \x1b[31m\r\n")

        threading.Thread(target=greet, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def test_a_look_tells_who_answers_and_a_later_one_asks_only_those(greeted: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        closed = gone.getsockname()[1]
    known = {"h": OtherEndpoints(endpoints=(ClaimedEndpoint("cu.test", closed, tls=True),), ports=(greeted, closed))}
    seen = other_endpoints.query_endpoints_besides_sites([HOST], known)
    assert dict(seen["h"].ports) == {greeted: "220", closed: None}
    assert [answer.status for answer in seen["h"].endpoints.values()] == [None]
    again = other_endpoints.query_endpoints_besides_sites([HOST], known, seen)
    assert (dict(again["h"].ports), dict(again["h"].endpoints)) == ({greeted: "220"}, {})


def test_a_host_that_lets_us_wait_takes_nobody_elses_time(monkeypatch: pytest.MonkeyPatch) -> None:
    others_are_done, released = threading.Event(), []

    def ask(address: str, port: int) -> str:
        if address == "slow":
            released.append(others_are_done.wait(2))
        elif port == 99:
            others_are_done.set()
        return ""

    monkeypatch.setattr(other_endpoints, "read_kind_of_port_greeting", ask)
    hosts = [Host(name=name, address=name) for name in ("slow", "quick")]
    known = {"slow": OtherEndpoints(ports=tuple(range(1, 61))), "quick": OtherEndpoints(ports=(99,))}
    seen = other_endpoints.query_endpoints_besides_sites(hosts, known)
    assert all(released)
    assert seen["quick"].ports == {99: ""}
    monkeypatch.setattr(other_endpoints, "LOOK_SECONDS", 0.0)
    assert other_endpoints.query_endpoints_besides_sites(hosts[1:], known)["quick"].ports == {99: None}
