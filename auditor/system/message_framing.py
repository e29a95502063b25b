"""How processes of ours talk to each other: messages of JSON, each behind its length. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

_HEAD = 4


def pack_message(message: Mapping[str, Any]) -> bytes:
    """Return a message as it travels; what JSON does not know becomes text."""
    body = json.dumps(message, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass")
    return len(body).to_bytes(_HEAD) + body


class MessageUnpacker:
    """Messages out of the pieces in which they arrive; none is longer than ``limit`` bytes."""

    def __init__(self, limit: int) -> None:
        self._kept = bytearray()
        self._limit = limit

    def iter_messages(self, piece: bytes) -> Iterator[dict[str, Any]]:
        """Yield those that are complete with this piece. Raises ValueError for what is not a message of ours."""
        self._kept += piece
        while len(self._kept) >= _HEAD:
            length = int.from_bytes(self._kept[:_HEAD])
            if length > self._limit:
                raise ValueError(f"a message of {length} bytes")
            if len(self._kept) < _HEAD + length:
                return
            body = bytes(self._kept[_HEAD : _HEAD + length])
            del self._kept[: _HEAD + length]
            yield json.loads(body)
