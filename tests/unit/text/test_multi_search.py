from __future__ import annotations

import pytest

from auditor.text.multi_search import MultiSearch


def found(text: str, *texts: str) -> list[tuple[int, int, str]]:
    return list(MultiSearch({one: one.upper() for one in texts}).iter_occurrences_in_text(text))


def test_each_occurrence_is_found_with_what_it_stands_for_in_letters_not_bytes() -> None:
    assert found("nổ hũ, nổ hũ", "nổ hũ") == [(0, 5, "NỔ HŨ"), (7, 12, "NỔ HŨ")]


def test_what_lies_over_each_other_is_found() -> None:
    assert set(found("nhà cái uy tín", "nhà cái", "nhà cái uy tín", "cái uy")) == {
        (0, 7, "NHÀ CÁI"),
        (0, 14, "NHÀ CÁI UY TÍN"),
        (4, 10, "CÁI UY"),
    }


@pytest.mark.parametrize("text", ["a\ud800 tài xỉu", "\udcff\udcfe tài xỉu \udfff"])
def test_halves_of_letters_move_nothing(text: str) -> None:
    ((start, end, what),) = found(text, "tài xỉu")
    assert (text[start:end], what) == ("tài xỉu", "TÀI XỈU")


def test_where_nothing_is_sought_nothing_is_found() -> None:
    assert not MultiSearch({})
    assert found("tài xỉu") == []
