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


def is_marked_as_official_document(document_content: bytes) -> bool:
    """Return whether a PDF or DOCX says that it is an official document, which names no server.

    Word and LibreOffice keep the keywords when an officer edits the document, signs it or saves it as PDF.
    """
    if document_content.startswith(b"%PDF-"):
        return any(
            _do_keywords_name_official_document(value)
            for groups in _PDF_KEYWORDS.findall(document_content)
            for value in groups
        )
    return any(
        map(_do_keywords_name_official_document, _DOCX_KEYWORDS.findall(_read_docx_core_properties(document_content)))
    )


def _do_keywords_name_official_document(keywords: bytes) -> bool:
    return any(form in keywords.lower() for form in _FORMS)


def _read_docx_core_properties(docx_content: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(docx_content)) as parts:
            parts.getinfo("word/document.xml")
            with parts.open("docProps/core.xml") as properties:
                return properties.read(_MAX_PROPERTIES)
    except (zipfile.BadZipFile, KeyError, OSError, RuntimeError, NotImplementedError):
        return b""
