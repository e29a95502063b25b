"""One URL of a site, fetched from its host's address. Hostile servers cost bounded time and memory."""

from __future__ import annotations

import functools
import itertools
import ssl
import threading
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx
from cryptography import x509

from auditor.errors import InputError
from auditor.system.deadline import Deadline
from auditor.web import reader
from auditor.web.page import EMPTY, VisiblePage

FETCH_SECONDS = 10.0
"""For one URL in all, from connecting until its page is read."""
CONNECT_SECONDS = 4.0
"""Of these for the connection: behind a firewall that drops packets, every URL of a host costs as much."""
MAX_BODY = 2_000_000
MAX_HEADERS, MAX_HEADER = 50, 2_000

BROWSER: Mapping[str, str] = {
    "User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:153.0) Gecko/20100101 Firefox/153.0",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "vi-VN,vi;q=0.9,en-US;q=0.8,en;q=0.7",
    "Upgrade-Insecure-Requests": "1",
}
"""What a visitor's browser says of itself, the extended-support Firefox of the day. A site that could tell us from its
visitors could serve them and fail us, and so keep its host from being hardened for ever."""

ACCEPT_ENCODING = "gzip, deflate"
"""What is unpacked here. No browser asks for anything less: a site would know us by that."""

_VERIFY_FAILURE = "CERTIFICATE_VERIFY_FAILED"


@dataclass(frozen=True)
class FetchResult:
    """The answer of one URL, or why it gave none."""

    url: str
    status: int | None
    location: str | None = None
    size: int = 0
    """In bytes, at most a little over ``MAX_BODY``."""
    media: str = ""
    """Media type, as text/html."""
    page: VisiblePage = EMPTY
    own: bool = True
    """False when the certificate is for other names: what answered there is not this site."""
    is_trusted: bool = True
    """False when a browser would warn: the certificate is expired, or of an unknown authority."""
    error: str = ""
    is_declared: bool = True
    """False for URLs that nobody declared: the login page and an asset that the start page uses."""

    @property
    def serves_page_or_redirect_of_site(self) -> bool:
        """Return whether a visitor gets a page or a redirect of this very site."""
        return self.own and self.status is not None and self.status < 400


@dataclass(frozen=True)
class RawResponse:
    """The answer to one request, unread, or why there was none."""

    status: int | None
    """None: there was no answer."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case; at most MAX_HEADERS, MAX_HEADER characters each."""
    body: bytes = b""
    """Unpacked, at most a little over ``MAX_BODY``."""
    own: bool = True
    is_trusted: bool = True
    error: str = ""
    """Why there was no answer, or why its body was not taken."""

    @property
    def redirect_location(self) -> str | None:
        """Return where a redirect leads, as it was sent."""
        return self.headers.get("location")

    @property
    def media_type(self) -> str:
        """Return media type, as text/html."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()[:100]


class Client:
    """Fetches by host address with the site's own Host and SNI; nothing on this machine has to know the names."""

    def __init__(self, ca_file: str | None = None, *, check_trust: bool = True) -> None:
        """Trust ``ca_file``, an authority, besides the system's. Raises InputError when it cannot be read.

        ``check_trust``: whether to find out if a browser would trust certificates.
        """
        self._check_trust = check_trust
        self._strict = _make_verifying_context(ca_file)
        self._lenient = _make_context_without_verification()
        self._given_up: set[str] = set()
        """Sites with a page that was built to cost time."""
        self._turn = threading.Lock()
        """Pages of one host are read one after the other, so that those of others do not wait for more than one."""

    def fetch_page(
        self,
        scheme: str,
        address: str,
        domain: str,
        path: str,
        port: int | None = None,
        *,
        is_declared: bool = True,
    ) -> FetchResult:
        """Return one page, redirects not followed; ``port`` when it is not the scheme's own.

        Never raises for what answers.
        """
        with Deadline(FETCH_SECONDS) as deadline:
            fetch = _PageFetch(scheme, address, domain, path, port, is_declared, self._given_up, self._turn, deadline)
            answer = fetch.request_page_as_browser(self._strict if self._check_trust else self._lenient)
            if _VERIFY_FAILURE in answer.error:
                # A site with a bad certificate still has to serve its visitors what it did.
                answer = fetch.request_page_as_browser(self._lenient, is_trusted=False)
        return answer

    def fetch_raw_response(
        self, scheme: str, address: str, domain: str, path: str, port: int | None, headers: Mapping[str, str]
    ) -> RawResponse:
        """Return the bytes of one page, asked for with these headers, whatever the certificate.

        Redirects are not followed.

        Never raises for what answers.
        """
        with Deadline(FETCH_SECONDS) as deadline:
            fetch = _PageFetch(scheme, address, domain, path, port, False, self._given_up, self._turn, deadline)
            return fetch.request_raw_response(self._lenient, headers)


@functools.cache
def _make_verifying_context(ca_file: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False  # The name is judged by is_certificate_for_domain, which tells it from distrust.
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as error:
            raise InputError(
                "luytre_ca_file {path} cannot be read: {why}",
                mend="name a readable PEM file of certificates",
                path=ca_file,
                why=error.strerror or error,
            ) from error
    return context


@functools.cache
def _make_context_without_verification() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@dataclass
class _PageFetch:
    scheme: str
    address: str
    domain: str
    path: str
    port: int | None
    is_declared: bool
    given_up: set[str]
    turn: threading.Lock
    deadline: Deadline

    def _read_bounded_body(self, response: httpx.Response) -> bytes:
        body = bytearray()
        for chunk in response.iter_raw():
            body += chunk
            self.deadline.get_remaining()
            if len(body) > MAX_BODY:
                break
        return bytes(body)

    def _parse_page_in_turn(self, body: bytes, url: str) -> VisiblePage:
        if not self.turn.acquire(timeout=self.deadline.get_remaining()):
            raise reader.UnreadableContent("other pages of the host took all the time for reading")
        try:
            if self.domain in self.given_up:
                raise reader.CostlyContent("another page of the site was built to cost time: not read again")
            return reader.read_page_in_child_process(body, url, self.deadline.get_remaining())
        except reader.CostlyContent:
            self.given_up.add(self.domain)
            raise
        finally:
            self.turn.release()

    def request_raw_response(
        self, context: ssl.SSLContext, headers: Mapping[str, str], *, is_trusted: bool = True
    ) -> RawResponse:
        """Return one request, its answer bounded and unpacked."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        target = f"{self.scheme}://{host}{f':{self.port}' if self.port else ''}{self.path}"
        timeout = httpx.Timeout(FETCH_SECONDS, connect=min(CONNECT_SECONDS, FETCH_SECONDS))
        status, response_headers, own = None, {}, True
        try:
            with (
                httpx.Client(verify=context, timeout=timeout, trust_env=False) as client,
                client.stream(
                    "GET",
                    target,
                    headers={"Host": self.domain, **headers, "Accept-Encoding": ACCEPT_ENCODING},
                    extensions={"sni_hostname": self.domain, "trace": self.deadline.trace_httpx_connections},
                ) as response,
            ):
                own = _is_response_certificate_for_domain(response, self.domain)
                response_headers = {name.lower(): value[:MAX_HEADER] for name, value in response.headers.items()}
                response_headers = dict(itertools.islice(response_headers.items(), MAX_HEADERS))
                status = response.status_code
                compressed_body = self._read_bounded_body(response)
                body = decompress_body(compressed_body, response.headers.get("content-encoding", ""), MAX_BODY)
            self.deadline.get_remaining()
        except Exception as error:  # any: certificates and answers are built by others, and their readers are not ours
            what = f"{type(error).__name__}: {self.deadline.explain_error_or_timeout(error)}"[:200]
            return RawResponse(status, response_headers, own=own, is_trusted=is_trusted, error=what)
        return RawResponse(status, response_headers, body, own=own, is_trusted=is_trusted)

    def request_page_as_browser(self, context: ssl.SSLContext, *, is_trusted: bool = True) -> FetchResult:
        """Return what a browser is given, read."""
        url = f"{self.scheme}://{self.domain}{self.path}"
        raw = self.request_raw_response(context, BROWSER, is_trusted=is_trusted)
        page, error = EMPTY, raw.error
        if not error and raw.media_type in ("text/html", "application/xhtml+xml"):
            try:
                page = self._parse_page_in_turn(raw.body, url)
                self.deadline.get_remaining()
            except (reader.UnreadableContent, TimeoutError) as unread:
                error = f"{type(unread).__name__}: {unread}"[:200]
        if error:
            return FetchResult(url, None, error=error, is_trusted=is_trusted, is_declared=self.is_declared)
        return FetchResult(
            url=url,
            status=raw.status,
            location=raw.redirect_location or None,
            size=len(raw.body),
            media=raw.media_type,
            page=page,
            own=raw.own,
            is_trusted=is_trusted,
            is_declared=self.is_declared,
        )


def decompress_body(body: bytes, encoding: str, limit: int) -> bytes:
    """Return a body as it was before its server packed it, asked or not: the first ``limit`` bytes and a few, or fewer.

    Raises ValueError for what is packed otherwise than with gzip or deflate, once.
    """
    way = _WINDOW_BITS.get(encoding.strip().lower())
    if way is None:
        raise ValueError(f"packed in a way that nobody asked for: {encoding[:40]}")
    for wbits in way:
        unpacker = zlib.decompressobj(wbits)
        try:
            return unpacker.decompress(body, limit + 1)
        except zlib.error as error:
            why = str(error)
    if way:
        raise ValueError(f"not packed as it says: {why[:100]}")
    return body


_WINDOW_BITS = {"": (), "identity": (), "gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}
"""Ways in which zlib unpacks what is packed like that."""


def _is_response_certificate_for_domain(response: httpx.Response, domain: str) -> bool:
    """Return whether the certificate, be it expired or unknown, was made out to the domain. True without TLS."""
    connection = response.extensions["network_stream"].get_extra_info("ssl_object")
    return connection is None or is_certificate_for_domain(connection.getpeercert(True) or b"", domain)


def is_certificate_for_domain(der: bytes, domain: str) -> bool:
    """Return whether a certificate, be it expired or unknown, was made out to the domain."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return False
    expected_names = {domain, "*." + domain.partition(".")[2]}
    return any(name.lower() in expected_names for name in names.get_values_for_type(x509.DNSName))
