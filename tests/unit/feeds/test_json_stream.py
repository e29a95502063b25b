"""JSON is refused by its depth and the length of its values, before a reader makes anything of it."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest

from auditor.errors import InputError
from auditor.feeds import decompression
from auditor.feeds.document import SourceDocument
from auditor.feeds.json_stream import open_json_stream


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1_000])
@pytest.mark.parametrize(
    "inner, deep",
    [
        ("[" * 100 + "]" * 100, True),
        ('"' + "[" * 100 + '"', False),
        ('"' + "\\\\" + '"' + ", " + "[" * 100, True),
        ('"' + '\\"' + "[" * 100 + '"', False),
        ('"' + '\\\\\\"' + "[" * 100 + '"', False),
        ("[], " * 100, False),
    ],
)
def test_json_is_refused_by_its_depth_before_ijson_makes_a_path_of_it(size: int, inner: str, deep: bool) -> None:
    """200 KB of brackets took 50 GB: ijson writes down the whole way to every value."""
    content = io.BytesIO(f'{{"a": {inner}}}'.encode())
    document = SourceDocument("x", decompression.BoundedStream(content, 1_000, Path("x")), Path("x"))
    with pytest.raises(InputError, match="deeper") if deep else contextlib.nullcontext():
        open_json_stream(document, size).read()


@pytest.mark.parametrize("size", [1 << 16, 1 << 18])
@pytest.mark.parametrize(
    "value, long",
    [
        (b'"' + b"A" * 1_100_000, True),
        (b'"' + b" " * 1_100_000, True),
        (b'"' + b'\\"' * 600_000, True),
        (b'"' + b"\\\\" * 600_000, True),
        (b"1" * 1_100_000, True),
        (b'{"' + b"k" * 1_100_000, True),
        (b"[" + b'"A", ' * 400_000, False),
        (b" " * 2_000_000 + b"1", False),
        (b'"' + b"A" * 900_000 + b'", "' + b"A" * 900_000, False),
    ],
)
def test_json_is_refused_by_the_length_of_a_value_before_it_is_made(size: int, value: bytes, long: bool) -> None:
    """A text of 100 MB took 40 s of a processor."""
    document = SourceDocument(
        "x", decompression.BoundedStream(io.BytesIO(b'{"a": ' + value), 1_000, Path("x")), Path("x")
    )
    with pytest.raises(InputError, match="one of its values") if long else contextlib.nullcontext():
        open_json_stream(document, size).read()
