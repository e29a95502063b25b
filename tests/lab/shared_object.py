"""Shared objects that export what they are told to and do nothing else: what programs load, made without a compiler."""

from __future__ import annotations

import platform
import struct
from collections.abc import Mapping

_MACHINES = {"x86_64": 62, "aarch64": 183}
_ZERO = {"x86_64": b"\x31\xc0\xc3", "aarch64": b"\x00\x00\x80\x52\xc0\x03\x5f\xd6"}
_SEVEN = {"x86_64": b"\xb8\x07\0\0\0\xc3", "aarch64": b"\xe0\x00\x80\x52\xc0\x03\x5f\xd6"}
RETURNS_0, RETURNS_7 = _ZERO[platform.machine()], _SEVEN[platform.machine()]
"""Functions that return that number."""
NOTHING = bytes(8)
"""A pointer to nothing, or a list without an end but this."""
_HEADERS = 64 + 3 * 56
_LOAD, _DYNAMIC, _STACK = 1, 2, 0x6474E551
_HASH, _STRINGS, _SYMBOLS, _STRINGS_SIZE, _SYMBOL_SIZE, _FLAGS = 4, 5, 6, 10, 11, 0x6FFFFFFB
_NEVER_UNLOADED = 8
_READ, _RUN, _WRITE = 4, 1, 2


def shared_object(exported: Mapping[str, bytes]) -> bytes:
    """Return a shared object of this machine's that exports these names, and stays in memory once it is loaded."""
    names, content, symbols = b"\0", b"", bytes(24)
    at = _HEADERS
    for name, value in exported.items():
        symbols += struct.pack("<IBBHQQ", len(names), 0x12, 0, 1, at + len(content), len(value))
        names += name.encode() + b"\0"
        content += value + bytes(-len(value) % 8)
    count = len(exported) + 1
    chain = [0, *range(2, count), 0][:count]
    hashes = struct.pack(f"<{3 + count}I", 1, count, 1 if exported else 0, *chain)
    strings_at = at + len(content)
    symbols_at = strings_at + len(names) + (-(strings_at + len(names)) % 8)
    hashes_at = symbols_at + len(symbols)
    dynamic_at = hashes_at + len(hashes) + (-(hashes_at + len(hashes)) % 8)
    entries = (
        *((_HASH, hashes_at), (_STRINGS, strings_at), (_SYMBOLS, symbols_at)),
        *((_STRINGS_SIZE, len(names)), (_SYMBOL_SIZE, 24), (_FLAGS, _NEVER_UNLOADED), (0, 0)),
    )
    dynamic = b"".join(struct.pack("<QQ", tag, value) for tag, value in entries)
    whole = dynamic_at + len(dynamic)
    headers = struct.pack(
        "<16sHHIQQQIHHHHHH",
        *(b"\x7fELF\x02\x01\x01".ljust(16, b"\0"), 3, _MACHINES[platform.machine()], 1, 0, 64, 0, 0),
        *(64, 56, 3, 64, 0, 0),
    )
    headers += struct.pack("<IIQQQQQQ", _LOAD, _READ | _RUN, 0, 0, 0, whole, whole, 0x1000)
    headers += struct.pack("<IIQQQQQQ", _DYNAMIC, _READ, *(dynamic_at,) * 3, len(dynamic), len(dynamic), 8)
    headers += struct.pack("<IIQQQQQQ", _STACK, _READ | _WRITE, 0, 0, 0, 0, 0, 16)
    parts = ((0, headers), (at, content), (strings_at, names), (symbols_at, symbols), (hashes_at, hashes))
    made = bytearray(dynamic_at)
    for begin, part in parts:
        made[begin : begin + len(part)] = part
    return bytes(made) + dynamic
