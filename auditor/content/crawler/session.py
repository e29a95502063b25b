"""One site visited as different people do, slowly, and at its own host alone."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Protocol
from urllib.parse import urljoin, urlsplit

from auditor.content.crawler import url_filter
from auditor.models import Stop
from auditor.models.reviews import MAX_WHERE, SILENCES, SiteStop
from auditor.scans.responses import Visitor, VisitorResponse
from auditor.web.children import UnreadableContent
from auditor.web.fetch import BROWSER, RawResponse

REFUSALS = (403, 429, 503)
MAX_REDIRECTS = 5
SECONDS_BETWEEN = 0.7
"""From one request to the next at one host: at most 15 in any 10 seconds."""
_LONGEST_WAIT = 7 * 86_400
_TLS_ERROR = re.compile(r"\[SSL\b|\[SSL:|\bTLSV?\d?_|CERTIFICATE_VERIFY_FAILED")
_NAME_ERROR = re.compile(r"Name or service not known|name resolution|No address associated|nodename nor servname")
"""What the systems' libraries say, in the errors of the HTTP client."""
_PHONE = {
    **BROWSER,
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/"
    "*;q=0.8,application/signed-exchange;v=b3;q=0.7",
    "User-Agent": "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile "
    "Safari/537.36",
}
_SEARCH = {"Referer": "https://www.google.com/"}
HEADERS: Mapping[Visitor, Mapping[str, str]] = {
    "plain": BROWSER,
    "again": BROWSER,
    "engine": {
        "User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    },
    "referrer": {**BROWSER, **_SEARCH},
    "phone": _PHONE,
    "phone_referrer": {**_PHONE, **_SEARCH},
}
"""What each visitor says of itself."""
_BY_TLS = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-User": "?1"}
_PHONE_BY_TLS = {
    "sec-ch-ua": '"Chromium";v="142", "Google Chrome";v="142", "Not_A Brand";v="99"',
    "sec-ch-ua-mobile": "?1",
    "sec-ch-ua-platform": '"Android"',
}


def build_headers(visitor: Visitor, scheme: str) -> Mapping[str, str]:
    """Return the headers of a visitor's request: browsers say more of themselves where nobody listens."""
    headers = HEADERS[visitor]
    if scheme != "https" or visitor == "engine":
        return headers
    came_from = "cross-site" if "Referer" in headers else "none"
    more = _PHONE_BY_TLS if visitor in ("phone", "phone_referrer") else {}
    return {**headers, **more, **_BY_TLS, "Sec-Fetch-Site": came_from}


class CrawlStopError(Exception):
    """The site does not want to be visited any further, or is not there."""

    def __init__(self, stop: Stop, wait: int | None = None) -> None:
        super().__init__(stop.why)
        self.stop = stop
        self.wait = wait
        """Seconds that it wants to be left alone."""


@dataclass
class RequestPacer:
    """Requests at one host, never closer together than SECONDS_BETWEEN."""

    between: float = SECONDS_BETWEEN
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _last: float | None = field(default=None, init=False)

    def wait_for_next_request(self) -> None:
        """Wait until the next request may begin, which then counts as begun."""
        if self._last is not None:
            delay = self._last + self.between - self.clock()
            if delay > 0:
                self.sleep(delay)
        self._last = self.clock()


class Requester(Protocol):
    """The sender of a request, from wherever it is."""

    def fetch_raw_response(
        self, scheme: str, address: str, domain: str, path: str, port: int | None, headers: Mapping[str, str]
    ) -> RawResponse:
        """Return what one request gives, redirects not followed."""


@dataclass
class SiteSession:
    """The way to one site: where it is, and in which order it may be asked."""

    client: Requester
    address: str
    domain: str
    own: frozenset[str]
    """Its names."""
    pace: RequestPacer
    inside: Requester | None = None
    """Who asks on the host itself."""
    through: frozenset[Visitor] = frozenset()
    """The visitors that go that way."""
    scheme: str = "https"
    ports: Mapping[str, int] = field(default_factory=dict)
    """By scheme, where it is not the usual one."""
    allows: Callable[[str], bool] = lambda _: True
    """Whether a redirect to an address of the site may be taken."""
    _home: RawResponse = field(default_factory=lambda: RawResponse(None), init=False)

    def request_home_page_here_or_from_host(self) -> None:
        """Ask for the home page as a plain visitor, by HTTPS if the site has it.

        Raises CrawlStopError when it serves nothing.

        A site that does not answer here is visited from its host.
        """
        try:
            self._request_home_page_over_https_or_http()
        except CrawlStopError as stopped:
            if stopped.stop.why not in SILENCES or self.inside is None or "plain" in self.through:
                raise
            self.through = frozenset(HEADERS)
            self._request_home_page_over_https_or_http()

    def get_home_page_response(self) -> VisitorResponse:
        """Return the home page that was asked for, with redirects taken.

        Raises as ``visit_path``, also when it is an error's page.
        """
        response = self._follow_redirects_within_site("/", "plain", self._home)
        if response.status >= 400:
            raise CrawlStopError(Stop(why="refused", status=response.status))
        return response

    def _request_home_page_over_https_or_http(self) -> None:
        stop, silences = None, list[SiteStop]()
        for scheme in ("https", "http"):
            raw = self._send_paced_request(scheme, self.domain, "/", "plain")
            if raw.status is not None and raw.own:
                _raise_on_refusal_or_other_site(raw, "/")
                self.scheme, self._home = scheme, raw
                return
            stop = stop or (Stop(why="another_site", status=raw.status) if not raw.own else None)
            silences.append(_explain_silence(raw))
        # Where HTTPS is what does not work, that is what has to be mended, whatever plain HTTP says.
        raise CrawlStopError(stop or Stop(why=next((why for why in silences if why != "silent"), "silent")))

    def visit_path(self, path: str, visitor: Visitor) -> VisitorResponse:
        """Return what a visitor is served.

        Raises CrawlStopError when that is a refusal, nothing, or another site; UnreadableContent for no page.
        """
        return self._follow_redirects_within_site(
            path, visitor, self._send_paced_request(self.scheme, self.domain, path, visitor)
        )

    def visit_home_page_of_host_name(self, scheme: str, host_name: str, visitor: Visitor) -> VisitorResponse:
        """Return what a visitor is served as the home page of another of the site's names. Raises as ``visit_path``."""
        return self._follow_redirects_within_site(
            "/", visitor, self._send_paced_request(scheme, host_name, "/", visitor), (scheme, host_name)
        )

    def _send_paced_request(self, scheme: str, domain: str, path: str, visitor: Visitor) -> RawResponse:
        self.pace.wait_for_next_request()
        requester = self.inside if self.inside is not None and visitor in self.through else self.client
        return requester.fetch_raw_response(
            scheme, self.address, domain, path, self.ports.get(scheme), build_headers(visitor, scheme)
        )

    def _follow_redirects_within_site(
        self, path: str, visitor: Visitor, raw: RawResponse, at: tuple[str, str] | None = None
    ) -> VisitorResponse:
        """Return the response with redirects within the site taken.

        The first that leaves the site is what was served.

        ``at``: scheme and name, where it is another.
        """
        (scheme, domain), been = at or (self.scheme, self.domain), set()
        while True:
            _raise_on_refusal_or_other_site(raw, path)
            if raw.error:
                raise UnreadableContent(raw.error)
            been.add((scheme, domain, path))
            onward = self._resolve_redirect_within_site(raw, f"{scheme}://{domain}{path}")
            if onward is not None and (onward in been or len(been) > MAX_REDIRECTS):
                raise UnreadableContent("redirects without end")
            if onward is None:
                return VisitorResponse(visitor, raw.status or 0, raw.headers, raw.body, _get_redirect_location(raw))
            scheme, domain, path = onward
            raw = self._send_paced_request(scheme, domain, path, visitor)

    def _resolve_redirect_within_site(self, raw: RawResponse, url: str) -> tuple[str, str, str] | None:
        """Return where a redirect leads, if that is a page of the site."""
        location = _get_redirect_location(raw)
        path = url_filter.resolve_link_to_own_path(location, url, self.own) if location else None
        if location is None or path is None or not url_filter.is_safe_to_request(path) or not self.allows(path):
            return None
        there = urlsplit(urljoin(url, location))
        return there.scheme, (there.hostname or self.domain).lower(), path


def _get_redirect_location(raw: RawResponse) -> str | None:
    return raw.redirect_location if raw.status in (301, 302, 303, 307, 308) else None


def _raise_on_refusal_or_other_site(raw: RawResponse, path: str) -> None:
    where = path[:MAX_WHERE]
    if raw.status is None:
        raise CrawlStopError(Stop(why=_explain_silence(raw), where=where))
    if not raw.own:
        raise CrawlStopError(Stop(why="another_site", status=raw.status, where=where))
    if raw.status in REFUSALS:
        raise CrawlStopError(
            Stop(why="refused", status=raw.status, where=where),
            _parse_retry_after_seconds(raw.headers.get("retry-after")),
        )


def _explain_silence(raw: RawResponse) -> SiteStop:
    """Return why nothing answered: its name is not found, its TLS does not work, or none of that."""
    if _TLS_ERROR.search(raw.error):
        return "no_tls"
    return "no_name" if _NAME_ERROR.search(raw.error) else "silent"


def _parse_retry_after_seconds(retry_after: str | None) -> int | None:
    """Return seconds that a Retry-After asks for, a week at most."""
    if retry_after is None:
        return None
    try:
        seconds = (
            int(retry_after)
            if retry_after.isascii() and retry_after.isdigit()
            else parsedate_to_datetime(retry_after).timestamp() - time.time()
        )
    except (ValueError, OverflowError):
        return None
    return int(min(max(seconds, 0), _LONGEST_WAIT))
