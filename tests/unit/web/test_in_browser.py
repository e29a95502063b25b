"""What the browser's own program lets a page do; that a real one obeys is tried in ``tests/browser``."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from playwright.sync_api import Error

from auditor.web import in_browser
from auditor.web.in_browser import _PageVisit

OWN = frozenset({"antruc.test:443", "antruc.test:80", "www.antruc.test:443"})
TOP = SimpleNamespace(parent_frame=None, page=None)
INNER = SimpleNamespace(parent_frame=TOP, page=None)
FIRST = None
"""The first request of a page has no frame."""


class Request:
    def __init__(self, url: str, frame: Any, kind: str, method: str, *, is_navigation: bool) -> None:
        self.url, self.resource_type, self.method = url, kind, method
        self._frame, self._is_navigation = frame, is_navigation

    @property
    def frame(self) -> Any:
        if self._frame is FIRST:
            raise Error("no frame yet")
        return self._frame

    def is_navigation_request(self) -> bool:
        return self._is_navigation


class Route:
    def __init__(self, request: Request) -> None:
        self.request = request
        self.ended = ""

    def continue_(self) -> None:
        self.ended = "through"

    def abort(self) -> None:
        self.ended = "aborted"

    def fulfill(self, status: int) -> None:
        self.ended = f"answered {status}"


def visit() -> _PageVisit:
    return _PageVisit(OWN)


def ask(
    page: _PageVisit, url: str, frame: Any = TOP, kind: str = "script", *, method: str = "GET", navigates: bool = False
) -> str:
    route = Route(Request(url, frame, kind, method, is_navigation=navigates))
    page.let_through_or_abort_request(cast(Any, route))
    return route.ended


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://antruc.test/a", "antruc.test:443"),
        ("http://antruc.test", "antruc.test:80"),
        ("https://ANTRUC.test:443/", "antruc.test:443"),
        ("https://antruc.test:8443/", "antruc.test:8443"),
        ("https://an@antruc.test/", "antruc.test:443"),
        ("https://antruc.test@khac.test/", "khac.test:443"),
        ("https://antruc.test:99999/", None),
        ("https://antruc.test:x/", None),
        ("data:text/html,x", "None:None"),
        ("file:///etc/passwd", "None:None"),
        ("javascript:1", "None:None"),
    ],
)
def test_whom_an_address_asks(url: str, place: str | None) -> None:
    assert in_browser._get_name_and_port_of_url(url) == place
    assert place in OWN or ask(visit(), url) == "aborted"


@pytest.mark.parametrize("kind", ["document", "script", "stylesheet", "xhr", "fetch"])
def test_the_site_s_own_page_and_scripts_come(kind: str) -> None:
    assert ask(visit(), "https://antruc.test/a", kind=kind) == "through"
    assert ask(visit(), "https://www.antruc.test/a", INNER, kind) == "through"


@pytest.mark.parametrize("kind", sorted(in_browser._BLOCKED_TYPES))
def test_what_shows_nothing_or_talks_on_does_not(kind: str) -> None:
    assert ask(visit(), "https://antruc.test/a", kind=kind) == "aborted"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD", "get"])
def test_nothing_is_sent(method: str) -> None:
    assert ask(visit(), "https://antruc.test/a", kind="fetch", method=method) == "aborted"


@pytest.mark.parametrize(
    "url",
    [
        "https://khac.test/x.js",
        "https://antruc.test.khac.test/x.js",
        "https://antruc.test:8443/x.js",
        "http://www.antruc.test/x.js",
        "http://127.0.0.1/",
        "http://169.254.169.254/latest",
        "http://[::1]/",
        "file:///etc/passwd",
    ],
)
def test_nobody_else_is_asked(url: str) -> None:
    page = visit()
    assert ask(page, url) == "aborted"
    assert page.led_to is None


@pytest.mark.parametrize("frame", [TOP, FIRST])
def test_a_page_that_wants_to_go_elsewhere_stays_and_says_where(frame: Any) -> None:
    page = visit()
    assert ask(page, "https://khac.test/vao", frame, "document", navigates=True) == "answered 204"
    ask(page, "https://nua.test/", TOP, "document", navigates=True)
    assert page.led_to == "https://khac.test/vao"


def test_a_frame_that_goes_elsewhere_is_ended_and_leads_nobody() -> None:
    page = visit()
    assert ask(page, "https://khac.test/vao", INNER, "document", navigates=True) == "aborted"
    assert page.led_to is None


def test_another_port_of_the_site_is_not_elsewhere() -> None:
    page = visit()
    assert ask(page, "https://antruc.test:8443/", TOP, "document", navigates=True) == "answered 204"
    assert page.led_to is None


def test_only_the_first_request_may_have_no_frame() -> None:
    page = visit()
    assert ask(page, "https://antruc.test/", FIRST, "document", navigates=True) == "through"
    assert ask(page, "https://antruc.test/sw.js", FIRST) == "aborted"


def test_a_window_that_a_page_opens_gets_nothing() -> None:
    page = visit()
    other = SimpleNamespace(parent_frame=None, page=object())
    assert ask(page, "https://antruc.test/", other, "document", navigates=True) == "aborted"


def test_a_page_asks_so_often_and_no_more() -> None:
    page = visit()
    ended = [ask(page, f"https://antruc.test/{number}.js") for number in range(in_browser._REQUESTS + 5)]
    assert ended == ["through"] * in_browser._REQUESTS + ["aborted"] * 5


# --- the process ----------------------------------------------------------------------------------------------


def test_it_does_not_run_as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(resource, "setrlimit", lambda *_: pytest.fail("went on"))
    with pytest.raises(PermissionError, match="as root"):
        in_browser._drop_rights_and_limit_resources()


LIMITED = """
import json, os, resource
os.geteuid = lambda: 1000
from auditor.web import in_browser
in_browser._drop_rights_and_limit_resources()
told = [resource.getrlimit(which) for which, _ in in_browser._LIMITS]
with open("/proc/self/status") as status:
    no_new = next(line.split()[1] for line in status if line.startswith("NoNewPrivs"))
print(json.dumps([told, no_new]))
"""


def test_it_neither_gains_rights_nor_takes_the_machine() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED], cwd=Path(__file__).parents[3], capture_output=True, check=True
    )
    limits, no_new = json.loads(done.stdout)
    assert limits == [[most, most] for _, most in in_browser._LIMITS]
    assert no_new == "1"


@pytest.mark.parametrize("at", ["about:blank", "", "https://antruc.test/"])
def test_a_page_that_takes_too_long_is_read_as_far_as_it_came_unless_nothing_came(at: str) -> None:
    waited: list[int] = []

    def goto(*_: Any, **__: Any) -> None:
        raise Error("Timeout 15000ms exceeded")

    page: Any = SimpleNamespace(url=at, goto=goto, wait_for_timeout=waited.append)
    if at.startswith("https"):
        assert in_browser._open_url_and_wait_for_scripts(page, at) is None
        assert waited == [in_browser._SETTLE_MS]
    else:
        with pytest.raises(Error):
            in_browser._open_url_and_wait_for_scripts(page, at)


class Chromium:
    """Stands for Playwright, its browser, the context and the page of that, and keeps what it is told."""

    def __init__(self) -> None:
        self.told: dict[str, Any] = {}
        self.chromium, self.url = self, "https://antruc.test/"

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self.told["over"] = True

    def launch(self, **how: Any) -> Any:
        self.told |= how
        return self

    def new_context(self, **how: Any) -> Any:
        self.told |= how
        return self

    def new_page(self) -> Any:
        return self

    def goto(self, url: str, **_how: Any) -> Any:
        self.told["url"] = url
        return SimpleNamespace(status=404)

    def content(self) -> str:
        return "<p>" + "x" * 100

    def route(self, pattern: str, _decide: Any) -> None:
        self.told["routed"] = pattern

    def route_web_socket(self, pattern: str, decide: Any) -> None:
        closed: list[str] = []
        decide(SimpleNamespace(close=lambda: closed.append(pattern)))
        self.told["sockets closed"] = closed

    def on(self, event: str, decide: Any) -> None:
        closed: list[str] = []
        decide(SimpleNamespace(close=lambda: closed.append(event)))
        self.told["pages closed"] = closed

    def wait_for_timeout(self, _milliseconds: int) -> None: ...

    def close(self) -> None: ...


def test_a_page_is_opened_in_a_sandbox_that_reaches_the_site_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    chromium = Chromium()
    monkeypatch.setattr(in_browser, "sync_playwright", lambda: chromium)
    places = {"antruc.test:443": "192.0.2.1:443", "www.antruc.test:443": "192.0.2.1:443"}
    question = {"places": places, "chromium": "/usr/bin/chromium", "url": "https://antruc.test/", "longest": 10}
    answer = in_browser._render_page_in_chromium(question)
    assert answer == {"html": "<p>xxxxxxx", "led_to": None, "status": 404}
    assert capsys.readouterr().out == "started\n"
    told = chromium.told
    assert (told["chromium_sandbox"], told["service_workers"], told["accept_downloads"]) == (True, "block", False)
    (rules,) = (word for word in told["args"] if word.startswith("--host-resolver-rules="))
    assert rules.endswith(", MAP * ~NOTFOUND")
    assert all(f"MAP {name} {place}" in rules for name, place in places.items())
    assert not any("sandbox" in word for word in told["args"])
    assert (told["routed"], told["sockets closed"], told["pages closed"]) == ("**/*", ["**/*"], ["page"])
    assert told["url"] == question["url"] and told["over"]
