"""Bytes of a page as text: by their byte order mark, header, own declaration, as UTF-8, and only then by guessing.

Pure.
"""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_IN_HEADER = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{2,40})", re.IGNORECASE)
_IN_PAGE = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w.:-]{2,40})", re.IGNORECASE)
_HEAD = 4_096
_SAMPLE = 20_000
_ENOUGH = 20
"""Letters of more than one byte from which it is no accident that they are whole."""
_OF_BROWSERS = frozenset(
    [
        *(
            "utf-8",
            "ascii",
            "utf-16",
            "utf-16-le",
            "utf-16-be",
            "koi8-r",
            "koi8-u",
            "mac-roman",
            "mac-cyrillic",
            "cp866",
        ),
        *(f"cp{number}" for number in (874, 932, 949, *range(1250, 1259))),
        *("iso8859-1", *(f"iso8859-{number}" for number in range(2, 17)), "tis-620"),
        *("gb2312", "gbk", "gb18030", "big5", "euc_jp", "iso2022_jp", "shift_jis", "euc_kr"),
    ]
)
"""Others are no encodings of pages: programs would read what no browser shows."""


def decode_page_body(body: bytes, content_type: str = "") -> str:
    """Return what the bytes say. A declaration that they do not fit is a mistake, or a lie, and is not followed."""
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    declarations = _IN_HEADER.search(content_type), _IN_PAGE.search(body[:_HEAD])
    names = [
        _get_browser_codec_of_charset(declarations[0][1]) if declarations[0] else "",
        _get_codec_declared_in_page(declarations[1]),
        "utf-8",
    ]
    for name in filter(None, names):
        if not name.startswith("utf-16") or b"\0" in body:
            try:
                return body.decode(name)
            except UnicodeError:
                continue
    return _decode_by_guessed_charset(body, is_declared_utf8="utf-8" in names[:2])


def _get_browser_codec_of_charset(charset_label: str) -> str:
    """Return what the label stands for where browsers know it; else nothing."""
    try:
        name = codecs.lookup(charset_label).name
    except (LookupError, ValueError):
        return ""
    return name if name in _OF_BROWSERS else ""


def _get_codec_declared_in_page(match: re.Match[bytes] | None) -> str:
    """Return the codec that a page declares in letters of one byte: UTF-8 where it says UTF-16, as browsers take it."""
    name = _get_browser_codec_of_charset(match[1].decode("ascii", "replace")) if match else ""
    return "utf-8" if name.startswith("utf-16") else name


def _decode_by_guessed_charset(body: bytes, *, is_declared_utf8: bool) -> str:
    """Guess the text; ``is_declared_utf8``: it is said to be UTF-8.

    Bytes between that mean nothing do not change this.
    """
    decoded_text = body.decode("utf-8", "replace")
    replacement_count = decoded_text.count("\ufffd")
    if replacement_count * 50 < len(decoded_text) or (
        is_declared_utf8
        and len(decoded_text) - replacement_count - len(decoded_text.encode("ascii", "ignore")) >= _ENOUGH
    ):
        return decoded_text
    best = from_bytes(body[:_SAMPLE]).best()
    return body.decode(best.encoding, "replace") if best is not None else decoded_text
