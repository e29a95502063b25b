"""What the converged host answers, asked as a visitor would."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl

import pytest
from testinfra.host import Host

CARELESS = "/etc/nginx/conf.d/zz-careless.conf"


def ask(host: Host, name: str, uri: str, port: int = 80) -> tuple[int, dict[str, str]]:
    """Status and headers of the host's answer to a request for a name."""
    address = host.backend.get_variables()["ansible_host"]
    with contextlib.ExitStack() as closing:
        connection = closing.enter_context(socket.create_connection((address, port), 10))
        if port == 443:
            context = ssl._create_unverified_context()  # noqa: S323  the lab's own authority signs it
            connection = closing.enter_context(context.wrap_socket(connection, server_hostname=name))
        visit = http.client.HTTPConnection(address, port)
        visit.sock = connection
        visit.request("GET", uri, headers={"Host": name, "Connection": "close"})
        answer = visit.getresponse()
        answer.read()
        return answer.status, dict(answer.getheaders())


@pytest.mark.parametrize(
    ("name", "uri", "port", "status"),
    [
        ("dongvau.test", "/", 443, 200),
        ("dongvau.test", "/", 80, 301),
        ("dongvau.test", "/.env", 443, 404),
        ("gotre.test", "/", 80, 200),
        ("gotre.test", "/tai-lieu/", 80, 403),
        ("gotre.test", "/khong-co", 80, 404),
        ("gotre.test", "/congkhai.txt", 8090, 200),
        ("gotre.test", "/", 8090, 403),
        ("gotre.test", "/.env", 8090, 404),
        ("gotre.test", "/sao-luu.sql", 8090, 404),
    ],
)
def test_answers(host: Host, name: str, uri: str, port: int, status: int) -> None:
    assert ask(host, name, uri, port)[0] == status


@pytest.mark.parametrize("port", [80, 8090])
def test_a_strangers_name_is_not_answered(host: Host, port: int) -> None:
    with pytest.raises(http.client.RemoteDisconnected):
        ask(host, "la.test", "/", port)


def test_a_strangers_name_gets_no_handshake(host: Host) -> None:
    with pytest.raises(ssl.SSLError):
        ask(host, "la.test", "/", 443)


def test_headers_of_ours_and_of_the_vendor(host: Host) -> None:
    _status, headers = ask(host, "gotre.test", "/congkhai.txt", 8090)
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert headers["X-Vendor"] == "Nhà thầu".encode().decode("latin-1")
    assert headers["Server"] == "nginx"


def test_the_vendors_lines_are_put_out_not_gone(host: Host) -> None:
    text = host.file(CARELESS).content_string
    for control, line in (
        ("nginx.timeouts", "send_timeout 20m;"),
        ("nginx.server_tokens", "server_tokens build;"),
        ("nginx.default_server", "listen 8090 default_server;"),
        ("nginx.access_log", "access_log off;"),
    ):
        assert f"# luytre: put out for {control}: {line}" in text
    assert "add_header X-Vendor" in text


def test_the_files_are_roots_alone(host: Host) -> None:
    for path in ("/etc/nginx/conf.d/00-luytre.conf", "/etc/nginx/snippets/luytre-gotre.test.conf"):
        file = host.file(path)
        assert (file.user, file.group, file.mode) == ("root", "root", 0o644)
    assert not host.file("/etc/nginx/sites-enabled/default").exists
    assert host.file("/etc/nginx/sites-available/default").exists


def test_nginx_runs_and_finds_nothing_wrong(host: Host) -> None:
    assert host.service("nginx").is_running
    with host.sudo():
        told = host.run("nginx -t")
    assert told.rc == 0
    assert "[warn]" not in told.stderr
