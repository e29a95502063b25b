"""Foreign text made fit to be shown: nothing in it can hide, reorder or flood. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

LIMIT = 4000
_MAX_MARKS = 3
_PLAIN = re.compile("[\n\t\x20-\x7e\xa0-\xac\xae-\u024f\u1e00-\u1eff\u2013\u2014\u2018-\u201d\u2026\u2190-\u2193]*")
"""Latin letters with their accents, and common signs: nothing to spell out, as in most text."""
_SUSPECT = re.compile(r"[^\n\t\x20-\x7e]+")
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_BLANK = "\u115f\u1160\u2800\u3164\uffa0"
_UNSEEN = re.compile("[\u034f\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Marks that show as nothing: two names that differ by one look the same."""
_PRESENTATION_MARKS = "\ufe0e\ufe0f"
"""Those that belong to a pictograph before them."""


def escape_invisible_characters(text: str, limit: int = LIMIT) -> str:
    """Return the text with control, bidirectional and other invisible characters spelt out as ``⟨U+202E⟩``.

    At most ``limit`` characters of the original are kept; a cut is marked with the full length. The result
    holds only characters that XML 1.0 admits. Escaping for HTML or XML is still the caller's.
    """
    prefix = text if len(text) <= limit else text[:limit]
    plain = (prefix.isascii() and prefix.isprintable()) or _PLAIN.fullmatch(prefix)
    result = prefix if plain else _escape_suspect_characters(prefix)
    return result if len(text) <= limit else f"{result}… [{limit}/{len(text)}]"


def escape_text_to_one_line(text: str, limit: int = LIMIT) -> str:
    """Return the same, with line ends and tabs spelt out as well."""
    return escape_invisible_characters(text, limit).replace("\n", "⏎").replace("\t", "⇥")


def _escape_suspect_characters(text: str) -> str:
    return _SUSPECT.sub(_escape_matched_suspect_characters, text)


def _escape_matched_suspect_characters(suspects: re.Match[str]) -> str:
    parts = []
    marks, before = 0, ""
    for char in suspects[0]:
        category = unicodedata.category(char)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        unseen = _UNSEEN.match(char) and not (char in _PRESENTATION_MARKS and before == "So")
        is_hidden = category in _HIDDEN_CATEGORIES or char in _BLANK or unseen or marks > _MAX_MARKS
        before = category
        parts.append(f"⟨U+{ord(char):04X}⟩" if is_hidden else char)
    return "".join(parts)


def replace_non_finite_numbers(value: Any) -> Any:
    """Return JSON data with NaN and the infinities, which JSON does not have, as their names."""
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return str(value)
    if isinstance(value, dict):
        return {key: replace_non_finite_numbers(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [replace_non_finite_numbers(member) for member in value]
    return value
