"""How the callback in Ansible's process talks to us: messages of JSON, each behind its length. Pure.

The pipe is theirs alone. What hosts print, and what Ansible prints about it, never comes this way.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

EVENTS = "LUYTRE_EVENTS"
"""The variable with the path of the pipe."""

_HEAD = 4
_MAX_MESSAGE = 2**28


def packed(message: Mapping[str, Any]) -> bytes:
    """A message as it travels; what JSON does not know becomes text."""
    body = json.dumps(message, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass")
    return len(body).to_bytes(_HEAD) + body


class Unpacker:
    """Messages out of the pieces in which they arrive."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def messages(self, piece: bytes) -> Iterator[dict[str, Any]]:
        """Those that are complete with this piece. Raises ValueError for what is no message of ours."""
        self._kept += piece
        while len(self._kept) >= _HEAD:
            length = int.from_bytes(self._kept[:_HEAD])
            if length > _MAX_MESSAGE:
                raise ValueError(f"a message of {length} bytes")
            if len(self._kept) < _HEAD + length:
                return
            body = bytes(self._kept[_HEAD : _HEAD + length])
            del self._kept[: _HEAD + length]
            yield json.loads(body)
