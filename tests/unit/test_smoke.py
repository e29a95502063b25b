from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from auditor.models import Host, Site
from auditor.review.smoke import Answer, Client, broken, compare, visit


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = f"<title>{self.headers['Host']} {self.path}</title>".encode()
        self.send_response(404 if self.path == "/missing" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_asks_the_address_for_the_sites_own_name(port: int) -> None:
    answer = Client().get("http", "127.0.0.1", "a.test", "/x?y=1", port)
    assert (answer.status, answer.title) == (200, "a.test /x?y=1")
    assert answer.serves
    assert not Client().get("http", "127.0.0.1", "a.test", "/missing", port).serves


def test_nothing_there_is_an_answer_too() -> None:
    answer = Client().get("http", "127.0.0.1", "a.test", "/", 1)
    assert answer.status is None
    assert "ConnectError" in answer.error


def test_visits_every_smoke_url_on_both_schemes() -> None:
    host = Host(name="h", address="127.0.0.1", sites=(Site(domain="a.test", host="h", smoke_urls=("/", "/b")),))
    answers = visit([host], {})
    assert [answer.url for answer in answers["a.test"]] == [
        "http://a.test/",
        "http://a.test/b",
        "https://a.test/",
        "https://a.test/b",
    ]


PAGE = Answer("http://a.test/", 200, None, "Trang", 10_000, "d")


@pytest.mark.parametrize(
    ("now", "same"),
    [
        (Answer("http://a.test/", 200, None, "Trang", 10_500, "e"), True),
        (Answer("http://a.test/", 301, "https://a.test/", "", 160, "e"), True),
        (Answer("http://a.test/", 301, "https://b.test/", "", 160, "e"), False),
        (Answer("http://a.test/", 500, None, "Trang", 10_000, "d"), False),
        (Answer("http://a.test/", 200, None, "Lỗi", 10_000, "d"), False),
        (Answer("http://a.test/", 200, None, "Trang", 2_000, "d"), False),
        (Answer("http://a.test/", None, error="timeout"), False),
    ],
)
def test_a_page_is_the_same_or_it_is_named(now: Answer, same: bool) -> None:
    differences = compare({"a.test": [PAGE]}, {"a.test": [now]})
    assert (differences == ()) is same
    if not same:
        assert differences[0].url == "http://a.test/"


def test_what_was_broken_before_is_named_and_not_judged() -> None:
    bad = Answer("http://a.test/", 500)
    assert broken({"a.test": [bad]}) == ("a.test",)
    assert compare({"a.test": [bad]}, {"a.test": [Answer("http://a.test/", None, error="x")]}) == ()
