"""What each visitor was served at one address as a WARC file (ISO 28500), for those who look into it later.

Pure but for its record ids, and for what keeps the files.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from auditor.content.crawler.session import HEADERS, build_headers
from auditor.models import Trace, clock
from auditor.models.reviews import ResponseFile
from auditor.scans.responses import PageVisit, Visitor, VisitorResponse
from auditor.text.redact import REDACTION_MARK, redact_secrets_in_text

MAX_BYTES = 2_000_000
"""Of one address, of all its visitors' answers before they are packed, and of the file."""
_ROOM = 1_900_000
_SECRETS = frozenset(
    {"set-cookie", "cookie", "authorization", "proxy-authorization", "www-authenticate", "x-csrf-token", "x-xsrf-token"}
)
_OF_TRANSPORT = frozenset({"content-encoding", "transfer-encoding", "content-length", "connection"})
"""What is said of bytes that were unpacked since."""
_VERSION = "HTTP/1.1"


MAX_KEPT = 20
"""Addresses whose answers are kept in one look."""


@dataclass
class ResponseKeeper:
    """What of the answers of one look is kept, as files."""

    store: Callable[[str, bytes], str]
    """Keeps a file of that name, and tells its whole name."""
    address: str
    """Of the host that answers."""
    scan_id: str
    files: list[ResponseFile] = field(default_factory=list, init=False)
    _proven: set[str] = field(default_factory=set, init=False)
    """Keys of traces whose answers were kept."""

    def keep_responses_with_new_traces(self, path: str, visit: PageVisit, traces: Iterable[Trace]) -> None:
        """Keep what an address answered when it shows traces that no other address did in this look."""
        new = {trace.key for trace in traces if trace.certainty != "weak"} - self._proven
        if not new or len(self.files) >= MAX_KEPT:
            return
        scheme = visit.url.partition(":")[0]
        headers = {visitor: build_headers(visitor, scheme) for visitor in HEADERS}
        content = build_warc(visit, headers, self.address, self.scan_id, clock.now())
        name = self.store(f"{self.scan_id}-{len(self.files) + 1:02}", content)
        self._proven |= new
        self.files.append(ResponseFile(file=name, sha256=hashlib.sha256(content).hexdigest(), where=path[:100]))


def build_warc(
    visit: PageVisit, headers_by_visitor: Mapping[Visitor, Mapping[str, str]], address: str, scan_id: str, at: datetime
) -> bytes:
    """Return requests and responses of one address, compressed.

    Bodies are as they were served, cut where there is no more room.

    ``headers_by_visitor``: the headers of each visitor; ``address``: of the host that answered; ``scan_id``: its id.
    Cookies and other secrets in headers are taken out.
    """
    file = io.BytesIO()
    writer = WARCWriter(file, gzip=True, warc_version="WARC/1.1")
    writer.write_record(
        writer.create_warcinfo_record(f"{scan_id}.warc.gz", {"software": "luytre", "isPartOf": scan_id})
    )
    common = {"WARC-Date": clock.format_iso_moment_in_utc(at), "WARC-IP-Address": address}
    room, record_ids = _ROOM, dict[bytes, str]()
    for response in visit.responses:
        warc_headers = {**common, "X-Luytre-Visitor": response.visitor}
        digest = hashlib.sha256(response.body).digest()
        before = record_ids.get(digest)
        body = b"" if before else response.body[:room]
        room -= len(body)
        if before:
            warc_headers |= {
                "WARC-Profile": "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest",
                "WARC-Refers-To": before,
                "WARC-Payload-Digest": f"sha256:{digest.hex()}",
            }
        elif len(body) < len(response.body):
            warc_headers["WARC-Truncated"] = "length"
        answer = writer.create_warc_record(
            visit.url,
            "revisit" if before else "response",
            payload=io.BytesIO(body),
            length=len(body),
            http_headers=_build_response_headers(response),
            warc_headers_dict=warc_headers,
        )
        record_id = answer.rec_headers.get_header("WARC-Record-ID")
        record_ids.setdefault(digest, record_id)
        request = writer.create_warc_record(
            visit.url,
            "request",
            http_headers=_build_request_headers(visit.url, headers_by_visitor[response.visitor]),
            warc_headers_dict={**common, "X-Luytre-Visitor": response.visitor, "WARC-Concurrent-To": record_id},
        )
        writer.write_record(request)
        writer.write_record(answer)
    return file.getvalue()


def _build_request_headers(url: str, headers: Mapping[str, str]) -> StatusAndHeaders:
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = _redact_headers({"Host": parts.netloc, **headers}.items())
    return StatusAndHeaders(f"GET {target} {_VERSION}", lines, is_http_request=True)


def _build_response_headers(response: VisitorResponse) -> StatusAndHeaders:
    reasons = {status.value: status.phrase for status in HTTPStatus}
    headers = [(name, value) for name, value in response.headers.items() if name not in _OF_TRANSPORT]
    lines = [*_redact_headers(headers), ("content-length", str(len(response.body)))]
    return StatusAndHeaders(f"{response.status} {reasons.get(response.status, 'Unknown')}", lines, protocol=_VERSION)


def _redact_headers(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [
        (
            _drop_unprintable_letters(name),
            REDACTION_MARK if name.lower() in _SECRETS else _drop_unprintable_letters(redact_secrets_in_text(value)),
        )
        for name, value in headers
    ]


def _drop_unprintable_letters(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())
