"""Text and addresses of uploaded documents: PDF and DOCX, within limits of time and memory of their own. Pure."""

from __future__ import annotations

import io
import itertools
import re
import zipfile
import zlib
from dataclasses import dataclass

from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import DictionaryObject, PdfObject

MAX_PAGES = 6
"""Whose text is read."""
MAX_TEXT = 60_000
MAX_ADDRESSES = 60
MAX_PART = 4_000_000
MAX_STREAM = 300_000
"""Bytes of a page's drawing that are read for its text."""
MAX_ANNOTATIONS, MAX_LINKED_PAGES = 500, 40
MAX_MORE, MAX_MORE_PART = 12, 300_000
_STORY, _RELATIONS = "word/document.xml", "word/_rels/document.xml.rels"
_MORE = re.compile(
    r"word/(?:(?:header|footer)\d{0,3}|footnotes|endnotes)\.xml|word/_rels/[a-z]{1,20}\d{0,3}\.xml\.rels"
)
"""Other parts that are printed with the story, and where what is in them leads."""
_TEXT = re.compile(rb"<w:t(?: [^>]{0,200})?>([^<]{0,5000})</w:t>|(</w:p>)")
_TARGET = re.compile(rb"(?:Target\s*=\s*[\"']|HYPERLINK\s+(?:&quot;|\"))(https?://[^\"'&<>]{1,2000})", re.IGNORECASE)
_ENTITIES = ((b"&lt;", b"<"), (b"&gt;", b">"), (b"&quot;", b'"'), (b"&apos;", b"'"), (b"&amp;", b"&"))


@dataclass(frozen=True)
class DocumentText:
    """The text of a document, and the addresses that it leads to."""

    text: str = ""
    addresses: tuple[str, ...] = ()


def detect_document_kind(body: bytes) -> str:
    """Return ``pdf``, ``docx``, or nothing, by its first bytes."""
    if body[:1024].lstrip().startswith(b"%PDF-"):
        return "pdf"
    return "docx" if body.startswith(b"PK\x03\x04") and b"word/" in body[:200_000] + body[-20_000:] else ""


def read_document_text_and_links(body: bytes) -> DocumentText:
    """Return what the document says; nothing when it cannot be read."""
    try:
        return _read_pdf(body) if detect_document_kind(body) == "pdf" else _read_docx(body)
    except (
        PyPdfError,
        zipfile.BadZipFile,
        zlib.error,
        *(
            ValueError,
            KeyError,
            TypeError,
            IndexError,
            AttributeError,
            OverflowError,
            RecursionError,
            NotImplementedError,
        ),
        *(OSError, AssertionError, RuntimeError, EOFError, MemoryError),
    ):
        return DocumentText()


def _read_docx(body: bytes) -> DocumentText:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        story, relations = (_read_zip_member(archive, name, MAX_PART) for name in (_STORY, _RELATIONS))
        names = (name for name in archive.namelist() if _MORE.fullmatch(name) and name != _RELATIONS)
        more = b"\n".join(_read_zip_member(archive, name, MAX_MORE_PART) for name in itertools.islice(names, MAX_MORE))
    content = b"".join(text or b"\n" for part in (story, more) for text, _ in _TEXT.findall(part))[:MAX_TEXT]
    for entity, letter in _ENTITIES:
        content = content.replace(entity, letter)
    addresses = (
        target.decode("utf-8", "replace")
        for target in _TARGET.findall(b"\n".join((relations, more, story)))[:MAX_ADDRESSES]
    )
    return DocumentText(content.decode("utf-8", "replace"), tuple(dict.fromkeys(addresses)))


def _read_zip_member(archive: zipfile.ZipFile, member_name: str, max_bytes: int) -> bytes:
    try:
        with archive.open(member_name) as part:
            return part.read(max_bytes)
    except KeyError:
        return b""


def _read_pdf(body: bytes) -> DocumentText:
    # Viewers find their way in a file without a table of contents; the library does once it is told that there is none.
    reader = PdfReader(io.BytesIO(body if b"startxref" in body else body + b"\nstartxref\n0\n%%EOF\n"), strict=False)
    if reader.is_encrypted:
        reader.decrypt("")  # as every viewer tries first
    texts: list[str] = []
    addresses: dict[str, None] = {}
    _add_link_address(addresses, _resolve_pdf_dictionary(reader.root_object.get("/OpenAction")).get("/URI"))
    room = MAX_TEXT
    for number in range(min(MAX_LINKED_PAGES, len(reader.pages))):
        page = reader.pages[number]
        for annotation in itertools.islice(page.get("/Annots") or (), MAX_ANNOTATIONS):
            _add_link_address(
                addresses, _resolve_pdf_dictionary(_resolve_pdf_dictionary(annotation).get("/A")).get("/URI")
            )
        if number >= MAX_PAGES:
            continue
        contents = page.get_contents()
        if contents is not None and len(contents.get_data()) <= MAX_STREAM and room > 0:
            text = page.extract_text()[:room]
            room -= len(text)
            texts.append(text)
    information = reader.metadata
    title = str(information.title or "")[:300] if information is not None else ""
    return DocumentText("\n".join([title, *texts]), tuple(addresses))


def _add_link_address(addresses: dict[str, None], target: object) -> None:
    if isinstance(target, str) and len(addresses) < MAX_ADDRESSES:
        addresses[target[:2000]] = None


def _resolve_pdf_dictionary(part: object) -> DictionaryObject:
    """Return what a part of a PDF refers to; an empty one when that is no dictionary."""
    target = part.get_object() if isinstance(part, PdfObject) else None
    return target if isinstance(target, DictionaryObject) else DictionaryObject()
