"""A document looked at a second time, for those few that need it: its blocks, its landmarks. Pure; bounded."""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from auditor.content.page.extract import PageExtract
from auditor.content.page.hidden_elements import NEVER_SEEN

MAX_BLOCKS, MAX_BLOCK, MAX_LANDMARKS = 3_000, 1_500, 40
MAX_LETTERS = 300_000
"""Of all blocks."""
MAX_LINKS_OF_BLOCK = 100
_PLAIN = "div:not(:has(div, p, ul, ol, table, section, article, nav, h1, h2, h3, form))"
"""A block that holds no other one."""
_ROOT = re.compile(
    r"<(?:div|main)[^<>]{0,80}\bid=[\"']?(?:app|root|__next|__nuxt|app-root)\b[^<>]{0,80}>[^<>]{0,200}</(?:div|main)>",
    re.IGNORECASE,
)


def iter_text_blocks(page: PageExtract, *, separator: str = " ") -> Iterator[str]:
    """Yield paragraphs, list items, cells: what is said in one place."""
    for _, text in _iter_blocks(page, separator):
        yield text


def iter_prose_blocks(page: PageExtract) -> Iterator[str]:
    """Yield the same without those that are hardly more than links: menus, lists of other news."""
    for node, text in _iter_blocks(page, " "):
        linked = sum(len(link.text()) for link in node.css("a")[:MAX_LINKS_OF_BLOCK])
        if linked * 10 < len(text) * 7:
            yield text


def _iter_blocks(page: PageExtract, separator: str) -> Iterator[tuple[LexborNode, str]]:
    tree = LexborHTMLParser(page.html)
    tree.strip_tags([*NEVER_SEEN])
    room = MAX_LETTERS
    for node in tree.css(f"p, li, td, blockquote, dd, h1, h2, h3, .comment, marquee, {_PLAIN}")[:MAX_BLOCKS]:
        text = node.text(separator=separator)
        room -= len(text)
        if room < 0:
            return
        if 12 < len(text) < MAX_BLOCK:
            yield node, text


def is_filled_by_browser_application(page: PageExtract) -> bool:
    """Return whether an application fills a part of the page in the visitor's browser."""
    return _ROOT.search(page.html) is not None


def list_menu_and_heading_texts(page: PageExtract) -> tuple[str, ...]:
    """Return what is seen of a page at first: its menu, its headings."""
    lines: dict[str, None] = {}
    for node in LexborHTMLParser(page.html).css("nav a, header *, .menu a, h1, h2, h3, li > a, .top *")[:120]:
        text = " ".join(node.text().split())
        if 4 < len(text) <= 60 and not any(map(str.isdigit, text)):
            lines[text] = None
            if len(lines) == MAX_LANDMARKS:
                break
    return tuple(lines)
