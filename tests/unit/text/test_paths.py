"""Paths as text can be read back, whatever bytes they are of."""

from __future__ import annotations

import os

from hypothesis import given
from hypothesis import strategies as st

from auditor.text import paths


@given(st.binary(min_size=1, max_size=60).filter(lambda some: b"\0" not in some))
def test_a_path_that_was_written_is_read_as_it_was_and_is_one_line(name: bytes) -> None:
    path = os.fsdecode(b"/" + name)
    text = paths.percent_encode_unprintable_in_path(path)
    assert paths.percent_decode_path(text) == path
    assert text.splitlines() == [text]
