from __future__ import annotations

import dataclasses
import datetime
import gzip
import ipaddress
import ssl
import threading
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from auditor.errors import InputError
from auditor.hardening.health.smoke import (
    find_domains_that_serve_no_smoke_url,
    find_reasons_against_https_by_domain,
    find_urls_unlike_smoke_baseline,
    learn_smoke_baseline_from_two_visits,
    visit_smoke_urls_of_sites,
)
from auditor.models import Host, Site
from auditor.system.deadline import Deadline
from auditor.web import fetch, reader
from auditor.web.fetch import Client, FetchResult
from auditor.web.page import VisiblePage


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = PAGES.get(self.path, f"<title>{self.headers['Host']} {self.path}</title>").encode()
        self.send_response(302 if self.path in LEADS else 404 if self.path == "/missing" else 200)
        if self.path in LEADS:
            self.send_header("Location", LEADS[self.path])
        self.send_header("Content-Type", "text/css" if self.path.endswith(".css") else "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


PAGES = {
    "/": "<title>Xã</title><link rel=stylesheet href='/giao-dien.css?v=1'><h1>Xã An</h1>",
    "/giao-dien.css?v=1": "a{}",
}


LEADS = {"/cu": "/cu/", "/cu/": "/moi?x=1", "/vong": "/vong"}


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler], context: ssl.SSLContext | None = None) -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving(Handler) as number:
        yield number


def certificate(folder: Path, name: str, *, days: int = 1, instead: x509.ExtensionType | None = None) -> Path:
    """A self-signed certificate with its key, PEM; expired when ``days`` is negative.

    ``instead`` of telling which key it has.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    ends = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(ends - datetime.timedelta(days=2))
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(instead or x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}.{days}.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


def tls(file: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


# --- fetching --------------------------------------------------------------------------------------------


def test_asks_the_address_for_the_sites_own_name(port: int) -> None:
    answer = Client().fetch_page("http", "127.0.0.1", "a.test", "/x?y=1", port)
    assert (answer.status, answer.page.title, answer.media) == (200, "a.test /x?y=1", "text/html")
    assert answer.serves_page_or_redirect_of_site
    assert not Client().fetch_page("http", "127.0.0.1", "a.test", "/missing", port).serves_page_or_redirect_of_site


class Telling(Handler):
    def do_GET(self) -> None:
        asked_with.append(dict(self.headers.items()))
        super().do_GET()


asked_with: list[dict[str, str]] = []


def test_a_site_sees_a_visitor_s_browser_and_nothing_of_us() -> None:
    asked_with.clear()
    with serving(Telling) as port:
        Client().fetch_page("http", "127.0.0.1", "a.test", "/", port)
    (headers,) = asked_with
    assert headers["Host"] == "a.test"
    assert headers["User-Agent"].startswith("Mozilla/5.0 (")
    assert headers["Accept"].startswith("text/html,")
    assert headers["Accept-Language"].startswith("vi")
    said = " ".join([*headers, *headers.values()]).lower()
    assert not any(word in said for word in ("luytre", "auditor", "python", "httpx", "smoke", "bot"))


def test_nothing_there_is_an_answer_too() -> None:
    answer = Client().fetch_page("http", "127.0.0.1", "a.test", "/", 1)
    assert answer.status is None
    assert "ConnectError" in answer.error


def test_a_certificate_is_trusted_distrusted_or_anothers(tmp_path: Path) -> None:
    good, expired = certificate(tmp_path, "a.test"), certificate(tmp_path, "a.test", days=-1)
    with serving(Handler, tls(good)) as port:
        answer = Client(str(good)).fetch_page("https", "127.0.0.1", "a.test", "/", port)
        assert (answer.status, answer.own, answer.is_trusted, answer.page.title) == (200, True, True, "Xã")
        assert not Client().fetch_page("https", "127.0.0.1", "a.test", "/", port).is_trusted
        assert not Client(str(good)).fetch_page("https", "127.0.0.1", "b.test", "/", port).own
    with serving(Handler, tls(expired)) as port:
        answer = Client(str(expired)).fetch_page("https", "127.0.0.1", "a.test", "/", port)
        assert (answer.status, answer.own, answer.is_trusted) == (200, True, False)


def test_an_unreadable_authority_is_the_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="luytre_ca_file"):
        Client(str(tmp_path / "none.pem"))


class Dripping(Handler):
    def do_GET(self) -> None:
        try:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            while True:
                self.wfile.write(b"X-A: b\r\n" if self.path == "/head" else b"\r\nbody")
                self.wfile.flush()
                time.sleep(0.02)
        except OSError:
            self.close_connection = True


@pytest.mark.parametrize("path", ["/head", "/body"])
def test_a_server_that_drips_is_cut_off(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setattr(fetch, "FETCH_SECONDS", 0.2)
    with serving(Dripping) as port:
        begun = time.monotonic()
        answer = Client().fetch_page("http", "127.0.0.1", "a.test", path, port)
    assert answer.status is None
    assert time.monotonic() - begun < 2


def test_a_server_that_drips_is_cut_off_though_it_was_reached_when_the_time_was_over(port: int) -> None:
    turn = threading.Lock()
    with serving(Dripping) as dripping, Deadline(0.01) as deadline:
        time.sleep(0.02)
        late = fetch._PageFetch("http", "127.0.0.1", "a.test", "/head", dripping, True, set(), turn, deadline)
        answer = late.request_page_as_browser(ssl.create_default_context())
    assert answer.status is None


def test_a_certificate_that_no_reader_takes_is_the_site_s_alone(tmp_path: Path) -> None:
    """It names its site twice, of which TLS makes nothing."""
    names = x509.SubjectAlternativeName([x509.DNSName("a.test")]).public_bytes()
    other = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.99"), names)
    file = certificate(tmp_path, "a.test", instead=other)
    key, begins, text = file.read_text("utf-8").partition("-----BEGIN CERTIFICATE")
    odd = ssl.PEM_cert_to_DER_cert(begins + text).replace(b"\x55\x1d\x63", b"\x55\x1d\x11")
    file.write_text(key + ssl.DER_cert_to_PEM_cert(odd), "utf-8")
    with serving(Handler, tls(file)) as port:
        answer = Client().fetch_page("https", "127.0.0.1", "a.test", "/", port)
    assert not answer.serves_page_or_redirect_of_site
    assert "Duplicate" in answer.error


class Flooding(Handler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            for _ in range(100):
                self.wfile.write(b"\x1f\x8b" * 500_000)
        except OSError:
            self.close_connection = True


def test_a_flood_is_bounded() -> None:
    with serving(Flooding) as port:
        answer = Client().fetch_page("http", "127.0.0.1", "a.test", "/", port)
    assert answer.status == 200
    assert fetch.MAX_BODY < answer.size < fetch.MAX_BODY + 1_000_000


def bomb(megabytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join([*(packer.compress(b"\0" * 1_000_000) for _ in range(megabytes)), packer.flush()])


PACKED = {
    "/gzip": ("gzip", gzip.compress(PAGES["/"].encode())),
    "/deflate": ("Deflate", zlib.compress(PAGES["/"].encode())),
    "/raw-deflate": ("deflate", zlib.compress(PAGES["/"].encode(), wbits=-15)),
    "/cut": ("gzip", gzip.compress(PAGES["/"].encode() + b"<p>x" * 100)[:-12]),
    "/bomb": ("gzip", bomb(100)),
    "/noise": ("gzip", b"\x1f\x8b\x1f\x8b"),
    "/other": ("br", b"x"),
    "/twice": ("gzip, gzip", gzip.compress(gzip.compress(b"x"))),
}


class Packing(Handler):
    def do_GET(self) -> None:
        encoding, body = PACKED[self.path]
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Encoding", encoding)
        self.end_headers()
        self.wfile.write(body)


def test_a_page_that_is_packed_without_being_asked_is_read_all_the_same() -> None:
    with serving(Packing) as port:
        for path in ("/gzip", "/deflate", "/raw-deflate", "/cut"):
            answer = Client().fetch_page("http", "127.0.0.1", "a.test", path, port)
            assert (answer.status, answer.page.title, answer.page.headings) == (200, "Xã", {"Xã An"}), path
        assert Client().fetch_page("http", "127.0.0.1", "a.test", "/bomb", port).size == fetch.MAX_BODY + 1
        for path in ("/noise", "/other", "/twice"):
            answer = Client().fetch_page("http", "127.0.0.1", "a.test", path, port)
            assert not answer.serves_page_or_redirect_of_site, path
            assert "packed" in answer.error, path


def test_a_page_built_to_cost_time_is_named_as_such_and_its_site_is_not_read_again(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def read(_body: bytes, url: str, _seconds: float) -> VisiblePage:
        asked.append(url)
        raise reader.CostlyContent("this page is built to cost time or memory")

    monkeypatch.setattr(fetch.reader, "read_page_in_child_process", read)
    client = Client()
    first, second = (client.fetch_page("http", "127.0.0.1", "a.test", "/", port) for _ in range(2))
    assert "built to cost" in first.error
    assert "not read again" in second.error
    assert len(asked) == 1


def test_a_host_has_one_page_read_at_a_time_so_that_others_wait_for_no_more_than_that(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once: list[int] = []
    busy: list[str] = []

    def read(_body: bytes, url: str, _seconds: float) -> VisiblePage:
        busy.append(url)
        at_once.append(len(busy))
        time.sleep(0.02)
        busy.remove(url)
        return VisiblePage()

    monkeypatch.setattr(fetch.reader, "read_page_in_child_process", read)
    client = Client()
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda n: client.fetch_page("http", "127.0.0.1", f"{n}.test", "/", port), range(6)))
    assert at_once == [1] * 6


# --- visiting ----------------------------------------------------------------------------------------------


@pytest.fixture
def ports(port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The server on both schemes in place of ports 80 and 443; the authority's file."""
    file = certificate(tmp_path, "a.test")
    with serving(Handler, tls(file)) as secure:
        numbers = {"http": port, "https": secure}
        real = Client.fetch_page

        def get(
            self: Client, scheme: str, address: str, domain: str, path: str, *, is_declared: bool = True
        ) -> FetchResult:
            return real(self, scheme, address, domain, path, numbers[scheme], is_declared=is_declared)

        monkeypatch.setattr(Client, "fetch_page", get)
        yield str(file)


def host(**site: object) -> Host:
    return Host(
        name="h", address=str(ipaddress.ip_address("127.0.0.1")), sites=(Site(domain="a.test", host="h", **site),)
    )  # type: ignore[arg-type]


def test_visits_smoke_urls_login_and_an_asset_on_both_schemes(ports: str) -> None:
    first = visit_smoke_urls_of_sites([host(application="wordpress", smoke_urls=("/", "/b"))], {"h": ports})
    paths = ["/", "/b", "/wp-login.php"]
    assert [answer.url for answer in first["a.test"]] == [
        *(f"http://a.test{path}" for path in paths),
        *(f"https://a.test{path}" for path in paths),
        "http://a.test/giao-dien.css?v=1",
        "https://a.test/giao-dien.css?v=1",
    ]
    assert all(answer.serves_page_or_redirect_of_site and answer.is_trusted for answer in first["a.test"])
    assert [answer.is_declared for answer in first["a.test"]] == [True, True, False, True, True, False, False, False]
    second = visit_smoke_urls_of_sites([host()], {"h": ports}, again=first)
    assert second == first
    assert (
        find_urls_unlike_smoke_baseline(
            learn_smoke_baseline_from_two_visits(first, second),
            visit_smoke_urls_of_sites([host()], {"h": ports}, again=first),
        )
        == ()
    )


def test_visits_where_redirects_lead_on_the_site(ports: str) -> None:
    first = visit_smoke_urls_of_sites([host(smoke_urls=("/cu", "/vong"))], {"h": ports})
    assert [
        answer.url.removeprefix("http://a.test") for answer in first["a.test"] if answer.url.startswith("http:")
    ] == [
        *("/cu", "/vong", "/cu/", "/moi?x=1"),
    ]
    assert visit_smoke_urls_of_sites([host()], {"h": ports}, again=first) == first


@pytest.mark.parametrize("application", [None, "static", "own"])
def test_a_declared_or_needless_login_is_not_visited_twice(ports: str, application: str | None) -> None:
    answers = visit_smoke_urls_of_sites([host(application=application, smoke_urls=("/wp-login.php",))], {"h": ports})
    assert len(answers["a.test"]) == 2


# --- comparing ---------------------------------------------------------------------------------------------

URL = "http://a.test/"
LINES = frozenset(f"dòng {letter}" for letter in "abcdefghij")
PAGE = FetchResult(URL, 200, None, 10_000, "text/html", VisiblePage("Trang", LINES, frozenset({"Xã An"})))
SECURE = dataclasses.replace(PAGE, url="https://a.test/")
SENT_ON = FetchResult(URL, 301, "https://a.test/", 160)


def told(first: FetchResult, after: FetchResult, *more: FetchResult, second: FetchResult | None = None) -> str:
    expectation = learn_smoke_baseline_from_two_visits({"a.test": (first,)}, {"a.test": (second or first,)})
    return "; ".join(
        d.sentence_with_site_and_url.en
        for d in find_urls_unlike_smoke_baseline(expectation, {"a.test": (after, *more)})
    )


def changed(answer: FetchResult = PAGE, **fields: object) -> FetchResult:
    page = {key: fields.pop(key) for key in list(fields) if key in ("title", "lines", "headings", "complaints")}
    return dataclasses.replace(answer, **fields, page=dataclasses.replace(answer.page, **page))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (changed(size=10_500), ""),
        (changed(size=2_000), "size 10000 → 2000 bytes"),
        (changed(size=30_000), "size 10000 → 30000 bytes"),
        (changed(status=500), "status 200 → 500"),
        (changed(title="Lỗi"), "title “Trang” → “Lỗi”"),
        (changed(media="text/plain"), "content type “text/html” → “text/plain”"),
        (changed(lines=frozenset(sorted(LINES)[:8])), ""),
        (changed(lines=frozenset(sorted(LINES)[:5])), "5 of 10 lines of text gone, such as “dòng f”"),
        (changed(headings=frozenset()), "1 of 1 headings gone, such as “Xã An”"),
        (changed(complaints=frozenset({"Warning: x"})), "the page shows a PHP error “Warning: x”"),
        (changed(own=False), "the certificate is no longer this site's"),
        (changed(is_trusted=False), "the certificate is no longer trusted"),
        (FetchResult(URL, None, error="ReadTimeout"), "no answer: ReadTimeout"),
        (FetchResult(URL, 301, "https://b.test/"), "status 200 → 301"),
    ],
)
def test_a_page_is_the_same_or_it_is_named(now: FetchResult, words: str) -> None:
    assert told(PAGE, now) == (f"a.test: {URL}: {words}" if words else "")


def test_a_url_that_was_not_visited_is_not_taken_for_sound() -> None:
    (difference,) = find_urls_unlike_smoke_baseline(learn_smoke_baseline_from_two_visits({"a.test": (PAGE,)}), {})
    assert difference.what.vi.startswith("không trả lời")


@pytest.mark.parametrize(
    ("secure", "words"),
    [
        (SECURE, ""),
        (changed(SECURE, title="Trang mặc định"), "sent on to HTTPS, and there title “Trang” → “Trang mặc định”"),
        (changed(SECURE, is_trusted=False), "where it does not work (200, certificate not trusted)"),
        (changed(SECURE, own=False), "where it does not work (another site's certificate)"),
        (changed(SECURE, status=503), "where it does not work (503)"),
        (changed(SECURE, status=301, location="https://a.test/"), "and there status 200 → 301"),
    ],
)
def test_https_may_take_over_when_it_serves_the_page(secure: FetchResult, words: str) -> None:
    assert told(PAGE, SENT_ON, secure).endswith(words)
    assert bool(told(PAGE, SENT_ON, secure)) is bool(words)


def test_where_https_takes_over_it_is_measured_by_what_https_served_before() -> None:
    """As a log-in page that asks for more over HTTPS."""
    there = changed(SECURE, size=14_000, lines=frozenset({"dòng a", "Xác thực hai bước"}))
    before = {"a.test": (PAGE, there)}
    assert (
        find_urls_unlike_smoke_baseline(learn_smoke_baseline_from_two_visits(before), {"a.test": (SENT_ON, there)})
        == ()
    )
    (one, other) = find_urls_unlike_smoke_baseline(
        learn_smoke_baseline_from_two_visits(before), {"a.test": (SENT_ON, changed(there, size=500))}
    )
    assert one.what.en == "sent on to HTTPS, and there size 14000 → 500 bytes"
    assert other.url == SECURE.url


@pytest.mark.parametrize(
    ("plain", "secure", "said"),
    [
        (PAGE, SECURE, None),
        (PAGE, changed(SECURE, size=14_000), None),
        (PAGE, changed(SECURE, is_trusted=False), "200, certificate not trusted"),
        (PAGE, changed(SECURE, own=False), "another site's certificate"),
        (PAGE, FetchResult(SECURE.url, None, error="ConnectError"), "no answer: ConnectError"),
        (PAGE, changed(SECURE, status=502), "502"),
        (PAGE, changed(SECURE, status=302, location=URL), "it sends visitors back to HTTP"),
        (PAGE, changed(SECURE, title="Welcome to nginx!"), "title “Trang” → “Welcome to nginx!”"),
        (SENT_ON, changed(SECURE, is_trusted=False), None),
        (changed(status=500), changed(SECURE, status=500), None),
    ],
)
def test_what_stands_against_https_is_known_beforehand(
    plain: FetchResult, secure: FetchResult, said: str | None
) -> None:
    faults = find_reasons_against_https_by_domain({"a.test": (plain, secure), "b.test": ()})
    assert set(faults) == ({"a.test"} if said else set())
    assert said is None or (said in faults["a.test"].en and faults["a.test"].en.startswith("https://a.test/: "))


@pytest.mark.parametrize(
    ("location", "same"),
    [("http://a.test/b/", True), ("https://a.test/b/", True), ("http://a.test/c/", False), (None, False)],
)
def test_a_redirect_leads_where_it_did(location: str | None, same: bool) -> None:
    was = FetchResult(URL, 301, "http://a.test/b/")
    assert (told(was, FetchResult(URL, 301, location)) == "") is same


def test_a_redirect_to_https_that_was_there_before_is_no_change() -> None:
    plain = URL.replace("https://", "http://")
    was = FetchResult(plain, 302, plain.replace("http://", "https://"))
    assert told(was, FetchResult(plain, 301, was.location)) == ""


@pytest.mark.parametrize(
    ("second", "now"),
    [
        (changed(title="Chào"), changed(title="Khác")),
        (changed(size=15_000), changed(size=19_000)),
        (changed(lines=frozenset({"khác"})), changed(lines=frozenset({"nữa"}))),
        (changed(headings=frozenset()), changed(headings=frozenset({"Khác"}))),
        (changed(status=503), changed(status=500)),
        (changed(complaints=frozenset({"Notice: x"})), changed(complaints=frozenset({"Notice: x"}))),
    ],
)
def test_what_varies_by_itself_is_not_judged(second: FetchResult, now: FetchResult) -> None:
    assert told(PAGE, now) != ""
    assert told(PAGE, now, second=second) == ""


@pytest.mark.parametrize(
    ("second", "words"),
    [
        (changed(title="Chào"), "title varies by itself"),
        (changed(lines=frozenset({"khác"})), "text varies by itself"),
        (changed(status=503), "varied before anything was changed (200; 503)"),
    ],
)
def test_what_is_not_judged_is_said(second: FetchResult, words: str) -> None:
    (unjudged,) = learn_smoke_baseline_from_two_visits({"a.test": (PAGE,)}, {"a.test": (second,)}).exclusions
    assert unjudged.sentence_with_site_and_url.en == f"a.test: {URL}: {words}"
    assert unjudged.what.vi != unjudged.what.en


def test_urls_that_are_not_judged_for_the_same_reason_are_named_together() -> None:
    pages = tuple(FetchResult(f"https://a.test/{name}", None, error="refused") for name in "bc")
    (one,) = learn_smoke_baseline_from_two_visits({"a.test": pages}).exclusions_grouped_by_site_and_reason
    assert (
        one.sentence_with_site_and_url.en
        == "a.test: https://a.test/b, https://a.test/c: failed before (no answer: refused)"
    )


def test_what_was_broken_before_is_named_and_not_judged() -> None:
    bad = FetchResult(URL, 500)
    assert find_domains_that_serve_no_smoke_url({"a.test": (bad, changed(is_declared=False))}) == ("a.test",)
    expectation = learn_smoke_baseline_from_two_visits({"a.test": (bad,)})
    assert [unjudged.what.en for unjudged in expectation.exclusions] == ["failed before (500)"]
    assert find_urls_unlike_smoke_baseline(expectation, {"a.test": (FetchResult(URL, None, error="x"),)}) == ()


def test_a_login_page_that_nobody_declared_and_is_not_there_is_not_spoken_of() -> None:
    assert (
        learn_smoke_baseline_from_two_visits({"a.test": (FetchResult(URL, 404, is_declared=False),)}).exclusions == ()
    )


def test_foreign_text_cannot_reorder_or_flood_a_sentence() -> None:
    said = told(PAGE, changed(title="\u202e" + "x" * 5000))
    assert "\u202e" not in said
    assert len(said) < 400
