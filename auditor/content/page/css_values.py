"""Style as a browser takes it: without comments and escapes, its variables filled in, its sums worked out.

Pure; bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import tinycss2
from tinycss2.ast import Declaration, Node

_MOST, _LONGEST = 20, 4_000
_SET = re.compile(r"(--[\w-]{1,60})\s*:\s*([^;{}]{1,100})")
_VARIABLE = re.compile(r"var\(\s*(--[\w-]{1,60})\s*(?:,\s*([^()]{0,100}))?\)")
_CALL = re.compile(r"(calc|min|max|clamp)\(([^()]{1,100})\)")
_NUMBER = re.compile(r"([+-]?(?:\d{1,9}(?:\.\d{0,9})?|\.\d{1,9}))([a-z%]{0,5})")
_TERM = re.compile(r"\s+[+-]\s+")
_FACTOR = re.compile(r"\s*([*/])\s*")


def parse_css_variables(sheet: str) -> Mapping[str, str]:
    """Return the variables that a sheet, or a declaration of style, sets anywhere."""
    return dict(_SET.findall(sheet)[:200]) if "--" in sheet else {}


def write_declarations(nodes: Iterable[Node]) -> str:
    """Return the declarations of a block, without comments and escapes, and with nothing in their strings."""
    return ";".join(
        f"{node.name}:{write_tokens(node.value)}{'!important' if node.important else ''}"
        for node in nodes
        if isinstance(node, Declaration)
    )


def write_tokens(tokens: Iterable[Node]) -> str:
    """Return tokens as text, strings without what is in them."""
    try:
        return (
            "".join('""' if token.type == "string" else token.serialize() for token in tokens)
            .replace("/**/", "")
            .strip()
        )
    except RecursionError:
        return ""  # nested hundreds of times, which no browser's style is


def normalize_style(style: str, outer_variables: Mapping[str, str]) -> str:
    """Return a declaration of style in lower case with nothing in it to be worked out.

    ``outer_variables``: variables set elsewhere.
    """
    if "\\" in style or "/*" in style:
        style = write_declarations(tinycss2.parse_blocks_contents(style[:_LONGEST], skip_comments=True))
    style = style.lower()
    if "var(" in style:
        values = {**outer_variables, **parse_css_variables(style)}
        for _ in range(_MOST):
            if "var(" not in style or len(style) > _LONGEST:
                break
            style = _VARIABLE.sub(lambda match: values.get(match[1], match[2] or "").strip(), style)
    if "calc(" in style or "min(" in style or "max(" in style or "clamp(" in style:
        for _ in range(_MOST):
            worked_out = _CALL.sub(_evaluate_css_min_max_or_clamp, style)
            if worked_out == style:
                break
            style = worked_out
    return style


def _evaluate_css_min_max_or_clamp(match: re.Match[str]) -> str:
    parts = [_evaluate_css_sum(part) for part in match[2].split(",")]
    quantities = [part for part in parts if part is not None]
    if len(quantities) < len(parts) or len({unit for number, unit in quantities if number}) > 1:
        return match[2].partition(",")[0]
    if match[1] == "clamp" and len(quantities) == 3:
        number, unit = max(quantities[0], min(quantities[1:]))
    else:
        number, unit = min(quantities) if match[1] == "min" else max(quantities)
    return f"{number:g}{unit}" if abs(number) < 1e5 else f"{number:.0f}{unit}"


def _evaluate_css_sum(text: str) -> tuple[float, str] | None:
    """Return what numbers of one unit come to; None for anything else."""
    text = text.strip()
    terms = [_evaluate_css_product(term) for term in _TERM.split(text)]
    signs = [1, *(-1 if "-" in term else 1 for term in _TERM.findall(text))]
    quantities = [term for term in terms if term is not None]
    units = {unit for number, unit in quantities if unit and number}
    if len(quantities) < len(terms) or len(units) > 1:
        return None
    unit = next(iter(units), next((unit for _, unit in quantities if unit), ""))
    return sum(sign * number for sign, (number, _) in zip(signs, quantities, strict=True)), unit


def _evaluate_css_product(text: str) -> tuple[float, str] | None:
    first, *rest = _FACTOR.split(text.strip())
    match = _NUMBER.fullmatch(first)
    if match is None:
        return None
    number, unit = float(match[1]), match[2]
    for sign, factor in zip(rest[::2], rest[1::2], strict=True):
        other = _NUMBER.fullmatch(factor)
        if other is None or (sign == "/" and not float(other[1])):
            return None
        number = number * float(other[1]) if sign == "*" else number / float(other[1])
        unit = unit or other[2]
    return number, unit
