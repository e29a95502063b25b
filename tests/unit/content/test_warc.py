"""Answers as a WARC file, read by the library that archives read theirs with."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from warcio.archiveiterator import ArchiveIterator
from warcio.recordloader import ArcWarcRecord

from auditor.content.crawler.session import HEADERS
from auditor.content.warc import MAX_BYTES, build_warc
from auditor.scans.responses import PageVisit, VisitorResponse

URL = "https://antruc.test/tin/a?id=3"
AT = datetime(2026, 11, 27, 3, 4, 5, tzinfo=UTC)


def read(content: bytes) -> Iterator[tuple[ArcWarcRecord, bytes]]:
    for record in ArchiveIterator(io.BytesIO(content), check_digests="raise"):
        yield record, record.content_stream().read()


def kept(*served: VisitorResponse) -> dict[tuple[str, str | None], tuple[ArcWarcRecord, bytes]]:
    content = build_warc(PageVisit(URL, "page", served), HEADERS, "10.0.0.9", "look-1", AT)
    assert len(content) <= MAX_BYTES
    return {(record.rec_type, record.rec_headers["X-Luytre-Visitor"]): (record, body) for record, body in read(content)}


def test_what_each_visitor_asked_and_got_is_in_it() -> None:
    plain = VisitorResponse("plain", 200, {"content-type": "text/html", "content-encoding": "gzip"}, b"<p>\xff\x00")
    engine = VisitorResponse("engine", 302, {"content-type": "text/html"}, b"<p>x</p>", location="https://x.example/")
    records = kept(plain, engine)
    response, body = records["response", "plain"]
    assert body == plain.body
    assert response.http_headers.get_statuscode() == "200"
    assert response.http_headers["content-encoding"] is None
    assert response.rec_headers["WARC-Target-URI"] == URL
    assert response.rec_headers["WARC-Date"] == "2026-11-27T03:04:05Z"
    assert response.rec_headers["WARC-IP-Address"] == "10.0.0.9"
    request, _ = records["request", "engine"]
    assert request.http_headers.statusline == "/tin/a?id=3 HTTP/1.1"
    assert "Googlebot" in request.http_headers["User-Agent"]
    assert request.rec_headers["WARC-Concurrent-To"] == records["response", "engine"][0].rec_headers["WARC-Record-ID"]


def test_what_is_the_same_is_in_it_once_and_what_is_too_much_is_cut() -> None:
    noise = bytes(range(256)) * 8_000
    records = kept(
        VisitorResponse("plain", 200, {}, noise),
        VisitorResponse("again", 200, {}, noise),
        VisitorResponse("phone", 200, {}, b"x"),
    )
    response, body = records["response", "plain"]
    assert response.rec_headers["WARC-Truncated"] == "length"
    assert noise.startswith(body)
    again, nothing = records["revisit", "again"]
    assert (nothing, again.rec_headers["WARC-Refers-To"]) == (b"", response.rec_headers["WARC-Record-ID"])
    assert records["response", "phone"][0].rec_headers["WARC-Truncated"] == "length"


@pytest.mark.parametrize("name", ["set-cookie", "authorization", "www-authenticate", "x-csrf-token"])
def test_secrets_in_headers_are_taken_out(name: str) -> None:
    content = build_warc(
        PageVisit(URL, "page", (VisitorResponse("plain", 200, {name: "PHPSESSID=s3cr3tvalue; path=/"}, b"x"),)),
        HEADERS,
        "::1",
        "look-1",
        AT,
    )
    assert b"s3cr3tvalue" not in b"".join(
        record.http_headers.to_bytes() for record, _ in read(content) if record.http_headers
    )


def test_headers_of_a_hostile_server_add_no_line() -> None:
    response, _ = kept(VisitorResponse("plain", 200, {"x": "a\r\nSet-Cookie: b", "y": "\u2028ế"}, b""))[
        "response", "plain"
    ]
    assert response.http_headers["Set-Cookie"] is None
