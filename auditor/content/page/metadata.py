"""What a document says of itself to engines. Pure; bounded."""

from __future__ import annotations

from collections.abc import Iterable

from selectolax.lexbor import LexborNode

_TOKENS = ("google-site-verification", "msvalidate.01", "yandex-verification", "baidu-site-verification")
_DESCRIPTION_NAMES = frozenset(
    f"{first}{last}"
    for first in ("", "og:", "twitter:", "dc.", "dcterms.")
    for last in (
        "title",
        "description",
        "keywords",
        "news_keywords",
        "abstract",
        "subject",
        "site_name",
        "name",
        "headline",
    )
)


def read_descriptions_tokens_and_noindex(
    metas: Iterable[LexborNode], scripts: Iterable[LexborNode]
) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    """Return the descriptions, the owners' marks for search consoles, and whether engines must not keep the page."""
    descriptions, tokens, noindex = [], [], False
    for node in metas:
        attributes = node.attributes
        name = (attributes.get("name") or attributes.get("property") or attributes.get("itemprop") or "").lower()
        content = attributes.get("content") or ""
        if name in _DESCRIPTION_NAMES:
            descriptions.append(content[:500])
        elif name in _TOKENS:
            tokens.append(content[:100])
        elif name == "robots":
            noindex = noindex or "noindex" in content.lower()
    data = (node for node in scripts if (node.attributes.get("type") or "") == "application/ld+json")
    descriptions += (node.text()[:2000] for node in data)
    return tuple(descriptions), tuple(tokens), noindex
