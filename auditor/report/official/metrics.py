"""Lengths of text in Liberation Serif, whose widths are those of Times New Roman."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from fontTools.ttLib import TTFont

ASSETS = Path(__file__).parent / "assets"
FONTS = ASSETS / "fonts"
MM_PER_POINT = 25.4 / 72
_TIE = "\N{WORD JOINER}"
"""Stands for a space where a line does not end."""
_PHRASES = re.compile(
    r"trang thông tin điện tử|an ninh mạng|an toàn thông tin|tháng \d\d năm \d{4}|ủy ban nhân dân|yêu cầu cơ bản|máy "
    r"chủ"
    r"|cấp độ \d|hệ thống thông tin|tiêu chuẩn quốc gia|bộ công an|việt nam",
    re.IGNORECASE,
)
"""Words that are one to the eye; a title that breaks within them reads badly."""


class _Face(NamedTuple):
    glyphs: dict[int, str]
    advances: dict[str, tuple[int, int]]
    units: int


@cache
def _face(bold: bool, italic: bool) -> _Face:
    style = ("Bold" if bold else "") + ("Italic" if italic else "") or "Regular"
    with TTFont(FONTS / f"LiberationSerif-{style}.ttf", lazy=True) as font:
        return _Face(font.getBestCmap(), font["hmtx"].metrics, font["head"].unitsPerEm)


def measure_width(text: str, size: float, *, bold: bool = False, italic: bool = False) -> float:
    """Return how long a line of text is, in millimetres; ``size`` in points."""
    face = _face(bold, italic)
    glyphs = (face.glyphs.get(ord(char), ".notdef") for char in text)
    return sum(face.advances[glyph][0] for glyph in glyphs) / face.units * size * MM_PER_POINT


def make_drawable(text: str) -> str:
    """Return the text with characters that the font lacks spelt out in ones that it has."""
    return text if text.isascii() else text.translate(_DRAWABLE)


class _CharacterMap(dict[int, str]):
    """The drawing of each character that is asked for."""

    def __missing__(self, char: int) -> str:
        return chr(char) if char in _face(False, False).glyphs else f"[U+{char:04X}]"


_DRAWABLE = _CharacterMap({ord(char): spelt for char, spelt in {"⟨": "[", "⟩": "]", "⏎": " / ", "⇥": " "}.items()})


def break_lines(text: str, measure: Callable[[str], float], limit: float) -> tuple[str, ...]:
    """Return the text in as few lines as fit into ``limit`` millimetres, of lengths as even as can be.

    Phrases stay on one line.

    A word longer than that stands on a line of its own.
    """
    together = _break_evenly(text, measure, limit, keep_phrases=True)
    return (
        together
        if all(measure(line) <= limit for line in together)
        else _break_evenly(text, measure, limit, keep_phrases=False)
    )


def _break_evenly(text: str, measure: Callable[[str], float], limit: float, *, keep_phrases: bool) -> tuple[str, ...]:
    pieces = _PHRASES.sub(lambda match: match.group().replace(" ", _TIE), text) if keep_phrases else text
    return tuple(
        line.replace(_TIE, " ")
        for line in _even(pieces.split(" "), lambda line: measure(line.replace(_TIE, " ")), limit)
    )


def _even(words: list[str], measure: Callable[[str], float], limit: float) -> tuple[str, ...]:
    count = len(_greedy(words, measure, limit))
    longest = max(map(measure, words))
    low, high = max(longest, measure(" ".join(words)) / count), max(limit, longest)
    for _ in range(12):
        middle = (low + high) / 2
        if len(_greedy(words, measure, middle)) > count:
            low = middle
        else:
            high = middle
    return _greedy(words, measure, high)


def _greedy(words: list[str], measure: Callable[[str], float], limit: float) -> tuple[str, ...]:
    broken_lines: list[str] = []
    for word in words:
        longer = f"{broken_lines[-1]} {word}" if broken_lines else word
        if broken_lines and measure(longer) <= limit:
            broken_lines[-1] = longer
        else:
            broken_lines.append(word)
    return tuple(broken_lines)
