"""How sets lie ready for a hunt."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.compromise.rules.engine import RuleMatch, format_credits
from auditor.compromise.rules.rule_set import lay_out_rule_sets, load_rule_set
from tests.unit.compromise.rules.test_compiler import GOOD, build


def test_children_of_any_account_can_read_what_a_hunt_lays_out_and_it_goes_with_the_hunt() -> None:
    with lay_out_rule_sets([build(a=GOOD), build(b=GOOD)]) as folder:
        assert folder is not None
        assert folder.stat().st_mode & 0o777 == 0o755
        files = sorted(folder.iterdir())
        assert [file.stat().st_mode & 0o777 for file in files] == [0o644, 0o644]
        assert load_rule_set(files[0]).label == "set 1.0"
    assert not folder.exists()


def test_without_sets_there_is_no_folder() -> None:
    with lay_out_rule_sets([]) as folder:
        assert folder is None


def test_what_is_cut_short_is_not_loaded(tmp_path: Path) -> None:
    file = tmp_path / "000.rules"
    file.write_bytes(build(a=GOOD).dump()[:900])
    with pytest.raises(OSError, match="decode"):
        load_rule_set(file)


@pytest.mark.parametrize(
    ("matches", "credit"),
    [
        ((), ""),
        ((RuleMatch("A", False, "Somebody", rule_set="set 1"),), "[A (Somebody; set 1)] "),
        ((RuleMatch("A", False), RuleMatch("B", False, "X"), RuleMatch("C", False)), "[A, B (X), …] "),
    ],
)
def test_a_match_names_its_author_and_its_set(matches: tuple[RuleMatch, ...], credit: str) -> None:
    assert format_credits(matches) == credit
