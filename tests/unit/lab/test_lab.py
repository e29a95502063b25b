"""When a machine serves: its sites' pages come, not only what points to them."""

from __future__ import annotations

import contextlib
import datetime as dt
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from auditor.lab import ca, lab
from auditor.lab.spec import load_lab_spec

_ADDRESS = "127.77.0.1"
"""Nobody else's: the ports are those of sites."""


@contextlib.contextmanager
def _serve(port: int, status: int, location: str = "", tls: ssl.SSLContext | None = None) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer((_ADDRESS, port), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def expired(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """Return a server's side of TLS whose certificate has expired: that is for the audit to say."""
    folder: Path = tmp_path_factory.mktemp("ca")
    ca.make_certificate_authority(folder / "ca.pem")
    site = load_lab_spec().hosts["web1"].sites["antruc.test"]
    long_ago = dt.date(2020, 1, 1)
    pair = ca.issue_certificate(folder / "ca.pem", "xa.test", site, long_ago, period=(long_ago, long_ago))
    for name, text in zip(("crt", "key"), pair, strict=True):
        (folder / name).write_text(text, "ascii")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "crt", folder / "key")
    return context


@pytest.mark.parametrize(("status", "serves"), [(200, True), (500, False), (503, False)])
def test_a_site_that_points_to_https_serves_when_its_page_comes_there(
    expired: ssl.SSLContext, status: int, serves: bool
) -> None:
    with _serve(80, 301, "https://xa.test/"), _serve(443, status, tls=expired):
        assert lab._is_site_serving_at_address(_ADDRESS, "xa.test") is serves


@pytest.mark.parametrize(("status", "location", "serves"), [(200, "", True), (302, "/vi/", True), (500, "", False)])
def test_a_site_over_http_serves_by_its_own_answer(status: int, location: str, serves: bool) -> None:
    with _serve(80, status, location):
        assert lab._is_site_serving_at_address(_ADDRESS, "xa.test") is serves


def test_a_site_that_points_to_https_where_nothing_answers_does_not_serve() -> None:
    with _serve(80, 301, "https://xa.test/"):
        assert not lab._is_site_serving_at_address(_ADDRESS, "xa.test")
    assert not lab._is_site_serving_at_address(_ADDRESS, "xa.test")
