"""The bytes of a file as others publish it, plain, gzip, zlib or zip: bounded, whatever the file says of its size."""

from __future__ import annotations

import gzip
import hashlib
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from auditor.errors import InputError

MAX_PACKED = 600_000_000
MAX_UNPACKED = 1_200_000_000
MAX_RATIO = 200
"""Of unpacked to packed beyond FREE bytes: data of this kind packs ten to one."""
FREE = 20_000_000
MAX_RECORD = 100_000_000
"""Bytes that are read without one record being told: memory is what a record takes."""
MAX_MEMBERS = 600_000
MAX_DIRECTORY = 60_000_000
"""Bytes of the list of a zip's members, each of which takes ten times as many of memory."""
_CHUNK = 1 << 16
_DAMAGED = (OSError, EOFError, NotImplementedError, ValueError, struct.error, zlib.error, zipfile.BadZipFile)
"""What the readers of zip, gzip and zlib raise for bytes that are not as they say; names of members are text, too."""
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
"""How members may be packed: LZMA takes as much memory as a member says."""
_ZLIB = (b"\x78\x01", b"\x78\x9c", b"\x78\xda")


class BoundedStream(io.RawIOBase):
    """The unpacked bytes of a file, as far as they may go.

    ``mark_record`` is called for every record that came of it.
    """

    def __init__(self, inner: IO[bytes], packed_size: int, file: Path) -> None:
        super().__init__()
        self._inner, self._file = inner, file
        self._most = min(MAX_UNPACKED, FREE + MAX_RATIO * packed_size)
        self._read = self._told_at = 0
        self._ahead = b""

    def readable(self) -> bool:
        """Return whether it can be read: always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer. Raises InputError beyond a bound, and for a packed file that is damaged or cut short."""
        if self._ahead:
            part, self._ahead = self._ahead[: len(buffer)], self._ahead[len(buffer) :]
            buffer[: len(part)] = part
            return len(part)
        try:
            part = self._inner.read(len(buffer))
        except _DAMAGED as error:
            raise _make_damage_error(self._file) from error
        self._read += len(part)
        if self._read > self._most:
            raise InputError(
                "it unpacks to more than {most} MB", most=self._most // 1_000_000, file=self._file, mend=_NOT_THIS
            )
        if self._read - self._told_at > MAX_RECORD:
            raise InputError(
                "one of its records is larger than {most} MB",
                most=MAX_RECORD // 1_000_000,
                file=self._file,
                mend=_NOT_THIS,
            )
        buffer[: len(part)] = part
        return len(part)

    def peek(self, most: int) -> bytes:
        """Return the next bytes, which are read again by who reads on."""
        content = b""
        while len(content) < most and (part := self.read(most - len(content))):
            content += part
        self._ahead = content
        return content

    def mark_record(self) -> None:
        """Note that a record is complete."""
        self._told_at = self._read


_NOT_THIS = "data of this kind is never so large; check the source"


class ZlibStream(io.RawIOBase):
    """A zlib stream, unpacked as it is read."""

    def __init__(self, inner: IO[bytes]) -> None:
        super().__init__()
        self._inner, self._zlib, self._left = inner, zlib.decompressobj(), b""

    def readable(self) -> bool:
        """Return whether it can be read: always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer. Raises zlib.error for what is damaged, EOFError for what is cut short."""
        while not self._zlib.eof:
            chunk = self._left or self._inner.read(_CHUNK)
            if not chunk:
                raise EOFError
            part = self._zlib.decompress(chunk, len(buffer))
            self._left = self._zlib.unconsumed_tail
            if part:
                buffer[: len(part)] = part
                return len(part)
        return 0


def compute_digest(file: Path) -> str:
    """Return SHA-256 of the file as it lies there.

    Raises InputError for what cannot be read, or is larger than any such data.
    """
    try:
        if file.stat().st_size > MAX_PACKED:
            raise InputError("it is larger than {most} MB", most=MAX_PACKED // 1_000_000, file=file, mend=_NOT_THIS)
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise InputError(
            "it cannot be read: {error}", error=error.strerror, file=file, mend="check the file"
        ) from error


@contextmanager
def open_documents(file: Path) -> Iterator[Iterator[tuple[str, BoundedStream]]]:
    """Open the documents in a file: the file itself, or the members of a zip, by name. Raises InputError."""
    with file.open("rb") as raw:
        head, packed_size = raw.read(4), file.stat().st_size
        raw.seek(0)
        if head.startswith(b"PK"):
            if _get_size_of_zip_directory(raw) > MAX_DIRECTORY:
                raise InputError("the archive has more than {n} files", n=MAX_MEMBERS, file=file, mend=_NOT_THIS)
            try:
                archive = zipfile.ZipFile(raw)
            except _DAMAGED as error:
                raise _make_damage_error(file) from error
            with archive:
                yield _iter_members(archive, packed_size, file)
        elif head.startswith(b"\x1f\x8b"):
            with gzip.GzipFile(fileobj=raw) as inner:
                stream = BoundedStream(inner, packed_size, file)  # type: ignore[arg-type]
                yield iter([(file.name.removesuffix(".gz"), stream)])
        elif head.startswith(_ZLIB):
            yield iter([(file.name, BoundedStream(io.BufferedReader(ZlibStream(raw)), packed_size, file))])
        else:
            yield iter([(file.name, BoundedStream(raw, packed_size, file))])


def _make_damage_error(file: Path) -> InputError:
    return InputError("it is damaged or incomplete", file=file, mend="download it again completely")


def _get_size_of_zip_directory(raw: IO[bytes]) -> int:
    """Return how many bytes a zip says that the list of its members has.

    It is read at the places where zipfile looks; 0 where the zip does not say.
    """
    raw.seek(0, io.SEEK_END)
    raw.seek(max(0, raw.tell() - _END - 0xFFFF))
    tail = raw.read()
    raw.seek(0)
    plain = tail[-_END:].startswith(b"PK\5\6") and tail.endswith(b"\0\0")
    at = len(tail) - _END if plain else tail.rfind(b"PK\5\6")
    if at < 0 or at + _END > len(tail):
        return 0
    size: int = struct.unpack_from("<I", tail, at + 12)[0]
    large = at - _LOCATOR - _LARGE
    if large >= 0 and tail.startswith(b"PK\6\7", at - _LOCATOR) and tail.startswith(b"PK\6\6", large):
        size = struct.unpack_from("<Q", tail, large + 40)[0]
    return size


_END, _LOCATOR, _LARGE = 22, 20, 56
"""Bytes of the records that end a zip."""


def _iter_members(archive: zipfile.ZipFile, packed_size: int, file: Path) -> Iterator[tuple[str, BoundedStream]]:
    members = [member for member in archive.infolist() if not member.is_dir()]
    if len(members) > MAX_MEMBERS:
        raise InputError("the archive has more than {n} files", n=MAX_MEMBERS, file=file, mend=_NOT_THIS)
    for member in members:
        if "/" in member.filename or "\\" in member.filename or member.flag_bits & 1:
            raise InputError(
                "its file {name} is in a folder or is encrypted", name=repr(member.filename), file=file, mend=_NOT_THIS
            )
        if member.compress_type not in _METHODS:
            raise InputError(
                "its file {name} is packed by a method that is not read",
                name=repr(member.filename),
                file=file,
                mend="unpack it, and pack it again as an ordinary zip",
            )
    if sum(member.file_size for member in members) > min(MAX_UNPACKED, FREE + MAX_RATIO * packed_size):
        raise InputError("it unpacks to more than {most} MB", most=MAX_UNPACKED // 1_000_000, file=file, mend=_NOT_THIS)
    for member in members:
        try:
            inner = archive.open(member)
        except _DAMAGED as error:
            raise _make_damage_error(file) from error
        with inner:
            yield member.filename, BoundedStream(inner, max(packed_size, member.compress_size), file)
