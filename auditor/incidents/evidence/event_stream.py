"""What a host sends as evidence, taken apart.

It may be somebody else's: every size is bounded before anything is kept.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from auditor.incidents.evidence.names import Place

VERSION = b"luytre-evidence/1\n"
MAX_BYTES = 210_000_000
"""Bytes after unpacking, frames with what is in them."""
MAX_MEMBERS = 60_000
MAX_NOTES = 20_000
_MAX_EVENT_BYTES = 64_000
_PIECE = 1 << 16
_HEAD = 5
Why = Literal["", "cut", "time", "room", "fault", "secret", "packed", "no_redaction"]


class EvidenceStreamError(Exception):
    """A stream that is no evidence any more, or too much of it; the argument is the reason's name."""


class _StreamMessage(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class MemberStart(_StreamMessage):
    """A member begins; its bytes follow."""

    place: Place
    path: str = Field(min_length=1, max_length=5_000)


class FileAttributes(_StreamMessage):
    """The attributes of a file, as the host that sent it says."""

    origin: str = Field(default="", max_length=5_000)
    sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    size: int | None = Field(default=None, ge=0, le=1 << 63)
    mode: int | None = Field(default=None, ge=0, le=0o7777)
    uid: int | None = Field(default=None, ge=0, le=1 << 32)
    gid: int | None = Field(default=None, ge=0, le=1 << 32)
    mtime: int | None = Field(default=None, ge=-(1 << 63), le=1 << 63)
    ctime: int | None = Field(default=None, ge=-(1 << 63), le=1 << 63)
    atime: int | None = Field(default=None, ge=-(1 << 63), le=1 << 63)
    hidden: bool = Field(default=False, description="secrets in its text are hidden")


class MemberEnd(FileAttributes):
    """The member is whole, or why it is not."""

    why: Why = ""
    redacted: dict[Annotated[str, Field(max_length=5_000)], Annotated[int, Field(ge=1, le=1 << 40)]] = Field(
        default={},
        max_length=100,
        description="how often secrets were taken out of it, by the file of the host that has them",
    )


class MemberOmission(_StreamMessage):
    """Something that was not sent."""

    what: str = Field(max_length=1_000)
    why: str = Field(max_length=200)


type StreamEvent = MemberStart | bytes | MemberEnd | MemberOmission
_EVENT_TYPES: dict[bytes, type[MemberStart | MemberEnd | MemberOmission]] = {
    b"M": MemberStart,
    b"E": MemberEnd,
    b"N": MemberOmission,
}


def iter_evidence_stream_events(stream_pieces: Iterable[bytes]) -> Iterator[StreamEvent]:
    """Yield what comes, in its order: members with their bytes, and what was left out.

    Raises EvidenceStreamError, also when it stops before its end.
    """
    inside, members, notes = False, 0, 0
    for kind, content in _iter_frame_kinds_with_content(_check_header_and_iter_decompressed(stream_pieces)):
        if kind == b"Z":
            if inside:
                raise EvidenceStreamError("not_understood")
            return
        if kind == b"D":
            if not inside:
                raise EvidenceStreamError("not_understood")
            yield content
            continue
        try:
            event = _EVENT_TYPES[kind].model_validate_json(content)
        except (KeyError, ValidationError):
            raise EvidenceStreamError("not_understood") from None
        if isinstance(event, MemberOmission):
            notes += 1
        elif isinstance(event, MemberStart) is inside:
            raise EvidenceStreamError("not_understood")
        else:
            inside = not inside
            members += inside
        if members > MAX_MEMBERS or notes > MAX_NOTES:
            raise EvidenceStreamError("too_much")
        yield event
    raise EvidenceStreamError("cut_off")


def _check_header_and_iter_decompressed(stream_pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield bytes after the line that says what they are, unpacked, a bounded piece at a time."""
    has_begun, buffer, total = False, b"", 0
    unpacker = zlib.decompressobj()
    for piece in stream_pieces:
        buffer += piece
        if not has_begun:
            if not buffer.startswith(VERSION[: len(buffer)]):
                raise EvidenceStreamError("not_understood")
            if len(buffer) < len(VERSION):
                continue
            has_begun, buffer = True, buffer[len(VERSION) :]
        while buffer:
            try:
                content = unpacker.decompress(buffer, _PIECE)
            except zlib.error:
                raise EvidenceStreamError("not_understood") from None
            buffer = unpacker.unconsumed_tail
            total += len(content)
            if total > MAX_BYTES:
                raise EvidenceStreamError("too_much")
            yield content
            if unpacker.eof:
                return


def _iter_frame_kinds_with_content(decompressed_pieces: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
    buffer = bytearray()
    for piece in decompressed_pieces:
        buffer += piece
        at = 0
        while len(buffer) - at >= _HEAD:
            kind, size = bytes(buffer[at : at + 1]), int.from_bytes(buffer[at + 1 : at + _HEAD], "big")
            if size > (_PIECE if kind == b"D" else _MAX_EVENT_BYTES):
                raise EvidenceStreamError("not_understood")
            if len(buffer) - at < _HEAD + size:
                break
            yield kind, bytes(buffer[at + _HEAD : at + _HEAD + size])
            at += _HEAD + size
        del buffer[:at]
