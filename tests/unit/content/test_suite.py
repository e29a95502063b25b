"""The scenario suite of ``benchmarks/content.py`` as it has to come out."""

from __future__ import annotations

import pytest

from auditor.content.text.lexicon import Lexicon, copy_lexicon_without_words, load_built_in_lexicon
from benchmarks.content import Case, alarms, cases

ATTACKS, BENIGN = cases("attacks.yml"), cases("benign.yml")


def alarmed(of: list[Case], lexicon: Lexicon) -> set[str]:
    return {case.name for case in of if alarms(case, lexicon)}


def test_there_are_enough_cases_each_with_a_name() -> None:
    assert len({case.name for case in ATTACKS}) == len(ATTACKS) >= 60
    assert len({case.name for case in BENIGN}) == len(BENIGN) >= 50


@pytest.mark.parametrize(
    ("lexicon", "wanted"),
    [(load_built_in_lexicon(), 0.97), (copy_lexicon_without_words(load_built_in_lexicon()), 0.65)],
    ids=["shipped", "empty"],
)
def test_attacks_are_found_and_honest_pages_are_not_taken_for_them(lexicon: Lexicon, wanted: float) -> None:
    assert len(alarmed(ATTACKS, lexicon)) >= wanted * len(ATTACKS)
    assert len(alarmed(BENIGN, lexicon)) <= 1
