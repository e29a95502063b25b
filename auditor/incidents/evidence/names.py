"""Where what a host sends is kept: below folders of UAC's layout, by names that are ours however it called them.

Pure.
"""

from __future__ import annotations

import hashlib
from typing import Literal
from urllib.parse import quote

type Place = Literal["[root]", "live_response", "bodyfile"]
MAX_DEPTH, MAX_CHARACTERS = 40, 3_000
MAX_NAME, PREFIX_LENGTH = 180, 120
_SAFE = "%@+=:,~_.-"
"""Beside letters and digits of ASCII. ``%`` stays: a host spells by it what is not printed."""


def map_host_path_into_collection(place: Place, host_path: str) -> str:
    """Return the path below the folder of a collection.

    Raises ValueError for what leads elsewhere or is too much to be a path.
    """
    parts = [part for part in host_path.split("/") if part]
    if not parts or len(parts) > MAX_DEPTH or any(part in (".", "..") for part in parts):
        raise ValueError("no path")
    ours = "/".join([place, *map(_encode_and_shorten_file_name, parts)])
    if len(ours) > MAX_CHARACTERS:
        raise ValueError("too long")
    return ours


def _encode_and_shorten_file_name(path_part: str) -> str:
    name = quote(path_part, safe=_SAFE, errors="surrogatepass")
    return name if len(name) <= MAX_NAME else f"{name[:PREFIX_LENGTH]}~{hashlib.sha256(name.encode()).hexdigest()[:16]}"
