"""Sitemaps: the addresses in them, as many as are kept, whatever is around them. Pure."""

from __future__ import annotations

import html
import re
import zlib

MAX_SITEMAPS = 30
"""Files of one site in one look."""
MAX_BYTES = 5_000_000
"""Of one, unpacked."""
MAX_LISTED = 5_000
"""Addresses of one, as many from its beginning as from its end: more than are kept of a site."""
_PLACE = re.compile(rb"<loc>\s{0,20}(?:<!\[CDATA\[)?\s{0,20}([^<\]\s]{1,2000})")
USUAL = ("/sitemap.xml", "/sitemap_index.xml", "/wp-sitemap.xml")
"""Where one is looked for when robots.txt names none."""


def parse_sitemap(body: bytes) -> tuple[bool, tuple[str, ...]]:
    """Return whether it is a list of sitemaps, and the addresses in it. Nothing of it is followed or unfolded."""
    if body[:2] == b"\x1f\x8b":
        try:
            body = zlib.decompressobj(31).decompress(body, MAX_BYTES)
        except zlib.error:
            return False, ()
    locations = _PLACE.findall(body[:MAX_BYTES])
    if len(locations) > MAX_LISTED:
        locations = locations[: MAX_LISTED // 2] + locations[-MAX_LISTED // 2 :]
    addresses = tuple(html.unescape(place.decode("utf-8", "replace")) for place in locations)
    return b"<sitemapindex" in body[:5_000], addresses
