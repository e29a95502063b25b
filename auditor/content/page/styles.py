"""What style hides from people and leaves to machines. Pure.

``kept``: put where nobody looks, or made too small to be seen, which has hardly an honest use. ``small``: its letters have no size, though pictures have. ``shut``: not shown for the moment,
as menus and dialogues are. ``opened``: the same, and what people do shows it. ``read_out``: left for those who hear a page.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

Way = Literal["kept", "small", "shut", "opened", "read_out"]

OUT_OF_SIGHT = ("kept", "small")

_FAR = r"-\s*(?:[7-9]\d{2}|\d{4,})(?:\.\d+)?\s*(?:px|pt|%)?|-\s*(?:[5-9]\d|\d{3,})\s*r?em|-\s*[1-9]\d{2,}\s*v[wh]"
_BEYOND = r"(?:[5-9]\d{3}|\d{5,})\s*(?:px|pt)|[3-9]\d{2,}\s*(?:%|v[wh])|(?:[3-9]\d{2}|\d{4,})\s*r?em"
_KEPT = re.compile(
    rf"(?:^|[;\s{{])(?:left|top|right|bottom|margin(?:-left|-top)?)\s*:\s*(?:{_FAR})"
    rf"|[;\s{{](?:left|right|margin-left)\s*:\s*(?:{_BEYOND})|^(?:left|right|margin-left)\s*:\s*(?:{_BEYOND})"
    r"|translate(?:x|y|3d)?\s*\(\s*-?\s*(?:(?:[5-9]\d{3}|\d{5,})px|\d{4,}%|[3-9]\d{2,}v[wh])|scale\s*\(\s*0(?:\.0+)?\s*[,)]|[;\s{]color\s*:\s*transparent|^color\s*:\s*transparent"
)
_SMALL = re.compile(
    r"font-size\s*:\s*(?:0?\.\d+\s*(?:px|pt)|0(?:\.0+)?\s*(?:px|pt|r?em|%)?|1\s*(?:px|pt|%))\s*(?:!important)?\s*(?:;|$)"
    r"|font\s*:[^;]*\b0(?:px|/0)"
)
_INDENTED = re.compile(rf"text-indent\s*:\s*(?:{_FAR})")
_SHUT = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*0?\.?0+\s*(?:[;!]|$)"
    r"|(?:^|[;\s])(?:max-)?height\s*:\s*[01](?:px)?\s*(?:[;!]|$)|content-visibility\s*:\s*hidden|filter\s*:\s*opacity\(0"
)
_NO_HEIGHT = re.compile(r"(?:^|[;\s])(?:max-)?height\s*:\s*[01](?:px)?\s*(?:[;!]|$)")
_NO_WIDTH = re.compile(r"(?:^|[;\s])(?:max-)?width\s*:\s*[01](?:px)?\s*(?:[;!]|$)")
_CLIPPED = re.compile(
    r"clip\s*:\s*rect\(|clip-path\s*:\s*(?:inset\(\s*(?:50|100)%|polygon\(\s*0|(?:circle|ellipse)\(\s*0)"
)
_COLOR = re.compile(r"(?:^|[;\s])color\s*:\s*([^;!]+)")
_GROUND = re.compile(r"background(?:-color)?\s*:\s*([^;!]+)")
_HEX = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})\b")
_NAMES = {"white": (255, 255, 255), "black": (0, 0, 0)}


@lru_cache(maxsize=4096)
def way(style: str, *, is_link: bool = False) -> Way | None:
    """How a declaration of style hides what it is for, if it does. ``is_link``: it is the link itself, whose picture may stay."""
    style = style.lower()
    if _KEPT.search(style) or (not is_link and _INDENTED.search(style)):
        return "kept"
    if _SMALL.search(style):
        return "small"
    if _CLIPPED.search(style):
        return "read_out"
    if _SHUT.search(style) or _NO_WIDTH.search(style):
        return "kept" if _NO_HEIGHT.search(style) and _NO_WIDTH.search(style) else "shut"
    return "kept" if _same_colors(style) else None


def _same_colors(style: str) -> bool:
    letters, ground = _COLOR.search(style), _GROUND.search(style)
    one, other = (_rgb(found[1]) if found else None for found in (letters, ground))
    if one and not ground and min(one) >= 0xFA:
        return False
    return bool(one and other and max(abs(a - b) for a, b in zip(one, other, strict=True)) < 12)


def _rgb(color: str) -> tuple[int, int, int] | None:
    name = color.strip()
    if name in _NAMES:
        return _NAMES[name]
    found = _HEX.search(color)
    if not found:
        return None
    digits = found[1] if len(found[1]) == 6 else "".join(digit * 2 for digit in found[1])
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
