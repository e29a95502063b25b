"""A file that is carried in ends as one error that names it, whatever bytes it has."""

from __future__ import annotations

import gzip
import io
import random
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.errors import InputError
from auditor.feeds import intake


def pack(method: int, *names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name in names:
            archive.writestr(name, '{"a": 1}' * 40)
    return packed.getvalue()


def read(file: Path, content: bytes) -> list[bytes]:
    file.write_bytes(content)
    with warnings.catch_warnings(action="ignore"), intake.open_carried_file(file) as carried:
        return [document.stream.read() for document in carried.documents]


def damage(content: bytes, rng: random.Random) -> bytes:
    damaged = bytearray(content[: rng.choice((len(content), rng.randrange(len(content))))])
    for _ in range(rng.randrange(1, 5)):
        if damaged:
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
    return bytes(damaged)


def packed_files() -> Iterator[bytes]:
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        yield pack(method, "đơn.json", "b.csv")
    yield gzip.compress(b"x" * 3_000)
    yield zlib.compress(b"hello" * 900)


@pytest.mark.parametrize("content", list(packed_files()), ids=["stored", "deflated", "bzip2", "lzma", "gzip", "zlib"])
def test_no_damage_ends_as_anything_else(tmp_path: Path, content: bytes) -> None:
    rng = random.Random(len(content))  # noqa: S311
    for _ in range(150):
        try:
            read(tmp_path / "feed", damage(content, rng))
        except InputError as error:
            assert error.file == tmp_path / "feed"


@pytest.mark.parametrize(
    ("name", "damaged"),
    [("its name is no text", b"\xff\xfe"), ("one that zip of a far day made", b"")],
)
def test_a_list_of_members_that_is_damaged_is_said(tmp_path: Path, name: str, damaged: bytes) -> None:
    content = bytearray(pack(zipfile.ZIP_DEFLATED, "đơn.json"))
    at = content.rindex(b"PK\1\2")
    if damaged:
        content[at + 46 : at + 48] = damaged
    else:
        content[at + 6] = 99
    with pytest.raises(InputError, match="damaged or incomplete"):
        read(tmp_path / "feed", bytes(content))


def test_a_method_that_takes_what_memory_it_likes_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="by a method that is not read"):
        read(tmp_path / "feed", pack(zipfile.ZIP_LZMA, "a.json"))


def test_a_zip_in_a_zip_is_one_document_and_not_unpacked(tmp_path: Path) -> None:
    inner, outer = pack(zipfile.ZIP_DEFLATED, "a.json"), io.BytesIO()
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr("inner.zip", inner)
    assert read(tmp_path / "feed", outer.getvalue()) == [inner]
