"""Which selectors of a style sheet hide from people, and which it shows again.

Pure, in time that grows with the sheet.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple, cast, get_args

import tinycss2
from tinycss2.ast import AtRule, FunctionBlock, Node, QualifiedRule, StringToken, URLToken

from auditor.content.page import css_values, css_visibility
from auditor.content.page.css_visibility import OUT_OF_SIGHT, Way
from auditor.scans.responses import Sheet

MAX_SHEET = 200_000
MAX_RULES = 600
MAX_IMPORTS = 5
MENU = re.compile(
    r"menu|nav|drop|modal|popup|pop-up|collaps|tab|accordion|carousel|slide|swiper|owl|dialog|panel|canvas|lightbox"
    r"|tooltip"
    r"|submenu|mega|search|login|cookie|toast|alert|loading|mobile|responsive|fade|toggle|sidebar|offcanvas|drawer"
    r"|burger|flyout|cloak|no-?js|lazy|preload|skeleton",
    re.IGNORECASE,
)
"""Marks of what people open."""

_OF_ELEMENTS = frozenset(("media", "supports", "layer", "container", "scope"))
"""What holds rules for elements, and not letters, pages or steps of a movement."""
_MAX_DEPTH = 8
_NOT_ON_SCREEN = re.compile(r"\b(?:print|speech|handheld|tv|projection)\b")
_FEATURE = re.compile(r"\(\s*([a-z-]+)\s*(?::\s*([\d.]+)(px|r?em)?[^)]{0,40})?[^)]{0,80}\)")
_NARROWEST, _WIDEST, _EM = 360, 1_600, 16
"""Pixels: a rule for screens that are wider, or narrower, than these is for all of them."""
_PLACE = re.compile(r":(?:(?:first|last|only)-(?:child|of-type)|nth-[a-z-]{1,20}\([^()]{1,20}\)|not\([^()]{1,80}\))")
_SIMPLE = re.compile(
    r"(?:[\w#.\-\s>~+*]|\\[:/\[\]%!@]|\[[\w-]{1,40}(?:[~^$*|]?=(?:\"[^\"\]\\]{0,80}\"|'[^'\]\\]{0,80}'|[\w./"
    r"-]{1,80}))?\s?i?\]){1,120}"
)
_ROOT = re.compile(r":root\b")
_MEANS = re.compile(r":(?:is|where)\(\s*([^(),]{1,80})\s*\)|:(?:any-)?link\b|:visited\b")
"""What changes nothing of which elements are meant, but for what is in its brackets."""
_STATE = re.compile(
    r":(?:hover|focus|focus-within|focus-visible|active|checked|target|open)\b"
    r"|\.(?:is-|has-|js-)?(?:open(?:ed)?|active|shown?|in|on|expanded|visible|current|toggled|selected|sfhover)\b"
    r"|\[open\]"
)
_SHOWS = re.compile(
    r"(?:display\s*:\s*(?!none)|visibility\s*:\s*visible|opacity\s*:\s*(?:1|0?\.[1-9])|clip\s*:\s*auto|transform\s*:"
    r"|(?:left|right|top|bottom|margin-left|(?:max-)?height)\s*:\s*(?!-))"
)
_BEFORE_BLOCKS = re.compile(
    r"(?:/\*.*?(?:\*/|\Z)|\"(?:[^\"\\\n]|\\.)*+\"?|'(?:[^'\\\n]|\\.)*+'?|url\([^)]*+\)?|[^{])*+",
    re.DOTALL | re.IGNORECASE,
)
"""What stands before the first block: imports count there alone. In time that grows with the sheet."""
_BETWEEN = re.compile(r"[\s>+~]+")
_PICTURE_STYLE = re.compile(r"background[^;]{0,100}url\(")
_OF_LINK = re.compile(r"(?:^|[\s>+~])a(?:[.#\[][^\s>+~]*)?$")
"""A picture stands in place of the letters, or may."""


class CssVisibilityRule(NamedTuple):
    """The effect of a style sheet on the elements of one selector."""

    selector: str
    way: Way | None
    """None: it shows them, though only on some screens."""


@lru_cache(maxsize=256)
def parse_hiding_and_showing_rules(sheet: str) -> tuple[CssVisibilityRule, ...]:
    """Return what the sheet hides, and what it shows on some screens; at most MAX_RULES of them."""
    hides: dict[str, Way] = {}
    shows: set[str] = set()
    opens: set[tuple[str, str]] = set()
    sheet = sheet[:MAX_SHEET]
    variables = css_values.parse_css_variables(sheet)
    for selectors, told_style, always in _iter_css_blocks(sheet):
        style = css_values.normalize_style(told_style, variables) if "var(" in told_style else told_style
        if css_visibility.classify_how_style_hides(style) is None:
            if _SHOWS.search(style):
                opens |= {_strip_state_from_selector(selector) for selector in selectors if _STATE.search(selector)}
                shows |= {selector for selector in selectors if not always and _is_simple(selector)}
            continue
        has_picture = _PICTURE_STYLE.search(style) is not None
        for one in filter(_is_simple, selectors):
            way = css_visibility.classify_how_style_hides(
                style, is_link=has_picture or _OF_LINK.search(one) is not None
            )
            if way is not None and _is_way_worth_noting(way, one, always=always):
                hides[one] = way
    opened_elements = {last for _, last in opens}
    sheet_rules = [
        CssVisibilityRule(
            one,
            _replace_way_by_opened(way) if _strip_state_from_selector(one) in opens or one in opened_elements else way,
        )
        for one, way in hides.items()
    ]
    sheet_rules.sort(key=lambda rule: rule.way not in OUT_OF_SIGHT)
    return (*sheet_rules, *(CssVisibilityRule(one, None) for one in sorted(shows)))[:MAX_RULES]


def _is_way_worth_noting(way: Way, selector: str, *, always: bool) -> bool:
    """Return whether a way to hide counts: much is hidden for good reason on some screens, and in shut menus."""
    return way in OUT_OF_SIGHT or (always and (way != "shut" or not MENU.search(selector)))


def restore_rules_of_read_sheet(sheet: Sheet) -> Iterator[CssVisibilityRule]:
    """Return the rules of a sheet that was read before."""
    return (
        CssVisibilityRule(selector, cast("Way | None", way))
        for selector, way in sheet
        if way is None or way in get_args(Way)
    )


def list_imported_sheet_addresses(sheet: str) -> tuple[str, ...]:
    """Return the addresses of other sheets that it takes in, as they are written."""
    before = cast("re.Match[str]", _BEFORE_BLOCKS.match(sheet[:MAX_SHEET]))[0]
    addresses = (
        next(_iter_addresses(node.prelude), "")
        for node in tinycss2.parse_stylesheet(before)
        if isinstance(node, AtRule) and node.lower_at_keyword == "import"
    )
    return tuple(filter(None, addresses))[:MAX_IMPORTS]


def _iter_addresses(tokens: Iterable[Node]) -> Iterator[str]:
    for token in tokens:
        if isinstance(token, FunctionBlock) and token.lower_name == "url":
            yield from (inside.value for inside in token.arguments if isinstance(inside, StringToken))
        elif isinstance(token, URLToken | StringToken):
            yield token.value


def _replace_way_by_opened(way: Way) -> Way:
    return way if way == "read_out" else "opened"


def _iter_css_blocks(sheet: str) -> Iterator[tuple[Sequence[str], str, bool]]:
    """Yield selectors, their style, and whether the rule holds on all screens."""
    rules = tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True)
    todo: list[tuple[Iterator[Node], str, bool]] = [(iter(rules), "", True)]
    while todo:
        nodes, selector, always = todo[-1]
        node = next(nodes, None)
        if node is None:
            todo.pop()
            continue
        if isinstance(node, QualifiedRule):
            selector = _expand_nested_selector(css_values.write_tokens(node.prelude)[:2_000], selector)
        elif isinstance(node, AtRule) and node.content is not None and node.lower_at_keyword in _OF_ELEMENTS:
            if node.lower_at_keyword == "media":
                media = css_values.write_tokens(node.prelude).lower()
                if _NOT_ON_SCREEN.search(media):
                    continue
                always = always and _is_media_query_always_true(media)
        else:
            continue
        inside = (tinycss2.parse_blocks_contents if selector else tinycss2.parse_rule_list)(
            node.content, skip_comments=True, skip_whitespace=True
        )
        style = css_values.write_declarations(inside)
        if style and selector:
            yield _split_selector_list(selector), style[:4_000], always
        if len(todo) < _MAX_DEPTH:
            todo.append((iter(inside), selector, always))


def _expand_nested_selector(head: str, outer: str) -> str:
    """Return the selector of a rule that stands within another one, in full."""
    if not outer or "," in outer or len(outer) > 200:
        return head
    return head.replace("&", outer) if "&" in head else ",".join(f"{outer} {part.strip()}" for part in head.split(","))


def _split_selector_list(head: str) -> list[str]:
    if ":" in head:
        head = _MEANS.sub(lambda match: match[1] or "", _ROOT.sub("html", head))
    return [selector.strip() or "*" for selector in head.split(",")][:50]


def _is_media_query_always_true(media: str) -> bool:
    return all(
        (name == "min-width" and _convert_css_length_to_pixels(number, unit) <= _NARROWEST)
        or (name == "max-width" and _convert_css_length_to_pixels(number, unit) >= _WIDEST)
        for name, number, unit in _FEATURE.findall(media)
    )


def _convert_css_length_to_pixels(number: str, unit: str) -> float:
    try:
        return float(number or 0) * (_EM if unit.endswith("em") else 1)
    except ValueError:
        return 0


def _is_simple(selector: str) -> bool:
    return _SIMPLE.fullmatch(_PLACE.sub("", selector)) is not None


def _strip_state_from_selector(selector: str) -> tuple[str, str]:
    """Return where and which elements a selector means, whether or not somebody opened them."""
    parts = _BETWEEN.split(_STATE.sub("", selector).strip())
    return parts[0], parts[-1]
