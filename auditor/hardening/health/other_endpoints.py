"""What answers on a host besides its declared sites: names that its web servers claim, and ports open to the network.

Who a host says it is, and on which ports, is hostile data: only plain domain names are asked for, at the host's own
address, and certificates are not judged.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from auditor.audit.effects import Effect
from auditor.facts import HostFacts
from auditor.models import Host, Text
from auditor.text.translations import make_text
from auditor.web.fetch import Client, FetchResult

MAX_NAMES = 60
"""Of one host, each asked on each of its ports."""
MAX_DOORS = 100
MAX_PORTS = 100
CONNECT_SECONDS = 2.0
BANNER_SECONDS = 0.4
"""How long a port that speaks first is listened to."""
LOOK_SECONDS = 30.0
"""For all of one host's; what is begun by then still comes to its own end."""
WORKERS = 12
"""Of each host."""
KEPT_SIZE = 0.3
"""The share of its size that a page must still have."""
_NAME = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
_HERE = ("127.", "[::1]", "::1", "localhost", "unix:")
_NOBODY = ("_", "", "localhost", "luytre.invalid", "catch-all.invalid")
_WEB = (80, 443)
_MARIADB_PORTS = frozenset({3306, 33060})
_DATABASE_PORTS = _MARIADB_PORTS | {2375, 5432, 6379, 9000, 9200, 11211, 27017}
_MAIL_PORTS = frozenset({25, 465, 587})


@dataclass(frozen=True, order=True)
class ClaimedEndpoint:
    """A name that a web server claims, on one of its ports."""

    name: str
    port: int
    tls: bool

    def __str__(self) -> str:
        scheme = "https" if self.tls else "http"
        usual = self.port == (443 if self.tls else 80)
        return f"{scheme}://{self.name}{'' if usual else f':{self.port}'}/"


@dataclass(frozen=True)
class OtherEndpoints:
    """The endpoints to look at on one host."""

    endpoints: tuple[ClaimedEndpoint, ...] = ()
    ports: tuple[int, ...] = ()
    closing_ports: frozenset[int] = frozenset()
    """Ports that a planned change closes by name: theirs is not judged."""
    left_out: int = 0
    """How many claimed names are not asked: patterns, and those beyond the bound."""


@dataclass(frozen=True)
class EndpointResponses:
    """The responses of one host at one moment."""

    endpoints: Mapping[ClaimedEndpoint, FetchResult] = field(default_factory=dict)
    ports: Mapping[int, str | None] = field(default_factory=dict)
    """Port to the kind of its greeting, '' for none; None: nobody answers."""


def find_endpoints_besides_declared_sites(
    host: Host, facts: HostFacts, effects: Iterable[Effect] = ()
) -> OtherEndpoints:
    """Return what answers there besides the sites, where controls with these effects are to be put in force."""
    data = facts.build_context_for_control_expressions()
    ports = _list_tcp_ports_open_to_network(host, data)
    claims = list(_iter_names_claimed_by_virtual_hosts(data))
    usable = list(dict.fromkeys(name for name, _ in claims if _is_plain_domain_name(name)))
    names = set(usable[:MAX_NAMES])
    declared_domains = {site.domain for site in host.sites}
    endpoints = dict.fromkeys(
        ClaimedEndpoint(name, listen["port"], listen["tls"])
        for name, listen in claims
        if name in names and not (name in declared_domains and listen["port"] == (443 if listen["tls"] else 80))
    )
    return OtherEndpoints(
        endpoints=tuple(endpoints)[:MAX_DOORS],
        ports=tuple(ports)[:MAX_PORTS],
        closing_ports=find_ports_that_effects_close(host, data, frozenset(effects), ports),
        left_out=len({name for name, _ in claims if name not in _NOBODY} - names),
    )


def _is_plain_domain_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None and len(name) <= 253 and name not in _NOBODY


def _iter_names_claimed_by_virtual_hosts(data: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every name that a virtual host claims, with each address open to the network."""
    for server in ("nginx", "apache"):
        for part in ("vhosts", "unread_vhosts"):
            for vhost in data.get(server, {}).get(part) or ():
                for listen in vhost["listens"]:
                    if 0 < listen["port"] < 65_536 and not listen["address"].startswith(_HERE):
                        yield from ((name, listen) for name in vhost["names"])


def _list_tcp_ports_open_to_network(host: Host, data: Mapping[str, Any]) -> list[int]:
    listeners = [
        each["port"]
        for each in data.get("services", {}).get("listeners", ())
        if each["protocol"] == "tcp" and not each["local"]
    ]
    sent_on = [each["port"] for each in data.get("firewall", {}).get("published", ()) if each["protocol"] == "tcp"]
    return list(dict.fromkeys(port for port in (*sent_on, *listeners, *host.open_ports) if 0 < port < 65_536))


def find_ports_that_effects_close(
    host: Host, data: Mapping[str, Any], effects: frozenset[Effect], ports: Iterable[int]
) -> frozenset[int]:
    """Return the ports that are meant to close, of ``ports`` and of services; declared ones are meant to stay."""
    services, firewall = data.get("services", {}), data.get("firewall", {})
    closing_ports: set[int] = set()
    if Effect.CLOSES_UNDECLARED_PORTS in effects:
        open_by_right = {*_WEB, *firewall.get("ssh", {}).get("ports", ())}
        open_by_right |= {each["port"] for each in firewall.get("published", ())}
        closing_ports |= set(ports) - open_by_right
    if Effect.CLOSES_DATABASE_PORTS in effects:
        closing_ports |= _DATABASE_PORTS
    if Effect.CLOSES_MAIL_PORTS in effects:
        closing_ports |= _MAIL_PORTS
    if Effect.STOPS_UNNEEDED_SERVICES in effects:
        units = {each["unit"] for each in services.get("unneeded", ()) if each["port"] not in host.open_ports}
        closing_ports |= {each["port"] for each in services.get("unneeded", ())}
        closing_ports |= {each["port"] for each in services.get("listeners", ()) if each["unit"] in units}
    if Effect.CLOSES_MARIADB_PORTS in effects:
        closing_ports |= _MARIADB_PORTS | {(data.get("mariadb", {}).get("variables") or {}).get("port") or 3306}
    if Effect.CLOSES_PHP_PORTS in effects:
        pools = data.get("php_fpm", {}).get("pools", ())
        closing_ports |= {
            int(p["backend"].rpartition(":")[2]) for p in pools if p["address"] and p["backend"][-1:].isdigit()
        }
    return frozenset(closing_ports - set(host.open_ports))


# --- looking -------------------------------------------------------------------------------------------------


def query_endpoints_besides_sites(
    hosts: Sequence[Host],
    endpoints_by_host: Mapping[str, OtherEndpoints],
    again: Mapping[str, EndpointResponses] | None = None,
) -> dict[str, EndpointResponses]:
    """Ask all at once; ``again`` is an earlier look, after which only what answered then is asked.

    Each host has workers of its own and ``LOOK_SECONDS``: one that keeps us waiting takes nobody else's time.
    """
    with ExitStack() as pools:
        futures, until = {}, time.monotonic() + LOOK_SECONDS
        for host in hosts:
            pool = pools.enter_context(ThreadPoolExecutor(max_workers=WORKERS))
            client, what = Client(check_trust=False), endpoints_by_host.get(host.name, OtherEndpoints())
            before = again.get(host.name, EndpointResponses()) if again is not None else None
            endpoints = [
                d
                for d in what.endpoints
                if before is None or ((was := before.endpoints.get(d)) and was.status is not None)
            ]
            ports = [port for port in what.ports if before is None or before.ports.get(port) is not None]
            futures[host.name] = (
                {
                    endpoint: pool.submit(_query_endpoint, client, host.address, endpoint, until)
                    for endpoint in endpoints
                },
                {port: pool.submit(_read_port_greeting_before_deadline, host.address, port, until) for port in ports},
            )
        return {
            name: EndpointResponses(
                {answered_endpoint: future.result() for answered_endpoint, future in endpoint_futures.items()},
                {port: future.result() for port, future in ports.items()},
            )
            for name, (endpoint_futures, ports) in futures.items()
        }


def _query_endpoint(client: Client, address: str, endpoint: ClaimedEndpoint, until: float) -> FetchResult:
    if time.monotonic() >= until:
        return FetchResult(str(endpoint), None, error="the others of this host took all its time")
    return client.fetch_page("https" if endpoint.tls else "http", address, endpoint.name, "/", endpoint.port)


def _read_port_greeting_before_deadline(address: str, port: int, until: float) -> str | None:
    return read_kind_of_port_greeting(address, port) if time.monotonic() < until else None


def read_kind_of_port_greeting(address: str, port: int) -> str | None:
    """Return the kind of a port's greeting: its first word of letters and digits, '' for none; None: no connection."""
    try:
        with socket.create_connection((address, port), timeout=CONNECT_SECONDS) as connection:
            if port in _WEB:
                return ""
            connection.settimeout(BANNER_SECONDS)
            try:
                banner = connection.recv(64)
            except OSError:
                return ""
    except OSError:
        return None
    word = re.match(rb"[A-Za-z0-9]{1,8}", banner)
    return word.group().decode() if word else ""


# --- comparing -----------------------------------------------------------------------------------------------


def find_endpoints_worse_than_before(
    endpoints: OtherEndpoints,
    before: Sequence[EndpointResponses],
    now: EndpointResponses,
    by_wish: Collection[str] = (),
) -> tuple[tuple[Text, bool], ...]:
    """Return what answered the same both times before and no longer does.

    Each comes with whether it is a site and not a port.

    ``by_wish``: names whose answers are not judged.
    """
    first, second = before[0], before[-1]
    endpoint_faults = (
        (make_text("{endpoint}: {why} (not declared)", endpoint=endpoint, why=why), True)
        for endpoint, was in first.endpoints.items()
        if endpoint.port not in endpoints.closing_ports
        and endpoint.name not in by_wish
        and (
            why := _describe_how_response_is_worse(
                was, second.endpoints.get(endpoint, was), now.endpoints.get(endpoint)
            )
        )
        is not None
    )
    ports = (
        (_describe_port_change(port, now.ports.get(port)), False)
        for port, was in first.ports.items()
        if was is not None
        and was == second.ports.get(port)
        and port not in endpoints.closing_ports
        and _is_port_greeting_different(was, now.ports.get(port))
    )
    return tuple(chain(endpoint_faults, ports))


def _is_port_greeting_different(was: str, now: str | None) -> bool:
    return now is None or (was != "" and now != was)


def _describe_port_change(port: int, now: str | None) -> Text:
    if now is None:
        return make_text("port {port} no longer answers", port=port)
    return make_text("port {port} answers otherwise than before", port=port)


def _get_status_class(answer: FetchResult | None) -> int:
    return answer.status // 100 if answer is not None and answer.status is not None else 9


def _describe_how_response_is_worse(was: FetchResult, again: FetchResult, now: FetchResult | None) -> Text | None:
    """Return what of a name is worse than both times before; what failed or varied then is not judged."""
    before, after = _get_status_class(was), _get_status_class(now)
    if before in (5, 9) or before != _get_status_class(again):
        return None
    if now is None or after == 9:
        message = now.error if now is not None else "?"
        return make_text("no answer ({value})", value=message or "?")
    if after > before and after > 3:
        return make_text("status {status} → {status_now}", status=was.status, status_now=now.status)
    if before != 2 or after != 2:
        return None
    if was.media == again.media != now.media:
        return make_text("content type {media} → {media_now}", media=was.media, media_now=now.media)
    smallest = min(was.size, again.size)
    if now.size < KEPT_SIZE * smallest:
        return make_text("size {smallest} → {size} bytes", smallest=smallest, size=now.size)
    new = now.page.complaints - was.page.complaints - again.page.complaints
    if new:
        return make_text("the page shows an error of its application")
    return None


def list_endpoints_not_comparable(endpoints: OtherEndpoints, before: Sequence[EndpointResponses]) -> tuple[Text, ...]:
    """Return what nothing later is measured by.

    Names that failed or varied by themselves, and those that were not asked.
    """
    first, second = before[0], before[-1]
    texts = [
        make_text("{endpoint}: failed before, or varied by itself", endpoint=endpoint)
        for endpoint, was in first.endpoints.items()
        if _get_status_class(was) in (5, 9)
        or _get_status_class(was) != _get_status_class(second.endpoints.get(endpoint, was))
    ]
    if endpoints.left_out:
        texts.append(
            make_text(
                "{left_out} other names that its web servers claim were not looked at", left_out=endpoints.left_out
            )
        )
    return tuple(texts)
