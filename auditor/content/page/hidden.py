"""Which elements of a document people do not see, by attribute, style, style sheet or script. Pure; bounded."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from auditor.content.page import styles
from auditor.content.page.styles import OUT_OF_SIGHT, Way

MAX_HIDDEN, MAX_INNER, MAX_STYLED = 80, 2_000, 2_000
_MENU = re.compile(
    r"menu|nav|drop|modal|popup|pop-up|collaps|tab|accordion|carousel|slide|swiper|owl|dialog|panel|canvas|lightbox|tooltip"
    r"|submenu|mega|search|login|cookie|toast|alert|loading|mobile|responsive|fade|toggle|sidebar|offcanvas",
    re.IGNORECASE,
)
_POINTING = ("a", "area", "iframe", "frame", "form", "object", "embed")


@dataclass(frozen=True)
class Hidden:
    """How an element that points somewhere is hidden."""

    way: Way
    honest: bool
    """As menus and dialogues are."""
    group: int
    """Which hidden block it stands in."""


def find(
    tree: LexborHTMLParser,
    sheets: Iterable[str],
    names: Iterable[str],
    marked: Iterable[LexborNode],
    text_of: Callable[[LexborNode], str],
) -> tuple[dict[int, Hidden], list[str]]:
    """How each element that points somewhere is hidden, if it is, by its memory's address; and the texts of what is hidden.

    ``names``: ids that scripts hide. ``marked``: elements that may hide by their attributes.
    """
    ways: dict[int, Hidden] = {}
    texts = []
    room = MAX_INNER
    for group, (root, way) in enumerate(itertools.islice(_roots(tree, sheets, names, marked), MAX_HIDDEN)):
        inner = [node for node in root.css(", ".join(_POINTING)) if node.mem_id != root.mem_id]
        room -= len(inner)
        honest = way not in OUT_OF_SIGHT and _is_menu(root)
        if not honest and (text := " ".join(text_of(root)[:2000].split())):
            texts.append(text)
        for node in [root, *inner[:500]] if root.tag in _POINTING else inner[:500]:
            before = ways.get(node.mem_id)
            if before is None or (before.way not in OUT_OF_SIGHT and way in OUT_OF_SIGHT):
                ways[node.mem_id] = Hidden(way, honest, group)
        if room <= 0:
            break
    return ways, texts


def _roots(
    tree: LexborHTMLParser, sheets: Iterable[str], names: Iterable[str], marked: Iterable[LexborNode]
) -> Iterator[tuple[LexborNode, Way]]:
    for node in tree.css("[style], [hidden]")[:MAX_STYLED]:
        attributes = node.attributes
        way = styles.way((attributes.get("style") or "")[:2_000], is_link=node.tag == "a")
        if way is not None or "hidden" in attributes:
            yield node, way or "shut"
    for selector, way in (rule for sheet in sheets for rule in styles.hiding(sheet)):
        if way != "shut" or not _MENU.search(selector):
            yield from ((node, way) for node in _selected(tree, selector)[:40] if node.tag not in ("html", "body"))
    for name in names:
        yield from ((node, "kept") for node in _selected(tree, f'[id="{name}"]')[:2] if not _is_menu(node))
    for node in marked:
        attributes = node.attributes
        if node.tag == "dialog" and "open" not in attributes:
            yield node, "shut"
        elif any((attributes.get(side) or "9").strip("px% ") in ("0", "1") for side in ("width", "height")):
            yield node, "kept"


def _selected(tree: LexborHTMLParser, selector: str) -> list[LexborNode]:
    try:
        return tree.css(selector)
    except SelectolaxError:
        return []


def _is_menu(node: LexborNode) -> bool:
    """Whether its marks, or those of what it stands in, are of what people open."""
    for _ in range(4):
        attributes = node.attributes
        marks = " ".join(filter(None, (attributes.get("class"), attributes.get("id"), attributes.get("role"))))
        if node.tag in ("nav", "details", "dialog", "select", "header") or _MENU.search(marks):
            return True
        if node.parent is None:
            return False
        node = node.parent
    return False
