"""What an expression may come to: a constant that can be worked out, and who had a say in it.

Data and arithmetic, pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

REQUEST: Final = 1
"""A visitor says it."""
REMOTE: Final = 2
"""Another machine says it."""
DECODED_TEXT: Final = 4
"""It was decoded, by whatever."""
BUILT_TEXT: Final = 8
"""A constant that was put together rather than written."""
UPLOAD: Final = 16
"""A file that a visitor sent."""
FILE: Final = 32
"""What a file of the host holds."""
LONG: Final = 64
"""Made of a literal so long that it can be a program."""
LETTER: Final = 128
"""The number of a letter, with which it can be reckoned before it is a letter again."""
PARAMETER: Final = 256
"""The first parameter of the function at hand; the next ones are the bits after it."""
MAX_PARAMETERS: Final = 12
PARAMETERS: Final = ((1 << MAX_PARAMETERS) - 1) * PARAMETER
WORD: Final = PARAMETER << MAX_PARAMETERS
"""A visitor says it, of letters, digits, dots, hyphens and underscores alone: it can be a name, and no program."""
INJECTED: Final = WORD << 1
"""What a file holds, with code or markup of elsewhere put into it."""
SECRET: Final = INJECTED << 1
"""A visitor says it as a password, a card's number or a code."""
FOREIGN: Final = REQUEST | REMOTE
MAX_TEXT: Final = 400_000
"""Bytes of a constant that is worked out."""
MAX_ITEMS: Final = 5_000
_NEUTRAL_PREFIX: Final = re.compile(
    rb"(?i)(?:[./\s;@]|\?>|<\?(?:php)?|return|(?:https?|ftp|expect|zip|phar|php|glob)://(?:filter/[\w./=|-]*)?"
    rb"|data:[\w/;=+-]*,?"
    rb"|(?:/[\w/]*/)?(?:ba|da|z)?sh\s+-c\s*[\"']?|cmd(?:\.exe)?\s+/c\s*[\"']?"
    rb"|(?:nice|nohup|setsid|exec|env|sudo|stdbuf\s+-\S+|timeout\s+\d+\w?)\s)*+"
)
"""What may stand before others' words without taking anything from them."""


_FROM_ELSEWHERE: Final = re.compile(
    rb"(?i)<script[^>]{0,200}\bsrc\s*=\s*\\?[\"']?(?:https?:)?//|<iframe[^>]{0,200}\bsrc\s*=\s*\\?[\"']?(?:https?:)?//"
    rb"|<\?(?:php)?\s[^?]{0,200}\b(?:[i]nclude|[r]equire|[e]val|base64_decode|_GET|_POST|_COOKIE|_REQUEST)\b"
    rb"|createElement\(\s*\\?[\"']script\\?[\"']\s*\)[^?]{0,200}\bsrc\b[^?]{0,20}//|\bdocument\.write\([^?]{0,40}<script"
    rb"|height\s*:\s*0(?:px)?\s*;[^>]{0,40}overflow\s*:\s*hidden|overflow\s*:\s*hidden[^>]{0,40}height\s*:\s*0\b"
    rb"|display\s*:\s*none[^<]{0,80}>\s*<a\s|text-indent\s*:\s*-\d{3}|left\s*:\s*-\d{3,5}px"
)


def brings_code_from_elsewhere(text: bytes | None) -> bool:
    """Return whether a constant has a page load something of elsewhere, hides links, or is a small loader."""
    return text is not None and len(text) < 20_000 and _FROM_ELSEWHERE.search(text) is not None


class AbstractValue:
    """The possible values of an expression; never changed once it is made.

    ``head``: what others say comes first; nothing of the file's own stands before it. ``begins``, ``ends``: the
    constants that it begins and ends with (``with_edges``). ``flags`` are of all that an array holds, ``rest`` of what
    it may hold beside its known ``items``.
    """

    __slots__ = ("begins", "ends", "flags", "function", "head", "items", "rest", "text")

    def __init__(
        self,
        text: bytes | None = None,
        flags: int = 0,
        *,
        head: bool = True,
        items: Mapping[bytes, AbstractValue] | None = None,
        rest: int | None = None,
        function: object = None,
    ) -> None:
        self.text, self.flags, self.head, self.items, self.function = text, flags, head, items, function
        self.rest = flags if rest is None else rest
        self.begins = self.ends = b"" if text is None else text

    def with_flags(self, flags: int) -> AbstractValue:
        """Return the same with further flags."""
        if self.flags | flags == self.flags:
            return self
        return AbstractValue(
            self.text,
            self.flags | flags,
            head=self.head,
            items=self.items,
            rest=self.rest | flags,
            function=self.function,
        ).with_edges(self.begins, self.ends)

    def with_edges(self, begins: bytes, ends: bytes) -> AbstractValue:
        """Return the same with the constants that it begins and ends with; one that is a constant itself is those."""
        if self.text is not None or (self.begins == begins and self.ends == ends):
            return self
        value = AbstractValue(
            None, self.flags, head=self.head, items=self.items, rest=self.rest, function=self.function
        )
        value.begins, value.ends = begins, ends
        return value


UNKNOWN: Final = AbstractValue()
EMPTY: Final = AbstractValue(b"")


def make_text_constant(content: bytes, flags: int = 0) -> AbstractValue:
    """Return a constant; what is too long to be worked with is known to be long, and no more."""
    if len(content) > MAX_TEXT:
        return AbstractValue(None, flags | LONG)
    return AbstractValue(content, flags | (LONG if len(content) > 300 else 0))


def concatenate(parts: Iterable[AbstractValue]) -> AbstractValue:
    """Return one after the other, as ``.`` does."""
    parts = list(parts)
    if len(parts) == 1:
        return parts[0]
    flags, head, has_begun = 0, True, False
    for part in parts:
        flags |= part.flags
        # A constant of which others have a say is what it is where they say nothing.
        is_said = part.flags & (FOREIGN | PARAMETERS | UPLOAD)
        if not has_begun and (is_said or part.text is None or _NEUTRAL_PREFIX.fullmatch(part.text) is None):
            head, has_begun = bool(part.flags & (FOREIGN | PARAMETERS | UPLOAD)) and part.head, True
    if flags & FILE and any(brings_code_from_elsewhere(part.text) for part in parts if not part.flags & FILE):
        flags |= INJECTED
    if all(part.text is not None for part in parts):
        constant = make_text_constant(b"".join(part.text or b"" for part in parts), flags | BUILT_TEXT)
        return AbstractValue(constant.text, constant.flags, head=head) if flags & (FOREIGN | PARAMETERS) else constant
    return AbstractValue(None, flags, head=head).with_edges(parts[0].begins, parts[-1].ends) if parts else EMPTY


def merge_alternative_values(first: AbstractValue, second: AbstractValue) -> AbstractValue:
    """Return one or the other; a constant only when both are the same, or nothing is known of one of them."""
    if first is second:
        return first
    return AbstractValue(
        second.text if first.text is None or first.text == second.text or first.text == b"" else first.text,
        first.flags | second.flags,
        head=first.head or second.head,
        items=second.items if second.items is not None else first.items,
        rest=first.rest | second.rest,
        function=second.function or first.function,
    ).with_edges(second.begins or first.begins, second.ends or first.ends)


def make_array(parts: Iterable[tuple[bytes | None, AbstractValue]]) -> AbstractValue:
    """Return an array of these; one without a key gets the next number."""
    items: dict[bytes, AbstractValue] = {}
    flags, number = 0, 0
    for key, value in parts:
        if key is None:
            key, number = b"%d" % number, number + 1
        elif key.isdigit() and len(key) < 8:
            number = int(key) + 1
        if len(items) < MAX_ITEMS:
            items[key] = value
        flags |= value.flags
    return AbstractValue(None, flags, items=items, rest=0)


def merge_possibly_overwritten_value(before: AbstractValue, value: AbstractValue) -> AbstractValue:
    """Return what a variable holds that was set where that need not have happened.

    Its constant is the one that was set.
    """
    return AbstractValue(
        value.text,
        before.flags | value.flags,
        head=before.head or value.head,
        items=value.items,
        rest=before.rest | value.rest,
        function=value.function,
    ).with_edges(value.begins, value.ends)
