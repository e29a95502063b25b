"""Text and addresses of uploaded documents: PDF and DOCX, within limits of time and memory of their own. Pure."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from dataclasses import dataclass

from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import DictionaryObject, PdfObject

MAX_PAGES = 6
MAX_TEXT = 60_000
MAX_ADDRESSES = 60
MAX_PART = 4_000_000
MAX_STREAM = 300_000
"""Bytes of a page's drawing that are read for its text."""
_PARTS = ("word/document.xml", "word/_rels/document.xml.rels")
_TEXT = re.compile(rb"<w:t(?: [^>]{0,200})?>([^<]{0,5000})</w:t>|(</w:p>)")
_TARGET = re.compile(rb"Target=\"(https?://[^\"]{1,2000})\"")
_ENTITIES = ((b"&lt;", b"<"), (b"&gt;", b">"), (b"&quot;", b'"'), (b"&apos;", b"'"), (b"&amp;", b"&"))


@dataclass(frozen=True)
class Document:
    """What a document says, and where it leads."""

    text: str = ""
    addresses: tuple[str, ...] = ()


def kind(body: bytes) -> str:
    """``pdf``, ``docx``, or nothing, by its first bytes."""
    if body[:1024].lstrip().startswith(b"%PDF-"):
        return "pdf"
    return "docx" if body.startswith(b"PK\x03\x04") and b"word/" in body[:200_000] + body[-20_000:] else ""


def read(body: bytes) -> Document:
    """What the document says; nothing when it cannot be read."""
    try:
        return _pdf(body) if kind(body) == "pdf" else _docx(body)
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
        return Document()


def _docx(body: bytes) -> Document:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        story, relations = (_part(archive, name) for name in _PARTS)
    said = b"".join(text or b"\n" for text, _ in _TEXT.findall(story))[:MAX_TEXT]
    for entity, letter in _ENTITIES:
        said = said.replace(entity, letter)
    addresses = (target.decode("utf-8", "replace") for target in _TARGET.findall(relations)[:MAX_ADDRESSES])
    return Document(said.decode("utf-8", "replace"), tuple(dict.fromkeys(addresses)))


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        with archive.open(name) as part:
            return part.read(MAX_PART)
    except KeyError:
        return b""


def _pdf(body: bytes) -> Document:
    # Viewers find their way in a file without a table of contents; the library does once it is told that there is none.
    reader = PdfReader(io.BytesIO(body if b"startxref" in body else body + b"\nstartxref\n0\n%%EOF\n"), strict=False)
    texts: list[str] = []
    addresses: dict[str, None] = {}
    room = MAX_TEXT
    for number in range(min(MAX_PAGES, len(reader.pages))):
        page = reader.pages[number]
        for annotation in page.get("/Annots") or ():
            target = _dictionary(_dictionary(annotation).get("/A")).get("/URI")
            if isinstance(target, str) and len(addresses) < MAX_ADDRESSES:
                addresses[target[:2000]] = None
        contents = page.get_contents()
        if contents is not None and len(contents.get_data()) <= MAX_STREAM and room > 0:
            text = page.extract_text()[:room]
            room -= len(text)
            texts.append(text)
    information = reader.metadata
    title = str(information.title or "")[:300] if information is not None else ""
    return Document("\n".join([title, *texts]), tuple(addresses))


def _dictionary(part: object) -> DictionaryObject:
    """What a part of a PDF refers to; an empty one when that is no dictionary."""
    meant = part.get_object() if isinstance(part, PdfObject) else None
    return meant if isinstance(meant, DictionaryObject) else DictionaryObject()
