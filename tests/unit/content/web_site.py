"""A real web server that serves what a test says, and remembers who asked for what."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    host: str
    path: str
    agent: str
    referrer: str
    at: float
    headers: Mapping[str, str] = field(default_factory=dict)
    """By name in lower case."""


@dataclass(frozen=True)
class Page:
    """What is answered."""

    body: bytes | str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    drip: float = 0.0
    """Seconds between its bytes."""
    hang_up: bool = False
    """Whether the connection is closed in place of an answer."""


Answering = Callable[[Asked], Page]


@dataclass
class WebSite:
    """The server: ``answer`` may be changed while it runs."""

    port: int
    answer: Answering
    now: Callable[[], float]
    asked: list[Asked] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [one.path for one in self.asked]


def pages(texts: Mapping[str, str | Page]) -> Answering:
    """Pages by path, and 404 for the rest."""

    def answer(asked: Asked) -> Page:
        found = texts.get(asked.path, Page("<title>404</title>Không tìm thấy", 404))
        return found if isinstance(found, Page) else Page(found)

    return answer


@contextmanager
def serving(answer: Answering, now: Callable[[], float] = time.monotonic) -> Iterator[WebSite]:
    """A server on this machine while it is needed."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = self.headers
            asked = Asked(
                self.command,
                headers.get("Host", ""),
                self.path,
                headers.get("User-Agent", ""),
                headers.get("Referer", ""),
                now(),
                {name.lower(): value for name, value in headers.items()},
            )
            site.asked.append(asked)
            page = site.answer(asked)
            if page.hang_up:
                self.close_connection = True
                return
            body = page.body.encode() if isinstance(page.body, str) else page.body
            try:
                self.send_response(page.status)
                for name, value in {"Content-Type": HTML, "Content-Length": str(len(body)), **page.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                for start in range(0, len(body), 1 if page.drip else len(body) or 1):
                    self.wfile.write(body[start : start + 1] if page.drip else body)
                    time.sleep(page.drip)
            except OSError:
                return

        do_POST = do_HEAD = do_PUT = do_DELETE = do_GET

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    site = WebSite(server.server_address[1], answer, now)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
