"""Where what a host sends is kept: below folders of UAC's layout, by names that are ours however it called them. Pure."""

from __future__ import annotations

import hashlib
from typing import Literal
from urllib.parse import quote

type Place = Literal["[root]", "live_response", "bodyfile"]
MOST_DEEP, MOST_LETTERS = 40, 3_000
LONG, KEPT = 180, 120
_SAFE = "%@+=:,~_.-"
"""Beside letters and digits of ASCII. ``%`` stays: a host spells by it what is not printed."""


def mapped(place: Place, path: str) -> str:
    """The path below the folder of a collection. Raises ValueError for what leads elsewhere or is too much to be a path."""
    parts = [part for part in path.split("/") if part]
    if not parts or len(parts) > MOST_DEEP or any(part in (".", "..") for part in parts):
        raise ValueError("no path")
    ours = "/".join([place, *map(_name, parts)])
    if len(ours) > MOST_LETTERS:
        raise ValueError("too long")
    return ours


def _name(part: str) -> str:
    name = quote(part, safe=_SAFE, errors="surrogatepass")
    return name if len(name) <= LONG else f"{name[:KEPT]}~{hashlib.sha256(name.encode()).hexdigest()[:16]}"
