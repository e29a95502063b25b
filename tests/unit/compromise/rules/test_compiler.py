"""Sets that are compiled in a child, and tried on legitimate files before any hunt uses them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from auditor.compromise import classifier
from auditor.compromise.classifier import Judgement, JudgeRequest
from auditor.compromise.confidence import weigh_judgement
from auditor.compromise.rules import compiler, engine
from auditor.compromise.rules.folder import RuleFolder
from auditor.compromise.rules.rule_set import RuleSet, lay_out_rule_sets
from auditor.errors import InputError

GOOD = 'rule Good { meta: author = "A" strings: $a = "zorbix" condition: $a }\n'
BROAD = "rule Broad { condition: filesize > 0 }\n"


def build(**sources: str) -> RuleSet:
    files = {f"{name}.yar": text for name, text in sources.items()}
    return compiler.build_rule_set(RuleFolder(files, (), "1", "MIT", "", "d" * 64), "set", "1.0", Path("set"))


def test_a_rule_that_fits_an_legitimate_file_is_named_and_never_speaks() -> None:
    rule_set = build(a=GOOD + BROAD + 'rule Rests { strings: $a = "zorbix" condition: $a and Broad }')
    assert [(error.file, error.rule, error.why) for error in rule_set.too_broad] == [("a.yar", "Broad", "empty.php")]
    assert rule_set.rule_count == 2
    with lay_out_rule_sets([rule_set]) as folder:
        matches = engine.load_yara_rules(folder).scan_content(b"<?php zorbix").matches
    assert [(match.rule, match.rule_set, match.licence) for match in matches] == [
        ("Good", "set 1.0", "MIT"),
        ("Rests", "set 1.0", "MIT"),
    ]


def test_no_judge_of_ours_raises_an_alarm_at_an_legitimate_file() -> None:
    rules = engine.load_yara_rules()
    for name, content in compiler._load_legitimate_files().items():
        judgement = classifier.judge_content(content, name, rules)
        verdict = weigh_judgement(judgement)
        assert verdict is None or verdict.certainty == "weak", name


def test_a_rule_that_is_slow_costs_itself_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler, "MAX_SECONDS_A_MEGABYTE", 0.2)
    slow = "rule Slow { condition: for all i in (0..filesize-1) : (for all j in (0..filesize-1) : (uint8(j) >= 0)) }"
    answer = compiler.compile_and_try_rules({"a.yar": GOOD + slow})
    assert [(error["rule"], error["why"]) for error in answer["errors"]] == [("Slow", "it takes too long over a file")]
    assert answer["rule_count"] == 1


@pytest.mark.parametrize("text", ["<html>404</html>", "rule Half { strings: $a", BROAD, ""])
def test_a_set_without_a_rule_that_can_be_used_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="none of its rules can be used"):
        build(a=text)


def test_rules_that_cost_too_much_to_compile_cost_their_child_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler, "WAIT_SECONDS", 0.0)
    with pytest.raises(InputError, match="too much time or memory"):
        build(a=GOOD)


def test_a_set_that_agrees_with_a_judge_of_ours_raises_confidence_and_alone_does_not() -> None:
    with lay_out_rule_sets([build(a=GOOD), build(b=GOOD)]) as folder:
        (alone,) = classifier.judge_files_in_child_processes([JudgeRequest("b.php", b"<?php echo 'zorbix';")], folder)
    assert len(alone.others) == 2  # of two sets, which copy from each other: one judge all the same
    ours = Judgement(own=("uploader",))
    verdicts = [weigh_judgement(judgement) for judgement in (ours, replace(ours, others=alone.others), alone)]
    assert [verdict.certainty for verdict in verdicts if verdict is not None] == ["weak", "strong", "weak"]
