"""Pages read by children, which end when a page is built to cost time or memory, or to break the parser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auditor.web import children, page
from auditor.web.children import ChildProcessPool, CostlyContent, UnreadableContent
from auditor.web.page import VisiblePage

PAGE_SECONDS = 1.5
"""Of a processor's time for one page. The largest that is fetched takes at most 0.3 s when nobody built it to cost time
(lists of ten thousand options, blank lines, rows of tags that are never closed), an ordinary one 0.01 s; a machine that
does much else takes longer over the same."""
MEMORY = 200_000_000
"""Bytes of addresses of a child."""
_MAX_MESSAGE = 16_000_000
_CHILDREN = ChildProcessPool(__name__, _MAX_MESSAGE)


def read_page_in_child_process(body: bytes, url: str, seconds: float) -> VisiblePage:
    """Return the page at ``url``, whatever the bytes.

    Raises UnreadableContent when it is not read in ``seconds``, CostlyContent when it is not worth it.
    """
    return _make_page_from_child_answer(
        _CHILDREN.ask_idle_child({"html": body.decode("utf-8", "replace"), "url": url}, seconds)
    )


def _make_page_from_child_answer(answer: Mapping[str, Any]) -> VisiblePage:
    return VisiblePage(
        title=str(answer["title"]),
        lines=frozenset(map(str, answer["lines"])),
        headings=frozenset(map(str, answer["headings"])),
        complaints=frozenset(map(str, answer["complaints"])),
        asset=None if answer["asset"] is None else str(answer["asset"]),
        folders=tuple(map(str, answer["folders"])),
    )


def _parse_page_for_question(question: Mapping[str, Any]) -> Mapping[str, Any]:
    page_fields = vars(page.parse_visible_page_of_html(question["html"], question["url"]))
    return {key: list(value) if isinstance(value, frozenset | tuple) else value for key, value in page_fields.items()}


__all__ = ["CostlyContent", "UnreadableContent", "VisiblePage", "read_page_in_child_process"]

if __name__ == "__main__":
    children.answer_questions_as_child(_parse_page_for_question, MEMORY, PAGE_SECONDS, _MAX_MESSAGE)
