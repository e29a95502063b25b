"""What style hides from people and leaves to machines. Pure.

``kept``: put where nobody looks, or made too small to be seen, which has hardly an honest use. ``small``: its letters
have no size, though pictures have. ``shut``: not shown for the moment, as menus and dialogues are. ``opened``: the
same, and what people do shows it. ``read_out``: left for those who hear a page.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

import tinycss2
from tinycss2.color4 import Color, parse_color

from auditor.content.page import css_values

Way = Literal["kept", "small", "shut", "opened", "read_out"]

OUT_OF_SIGHT = ("kept", "small")

_FAR = r"-\s*(?:[7-9]\d{2}|\d{4,})(?:\.\d+)?\s*(?:px|pt|%)?|-\s*(?:[5-9]\d|\d{3,})\s*r?em|-\s*[1-9]\d{2,}\s*v[wh]"
_BEYOND = r"(?:[5-9]\d{3}|\d{5,})\s*(?:px|pt)|[3-9]\d{2,}\s*(?:%|v[wh])|(?:[3-9]\d{2}|\d{4,})\s*r?em"
_TURNED_AWAY = r"rotate[xy]\s*\(\s*-?(?:90|270)deg|scale(?:x|y|3d)?\s*\(\s*0(?:\.0+)?\s*[,)]|matrix\s*\(\s*0\s*,"
_OFF_SCREEN = re.compile(
    rf"(?:^|[;\s{{])(?:left|top|right|bottom|margin(?:-left|-top|-inline(?:-start)?)?|inset-inline-start"
    rf"|translate)\s*:\s*(?:{_FAR})"
    rf"|(?:^|[;\s{{])inset\s*:[^;]{{0,60}}(?:^|[:\s])(?:{_FAR})(?:\s|;|$)"
    rf"|(?:^|[;\s{{])(?:left|right|margin-left|bottom|padding-left)\s*:\s*(?:{_BEYOND})"
    rf"|translate(?:x|y|3d)?\s*\(\s*-?\s*(?:(?:[5-9]\d{{3}}|\d{{5,}})px|\d{{4,}}%|[3-9]\d{{2,}}v[wh])|{_TURNED_AWAY}"
    rf"|(?:^|[;\s{{])(?:scale|zoom)\s*:\s*0(?:\.0+\d?)?\s*(?:[;!]|$)"
    r"|letter-spacing\s*:\s*-\s*\d{2,}\s*px"
    r"|mask(?:-image)?\s*:\s*linear-gradient\(\s*transparent\s*,\s*transparent\s*\)"
    r"|opacity\s*:\s*(?:0?\.0(?:0+[1-9]|[1-4])\d*|[1-4]%)\s*(?:[;!]|$)"
)
_SMALL = re.compile(
    r"font-size\s*:\s*(?:0?\.\d+\s*(?:px|pt)|0?\.[0-2]\d*\s*(?:r?em|v[wh]|vmin|vmax)|0(?:\.0+)?\s*(?:px|pt|r?em|%"
    r"|v[wh])?|1\s*(?:px|pt|%))\s*(?:!important)?\s*(?:;|$)"
    r"|font\s*:[^;]*\b0(?:px|/0)"
)
_INDENTED_TEXT = re.compile(rf"text-indent\s*:\s*(?:{_FAR}|[5-9]\d{{3}}px|\d{{5,}}px)")
_SHUT = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*0?\.?0+\s*(?:[;!]|$)"
    r"|(?:^|[;\s])(?:(?:max-)?height|block-size)\s*:\s*[01](?:px)?\s*(?:[;!]|$)|content-visibility\s*:\s*hidden"
    r"|filter\s*:\s*opacity\(\s*(?:0|[1-4]%)"
)
_NO_HEIGHT = re.compile(r"(?:^|[;\s])(?:(?:max-)?height|block-size)\s*:\s*[01](?:px)?\s*(?:[;!]|$)")
_NO_WIDTH = re.compile(r"(?:^|[;\s])(?:(?:max-)?width|inline-size)\s*:\s*[01](?:px)?\s*(?:[;!]|$)")
_CLIPPED_BOX = re.compile(
    r"clip\s*:\s*rect\(|clip-path\s*:\s*(?:inset\([^)]{0,40}\b(?:50|100)%|polygon\(\s*(?:0|50%)|(?:circle"
    r"|ellipse)\(\s*0|path\()"
)
_COLOR = re.compile(r"(?:^|[;\s{])(-webkit-text-fill-)?color\s*:\s*([^;!]+)")
_GROUND = re.compile(r"background(?:-color)?\s*:\s*([^;!]+)")
_ALIKE = 12 / 255
"""Of a primary color; less than that nobody tells apart."""


@lru_cache(maxsize=4096)
def classify_how_style_hides(style: str, *, is_link: bool = False) -> Way | None:
    """Return how a declaration of style hides what it is for, if it does.

    ``is_link``: it is the link itself, whose picture may stay.
    """
    style = css_values.normalize_style(style, {})
    if _OFF_SCREEN.search(style) or (not is_link and _INDENTED_TEXT.search(style)) or _has_invisible_letters(style):
        return "kept"
    if _SMALL.search(style):
        return "small"
    if _CLIPPED_BOX.search(style):
        return "read_out"
    if _SHUT.search(style) or _NO_WIDTH.search(style):
        return "kept" if _NO_HEIGHT.search(style) and _NO_WIDTH.search(style) else "shut"
    return "kept" if _has_text_color_like_background(style) else None


def _has_invisible_letters(style: str) -> bool:
    colors = (_find_color(match[2]) for match in _COLOR.finditer(style))
    return any(color is not None and color.alpha == 0 for color in colors)


def _has_text_color_like_background(style: str) -> bool:
    letters = next((match[2] for match in _COLOR.finditer(style) if not match[1]), None)
    ground = _GROUND.search(style)
    if letters is None or ground is None:
        return False
    letter_color, other = _find_color(letters), _find_color(ground[1])
    if letter_color is None or other is None or not other.alpha:
        return False
    differences = (abs(a - b) for a, b in zip(letter_color.coordinates, other.coordinates, strict=True))
    return max(differences, default=0.0) < _ALIKE


def _find_color(value: str) -> Color | None:
    """Return the first color of a value in red, green and blue; None where it has none that can be told so."""
    for token in tinycss2.parse_component_value_list(value[:_LONGEST], skip_comments=True):
        color = parse_color(token)
        if isinstance(color, Color):
            return color.to("srgb") if color.space in ("srgb", "hsl", "hwb") else None
    return None


_LONGEST = 200
