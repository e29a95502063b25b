"""JSON as a stream: bounded in depth and length, and refused where a name comes twice."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import ijson

from auditor.errors import InputError
from auditor.feeds.document import MAX_TEXT, SourceDocument

MAX_DEPTH = 60
"""Of JSON: ijson writes down the way to every value, so that memory grows with the square of the depth, 50 GB for 200
KB.
"""
MAX_VALUE = 1_000_000
"""Bytes of one text or number in JSON: ijson takes 40 s of a processor for one of 100 MB."""
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


class _LimitedJsonStream(io.RawIOBase):
    """JSON as it is read, that goes no deeper than MAX_DEPTH and has no value longer than MAX_VALUE."""

    def __init__(self, document: SourceDocument) -> None:
        super().__init__()
        self._document, self._depth = document, 0
        self._in_string, self._before = 0, b""
        self._unquoted = 0
        """Bytes since the last quote, but for white space between values."""

    def readable(self) -> bool:
        """Return whether it can be read: always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer. Raises InputError for what goes deeper, or has longer values."""
        length = self._document.stream.readinto(buffer)
        self._check_depth_of_json_part(bytes(buffer[:length]))
        return length

    def _check_depth_of_json_part(self, part: bytes) -> None:
        text = self._before + part
        self._before = b"\\" * ((len(text) - len(text.rstrip(b"\\"))) % 2)  # it belongs to what comes next
        text = text[: len(text) - len(self._before)]
        if b"\\" in text:
            text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
        pieces = text.split(b'"')
        bare = b"".join(pieces[self._in_string :: 2])
        self._in_string ^= (len(pieces) - 1) & 1
        self._check_length_of_json_value(part, pieces)
        for bracket in bare.translate(None, _NO_BRACKETS):
            self._depth += 1 if bracket in b"[{" else -1
            if self._depth > MAX_DEPTH:
                raise self._document.make_error(
                    "it is nested deeper than {most} levels", "check the source of the file", most=MAX_DEPTH
                )

    def _check_length_of_json_value(self, part: bytes, pieces: Sequence[bytes]) -> None:
        last = part if len(pieces) == 1 else pieces[-1]
        value_bytes = last if self._in_string else last.translate(None, b" \t\r\n")
        self._unquoted = len(value_bytes) + (self._unquoted if len(pieces) == 1 else 0)
        if self._unquoted > MAX_VALUE:
            raise self._document.make_error(
                "one of its values is larger than {most} MB",
                "check the source of the file",
                most=MAX_VALUE // 1_000_000,
            )


def open_json_stream(document: SourceDocument, size: int = 1 << 18) -> io.BufferedReader:
    """Open JSON for a reader of streams.

    Raises InputError for what goes deeper than MAX_DEPTH, or has a value longer than MAX_VALUE.
    """
    return io.BufferedReader(_LimitedJsonStream(document), size)


@contextmanager
def convert_json_errors(document: SourceDocument) -> Iterator[None]:
    """Raise InputError around the reading of JSON for what is no JSON, or not all of it; the error says so."""
    try:
        yield
    except ijson.JSONError as error:
        raise document.make_error(
            "it is not JSON, or is incomplete: {why}", why=" ".join(str(error).split("\n")[0].split())[:120]
        ) from error


def iter_members_of_json_object(document: SourceDocument) -> Iterator[tuple[str, Any]]:
    """Yield name and value of each member of the object that a document is.

    Refuses a name that comes twice in any object.
    """
    twice: list[str] = []
    seen_names: set[str] = set()
    with convert_json_errors(document):
        for name, value in ijson.kvitems(
            open_json_stream(document), "", use_float=True, map_type=make_dict_type_recording_duplicates(twice)
        ):
            if name in seen_names or twice:
                raise make_duplicate_error(document, twice[0] if twice else name)
            seen_names.add(name)
            document.stream.mark_record()
            yield name, value


def make_duplicate_error(document: SourceDocument, name: str) -> InputError:
    """Return that a name is there twice where it can mean one thing only."""
    return document.make_error(
        "it contains {name} twice", "it is not a file of the publisher; download it again", name=repr(name[:MAX_TEXT])
    )


def make_dict_type_recording_duplicates(twice: list[str]) -> type[dict[str, Any]]:
    """Return a mapping that notes names that come twice: ijson does not pass on what one raises."""

    class DuplicateRecorder(dict[str, Any]):
        def __setitem__(self, name: str, value: Any) -> None:
            if name in self:
                twice.append(name)
            super().__setitem__(name, value)

    return DuplicateRecorder
