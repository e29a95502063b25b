"""How a text is written: read as a person reads it, whatever was done to its letters.

And whether somebody disguised them. Pure.

Vietnamese is compared in composed form (NFC), lower case, without what nobody sees. Marks are taken off Latin letters
only: they are part of a Thai or Japanese word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

_UNSEEN = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
_FANCY = "\uff01-\uff5e\u2460-\u24ff\U0001d400-\U0001d7ff\U0001f130-\U0001f189"
_SUSPECT = re.compile(f"[{_UNSEEN}{_FANCY}\u0300-\u036fᴀ-ᴢɢʜɪʙʟɴʀʏꜰꜱ\u0370-\u03ff\u0400-\u052f\u0531-\u0587]")
_UNUSUAL = re.compile(rb"\xe2(?:\x80[\x8b-\x8f\xae]|[\x81\x91-\x93])")
"""What of the general punctuation, which every page has some of, is to be looked at."""
_CONTINUATION_BYTES = bytes(range(0x80, 0xC0))
"""Bytes of UTF-8 that begin no letter."""


def _build_table_of_first_bytes(otherwise: bytes, *classes: tuple[bytes, Iterable[int]]) -> bytes:
    """Return what stands for each byte that begins a letter."""
    table = bytearray(otherwise * 256)
    for sign, leads in classes:
        for lead in leads:
            table[lead] = sign[0]
    return bytes(table)


_SHAPES = _build_table_of_first_bytes(
    b"?",
    (b" ", (*range(0x80), 0xC2, 0xC6)),
    (b"s", (*range(0x09, 0x0E), *range(0x1C, 0x20))),
    (b"T", (0xC3, 0xC5, 0xE1)),
    (b"t", (0xC4,)),
    (b"-", (0xE2,)),
    (b"w", (0xE0, *range(0xE3, 0xEE))),
)
"""``T``: may bear a tone, as may ``t``, which mostly is a ``đ``; ``-``: punctuation; ``w``.

Of writing without spaces; ``s``: a space but the space bar's; ``?``: unusual.
"""
_SPACES = re.compile(rb"\xe2(?:\x80[\x80-\x8a\xa8\xa9\xaf]|\x81\x9f)")
"""Of the general punctuation."""
_SPELLING_TABLE = _build_table_of_first_bytes(
    b"a", (b"0", range(0x41)), (b" ", b" "), (b"0", b"[\\]^`{}~\x7f"), (b".", (*b".-_*|/", 0xC2))
)
"""Letters, spaces, and signs that letters are spelt apart with: the middle dot begins with C2."""
_PICTURES = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf\ufe0f]+")
_UNSEEN_ONE = re.compile(f"[{_UNSEEN}]+")
_CUT_WORD = re.compile(f"[^\\W\\d_]+(?:[{_UNSEEN}]+[^\\W\\d_]+)+")
_OF_WIDE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Writing beside which Latin letters are often as broad as its own."""
_SMALL_CAPS = str.maketrans("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz")
_SMALL_CAP = re.compile("[ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ]{2,}")
_FANCY_ONE = re.compile(f"[{_FANCY}]+")
_LIKE_LATIN = str.maketrans(
    "аеорсухіјѕԁһԛԝѵӏкмнтвгпиαορυινκτχνωаԍ",
    "aeopcyxijsdhqwvlkmhtbrnuaopuivktxvwag",
)
"""Letters of other alphabets that are taken for Latin ones, in lower case."""
_OTHER = re.compile("[\u0370-\u03ff\u0400-\u052f\u0531-\u0587]")
_LATIN = re.compile("[a-z\u00c0-\u024f\u1e00-\u1eff]")
_MIXED_WORD = re.compile("[^\\W\\d_]*[\u0370-\u03ff\u0400-\u052f\u0531-\u0587][^\\W\\d_]*")

MIN_DISGUISED = 3
"""Words with disguised letters from which that is no mistake of somebody's hand."""
_BASES = "aăâeêioôơuưy"
_TONES = "\u0300\u0301\u0303\u0309\u0323"
TONE_VOWELS = "".join(unicodedata.normalize("NFC", base + tone) for base in _BASES for tone in _TONES)
"""Vowels with a tone, of which a Vietnamese syllable has one."""
_MARKED_CONSONANTS = re.compile(
    "[\u0107\u0109\u010d\u0144\u01f5\u011d\u013a\u0155\u015b\u017a\u1e3f\u1e55\u1e2b\u1e25\u1e33\u1e37\u1e43\u1e45"
    "\u1e47\u1e5b\u1e63\u1e6d\u1e93]"
)
_TWO_TONES = re.compile(f"[{TONE_VOWELS}]{{2}}")
_TWO_AFTER_I = re.compile(f"ĩ[{TONE_VOWELS}]")
_DISGUISED_WORD = re.compile(f"[^\\W\\d_]*(?:[{TONE_VOWELS}]{{2}}|{_MARKED_CONSONANTS.pattern})[^\\W\\d_]*")

_SPELT = tuple(
    re.compile(rf"(?<!\w)\w(?:{re.escape(sign)}\w){{2,}}(?!\w)") for sign in (".", "-", "_", "*", "·", "|", "/")
)
_SINGLES = re.compile(r" [^\W\d_] [^\W\d_] [^\W\d_]\b")
_SPACED_WORD = re.compile(r"(?<!\w)[^\W\d_](?: [^\W\d_]){3,}(?!\w)")
_LONG = 500
_MARKS = re.compile("[\u0300-\u036f]+")


@dataclass(frozen=True)
class NormalizedText:
    """A text as it is read."""

    text: str
    """Lower case, NFC, one alphabet, without unseen letters, one space between words.

    Letters spelt apart are words again.
    """
    wide: bool = False
    """There are letters of writing that puts no spaces between words."""
    disguised_count: int = 0
    """Words whose letters somebody disguised.

    Cut by unseen signs, mixed of alphabets, fancy, with two tones, spelt apart.
    """


def normalize_text_as_read(text: str) -> NormalizedText:
    """Return the text as a person reads it."""
    text, data, shape = _collapse_spaces_and_get_shape(text)
    wide, disguised_count = b"w" in shape, 0
    if b"?" in shape and _PICTURES.search(text):
        text = " ".join(_PICTURES.sub(" ", text).split())
    if (b"?" in shape or wide or _has_unusual_letters(text, data, shape)) and _SUSPECT.search(text):
        text, disguised_count = _replace_disguised_letters(text)
    if b"?" in shape or wide or disguised_count:
        data = text.encode("utf-8", "replace")
        shape = data.translate(_SHAPES, _CONTINUATION_BYTES)
    text = text.lower()
    if (b"TT" in shape or b"Tt" in shape or ("ĩ" in text and _TWO_AFTER_I.search(text))) and _TWO_TONES.search(text):
        odd = len(_DISGUISED_WORD.findall(text))
        disguised_count += odd if odd >= MIN_DISGUISED else 0
    spelling = data.translate(_SPELLING_TABLE, _CONTINUATION_BYTES)
    text, spelt = _join_spelled_out_words(text, join_at_signs=b".a." in spelling, join_at_spaces=b" a a a" in spelling)
    return NormalizedText(text, wide, disguised_count + spelt)


def _collapse_spaces_and_get_shape(text: str) -> tuple[str, bytes, bytes]:
    """Return the text with one space between words, as bytes, and their shape.

    Of a long one hardly a word is looked at by itself.
    """
    if len(text) < _LONG:
        text = " ".join(text.split())
    else:
        text = text.replace("\n", " ").replace("\t", " ").replace("\xa0", " ").replace("    ", " ")
        while "  " in text:
            text = text.replace("  ", " ")
        text = text.strip()
    data = text.encode("utf-8", "replace")
    shape = data.translate(_SHAPES, _CONTINUATION_BYTES)
    if len(text) >= _LONG and _has_unusual_space_letters(text, data, shape):
        text = " ".join(text.split())
        data = text.encode("utf-8", "replace")
        shape = data.translate(_SHAPES, _CONTINUATION_BYTES)
    return text, data, shape


def _has_unusual_space_letters(text: str, data: bytes, shape: bytes) -> bool:
    if b"s" in shape or "\x85" in text or "\u1680" in text:
        return True
    return b"w" in shape or (b"-" in shape and _SPACES.search(data) is not None)


def _has_unusual_letters(text: str, data: bytes, shape: bytes) -> bool:
    """Return whether letters that look usual by what they begin with are not."""
    if len(data) == len(text):
        return False
    general = b"-" in shape and _UNUSUAL.search(data) is not None
    return general or "\u00ad" in text or "\u180e" in text or b"\xe1\xb4" in data


def _replace_disguised_letters(text: str) -> tuple[str, int]:
    cut = [word for word in _CUT_WORD.findall(text) if _is_word_cut_by_invisible_letters(word)]
    text = _UNSEEN_ONE.sub("", text)
    fancy = _FANCY_ONE.findall(text)
    if fancy:
        text = _FANCY_ONE.sub(lambda fancy_match: unicodedata.normalize("NFKC", fancy_match[0]), text)
    text = unicodedata.normalize("NFC", text).lower()
    mixed_count = len(_SMALL_CAP.findall(text))
    text = text.translate(_SMALL_CAPS) if mixed_count else text

    def latin(match: re.Match[str]) -> str:
        nonlocal mixed_count
        word: str = match[0]
        as_read = word.translate(_LIKE_LATIN)
        if _OTHER.search(as_read):
            return word
        mixed_count += bool(_LATIN.search(word))
        return as_read

    if _OTHER.search(text):
        text = _MIXED_WORD.sub(latin, text)
    broad = bool(fancy) and _OF_WIDE.search(text) is None
    return text, len(cut) + mixed_count + sum(
        len(run) > 2 and _is_mathematical_or_full_width_letter(run[0], include_full_width=broad) for run in fancy
    )


def _is_mathematical_or_full_width_letter(letter: str, *, include_full_width: bool) -> bool:
    """Return whether it is a letter of mathematics.

    ``include_full_width``: or one of full width, which nothing around it is.
    """
    return letter > "\uffff" or (include_full_width and "\uff21" <= letter <= "\uff5a")


def _is_word_cut_by_invisible_letters(word: str) -> bool:
    """Return whether letters of one syllable are held apart, not two words by what an editor put between them."""
    parts = _UNSEEN_ONE.split(word)
    return len(parts) > 2 or min(map(len, parts)) <= 2


def _join_spelled_out_words(text: str, *, join_at_signs: bool, join_at_spaces: bool) -> tuple[str, int]:
    """Return ``n.h.à c.á.i`` and ``N H À`` as words, and how many there were.

    ``join_at_signs``, ``join_at_spaces``: whether single letters stand between such.
    """
    count = 0
    for sign, spelt in zip((".", "-", "_", "*", "·", "|", "/"), _SPELT, strict=True) if join_at_signs else ():
        if text.count(sign) > 2 and _has_single_letter_between_signs(text, sign):
            text, times = spelt.subn(lambda word: _strip_signs_from_word(word[0]), text)
            count += times
    if join_at_spaces and _SINGLES.search(text):
        text, times = _SPACED_WORD.subn(lambda word: word[0].replace(" ", ""), text)
        count += times
    return text, count


def _has_single_letter_between_signs(text: str, sign: str) -> bool:
    return any(len(piece) == 1 and piece.isalpha() for piece in text.split(sign)[1:-1])


def _strip_signs_from_word(word: str) -> str:
    return word if any(letter.isdigit() for letter in word) else re.sub(r"[^\w]|_", "", word)


class _Bare(dict[int, int]):
    """Letters without their marks, each worked out when it is met first.

    There is at most one entry for each letter.
    """

    def __missing__(self, letter: int) -> int:
        first = unicodedata.normalize("NFD", chr(letter))[0]
        self[letter] = ord(first) if "a" <= first.lower() <= "z" else letter
        return self[letter]


_BARE = _Bare({ord("đ"): ord("d"), ord("Đ"): ord("D")})


def strip_diacritics(text: str) -> str:
    """Return the same without the marks of Latin letters: ``đổi thưởng`` as ``doi thuong``."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", text).translate(_BARE)


def convert_path_to_words(path: str) -> str:
    """Return the words of an address."""
    return re.sub(r"[-_/.+?&=%\s]+", " ", path).strip().lower()
