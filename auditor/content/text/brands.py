"""Names of betting sites told by their shape and by what stands around them, whatever the name is. Pure.

A name of letters and digits is nothing by itself: roads, classes, rice and decrees have such. It is an offer where
words that lead people in stand beside it: the link to enter by, an amount for signing up, what one bets with.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

type Hint = Literal["entry", "offer"]
HINTS: tuple[Hint, ...] = ("entry", "offer")
"""``entry``: any site may say so. ``offer``: who takes bets says so."""

CATEGORY = "gambling-brand"
TERM = "(name)"
"""What such a name is called as a term: the same, whatever the name."""

_AROUND, _MOST, _ENOUGH, _SHORT = 90, 40, 4, 60
_WEIGHT: dict[str, int] = {"entry": 1, "offer": 2}
_NAME = re.compile(
    r"(?<![^\s(\[\"'“«:|,>/&-])"
    r"((?:[a-z]{1,10}\d{1,4}[a-z]{0,5}|\d{1,3}[a-z]{2,9}|[a-z]{2,10} ?(?:bet|club|casino|win|vip|slot))"
    r"(?:\.[a-z]{2,10}){0,2})(?![\w/-])"
)
"""A word of letters and digits, or one that ends as bookmakers' names do; with an ending of domains or without."""
_ENDING = re.compile(
    r"\.(?:com|net|vip|win|bet|cc|club|pro|live|top|xyz|fun|win|me|tv|info|co|app|link|site|online|asia)\b"
)
_AMOUNT = re.compile(
    r"(?:tặng|nhận|thưởng|hoàn|nạp|tang|nhan|thuong|nap|free|bonus|code|dc|đc|được)"
    r"(?: ngay| free| liền| cho| code){0,2} ?(\d{2,4}) ?k\b"
)
_SHARE = re.compile(r"(?:nạp|nap)[^.]{0,20}(?:tặng|tang|thưởng|thuong|x) ?\d{1,3}\b")
_NO_NAME = re.compile(
    r"(?:ql|tl|dt|đt|hl|km|cv|tt|nq|nd|qd|đh|k|lớp|lop|u|st|om|covid|sars|h\dn|q|p|f|g|t|a|b|c|e|l|m|n|w|v|x|y|z)\d{1,3}"
    r"(?:[a-z]|/.*)?|\d{1,2}[a-h]\d{0,2}|\d{1,4}(?:gb|mb|tr|kg|km|ha|ml|th|st|nd|rd|am|pm|giờ|gio|ngày|ngay|năm|xsmb)"
    r"|(?:mp|ios|win|office|windows|android|html|css|utf|gpt)\d{1,4}"
)
"""Roads, documents, classes, amounts, programs."""


def is_name_offered(text: str, hints: Iterable[tuple[int, int, Hint, str]]) -> bool:
    """Return whether a name by its shape stands beside words that lead people in.

    ``hints``: where in the text such words begin and end, and what they are.
    """
    known = sorted(hints)[:_MOST]
    return any(_is_offered_at(text, start, known) for start, _, _, _ in known)


def _is_offered_at(text: str, at: int, hints: list[tuple[int, int, Hint, str]]) -> bool:
    start, stop = max(0, at - _AROUND), at + _AROUND
    around = text[start:stop]
    names = [name for name in _NAME.findall(around) if not _NO_NAME.fullmatch(name)]
    if not names:
        return False
    said = {word: kind for begins, ends, kind, word in hints if begins >= start and ends <= stop}
    weight = sum(_WEIGHT[kind] for kind in said.values())
    words = [name.partition(".")[0] for name in names]
    weight += len(set(words)) < len(words)
    weight += len(text) <= _SHORT
    weight += any(_ENDING.search(name) for name in names)
    amount = _AMOUNT.search(around)
    weight += 2 * (amount is None and _SHARE.search(around) is not None)
    if amount is not None:
        weight += 4 if any(amount[1] in name for name in names) else 2
    return weight >= _ENOUGH and ("offer" in said.values() or amount is not None or len(said) > 2)
