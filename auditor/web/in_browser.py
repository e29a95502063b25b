"""Runs as the browser's own user, apart from everything: one page, as one JSON answer on standard output.

A line that says ``started`` comes before it, when the browser is up and no page is open yet.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import sys
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Error, Frame, Page, Request, Route, sync_playwright

_START_MS, _LOAD_MS, _SETTLE_MS = 110_000, 15_000, 1_500
_REQUESTS = 40
"""Of one page."""
_BLOCKED_TYPES = frozenset({"image", "media", "font", "websocket", "eventsource", "ping", "manifest", "other"})
_USUAL_PORTS = {"http": 80, "https": 443}
_PR_SET_NO_NEW_PRIVS = 38
_LIMITS = (
    (resource.RLIMIT_CORE, 0),
    (resource.RLIMIT_CPU, 30),
    (resource.RLIMIT_DATA, 2 << 30),
    (resource.RLIMIT_FSIZE, 50 << 20),
    (resource.RLIMIT_NOFILE, 1_024),
)
_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
_ARGUMENTS = (
    *("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync", "--disable-extensions"),
    *("--disable-background-networking", "--disable-component-update", "--disable-domain-reliability", "--no-pings"),
    *("--force-webrtc-ip-handling-policy=disable_non_proxied_udp", "--js-flags=--max-old-space-size=256"),
)


def _drop_rights_and_limit_resources() -> None:
    """Confine what is started.

    It neither gains rights, nor writes much, nor takes the machine's time and memory.
    """
    if os.geteuid() == 0:
        raise PermissionError("the browser does not run as root")
    for which, most in _LIMITS:
        resource.setrlimit(which, (most, most))
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no_new_privs")


_NO_CONTENT = 204
"""Leaves a page that wants to go elsewhere as it is."""


class _PageVisit:
    """One page, and what it tried to do."""

    def __init__(self, own: frozenset[str]) -> None:
        """Take the site's names as ``own``, each with a port (``name:443``)."""
        self.own = own
        self.names = frozenset(place.rpartition(":")[0] for place in own)
        self.page: Page | None = None
        self.led_to: str | None = None
        self.requests = 0

    def let_through_or_abort_request(self, route: Route) -> None:
        """Let a request of the page through to the site itself, or end it."""
        request = route.request
        self.requests += 1
        own = _get_name_and_port_of_url(request.url) in self.own
        frame = _get_frame_of_request(request)
        leaves = request.is_navigation_request() and (frame is None or frame.parent_frame is None)
        if (frame is None and self.requests > 1) or (frame is not None and frame.page != self.page):
            route.abort()
            return
        if not own and leaves:
            if urlsplit(request.url).hostname not in self.names:
                self.led_to = self.led_to or request.url
            route.fulfill(status=_NO_CONTENT)
            return
        is_needed = own and request.method == "GET" and request.resource_type not in _BLOCKED_TYPES
        if is_needed and self.requests <= _REQUESTS:
            route.continue_()
        else:
            route.abort()


def _get_name_and_port_of_url(url: str) -> str | None:
    """Return whom an address asks: a name with a port, said or usual; None for what has none."""
    parts = urlsplit(url)
    try:
        port = parts.port or _USUAL_PORTS.get(parts.scheme)
    except ValueError:
        return None
    return f"{parts.hostname}:{port}"


def _get_frame_of_request(request: Request) -> Frame | None:
    """Return where a request comes from; None for the first one of a page, which has no frame yet."""
    try:
        return request.frame
    except Error:
        return None


def _render_page_in_chromium(question: dict[str, Any]) -> dict[str, Any]:
    places = question["places"]
    rules = ", ".join([*(f"MAP {name} {place}" for name, place in places.items()), "MAP * ~NOTFOUND"])
    visit = _PageVisit(frozenset(places))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=question["chromium"],
            chromium_sandbox=True,
            timeout=_START_MS,
            args=[*_ARGUMENTS, f"--host-resolver-rules={rules}"],
        )
        print("started", flush=True)
        context = browser.new_context(
            service_workers="block",
            accept_downloads=False,
            ignore_https_errors=True,
            locale="vi-VN",
            user_agent=_AGENT,
        )
        context.route("**/*", visit.let_through_or_abort_request)
        context.route_web_socket("**/*", lambda socket: socket.close())
        page = visit.page = context.new_page()
        context.on("page", lambda other: other.close())
        status = _open_url_and_wait_for_scripts(page, question["url"])
        html = page.content()
        browser.close()
    return {"html": html[: question["longest"]], "led_to": visit.led_to, "status": status}


def _open_url_and_wait_for_scripts(page: Page, url: str) -> int | None:
    """Return what was answered, unless the page took too long."""
    response = None
    try:
        response = page.goto(url, wait_until="domcontentloaded", timeout=_LOAD_MS)
    except Error:
        if page.url in ("about:blank", ""):
            raise
    page.wait_for_timeout(_SETTLE_MS)
    return response.status if response is not None else None


def main() -> None:
    """Answer the one question on standard input."""
    _drop_rights_and_limit_resources()
    question = json.loads(sys.stdin.buffer.read())
    try:
        answer = _render_page_in_chromium(question)
    except Error as error:
        answer = {"error": str(error).partition("\n")[0]}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
