"""Names of firms are syllables written together; names of betting sites mostly are not."""

from __future__ import annotations

import pytest

from auditor.content.text.syllables import is_made_of_syllables


@pytest.mark.parametrize("name", ["xaydung", "gaophudien", "thanhxuan", "nguyenhoang", "quangcao", "truongthinh"])
def test_words_of_the_language_are_syllables(name: str) -> None:
    assert is_made_of_syllables(name)


@pytest.mark.parametrize("name", ["bup", "kvin", "zowiin", "tazo", "sunwin", "qzxfw", "lucky", "", "a" * 41, "gava"])
def test_other_letters_are_not(name: str) -> None:
    assert not is_made_of_syllables(name)
