"""Bytes of a page as text: by their byte order mark, header, own declaration, as UTF-8, and only then by guessing. Pure."""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_IN_HEADER = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{2,40})", re.IGNORECASE)
_IN_PAGE = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w.:-]{2,40})", re.IGNORECASE)
_HEAD = 4_096
_SAMPLE = 20_000


def text(body: bytes, content_type: str = "") -> str:
    """What the bytes say. A declaration that they do not fit is a mistake, or a lie, and is not followed."""
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    declared = _IN_HEADER.search(content_type), _IN_PAGE.search(body[:_HEAD])
    names = [declared[0][1] if declared[0] else "", declared[1][1].decode("ascii") if declared[1] else "", "utf-8"]
    for name in filter(None, names):
        try:
            if codecs.lookup(name)._is_text_encoding:
                return body.decode(name)
        except (LookupError, UnicodeError, ValueError):
            continue
    return _guessed(body)


def _guessed(body: bytes) -> str:
    kept = body.decode("utf-8", "replace")
    if kept.count("\ufffd") * 50 < len(kept):
        return kept
    best = from_bytes(body[:_SAMPLE]).best()
    return body.decode(best.encoding, "replace") if best is not None else kept
