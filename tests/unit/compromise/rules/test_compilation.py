"""Rules of others: what is wrong with one costs that one alone."""

from __future__ import annotations

import pytest

from auditor.compromise.rules.compilation import RuleError, compile_rule_sources

GOOD = 'rule Good { strings: $a = "zorbix" condition: $a }\n'


def names(sources: dict[str, str]) -> list[str]:
    return [rule.identifier for rule in compile_rule_sources(sources).rules]


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ("rule Unknown { condition: nothing_known }", "Unknown"),
        ("rule Grammar { strings: $a= condition: }", "Grammar"),
        ('import "androguard"\nrule Module { condition: androguard.url(/x/) }', "Module"),
        ('rule Half { strings: $a = "x', "Half"),
        ("rule Twice { condition: false }\nrule Twice { condition: false }", "Twice"),
    ],
)
def test_a_wrong_rule_is_named_and_those_beside_it_are_used(wrong: str, rule: str) -> None:
    compilation = compile_rule_sources({"a.yar": GOOD + wrong, "b.yar": GOOD})
    assert [found.identifier for found in compilation.rules].count("Good") == 2
    assert rule in {error.rule for error in compilation.errors}
    assert {error.file for error in compilation.errors} == {"a.yar"}


def test_a_rule_that_rests_on_a_wrong_one_is_named_too() -> None:
    compilation = compile_rule_sources({"a.yar": "rule A { condition: x }\nrule B { condition: A }\n" + GOOD})
    assert [(error.rule, error.why) for error in compilation.errors] == [
        ("A", "unknown identifier `x`"),
        ("B", "unknown identifier `A`"),
    ]


def test_what_is_included_is_there_once_before_what_includes_it() -> None:
    sources = {
        "index.yar": 'include "sub/a.yar"\ninclude "sub/b.yar"\nrule Top { condition: A and B }\n',
        "sub/a.yar": 'include "b.yar"\nrule A { condition: B }\n',
        "sub/b.yar": "rule B { condition: true }\n",
    }
    assert sorted(names(sources)) == ["A", "B", "Top"]


def test_files_that_include_each_other_end() -> None:
    assert names({"a.yar": 'include "b.yar"\nrule A { condition: true }', "b.yar": 'include "a.yar"'}) == ["A"]


@pytest.mark.parametrize("target", ["/etc/passwd", "../../etc/passwd", "missing.yar", "..", ""])
def test_a_file_that_includes_what_is_not_there_is_left_out_whole(target: str) -> None:
    compilation = compile_rule_sources(
        {"a.yar": f'include "{target}"\nrule Broad {{ condition: true }}', "b.yar": GOOD}
    )
    assert [rule.identifier for rule in compilation.rules] == ["Good"]
    assert [(error.file, error.rule) for error in compilation.errors] == [("a.yar", "")]
    assert "not a rule file of this folder" in compilation.errors[0].why


def test_a_rule_can_be_left_out_and_what_follows_stays_where_it_is() -> None:
    source = "rule First { condition: false }\n" + GOOD + "rule Wrong { condition: x }\n"
    compilation = compile_rule_sources({"a.yar": source}, left_out=frozenset({("a.yar", "First")}))
    assert [rule.identifier for rule in compilation.rules] == ["Good"]
    assert compilation.errors == (RuleError("a.yar", "unknown identifier `x`", "Wrong"),)


def test_slow_rules_are_known_to_be() -> None:
    loop = "rule Slow { condition: for all i in (0..filesize-1) : (uint8(i) >= 0) }\n"
    assert compile_rule_sources({"a.yar": GOOD + loop}).slow == (("a.yar", "Slow"),)
