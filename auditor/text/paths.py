"""Paths on hosts, any bytes but zero, as text that stays one line and can be read back. Pure."""

from __future__ import annotations

import os
from urllib.parse import quote_from_bytes, unquote_to_bytes


def percent_encode_unprintable_in_path(path: str) -> str:
    """Return the path with ``%`` and all that is not printed spelt as ``%0A``.

    Bytes that are no UTF-8 come as Python has them.
    """
    return "".join(char if char.isprintable() and char != "%" else quote_from_bytes(os.fsencode(char)) for char in path)


def percent_decode_path(encoded_path: str) -> str:
    """Return the path that ``percent_encode_unprintable_in_path`` spelt so."""
    return os.fsdecode(unquote_to_bytes(os.fsencode(encoded_path)))
