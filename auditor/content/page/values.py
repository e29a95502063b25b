"""Style as a browser takes it: without comments and escapes, its variables filled in, its sums worked out. Pure; bounded."""

from __future__ import annotations

import re
from collections.abc import Mapping

_MOST = 20
_COMMENT = re.compile(r"/\*.*?(?:\*/|$)", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:([0-9a-f]{1,6})\s?|(.))", re.IGNORECASE | re.DOTALL)
_SET = re.compile(r"(--[\w-]{1,60})\s*:\s*([^;{}]{1,100})")
_VARIABLE = re.compile(r"var\(\s*(--[\w-]{1,60})\s*(?:,\s*([^()]{0,100}))?\)")
_CALL = re.compile(r"(calc|min|max|clamp)\(([^()]{1,100})\)")
_NUMBER = re.compile(r"([+-]?(?:\d{1,9}(?:\.\d{0,9})?|\.\d{1,9}))([a-z%]{0,5})")
_TERM = re.compile(r"\s+[+-]\s+")
_FACTOR = re.compile(r"\s*([*/])\s*")


def variables(sheet: str) -> Mapping[str, str]:
    """The variables that a sheet, or a declaration of style, sets anywhere."""
    return dict(_SET.findall(sheet)[:200]) if "--" in sheet else {}


def unescaped(text: str) -> str:
    """The text without comments, its escapes read."""
    if "/*" in text:
        text = _COMMENT.sub("", text)
    return _ESCAPE.sub(_letter, text) if "\\" in text else text


def _letter(found: re.Match[str]) -> str:
    number = int(found[1], 16) if found[1] else 0
    return chr(number) if 31 < number < 0xD800 else found[2] or ""


def plain(style: str, known: Mapping[str, str]) -> str:
    """A declaration of style in lower case with nothing in it to be worked out. ``known``: variables set elsewhere."""
    style = unescaped(style).lower()
    if "var(" in style:
        values = {**known, **variables(style)}
        for _ in range(_MOST):
            if "var(" not in style or len(style) > 4_000:
                break
            style = _VARIABLE.sub(lambda found: values.get(found[1], found[2] or "").strip(), style)
    if "calc(" in style or "min(" in style or "max(" in style or "clamp(" in style:
        for _ in range(_MOST):
            worked_out = _CALL.sub(_worked_out, style)
            if worked_out == style:
                break
            style = worked_out
    return style


def _worked_out(found: re.Match[str]) -> str:
    parts = [_sum(part) for part in found[2].split(",")]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts) or len({unit for number, unit in known if number}) > 1:
        return found[2].partition(",")[0]
    if found[1] == "clamp" and len(known) == 3:
        number, unit = max(known[0], min(known[1:]))
    else:
        number, unit = min(known) if found[1] == "min" else max(known)
    return f"{number:g}{unit}" if abs(number) < 1e5 else f"{number:.0f}{unit}"


def _sum(text: str) -> tuple[float, str] | None:
    """What numbers of one unit come to; None for anything else."""
    text = text.strip()
    terms = [_product(one) for one in _TERM.split(text)]
    signs = [1, *(-1 if "-" in one else 1 for one in _TERM.findall(text))]
    known = [one for one in terms if one is not None]
    units = {unit for number, unit in known if unit and number}
    if len(known) < len(terms) or len(units) > 1:
        return None
    unit = next(iter(units), next((unit for _, unit in known if unit), ""))
    return sum(sign * number for sign, (number, _) in zip(signs, known, strict=True)), unit


def _product(text: str) -> tuple[float, str] | None:
    first, *rest = _FACTOR.split(text.strip())
    found = _NUMBER.fullmatch(first)
    if found is None:
        return None
    number, unit = float(found[1]), found[2]
    for sign, factor in zip(rest[::2], rest[1::2], strict=True):
        other = _NUMBER.fullmatch(factor)
        if other is None or (sign == "/" and not float(other[1])):
            return None
        number = number * float(other[1]) if sign == "*" else number / float(other[1])
        unit = unit or other[2]
    return number, unit
