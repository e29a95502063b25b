"""Sections that official templates gained after offices began to keep templates of their own."""

from __future__ import annotations

import copy
from typing import Any

from docx.document import Document as Docx

ADDED = {"incidents": "answers"}
"""Annexes by the one that they stand before. A template of an earlier version has no marks for them."""


def add_missing_sections(template: Docx, shipped: Docx) -> None:
    """Copy into a template, before it is filled in, the marks of each annex of which it has none.

    An annex that some other place of the template shows is left to it.
    """
    body = template.element.body
    for key, following in ADDED.items():
        if any(f"annex.{key}." in _read_text(element) for element in body):
            continue
        section = _find_section(shipped, key)
        place = next((element for element in body if _opens(element, following)), body[-1])
        for element in section:
            place.addprevious(copy.deepcopy(element))


def _find_section(template: Docx, key: str) -> list[Any]:
    """Return the elements from the mark that opens an annex to the one before the next annex."""
    elements = list(template.element.body)
    start = next(number for number, element in enumerate(elements) if _opens(element, key))
    end = next(number for number, element in enumerate(elements) if _opens(element, ADDED[key]))
    return elements[start:end]


def _opens(element: Any, key: str) -> bool:
    return f'if "{key}" in annex' in _read_text(element)


def _read_text(element: Any) -> str:
    return "".join(part.text or "" for part in element.iter() if part.tag.endswith("}t"))
