"""How a text is written: read as a person reads it, whatever was done to its letters; and whether somebody disguised them. Pure.

Vietnamese is compared in composed form (NFC), lower case, without what nobody sees. Marks are taken off Latin letters only:
they are part of a Thai or Japanese word.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_UNSEEN = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
_FANCY = "\uff01-\uff5e\u2460-\u24ff\U0001d400-\U0001d7ff\U0001f130-\U0001f189"
_SUSPECT = re.compile(f"[{_UNSEEN}{_FANCY}\u0300-\u036fᴀ-ᴢɢʜɪʙʟɴʀʏꜰꜱ\u0370-\u03ff\u0400-\u052f\u0531-\u0587]")
_USUAL = bytes(range(0xC0)) + b"\xc2\xc3\xc4\xc5\xc6\xe1\xe2"
"""Bytes that Vietnamese text in UTF-8 is made of, and signs like dashes: what is left without them needs a closer look."""
_UNUSUAL = (
    b"\xc2\xad",
    b"\xe2\x80\x8b",
    b"\xe2\x80\x8c",
    b"\xe2\x80\x8d",
    b"\xe2\x80\x8e",
    b"\xe2\x80\x8f",
    b"\xe2\x80\xae",
    b"\xe2\x81",
    b"\xe2\x91",
    b"\xe2\x92",
    b"\xe2\x93",
    b"\xe1\xa0",
    b"\xe1\xb4",
)
_LEADS_OF_WIDE = frozenset({0xE0, *range(0xE3, 0xEE)})
_BEGINNING, _END = 8_000, 2_000
"""Letters of a long text in which tones are looked at."""
_UNSEEN_ONE = re.compile(f"[{_UNSEEN}]+")
_CUT_WORD = re.compile(f"[^\\W\\d_]+(?:[{_UNSEEN}]+[^\\W\\d_]+)+")
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

DISGUISED = 3
"""Words with disguised letters from which that is no mistake of somebody's hand."""
_BASES = "aăâeêioôơuưy"
_TONES = "\u0300\u0301\u0303\u0309\u0323"
TONED = "".join(unicodedata.normalize("NFC", base + tone) for base in _BASES for tone in _TONES)
"""Vowels with a tone, of which a Vietnamese syllable has one."""
_MARKED_CONSONANTS = re.compile(
    "[\u0107\u0109\u010d\u0144\u01f5\u011d\u013a\u0155\u015b\u017a\u1e3f\u1e55\u1e2b\u1e25\u1e33\u1e37\u1e43\u1e45\u1e47\u1e5b\u1e63\u1e6d\u1e93]"
)
_TWO_TONES = re.compile(f"[{TONED}]{{2}}")
_DISGUISED_WORD = re.compile(f"[^\\W\\d_]*(?:[{TONED}]{{2}}|{_MARKED_CONSONANTS.pattern})[^\\W\\d_]*")

_SPELT = tuple(
    re.compile(rf"(?<!\w)\w(?:{re.escape(sign)}\w){{2,}}(?!\w)") for sign in (".", "-", "_", "*", "·", "|", "/")
)
_SINGLES = re.compile(r" [^\W\d_] [^\W\d_] [^\W\d_]\b")
_SPACED = re.compile(r"(?<!\w)[^\W\d_](?: [^\W\d_]){3,}(?!\w)")
_MARKS = re.compile("[\u0300-\u036f]+")


@dataclass(frozen=True)
class Written:
    """A text as it is read."""

    text: str
    """Lower case, NFC, one alphabet, without unseen letters; letters spelt apart are words again."""
    wide: bool = False
    """There are letters of writing that puts no spaces between words."""
    disguised: int = 0
    """Words whose letters somebody disguised: cut by unseen signs, mixed of alphabets, fancy, with two tones, spelt apart."""


def read(text: str) -> Written:
    """The text as a person reads it."""
    disguised = 0
    data = text.encode("utf-8", "replace")
    unusual = data.translate(None, _USUAL)
    if (unusual or _has_unusual(data)) and _SUSPECT.search(text):
        text, disguised = _plainly(text)
    text = text.lower()
    if _TWO_TONES.search(text, 0, _BEGINNING) or _TWO_TONES.search(text, max(_BEGINNING, len(text) - _END)):
        odd = len(_DISGUISED_WORD.findall(text))
        disguised += odd if odd >= DISGUISED else 0
    text, spelt = _joined_again(text)
    return Written(text, not _LEADS_OF_WIDE.isdisjoint(unusual), disguised + spelt)


def _has_unusual(data: bytes) -> bool:
    return not data.isascii() and any(map(data.__contains__, _UNUSUAL))


def _plainly(text: str) -> tuple[str, int]:
    cut = [word for word in _CUT_WORD.findall(text) if _is_cut(word)]
    text = _UNSEEN_ONE.sub("", text)
    fancy = _FANCY_ONE.findall(text)
    if fancy:
        text = _FANCY_ONE.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
    text = unicodedata.normalize("NFC", text).lower()
    mixed = len(_SMALL_CAP.findall(text))
    text = text.translate(_SMALL_CAPS) if mixed else text

    def latin(found: re.Match[str]) -> str:
        nonlocal mixed
        word: str = found[0]
        as_read = word.translate(_LIKE_LATIN)
        if _OTHER.search(as_read):
            return word
        mixed += bool(_LATIN.search(word))
        return as_read

    if _OTHER.search(text):
        text = _MIXED_WORD.sub(latin, text)
    return text, len(cut) + mixed + sum(len(run) > 2 and run[0] > "\uffff" for run in fancy)


def _is_cut(word: str) -> bool:
    """Whether letters of one syllable are held apart, not two words by what an editor put between them."""
    parts = _UNSEEN_ONE.split(word)
    return len(parts) > 2 or min(map(len, parts)) <= 2


def _joined_again(text: str) -> tuple[str, int]:
    """``n.h.à c.á.i`` and ``N H À`` as words; how many there were."""
    found = 0
    for sign, spelt in zip((".", "-", "_", "*", "·", "|", "/"), _SPELT, strict=True):
        if text.count(sign) > 2 and _single_between(text, sign):
            text, times = spelt.subn(lambda word: _without_signs(word[0]), text)
            found += times
    if _SINGLES.search(text):
        text, times = _SPACED.subn(lambda word: word[0].replace(" ", ""), text)
        found += times
    return text, found


def _single_between(text: str, sign: str) -> bool:
    return any(len(piece) == 1 and piece.isalpha() for piece in text.split(sign)[1:-1])


def _without_signs(word: str) -> str:
    return word if any(letter.isdigit() for letter in word) else re.sub(r"[^\w]|_", "", word)


def plain(text: str) -> str:
    """The same without the marks of Latin letters: ``đổi thưởng`` as ``doi thuong``."""
    if text.isascii():
        return text
    taken_off = []
    for letter in unicodedata.normalize("NFC", text):
        parts = unicodedata.normalize("NFD", letter)
        taken_off.append(parts[0] if "a" <= parts[0].lower() <= "z" else letter)
    return "".join(taken_off).replace("đ", "d").replace("Đ", "D")


def slug(path: str) -> str:
    """The words of an address."""
    return re.sub(r"[-_/.+?&=%\s]+", " ", path).strip().lower()
