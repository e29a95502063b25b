"""Lengths of text in Liberation Serif, whose widths are those of Times New Roman."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from fontTools.ttLib import TTFont

ASSETS = Path(__file__).parent / "assets"
FONTS = ASSETS / "fonts"
MM_PER_POINT = 25.4 / 72


class _Face(NamedTuple):
    glyphs: dict[int, str]
    advances: dict[str, tuple[int, int]]
    units: int


@cache
def _face(bold: bool, italic: bool) -> _Face:
    style = ("Bold" if bold else "") + ("Italic" if italic else "") or "Regular"
    with TTFont(FONTS / f"LiberationSerif-{style}.ttf", lazy=True) as font:
        return _Face(font.getBestCmap(), font["hmtx"].metrics, font["head"].unitsPerEm)


def width(text: str, size: float, *, bold: bool = False, italic: bool = False) -> float:
    """How long a line of text is, in millimetres; ``size`` in points."""
    face = _face(bold, italic)
    glyphs = (face.glyphs.get(ord(char), ".notdef") for char in text)
    return sum(face.advances[glyph][0] for glyph in glyphs) / face.units * size * MM_PER_POINT


def drawable(text: str) -> str:
    """The text with characters that the font lacks spelt out in ones that it has."""
    return text if text.isascii() else text.translate(_DRAWN)


class _Drawn(dict[int, str]):
    """How each character is drawn that is asked for."""

    def __missing__(self, char: int) -> str:
        return chr(char) if char in _face(False, False).glyphs else f"[U+{char:04X}]"


_DRAWN = _Drawn({ord(char): spelt for char, spelt in {"⟨": "[", "⟩": "]", "⏎": " / ", "⇥": " "}.items()})


def lines(text: str, measure: Callable[[str], float], limit: float) -> tuple[str, ...]:
    """The text in as few lines as fit into ``limit`` millimetres, of lengths as even as can be.

    A word longer than that stands on a line of its own.
    """
    words = text.split(" ")
    count = len(_greedy(words, measure, limit))
    longest = max(map(measure, words))
    low, high = max(longest, measure(text) / count), max(limit, longest)
    for _ in range(12):
        middle = (low + high) / 2
        if len(_greedy(words, measure, middle)) > count:
            low = middle
        else:
            high = middle
    return _greedy(words, measure, high)


def _greedy(words: list[str], measure: Callable[[str], float], limit: float) -> tuple[str, ...]:
    found: list[str] = []
    for word in words:
        longer = f"{found[-1]} {word}" if found else word
        if found and measure(longer) <= limit:
            found[-1] = longer
        else:
            found.append(word)
    return tuple(found)
