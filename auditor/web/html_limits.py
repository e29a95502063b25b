"""HTML cut down to what its parser reads in little time, whoever wrote it.

Pure, in time that grows with the text alone.

The parser takes quadratic time over tags that are never closed and over the attributes of one tag, and cubic time over
open formatting elements, which it opens again in every block.
"""

from __future__ import annotations

import itertools
import re

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
_FORMAT = re.compile(
    r"<(/?)([bB](?:[iI][gG])?|[iIuUsS]|[eE][mM]|[tT][tT]|[sS][mM][aA][lL][lL]|[sS][tT][rR](?:[iI][kK][eE]|[oO][nN][gG])"
    r"|[fF][oO][nN][tT]|[cC][oO][dD][eE]|[nN][oO][bB][rR])(?=[\s/>])"
)
"""_FORMATS in both cases, their beginnings shared: a search that ignores case cannot leap to the next tag."""
_FORMAT_START = re.compile(
    r"<[bBcCeEfFiInNsStTuU](?:[\s/>]|(?<=[bB])[iI]|(?<=[cCfFnN])[oO]|(?<=[eEsS])[mM]|(?<=[sStT])[tT])"
)
"""How the tags begin that open one of _FORMATS, and some others: found faster than those of _FORMATS alone."""
_ATTRIBUTE = re.compile(r"[\s/]++[^\s/>=][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"'][^\s>]*+))?+")


def cut_excess_from_html(html: str) -> str:
    """Return the page without what is too much of it: the middle of a long one, further open formats and attributes."""
    return cut_excess_from_html_and_tell_if_whole(html)[0]


def cut_excess_from_html_and_tell_if_whole(html: str) -> tuple[str, bool]:
    """Return the same, and whether all that people may see of it is still there."""
    whole = True
    if len(html) > MAX_CHARACTERS:
        whole = False
        end = MAX_CHARACTERS // _END_SHARE
        html = html[: MAX_CHARACTERS - end] + html[-end:]
    if html.count("<") > MAX_TAGS:
        whole = False
        end = MAX_TAGS // _END_SHARE
        pieces = html.split("<")
        html = "<".join(pieces[: MAX_TAGS - end + 1] + pieces[-end:])
    if _has_long_piece_without_tag_start(html):
        first, *pieces = html.split("<")
        html = "<".join([first, *map(_drop_excess_attributes_of_tag, pieces)])
    return html if _has_at_most_matches_in_html(MAX_FORMATS, _FORMAT_START, html) else _drop_excess_open_format_tags(
        html
    ), whole


def _has_at_most_matches_in_html(most: int, pattern: re.Pattern[str], html: str) -> bool:
    return next(itertools.islice(pattern.finditer(html), most, None), None) is None


def _has_long_piece_without_tag_start(html: str) -> bool:
    """Return whether more than LONG_TAG letters stand somewhere without a ``<`` among them."""
    at = 0
    while len(html) - at > LONG_TAG:
        tag = html.rfind("<", at, at + LONG_TAG + 1)
        if tag < 0:
            return True
        at = tag + 1
    return False


def _drop_excess_attributes_of_tag(piece: str) -> str:
    """Return what follows a ``<``, without the attributes of its tag that are too many."""
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


def _drop_excess_open_format_tags(html: str) -> str:
    if _has_at_most_matches_in_html(MAX_FORMATS, _FORMAT, html):
        return html
    pieces, at = [], 0
    open_counts = dict.fromkeys(_FORMATS, 0)
    for tag in _FORMAT.finditer(html):
        name = tag[2].lower()
        if tag[1]:
            open_counts[name] = max(0, open_counts[name] - 1)
        elif sum(open_counts.values()) < MAX_FORMATS:
            open_counts[name] += 1
        else:
            pieces += [html[at : tag.start()], "<x-"]
            at = tag.start() + 1
    return "".join([*pieces, html[at:]]) if pieces else html
