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
EVENT_ATTRIBUTES = {
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


def find_event_code_run_by_itself(special_elements: Iterable[LexborNode], tree: LexborHTMLParser) -> tuple[str, ...]:
    """Return the code that runs by itself, each once.

    ``special_elements``: with all elements of the kinds that may act.
    """
    latent = (node.attributes for node in tree.css(_LATENT)[:MAX_CODES])
    code_texts = (
        " ".join(filter(None, map(attributes.get, _EVENTS)))
        for attributes in itertools.chain(_iter_attributes_with_event_code(special_elements), latent)
    )
    return tuple(itertools.islice(dict.fromkeys(code_texts), MAX_CODES))


def _iter_attributes_with_event_code(special_elements: Iterable[LexborNode]) -> Iterator[dict[str, str | None]]:
    for node in special_elements:
        event_names = EVENT_ATTRIBUTES.get(node.tag or "")
        if event_names and not event_names.isdisjoint(attributes := node.attributes):
            yield attributes
