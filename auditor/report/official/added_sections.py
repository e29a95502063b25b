"""Sections that official templates gained after offices began to keep templates of their own."""

from __future__ import annotations

import copy
from typing import Any

from docx.document import Document as Docx

ADDED = {"incidents": "answers"}
"""Annexes by the one that they stand before. A template of an earlier version has no marks for them."""


def copy_missing_annex_sections(template: Docx, shipped: Docx) -> None:
    """Copy into a template, before it is filled in, the marks of each annex of which it has none.

    An annex that some other place of the template shows is left to it.
    """
    body = template.element.body
    for key, following in ADDED.items():
        if any(f"annex.{key}." in _join_text_of_element(element) for element in body):
            continue
        section = _find_annex_section_elements(shipped, key)
        place = next((element for element in body if _is_opening_mark_of_annex(element, following)), body[-1])
        for element in section:
            place.addprevious(copy.deepcopy(element))


def _find_annex_section_elements(template: Docx, annex_key: str) -> list[Any]:
    """Return the elements from the mark that opens an annex to the one before the next annex."""
    elements = list(template.element.body)
    start = next(number for number, element in enumerate(elements) if _is_opening_mark_of_annex(element, annex_key))
    end = next(
        number for number, element in enumerate(elements) if _is_opening_mark_of_annex(element, ADDED[annex_key])
    )
    return elements[start:end]


def _is_opening_mark_of_annex(element: Any, annex_key: str) -> bool:
    return f'if "{annex_key}" in annex' in _join_text_of_element(element)


def _join_text_of_element(element: Any) -> str:
    return "".join(part.text or "" for part in element.iter() if part.tag.endswith("}t"))
