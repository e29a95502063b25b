from __future__ import annotations

import io
import zipfile

import pytest

from auditor.content.page import charset, documents
from benchmarks.content import docx, pdf


@pytest.mark.parametrize(
    ("body", "kind"),
    [(pdf(["Xin chao"], "https://x.example/"), "pdf"), (docx(["Xin chào"], "https://x.example/"), "docx")],
)
def test_text_and_addresses_are_read(body: bytes, kind: str) -> None:
    told = documents.read_document_text_and_links(body)
    assert documents.detect_document_kind(body) == kind
    assert "Xin ch" in told.text
    assert told.addresses == ("https://x.example/",)


def test_a_document_without_a_table_of_contents_is_read_as_viewers_do() -> None:
    whole = pdf(["Xin chao"], "https://x.example/")
    told = documents.read_document_text_and_links(whole[: whole.index(b"xref\n")] + b"trailer<</Root 1 0 R>>\n%%EOF")
    assert "Xin chao" in told.text
    assert told.addresses == ("https://x.example/",)


@pytest.mark.parametrize(
    "body", [b"%PDF-1.4\nnothing", b"PK\x03\x04word/nothing", pdf(["x"], "y")[:400], docx(["x"], "y")[:200]]
)
def test_what_cannot_be_read_says_nothing(body: bytes) -> None:
    assert documents.read_document_text_and_links(body).addresses == ()


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
    assert charset.decode_page_body(body, header).endswith("Xã An Trúc")


def word(**parts: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("word/document.xml", "<w:t>Thông báo</w:t>")
        for name, text in parts.items():
            archive.writestr(name, text)
    return file.getvalue()


@pytest.mark.parametrize(
    "body",
    [
        word(**{"word/_rels/header1.xml.rels": "<Relationship Target='https://zuno.example/'/>"}),
        word(**{"word/footer2.xml": "<w:instrText>HYPERLINK &quot;https://zuno.example/&quot;</w:instrText>"}),
        pdf(["x"], "y").replace(b"<</Type/Catalog", b"<</OpenAction<</S/URI/URI(https://zuno.example/)>>/Type/Catalog"),
    ],
    ids=["in the head of a page", "as a field at the foot", "when it is opened"],
)
def test_a_document_leads_from_all_its_parts(body: bytes) -> None:
    assert "https://zuno.example/" in documents.read_document_text_and_links(body).addresses
