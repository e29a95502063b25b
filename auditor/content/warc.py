"""What each visitor was served at one address as a WARC file (ISO 28500), for those who look into it later. Pure but for its record ids."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Mapping
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from auditor.looks.visits import Served, Visited, Visitor
from auditor.models import clock
from auditor.text.redact import HIDDEN, redact

MAX_BYTES = 2_000_000
"""Of one address, of all its visitors' answers before they are packed, and of the file."""
_ROOM = 1_900_000
_SECRETS = frozenset(
    {"set-cookie", "cookie", "authorization", "proxy-authorization", "www-authenticate", "x-csrf-token", "x-xsrf-token"}
)
_OF_TRANSPORT = frozenset({"content-encoding", "transfer-encoding", "content-length", "connection"})
"""What is said of bytes that were unpacked since."""
_VERSION = "HTTP/1.1"


def packed(visited: Visited, sent: Mapping[Visitor, Mapping[str, str]], address: str, look: str, at: datetime) -> bytes:
    """Requests and responses of one address, compressed. Bodies are as they were served, cut where there is no more room.

    ``sent``: the headers of each visitor; ``address``: of the host that answered; ``look``: its id. Cookies and other secrets
    in headers are taken out.
    """
    file = io.BytesIO()
    writer = WARCWriter(file, gzip=True, warc_version="WARC/1.1")
    writer.write_record(writer.create_warcinfo_record(f"{look}.warc.gz", {"software": "luytre", "isPartOf": look}))
    common = {"WARC-Date": clock.utc_stamp(at), "WARC-IP-Address": address}
    room, seen = _ROOM, dict[bytes, str]()
    for one in visited.served:
        said = {**common, "X-Luytre-Visitor": one.visitor}
        digest = hashlib.sha256(one.body).digest()
        before = seen.get(digest)
        body = b"" if before else one.body[:room]
        room -= len(body)
        if before:
            said |= {
                "WARC-Profile": "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest",
                "WARC-Refers-To": before,
                "WARC-Payload-Digest": f"sha256:{digest.hex()}",
            }
        elif len(body) < len(one.body):
            said["WARC-Truncated"] = "length"
        answer = writer.create_warc_record(
            visited.url,
            "revisit" if before else "response",
            payload=io.BytesIO(body),
            length=len(body),
            http_headers=_answered(one),
            warc_headers_dict=said,
        )
        record_id = answer.rec_headers.get_header("WARC-Record-ID")
        seen.setdefault(digest, record_id)
        request = writer.create_warc_record(
            visited.url,
            "request",
            http_headers=_asked(visited.url, sent[one.visitor]),
            warc_headers_dict={**common, "X-Luytre-Visitor": one.visitor, "WARC-Concurrent-To": record_id},
        )
        writer.write_record(request)
        writer.write_record(answer)
    return file.getvalue()


def _asked(url: str, headers: Mapping[str, str]) -> StatusAndHeaders:
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = _shown({"Host": parts.netloc, **headers}.items())
    return StatusAndHeaders(f"GET {target} {_VERSION}", lines, is_http_request=True)


def _answered(served: Served) -> StatusAndHeaders:
    reasons = {status.value: status.phrase for status in HTTPStatus}
    kept = [(name, value) for name, value in served.headers.items() if name not in _OF_TRANSPORT]
    lines = [*_shown(kept), ("content-length", str(len(served.body)))]
    return StatusAndHeaders(f"{served.status} {reasons.get(served.status, 'Unknown')}", lines, protocol=_VERSION)


def _shown(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(_line(name), HIDDEN if name.lower() in _SECRETS else _line(redact(value))) for name, value in headers]


def _line(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())
