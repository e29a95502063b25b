"""What a host sends as evidence, taken apart. It may be somebody else's: every size is bounded before anything is kept."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from auditor.incidents.evidence.names import Place

VERSION = b"luytre-evidence/1\n"
MOST = 210_000_000
"""Bytes after unpacking, frames with what is in them."""
MOST_MEMBERS = 60_000
MOST_NOTES = 20_000
_MOST_TOLD = 64_000
_PIECE = 1 << 16
_HEAD = 5
Why = Literal["", "cut", "time", "room", "fault", "secret", "packed", "no_redaction"]


class Broken(Exception):
    """What comes is no evidence any more, or there is too much of it; the argument is the reason's name."""


class _Told(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class Began(_Told):
    """A member begins; its bytes follow."""

    place: Place
    path: str = Field(min_length=1, max_length=5_000)


class Facts(_Told):
    """What a host says of the file that it sent."""

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


class Ended(Facts):
    """The member is whole, or why it is not."""

    why: Why = ""
    redacted: dict[Annotated[str, Field(max_length=5_000)], Annotated[int, Field(ge=1, le=1 << 40)]] = Field(
        default={},
        max_length=100,
        description="how often secrets were taken out of it, by the file of the host that has them",
    )


class Left(_Told):
    """Something that was not sent."""

    what: str = Field(max_length=1_000)
    why: str = Field(max_length=200)


type Told = Began | bytes | Ended | Left
_TOLD: dict[bytes, type[Began | Ended | Left]] = {b"M": Began, b"E": Ended, b"N": Left}


def told(pieces: Iterable[bytes]) -> Iterator[Told]:
    """What comes, in its order: members with their bytes, and what was left out. Raises Broken, also when it stops before its end."""
    inside, members, notes = False, 0, 0
    for kind, content in _frames(_unpacked(pieces)):
        if kind == b"Z":
            if inside:
                raise Broken("not_understood")
            return
        if kind == b"D":
            if not inside:
                raise Broken("not_understood")
            yield content
            continue
        try:
            one = _TOLD[kind].model_validate_json(content)
        except (KeyError, ValidationError):
            raise Broken("not_understood") from None
        if isinstance(one, Left):
            notes += 1
        elif isinstance(one, Began) is inside:
            raise Broken("not_understood")
        else:
            inside = not inside
            members += inside
        if members > MOST_MEMBERS or notes > MOST_NOTES:
            raise Broken("too_much")
        yield one
    raise Broken("cut_off")


def _unpacked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Bytes after the line that says what they are, unpacked, a bounded piece at a time."""
    begun, held, total = False, b"", 0
    unpacker = zlib.decompressobj()
    for piece in pieces:
        held += piece
        if not begun:
            if not held.startswith(VERSION[: len(held)]):
                raise Broken("not_understood")
            if len(held) < len(VERSION):
                continue
            begun, held = True, held[len(VERSION) :]
        while held:
            try:
                content = unpacker.decompress(held, _PIECE)
            except zlib.error:
                raise Broken("not_understood") from None
            held = unpacker.unconsumed_tail
            total += len(content)
            if total > MOST:
                raise Broken("too_much")
            yield content
            if unpacker.eof:
                return


def _frames(pieces: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
    held = bytearray()
    for piece in pieces:
        held += piece
        at = 0
        while len(held) - at >= _HEAD:
            kind, size = bytes(held[at : at + 1]), int.from_bytes(held[at + 1 : at + _HEAD], "big")
            if size > (_PIECE if kind == b"D" else _MOST_TOLD):
                raise Broken("not_understood")
            if len(held) - at < _HEAD + size:
                break
            yield kind, bytes(held[at + _HEAD : at + _HEAD + size])
            at += _HEAD + size
        del held[:at]
