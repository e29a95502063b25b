"""Which files may go to everybody: official documents, which prove it by their keywords whatever their name. Pure."""

from __future__ import annotations

import io
import re
import zipfile

from auditor.report.official.document import KEYWORD

_FORMS = (KEYWORD.encode(), KEYWORD.encode("utf-16-be"), KEYWORD.encode("utf-16-be").hex().encode())
"""As PDF writes text: plain, as two bytes a character, and those in hex."""
_PDF_KEYWORDS = re.compile(rb"/Keywords\s*[(<]([^)>]{0,2000})|<pdf:Keywords>([^<]{0,2000})<")
_DOCX_KEYWORDS = re.compile(rb"<(?:\w+:)?keywords[^>]*>([^<]{0,2000})<")
_MAX_PROPERTIES = 100_000


def is_cleared(content: bytes) -> bool:
    """Return whether a PDF or DOCX says that it is an official document, which names no server.

    Word and LibreOffice keep the keywords when an officer edits the document, signs it or saves it as PDF.
    """
    if content.startswith(b"%PDF-"):
        return any(_names_document(value) for groups in _PDF_KEYWORDS.findall(content) for value in groups)
    return any(map(_names_document, _DOCX_KEYWORDS.findall(_docx_properties(content))))


def _names_document(keywords: bytes) -> bool:
    return any(form in keywords.lower() for form in _FORMS)


def _docx_properties(content: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            parts.getinfo("word/document.xml")
            with parts.open("docProps/core.xml") as properties:
                return properties.read(_MAX_PROPERTIES)
    except (zipfile.BadZipFile, KeyError, OSError, RuntimeError, NotImplementedError):
        return b""
