"""What a host sends as evidence, as tests have it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from auditor.incidents.evidence.event_stream import VERSION


def frame(kind: bytes, content: bytes | Mapping[str, Any]) -> bytes:
    payload = content if isinstance(content, bytes) else json.dumps(content).encode("ascii")
    return kind + len(payload).to_bytes(4, "big") + payload


def member(place: str, path: str, content: bytes, **told: Any) -> bytes:
    return frame(b"M", {"place": place, "path": path}) + frame(b"D", content) + frame(b"E", told)


LAST = frame(b"Z", {})


def stream(*frames: bytes) -> bytes:
    return VERSION + zlib.compress(b"".join(frames))


def pieces(content: bytes, size: int = 7) -> Iterable[bytes]:
    return (content[at : at + size] for at in range(0, len(content), size))


HOST = (
    member("live_response", "system/clock.txt", b"utc 1.000\nsince_boot 5.000\n"),
    member(
        "[root]",
        "/etc/passwd",
        b"root:x:0:0:root:/root:/bin/bash\n",
        origin="/etc/passwd",
        size=32,
        mode=0o644,
        mtime=1,
    ),
    member("[root]", "/var/www/a%0Ab c.php", b"<?php x", origin="/var/www/a%0Ab c.php"),
    frame(b"M", {"place": "[root]", "path": "/root/.my.cnf"})
    + frame(b"E", {"origin": "/root/.my.cnf", "why": "secret", "sha256": "0" * 64, "size": 9}),
    frame(b"N", {"what": "logs", "why": "time"}),
    member("bodyfile", "bodyfile.txt", b"0|/x|1|-rw-r--r--|0|0|1|1|1|1|0\n"),
    LAST,
)
