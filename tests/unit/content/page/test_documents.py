from __future__ import annotations

import pytest

from auditor.content.page import charset, documents
from benchmarks.content import docx, pdf


@pytest.mark.parametrize(
    ("body", "kind"),
    [(pdf(["Xin chao"], "https://x.example/"), "pdf"), (docx(["Xin chào"], "https://x.example/"), "docx")],
)
def test_text_and_addresses_are_read(body: bytes, kind: str) -> None:
    told = documents.read(body)
    assert documents.kind(body) == kind
    assert "Xin ch" in told.text
    assert told.addresses == ("https://x.example/",)


def test_a_document_without_a_table_of_contents_is_read_as_viewers_do() -> None:
    whole = pdf(["Xin chao"], "https://x.example/")
    told = documents.read(whole[: whole.index(b"xref\n")] + b"trailer<</Root 1 0 R>>\n%%EOF")
    assert "Xin chao" in told.text
    assert told.addresses == ("https://x.example/",)


@pytest.mark.parametrize(
    "body", [b"%PDF-1.4\nnothing", b"PK\x03\x04word/nothing", pdf(["x"], "y")[:400], docx(["x"], "y")[:200]]
)
def test_what_cannot_be_read_says_nothing(body: bytes) -> None:
    assert documents.read(body).addresses == ()


@pytest.mark.parametrize(
    ("body", "header"),
    [
        ("Xã An Trúc".encode(), ""),
        ("\ufeffXã An Trúc".encode("utf-16-le"), "text/html; charset=utf-8"),
        ("<meta charset=windows-1258>Xã An Trúc".encode(), "text/html; charset=utf-8"),
        ("Xã An Trúc".encode(), "text/html; charset=us-ascii"),
        ("Xã An Trúc".encode(), "text/html; charset=base64"),
        ("Xã An Trúc".encode(), "text/html; charset=no-such"),
    ],
)
def test_a_charset_that_is_declared_wrongly_is_not_followed(body: bytes, header: str) -> None:
    assert charset.text(body, header).endswith("Xã An Trúc")
