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
def _load_font_face(bold: bool, italic: bool) -> _Face:
    style = ("Bold" if bold else "") + ("Italic" if italic else "") or "Regular"
    with TTFont(FONTS / f"LiberationSerif-{style}.ttf", lazy=True) as font:
        return _Face(font.getBestCmap(), font["hmtx"].metrics, font["head"].unitsPerEm)


def measure_text_width_in_mm(text: str, size: float, *, bold: bool = False, italic: bool = False) -> float:
    """Return how long a line of text is, in millimetres; ``size`` in points."""
    face = _load_font_face(bold, italic)
    glyphs = (face.glyphs.get(ord(char), ".notdef") for char in text)
    return sum(face.advances[glyph][0] for glyph in glyphs) / face.units * size * MM_PER_POINT


def spell_out_characters_font_lacks(text: str) -> str:
    """Return the text with characters that the font lacks spelt out in ones that it has."""
    return text if text.isascii() else text.translate(_DRAWABLE)


class _CharacterMap(dict[int, str]):
    """The drawing of each character that is asked for."""

    def __missing__(self, char: int) -> str:
        return chr(char) if char in _load_font_face(False, False).glyphs else f"[U+{char:04X}]"


_DRAWABLE = _CharacterMap({ord(char): spelt for char, spelt in {"⟨": "[", "⟩": "]", "⏎": " / ", "⇥": " "}.items()})


def break_text_into_even_lines(text: str, measure: Callable[[str], float], max_width: float) -> tuple[str, ...]:
    """Return the text in as few lines as fit into ``max_width`` millimetres, of lengths as even as can be.

    Phrases stay on one line.

    A word longer than that stands on a line of its own.
    """
    together = _break_text_evenly_at_spaces(text, measure, max_width, keep_phrases=True)
    return (
        together
        if all(measure(line) <= max_width for line in together)
        else _break_text_evenly_at_spaces(text, measure, max_width, keep_phrases=False)
    )


def _break_text_evenly_at_spaces(
    text: str, measure: Callable[[str], float], max_width: float, *, keep_phrases: bool
) -> tuple[str, ...]:
    pieces = _PHRASES.sub(lambda match: match.group().replace(" ", _TIE), text) if keep_phrases else text
    return tuple(
        line.replace(_TIE, " ")
        for line in _distribute_words_over_even_lines(
            pieces.split(" "), lambda line: measure(line.replace(_TIE, " ")), max_width
        )
    )


def _distribute_words_over_even_lines(
    words: list[str], measure: Callable[[str], float], max_width: float
) -> tuple[str, ...]:
    count = len(_fill_lines_greedily_with_words(words, measure, max_width))
    longest = max(map(measure, words))
    low, high = max(longest, measure(" ".join(words)) / count), max(max_width, longest)
    for _ in range(12):
        middle = (low + high) / 2
        if len(_fill_lines_greedily_with_words(words, measure, middle)) > count:
            low = middle
        else:
            high = middle
    return _fill_lines_greedily_with_words(words, measure, high)


def _fill_lines_greedily_with_words(
    words: list[str], measure: Callable[[str], float], max_width: float
) -> tuple[str, ...]:
    broken_lines: list[str] = []
    for word in words:
        longer = f"{broken_lines[-1]} {word}" if broken_lines else word
        if broken_lines and measure(longer) <= max_width:
            broken_lines[-1] = longer
        else:
            broken_lines.append(word)
    return tuple(broken_lines)
