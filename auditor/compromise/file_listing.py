"""What a host says of the files below its web roots, taken in. Every byte of it may be an intruder's."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from auditor.text import json_shape

MAX_UNPACKED = 64_000_000
MAX_VALUES = 2_500_000
"""In one answer: lists of nothing take thirty times their text in memory."""
MAX_DEPTH = 8
PHP, SCRIPT, PROGRAM, SETTINGS, LARGE, SWAPPED, UNREAD = 1, 2, 4, 8, 16, 32, 64
UPLOAD, CACHE = 1, 2
_COUNT = Annotated[int, Field(ge=0, le=1 << 62)]
_PATH = Annotated[str, Field(max_length=8_000)]
Seconds = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]


class ListingError(ValueError):
    """An answer that no module of ours has given."""


@checked(frozen=True)
class _Document:
    roots: Annotated[list[_PATH], Field(max_length=100)]
    applications: Annotated[list[Any], Field(max_length=2_000)]
    rows: Annotated[list[list[int | str | None]], Field(max_length=100_000)]
    same: Annotated[list[_COUNT], Field(max_length=400_000)]
    seen: _COUNT
    others: _COUNT
    left: _COUNT
    cut_short: Annotated[list[Any], Field(max_length=200)]
    seconds: Seconds
    processor: Seconds


_DOCUMENT = TypeAdapter(_Document)


@dataclass(frozen=True, slots=True)
class WebFile:
    """One file below a web root. ``root`` and ``path`` have a character for each byte, as the host keeps them."""

    root: str
    path: str
    size: int
    mtime_ns: int
    """Nanoseconds since 1970; likewise ``ctime_ns``, which its owner cannot set."""
    ctime_ns: int
    sha256: str | None
    what: int
    place: int
    stamp: str
    md5: str | None = None
    """Only where some manifest knows contents by it."""

    @property
    def full_path(self) -> str:
        """Return the full path, undecodable bytes kept."""
        return f"{self.root}/{self.path}".encode("latin-1").decode("utf-8", "surrogateescape")

    @property
    def is_worth_judging(self) -> bool:
        """Return whether its content is worth judging; what could not be read may be anything.

        A lease of its owner's keeps even root out.
        """
        return bool(self.what & (PHP | SCRIPT | SETTINGS | UNREAD))


@dataclass(frozen=True)
class FileList:
    """The answer of one walk."""

    files: Sequence[WebFile]
    same: Sequence[int]
    """Of the stamps that the host was given, by their place, those that it saw again."""
    file_count: int
    left_count: int
    cut_short: bool
    processor: float


def parse_file_list(packed_json: object, stamp_count: int) -> FileList:
    """Return the listing as it travels. Raises ListingError."""
    try:
        document = _DOCUMENT.validate_python(unpack_compressed_json(packed_json))
        files = tuple(_build_web_file_from_row(row, document.roots) for row in document.rows)
    except (ValidationError, ValueError, TypeError, IndexError) as error:
        raise ListingError("the host's list of files is none") from error
    if (
        any(at >= stamp_count for at in document.same)
        or len({*document.same}) < len(document.same)
        or document.seen < len(files)
    ):
        raise ListingError("the host counts files that there are not")
    return FileList(files, document.same, document.seen, document.left, bool(document.cut_short), document.processor)


def _build_web_file_from_row(row: list[int | str | None], roots: list[str]) -> WebFile:
    number, path, size, mtime_ns, ctime_ns, _uid, _gid, _mode, sha256, what, place, stamp, md5 = row
    if not (isinstance(number, int) and number >= 0 and isinstance(path, str) and isinstance(stamp, str)):
        raise ValueError("a row of another kind")
    if not all(isinstance(cell, int) and abs(cell) < 1 << 80 for cell in (size, mtime_ns, ctime_ns, what, place)):
        raise ValueError("a row with other numbers")
    if sha256 is not None and not (isinstance(sha256, str) and re.fullmatch("[0-9a-f]{64}", sha256)):
        raise ValueError("no digest")
    if md5 is not None and not (isinstance(md5, str) and re.fullmatch("[0-9a-f]{32}", md5)):
        raise ValueError("no digest")
    if not re.fullmatch("[0-9a-f]{16}", stamp) or path.startswith("/") or ".." in path.split("/") or "\0" in path:
        raise ValueError("a path that leads elsewhere")
    path.encode("latin-1")
    roots[number].encode("latin-1")
    times = (mtime_ns, ctime_ns)
    return WebFile(roots[number], path, size, *times, sha256, what, place, stamp, md5)  # type: ignore[arg-type]


def unpack_compressed_json(packed_json: object) -> Any:
    """Return JSON as it travels. Raises ValueError for anything else, and for what is too large."""
    if not isinstance(packed_json, str):
        raise ValueError("nothing")
    data = _inflate_base64(packed_json, MAX_UNPACKED)
    if not json_shape.is_json_within_bounds(data, max_values=MAX_VALUES, max_depth=MAX_DEPTH):
        raise ValueError("too deep, or of too many values")
    return json.loads(data.decode("ascii"))


def unpack_file_contents(packed_contents: object, packed_lengths: object, max_count: int) -> list[bytes | None]:
    """Return the contents that were asked for, as many as fit; None for one that could not be read.

    Raises ListingError.
    """
    try:
        sizes = unpack_compressed_json(packed_lengths)
        if not isinstance(sizes, list) or len(sizes) > max_count or not isinstance(packed_contents, str):
            raise ValueError("no lengths")
        if not all(isinstance(length, int) and -1 <= length <= MAX_UNPACKED for length in sizes):
            raise ValueError("a length of nothing")
        if sum(sizes) > MAX_UNPACKED * 4:
            raise ValueError("too large")
        return list(_iter_inflated_files(base64.b64decode(packed_contents, validate=True), sizes))
    except (ValueError, TypeError, zlib.error) as error:
        raise ListingError("the host's files are none") from error


def _iter_inflated_files(data: bytes, lengths: Iterable[int]) -> Iterator[bytes | None]:
    """Yield files that are packed one after the other, unpacked one after the other.

    Raises ValueError when they end too early.
    """
    unpacker, buffer, at = zlib.decompressobj(), bytearray(), 0
    for length in lengths:
        while len(buffer) < length and at < len(data):
            buffer += unpacker.decompress(data[at : at + _AT_ONCE])
            at += _AT_ONCE
        if len(buffer) < length:
            raise ValueError("less than was said")
        yield None if length == -1 else bytes(buffer[:length])
        del buffer[: max(length, 0)]


_AT_ONCE = 1 << 14
"""Packed bytes that are unpacked at a time: what they come to is no more than a thousand times that."""


def _inflate_base64(text: str, limit: int) -> bytes:
    pieces = zlib.decompressobj()
    try:
        data = pieces.decompress(base64.b64decode(text, validate=True), limit)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if pieces.unconsumed_tail or not pieces.eof:
        raise ValueError("too large, or cut short")
    return data


def pack_compressed_json(value: Any) -> str:
    """Return JSON as it travels to a host."""
    return base64.b64encode(zlib.compress(json.dumps(value, separators=(",", ":")).encode("ascii"), 6)).decode("ascii")
