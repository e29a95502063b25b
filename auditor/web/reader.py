"""Pages read by children, which end when a page is built to cost time or memory, or to break the parser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auditor.web import children, page
from auditor.web.children import Children, Costly, Unreadable
from auditor.web.page import Page

PAGE_SECONDS = 1.5
"""Of a processor's time for one page. The largest that is fetched takes at most 0.3 s when nobody built it to cost time
(lists of ten thousand options, blank lines, rows of tags that are never closed), an ordinary one 0.01 s; a machine that
does much else takes longer over the same."""
MEMORY = 200_000_000
"""Bytes of addresses of a child."""
_MAX_MESSAGE = 16_000_000
_CHILDREN = Children(__name__, _MAX_MESSAGE)


def read(body: bytes, url: str, seconds: float) -> Page:
    """The page at ``url``, whatever the bytes. Raises Unreadable when it is not read in ``seconds``, Costly when it is not worth it."""
    return _page(_CHILDREN.ask({"html": body.decode("utf-8", "replace"), "url": url}, seconds))


def _page(told: Mapping[str, Any]) -> Page:
    return Page(
        title=str(told["title"]),
        lines=frozenset(map(str, told["lines"])),
        headings=frozenset(map(str, told["headings"])),
        complaints=frozenset(map(str, told["complaints"])),
        asset=None if told["asset"] is None else str(told["asset"]),
        folders=tuple(map(str, told["folders"])),
    )


def _answer(question: Mapping[str, Any]) -> Mapping[str, Any]:
    told = vars(page.read(question["html"], question["url"]))
    return {key: list(value) if isinstance(value, frozenset | tuple) else value for key, value in told.items()}


__all__ = ["Costly", "Page", "Unreadable", "read"]

if __name__ == "__main__":
    children.serve(_answer, MEMORY, PAGE_SECONDS, _MAX_MESSAGE)
