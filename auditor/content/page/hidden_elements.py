"""Which elements of a document people do not see, by attribute, style, style sheet or script. Pure; bounded."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from auditor.content.page import css_values, css_visibility
from auditor.content.page.css_rules import MENU, CssVisibilityRule
from auditor.content.page.css_visibility import OUT_OF_SIGHT, Way

NEVER_SEEN = ("script", "style", "noscript", "template", "svg", "select")
MAX_HIDDEN, MAX_STYLED, MAX_ABOVE, MAX_OF_RULE = 1_000, 10_000, 200, 400


@dataclass(frozen=True)
class HiddenElement:
    """The way in which an element is hidden."""

    way: Way
    honest: bool
    """As menus and dialogues are."""
    group: int
    """Which hidden block it is."""


def find_hidden_elements(
    tree: LexborHTMLParser,
    rules: Iterable[CssVisibilityRule],
    names: Iterable[str],
    candidates: Iterable[LexborNode],
    text_of: Callable[[LexborNode], str],
    variables: Mapping[str, str],
) -> tuple[dict[int, HiddenElement], list[str]]:
    """Return the elements that are hidden with all within, by their memory's address.

    And the texts of those that are no menus.

    ``rules``: of style sheets. ``names``: ids that scripts hide. ``candidates``: elements that may hide by their
    attributes. ``variables``: those of style that the document's sheets set.
    """
    elements: dict[int, HiddenElement] = {}
    texts = []
    for group, (root, way) in enumerate(
        itertools.islice(_iter_hidden_root_elements(tree, rules, names, candidates, variables), MAX_HIDDEN)
    ):
        honest = way == "opened" or (way not in OUT_OF_SIGHT and _is_part_of_menu(root))
        if not honest and (text := " ".join(text_of(root)[:2000].split())):
            texts.append(text)
        before = elements.get(root.mem_id)
        if before is None or (before.way not in OUT_OF_SIGHT and way in OUT_OF_SIGHT):
            elements[root.mem_id] = HiddenElement(way, honest, group)
    return elements, texts


def find_hiding_element(node: LexborNode, hidden_elements_by_id: Mapping[int, HiddenElement]) -> HiddenElement | None:
    """Return how an element is hidden by what it is or stands in; by what puts it out of sight, if there is such."""
    nearest = None
    above: LexborNode | None = node
    for _ in range(MAX_ABOVE if hidden_elements_by_id else 0):
        if above is None:
            break
        element = hidden_elements_by_id.get(above.mem_id)
        if element is not None and element.way == "small" and _has_own_font_size_below_root(node, above):
            element = None
        if element is not None and element.way in OUT_OF_SIGHT:
            return element
        nearest = nearest or element
        above = above.parent
    return nearest


def _has_own_font_size_below_root(node: LexborNode, root: LexborNode) -> bool:
    """Return whether letters have a size of their own again on the way down from what takes it from them."""
    above: LexborNode | None = node
    while above is not None and above.mem_id != root.mem_id:
        style = above.attributes.get("style") or ""
        if "font-size" in style and css_visibility.classify_how_style_hides(style[:2_000]) is None:
            return True
        above = above.parent
    return False


def is_outside_never_seen_elements(node: LexborNode) -> bool:
    """Return whether an element stands in nothing that is never seen."""
    above = node.parent
    for _ in range(MAX_ABOVE):
        if above is None:
            return True
        if above.tag in NEVER_SEEN:
            return False
        above = above.parent
    return False


def remove_never_seen_elements(special_elements: Sequence[LexborNode]) -> None:
    """Take out of the document what is never seen, the inner before the outer.

    ``special_elements``: with all such, in its order.
    """
    for node in reversed(special_elements):
        if node.tag in NEVER_SEEN:
            node.decompose(recursive=False)


def _iter_hidden_root_elements(
    tree: LexborHTMLParser,
    rules: Iterable[CssVisibilityRule],
    names: Iterable[str],
    candidates: Iterable[LexborNode],
    variables: Mapping[str, str],
) -> Iterator[tuple[LexborNode, Way]]:
    harmless: set[str | None] = set()
    for node in tree.css("[style], [hidden]")[:MAX_STYLED]:
        attributes = node.attributes
        style = attributes.get("style")
        if style in harmless and "hidden" not in attributes:
            continue
        style_text = (style or "")[:2_000]
        if variables and "var(" in style_text:
            style_text = css_values.normalize_style(style_text, variables)
        way = css_visibility.classify_how_style_hides(style_text, is_link=node.tag == "a")
        if way is not None or "hidden" in attributes:
            yield node, way or "shut"
        elif node.tag != "a":
            harmless.add(style)
    yield from _iter_elements_hidden_by_css_rules(tree, tuple(rules))
    for name in names:
        yield from ((node, "kept") for node in _select_nodes(tree, f'[id="{name}"]')[:2] if not _is_part_of_menu(node))
    for node in candidates:
        attributes = node.attributes
        if node.tag == "dialog" and "open" not in attributes:
            yield node, "shut"
        elif any((attributes.get(side) or "9").strip("px% ") in ("0", "1") for side in ("width", "height")):
            yield node, "kept"


def _iter_elements_hidden_by_css_rules(
    tree: LexborHTMLParser, rules: Sequence[CssVisibilityRule]
) -> Iterator[tuple[LexborNode, Way]]:
    visible_ids = {
        node.mem_id for rule in rules if rule.way is None for node in _select_nodes(tree, rule.selector)[:MAX_OF_RULE]
    }
    for selector, way in rules:
        for node in _select_nodes(tree, selector)[:MAX_OF_RULE] if way is not None else ():
            if node.tag not in ("html", "body") and not (way == "shut" and node.mem_id in visible_ids):
                yield node, way or "shut"


def _select_nodes(tree: LexborHTMLParser, selector: str) -> list[LexborNode]:
    try:
        return tree.css(selector)
    except SelectolaxError:
        return []


def _is_part_of_menu(node: LexborNode) -> bool:
    """Return whether its marks, or those of what it stands in, are of what people open."""
    for _ in range(4):
        attributes = node.attributes
        marks = " ".join(filter(None, (attributes.get("class"), attributes.get("id"), attributes.get("role"))))
        if node.tag in ("nav", "details", "dialog", "select", "header") or MENU.search(marks):
            return True
        if node.parent is None:
            return False
        node = node.parent
    return False
