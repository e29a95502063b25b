"""What style hides from people and leaves to machines. Pure.

``kept``: put where nobody looks, or made too small to be seen, which has hardly an honest use. ``small``: its letters
have no size, though pictures have. ``shut``: not shown for the moment, as menus and dialogues are. ``opened``: the
same, and what people do shows it. ``read_out``: left for those who hear a page.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from auditor.content.page import css_values

Way = Literal["kept", "small", "shut", "opened", "read_out"]

OUT_OF_SIGHT = ("kept", "small")

_FAR = r"-\s*(?:[7-9]\d{2}|\d{4,})(?:\.\d+)?\s*(?:px|pt|%)?|-\s*(?:[5-9]\d|\d{3,})\s*r?em|-\s*[1-9]\d{2,}\s*v[wh]"
_BEYOND = r"(?:[5-9]\d{3}|\d{5,})\s*(?:px|pt)|[3-9]\d{2,}\s*(?:%|v[wh])|(?:[3-9]\d{2}|\d{4,})\s*r?em"
_ZERO = r"0(?:\.0+)?%?\s*"
_LETTERS = r"(?:^|[;\s{])(?:-webkit-text-fill-)?color\s*:\s*"
_TURNED_AWAY = r"rotate[xy]\s*\(\s*-?(?:90|270)deg|scale(?:x|y|3d)?\s*\(\s*0(?:\.0+)?\s*[,)]|matrix\s*\(\s*0\s*,"
_OFF_SCREEN = re.compile(
    rf"(?:^|[;\s{{])(?:left|top|right|bottom|margin(?:-left|-top|-inline(?:-start)?)?|inset-inline-start"
    rf"|translate)\s*:\s*(?:{_FAR})"
    rf"|(?:^|[;\s{{])inset\s*:[^;]{{0,60}}(?:^|[:\s])(?:{_FAR})(?:\s|;|$)"
    rf"|(?:^|[;\s{{])(?:left|right|margin-left|bottom|padding-left)\s*:\s*(?:{_BEYOND})"
    rf"|translate(?:x|y|3d)?\s*\(\s*-?\s*(?:(?:[5-9]\d{{3}}|\d{{5,}})px|\d{{4,}}%|[3-9]\d{{2,}}v[wh])|{_TURNED_AWAY}"
    rf"|(?:^|[;\s{{])(?:scale|zoom)\s*:\s*0(?:\.0+\d?)?\s*(?:[;!]|$)"
    rf"|{_LETTERS}(?:transparent|(?:rgb|hsl)a?\((?:[^),]{{1,20}},){{3}}\s*{_ZERO}\)|(?:rgb"
    rf"|hsl)a?\([^),/]{{1,40}}/\s*{_ZERO}\)|#(?:[0-9a-f]{{3}}0|[0-9a-f]{{6}}00)\b)"
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
_COLOR = re.compile(r"(?:^|[;\s])color\s*:\s*([^;!]+)")
_GROUND = re.compile(r"background(?:-color)?\s*:\s*([^;!]+)")
_HEX = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})\b")
_PARTS = re.compile(r"rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})\b")
_GREY = re.compile(r"hsla?\([^,\s]{1,8}[\s,]+[\d.]{1,5}%[\s,]+(0|100)%")
_NAMES = {"white": (255, 255, 255), "black": (0, 0, 0)}


@lru_cache(maxsize=4096)
def classify_how_style_hides(style: str, *, is_link: bool = False) -> Way | None:
    """Return how a declaration of style hides what it is for, if it does.

    ``is_link``: it is the link itself, whose picture may stay.
    """
    style = css_values.normalize_style(style, {})
    if _OFF_SCREEN.search(style) or (not is_link and _INDENTED_TEXT.search(style)):
        return "kept"
    if _SMALL.search(style):
        return "small"
    if _CLIPPED_BOX.search(style):
        return "read_out"
    if _SHUT.search(style) or _NO_WIDTH.search(style):
        return "kept" if _NO_HEIGHT.search(style) and _NO_WIDTH.search(style) else "shut"
    return "kept" if _has_text_color_like_background(style) else None


def _has_text_color_like_background(style: str) -> bool:
    letters, ground = _COLOR.search(style), _GROUND.search(style)
    letter_color, other = (_parse_css_color_as_rgb(match[1]) if match else None for match in (letters, ground))
    if letter_color and not ground and min(letter_color) >= 0xFA:
        return False
    return bool(letter_color and other and max(abs(a - b) for a, b in zip(letter_color, other, strict=True)) < 12)


def _parse_css_color_as_rgb(color: str) -> tuple[int, int, int] | None:
    name = color.strip()
    if name in _NAMES:
        return _NAMES[name]
    if parts := _PARTS.search(color):
        return int(parts[1]), int(parts[2]), int(parts[3])
    if grey := _GREY.search(color):
        return _NAMES["white" if grey[1] == "100" else "black"]
    match = _HEX.search(color)
    if not match:
        return None
    digits = match[1] if len(match[1]) == 6 else "".join(digit * 2 for digit in match[1])
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
