"""Whether JSON is worth decoding: how deep it goes and how many values it makes, by a look that costs no memory.

Pure.
"""

from __future__ import annotations

_FEW = 100
"""Opening brackets that are never deep enough to do harm."""


def is_json_within_bounds(text: bytes, *, max_values: int, max_depth: int) -> bool:
    """Return whether the text, JSON or not, makes at most so many values, and none deeper than that.

    A decoder may be strict about ends of lines within strings or not, and so skip other parts of a text that is no
    JSON: what either would decode counts.
    """
    if text.count(b"[") + text.count(b"{") <= _FEW and len(text) <= max_values:
        return True
    import re  # noqa: PLC0415  not needed for most answers, and every task starts us

    return all(
        _is_stringless_json_within_bounds(re.sub(string, b"", text), max_values, max_depth)
        for string in (rb'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"', rb'(?s)"[^"\\]*+(?:\\.[^"\\]*+)*+"')
    )


def _is_stringless_json_within_bounds(text_without_strings: bytes, max_values: int, max_depth: int) -> bool:
    if sum(map(text_without_strings.count, (b",", b"[", b"{"))) > max_values:
        return False
    open_ones = deepest = 0
    for char in text_without_strings.translate(None, delete=_OTHER):
        open_ones += 1 if char in b"[{" else -1
        deepest = max(deepest, open_ones)
    return deepest <= max_depth


_OTHER = bytes(set(range(256)) - set(b"[]{}"))
