"""Texts that a script keeps as numbers or as other letters, and makes readable by a rule that stands beside them.

A number that is added to each code, the letters of a key, places in an alphabet. Pure; bounded.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence

type Constant = str | int | list["Constant"] | dict[str, "Constant"] | None
"""What an expression is worth; None: nobody can tell without running it."""

MAX_SOURCES = 16
_MAX_ITEMS, _MAX_KEYS, _MAX_SHIFTS, _FEWEST = 5_000, 8, 4, 8
_SHIFT_BY_KEY = re.compile(r"charCodeAt[^;]{0,120}\^[^;]{0,120}charCodeAt")
_SHIFT = re.compile(r"fromCharCode\s*\([^;]{0,120}?([-+^])\s*(0[xX][0-9a-fA-F]{1,4}|\d{1,3})\s*\)")
_INDEX_OF_INDEX = re.compile(r"\w\s?\[\s?\w{1,20}\s?\[\s?\w{1,20}\s?\]\s?\]|\.charAt\(\s?\w{1,20}\s?\[")
_SAYS_SOMETHING = re.compile(r"//[A-Za-z0-9]|<[a-z/]|https?:|location|eval\(")


def iter_ciphered_texts(code: str, sources: Sequence[Constant]) -> Iterator[str]:
    """Yield what the texts and numbers of a script say by the rules that its code applies to them."""
    codes = [_list_codes(source) for source in sources]
    codes = [source for source in codes if _FEWEST <= len(source) <= _MAX_ITEMS][:MAX_SOURCES]
    texts = [source for source in sources if isinstance(source, str)]
    made = itertools.chain(
        _iter_letters_of_alphabets(texts, codes) if _INDEX_OF_INDEX.search(code) else (),
        _iter_shifted(code, codes) if "fromCharCode" in code else (),
        _iter_crossed(texts, codes) if _SHIFT_BY_KEY.search(code) else (),
    )
    for text in made:
        if _SAYS_SOMETHING.search(text) and sum(map(str.isprintable, text)) * 10 >= len(text) * 9:
            yield text


def _iter_letters_of_alphabets(texts: Iterable[str], codes: Sequence[Sequence[int]]) -> Iterator[str]:
    alphabets = [text for text in texts if 10 <= len(text) <= 200][:_MAX_KEYS]
    for alphabet, numbers in itertools.product(alphabets, codes):
        if max(numbers) < len(alphabet):
            yield "".join(alphabet[number] for number in numbers)


def _iter_shifted(code: str, codes: Sequence[Sequence[int]]) -> Iterator[str]:
    shifts = list(dict.fromkeys(_SHIFT.findall(code)[:20]))[:_MAX_SHIFTS]
    for (sign, number), source in itertools.product(shifts, codes):
        by = int(number, 0) if number[:2] in ("0x", "0X") else int(number)
        yield _join_codes(one ^ by if sign == "^" else one + (by if sign == "+" else -by) for one in source)


def _iter_crossed(texts: Iterable[str], codes: Sequence[Sequence[int]]) -> Iterator[str]:
    keys = [_list_codes(text) for text in texts if 0 < len(text) <= 40][:_MAX_KEYS]
    for key, source in itertools.product(keys, codes):
        pairs = zip(source, itertools.cycle(key), strict=False)
        yield _join_codes(one ^ other for one, other in pairs)


def _join_codes(codes: Iterable[int]) -> str:
    return "".join(chr(code) if 8 < code < 0xD800 else "\ufffd" for code in codes)


def _list_codes(source: Constant) -> list[int]:
    if isinstance(source, str):
        return list(map(ord, source))
    return [item for item in source if isinstance(item, int)] if isinstance(source, list) else []
