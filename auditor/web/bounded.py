"""HTML cut down to what its parser reads in little time, whoever wrote it. Pure, in time that grows with the text alone.

The parser takes quadratic time over tags that are never closed and over the attributes of one tag, and cubic time over
open formatting elements, which it opens again in every block.
"""

from __future__ import annotations

import itertools
import re
import string
from collections import Counter
from collections.abc import Iterator
from operator import itemgetter

MAX_CHARACTERS = 1_000_000
MAX_TAGS = 10_000
MAX_FORMATS = 40
"""Formatting elements that are open at once."""
MAX_ATTRIBUTES = 200
"""Of a tag; only tags long enough to cost time are counted."""
LONG_TAG = 1_000

_END_SHARE = 10
"""Of what is too much, one part in so many is taken from the end, where others append what they have to say."""
_FORMATS = ("b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u")


def _beginnings(name: str) -> Iterator[str]:
    ends = name[1:2] or f"{string.whitespace}/>"
    for letter, end in itertools.product((name[0], name[0].upper()), (*ends, *ends.upper())):
        yield letter + end


_FORMAT = re.compile(
    r"<(/?)([bB](?:[iI][gG])?|[iIuUsS]|[eE][mM]|[tT][tT]|[sS][mM][aA][lL][lL]|[sS][tT][rR](?:[iI][kK][eE]|[oO][nN][gG])"
    r"|[fF][oO][nN][tT]|[cC][oO][dD][eE]|[nN][oO][bB][rR])(?=[\s/>])"
)
"""_FORMATS in both cases, their beginnings shared: a search that ignores case cannot leap to the next tag."""
_BEGINNING = itemgetter(slice(0, 2))
_BEGINNINGS = tuple({form for name in _FORMATS for form in _beginnings(name)})
"""Of the tags that open one of _FORMATS, and of some others: few of these are counted faster than they are found."""
_ATTRIBUTE = re.compile(r"[\s/]++[^\s/>=][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"'][^\s>]*+))?+")


def bounded(html: str) -> str:
    """The page without what is too much of it: the middle of a long one, further open formats and attributes."""
    if len(html) > MAX_CHARACTERS:
        end = MAX_CHARACTERS // _END_SHARE
        html = html[: MAX_CHARACTERS - end] + html[-end:]
    pieces = html.split("<")
    if len(pieces) - 1 > MAX_TAGS:
        end = MAX_TAGS // _END_SHARE
        pieces = pieces[: MAX_TAGS - end + 1] + pieces[-end:]
        html = "<".join(pieces)
    if max(map(len, pieces)) > LONG_TAG:
        html = "<".join([pieces[0], *(_few_attributes(piece) for piece in pieces[1:])])
    begun = Counter(map(_BEGINNING, pieces))
    return html if sum(map(begun.__getitem__, _BEGINNINGS)) <= MAX_FORMATS else _few_formats(html)


def _few_attributes(piece: str) -> str:
    """What follows a ``<``, without the attributes of its tag that are too many."""
    if len(piece) <= LONG_TAG or not piece[:1].isalpha():
        return piece
    name = re.match(r"[^\s/>]*+", piece)
    at = name.end() if name else 0
    for _ in range(MAX_ATTRIBUTES):
        attribute = _ATTRIBUTE.match(piece, at)
        if attribute is None:
            return piece
        at = attribute.end()
    return piece if _ATTRIBUTE.match(piece, at) is None else piece[:at] + ">" + piece[at:].rpartition(">")[2]


def _few_formats(html: str) -> str:
    if next(itertools.islice(_FORMAT.finditer(html), MAX_FORMATS, None), None) is None:
        return html
    kept, at = [], 0
    opened = dict.fromkeys(_FORMATS, 0)
    for tag in _FORMAT.finditer(html):
        name = tag[2].lower()
        if tag[1]:
            opened[name] = max(0, opened[name] - 1)
        elif sum(opened.values()) < MAX_FORMATS:
            opened[name] += 1
        else:
            kept += [html[at : tag.start()], "<x-"]
            at = tag.start() + 1
    return "".join([*kept, html[at:]]) if kept else html
