"""What elements of a document do by themselves, without anybody who clicks. Pure; bounded."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

MAX_CODES = 40
"""Different ones."""
_MEDIA = frozenset(("onerror", "onloadstart", "onloadeddata", "oncanplay", "onplay", "onload"))
_EVENTS = (
    *("onload", "onerror", "onpageshow", "onpointermove", "onmousemove", "onscroll", "ontouchstart", "ontoggle"),
    *("onfocus", "onanimationstart", "onstart", *sorted(_MEDIA - {"onerror", "onload"})),
)
ACTING = {
    "body": frozenset(("onload", "onpageshow", "onpointermove", "onmousemove", "onscroll", "ontouchstart", "onfocus")),
    "img": frozenset(("onerror", "onload")),
    "svg": frozenset(("onload",)),
    "iframe": frozenset(("onload",)),
    **dict.fromkeys(("video", "audio", "source", "object", "embed", "script", "style", "link"), _MEDIA),
    "details": frozenset(("ontoggle",)),
    "marquee": frozenset(("onstart",)),
    **dict.fromkeys(("input", "button", "textarea", "select"), frozenset(("onfocus",))),
}
"""Which elements do what by themselves."""
_LATENT = "[onanimationstart]"
"""What elements of any kind may do by themselves, besides."""


def codes(apart: Iterable[LexborNode], tree: LexborHTMLParser) -> tuple[str, ...]:
    """The code that runs by itself, each once. ``apart``: with all elements of the kinds that may act."""
    latent = (node.attributes for node in tree.css(_LATENT)[:MAX_CODES])
    told = (" ".join(filter(None, map(one.get, _EVENTS))) for one in itertools.chain(_acting(apart), latent))
    return tuple(itertools.islice(dict.fromkeys(told), MAX_CODES))


def _acting(apart: Iterable[LexborNode]) -> Iterator[dict[str, str | None]]:
    for node in apart:
        named = ACTING.get(node.tag or "")
        if named and not named.isdisjoint(attributes := node.attributes):
            yield attributes
