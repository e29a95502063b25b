"""What takes visitors besides the web servers that are read, and what HAProxy shows of itself."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.luytre.web_servers import other_web_servers

from auditor.facts.system.services import Statistics


def listener(process: str, port: int, *, local: bool = False) -> dict[str, Any]:
    return {"protocol": "tcp", "process": process, "port": port, "local": local}


def test_servers_whose_configuration_is_not_read_are_named() -> None:
    read = [listener("nginx", 80), listener("haproxy", 443), listener("varnishd", 6081), listener("mariadbd", 3306)]
    assert other_web_servers.describe_unread_web_servers(read) is None
    assert other_web_servers.describe_unread_web_servers([*read, listener("node", 3000, local=True)]) is None
    said = other_web_servers.describe_unread_web_servers(
        [*read, listener("caddy", 443), listener("caddy", 80), listener("node", 80)]
    )
    assert said == "caddy answers on port 80, 443; node answers on port 80, and what it serves is not read"
    assert "lighttpd" in (other_web_servers.describe_unread_web_servers([listener("lighttpd", 8080)]) or "")


CONFIGURATION = """
global
    stats socket /run/haproxy/admin.sock mode 660 level admin
defaults
    mode http
    timeout client 30s
frontend web
    bind :80
    default_backend cache
backend cache
    server one 127.0.0.1:6081
%s
"""


def shown(section: str) -> list[dict[str, Any]]:
    found = other_web_servers.parse_haproxy_statistics_pages("/etc/haproxy/haproxy.cfg", CONFIGURATION % section)
    assert all(Statistics.model_validate(one) for one in found)
    return found


@pytest.mark.parametrize(
    ("section", "local", "password", "changes"),
    [
        ("listen s\n bind :8404\n stats enable\n stats uri /haproxy\n stats auth admin:admin\n stats admin if TRUE", False, "weak", True),
        ("listen s\n bind :8404\n stats enable", False, "none", False),
        ("listen s *:8404\n stats uri /x # stats auth a:long-and-random", False, "none", False),
        ("listen s\n bind 127.0.0.1:8404\n stats enable", True, "none", False),
        ("frontend s\n bind 127.0.0.1:8404\n bind [::]:8404\n stats uri /x", False, "none", False),
        ("listen s\n bind :8404\n stats auth xem:Gh7rq2LpZx", False, "set", False),
        ("listen s\n bind :8404\n stats auth xem:Gh7rq2LpZx\n stats auth b:b", False, "weak", False),
        ("defaults\n stats auth admin:admin\nlisten s\n bind :8404", False, "weak", False),
    ],
)  # fmt: skip
def test_statistics_and_who_reads_them(section: str, local: bool, password: str, changes: bool) -> None:
    (one,) = shown(section)
    assert (one["local"], one["password"], one["changes"]) == (local, password, changes)
    assert "Gh7rq2LpZx" not in str(one)


def test_no_page_no_statistics() -> None:
    assert shown("listen s\n bind :8404\n server a 127.0.0.1:1") == []
    assert shown("backend s\n stats enable") == []
