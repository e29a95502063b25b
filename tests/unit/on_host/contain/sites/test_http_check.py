"""Visits that root makes to a site of its own host: real ones, to a server that drips and to one that answers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from ansible.module_utils.luytre_contain.sites import http_check, own_server

LEADS = {
    "/sang/vi": "/vi/",
    "/sang/trang-khac": "http://khac.test/",
    "/sang/mai": "/sang/mai",
    "/sang/mai/1": "/sang/mai/2",
    "/sang/mai/2": "/sang/mai/1",
    "/sang/cong": "http://antruc.test:22/",
}


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path.startswith("/sang/"):
            self.send_response(302)
            self.send_header("Location", LEADS[self.path])
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = f"{self.headers['Host']} {self.path} {self.headers.get('Cookie', '')}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_said: object) -> None:
        pass


COOKIE = http_check.Cookie("a=b", "/var/www/a")


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setitem(http_check.PORTS, "http", server.server_port)
        monkeypatch.setattr(own_server, "check_site_is_answered_by_own_server", lambda *_place: None)
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.mark.usefixtures("port")
def test_a_site_is_asked_by_its_name_on_this_host() -> None:
    assert http_check.fetch_page("http://antruc.test/tin", COOKIE) == (200, b"antruc.test /tin a=b")
    found = http_check.fetch_pages(["http://antruc.test/", "http://khac.test/", "nothing"])
    assert found == {
        "http://antruc.test/": (200, b"antruc.test / "),
        "http://khac.test/": (200, b"khac.test / "),
        "nothing": (None, b""),
    }


@pytest.mark.usefixtures("port")
def test_it_is_followed_on_the_same_site_alone() -> None:
    assert http_check.fetch_page("http://antruc.test/sang/vi", COOKIE) == (200, b"antruc.test /vi/ a=b")
    for path in ("trang-khac", "mai", "mai/1", "cong"):
        assert http_check.fetch_page(f"http://antruc.test/sang/{path}")[0] in (302, None)


def test_a_cookie_goes_to_the_site_s_own_server_alone(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[object, ...]] = []

    def check(*place: object) -> None:
        asked.append(place)
        if place[-1] != "/sang/vi":
            raise own_server.Unproven("another's")

    monkeypatch.setattr(own_server, "check_site_is_answered_by_own_server", check)
    monkeypatch.setattr(http_check.network_peers, "iter_own_addresses", lambda: iter(("127.0.0.1",)))
    with pytest.raises(own_server.Unproven):  # where it leads to may be another's, too
        http_check.fetch_page("http://antruc.test/sang/vi", COOKIE)
    root, own = "/var/www/a", "127.0.0.1"
    assert asked == [(root, own, port, "antruc.test", "/sang/vi"), (root, own, port, "antruc.test", "/vi/")]
    assert http_check.fetch_page("http://antruc.test/")[0] == 200
    assert len(asked) == 2


def test_one_that_drips_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else this would not end."""
    monkeypatch.setattr(http_check, "SECONDS", 0.3)
    over = threading.Event()

    def drip(listening: socket.socket) -> None:
        there, _ = listening.accept()
        with there:
            there.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            while not over.wait(0.05):
                try:
                    there.sendall(b"x")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listening:
        monkeypatch.setitem(http_check.PORTS, "http", listening.getsockname()[1])
        thread = threading.Thread(target=drip, args=(listening,))
        thread.start()
        assert http_check.fetch_page("http://antruc.test/") == (None, b"")
        over.set()
        thread.join()
