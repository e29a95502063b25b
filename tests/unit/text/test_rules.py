"""Every rule by which our own judges find a trace has words in both languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from auditor.compromise import autorun_weights, script_signs, settings, suspicious_commands
from auditor.compromise.known_good import matcher
from auditor.models.base import Lang
from auditor.text.rules import describe_trace_rules
from auditor.text.translations import Words

TOP = Path(__file__).parents[3]
SOURCES = TOP / "auditor/compromise"
WEIGHING = frozenset(
    {
        *("record_hit", "record_hit_unless_type_is_asked", "record_use_of_tainted_value", "add_evidence"),
        *("CodeHit", "DirectiveHit", "ParameterUse"),
    }
)
OF_FOOTHOLDS = frozenset({"NEW", "FOREIGN", "CHANGED", "REPLACES", "OF_DAYS"})
"""Names of rules that are names in the code."""


def named() -> Iterator[str]:
    """All of them, as the code says them."""
    for path in sorted(SOURCES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                yield from _weighed(node)
    yield from re.findall(r'what = "(\w+)"', (SOURCES / "rules/own.yar").read_text("utf-8"))
    yield from (name for name, *_ in (*suspicious_commands._OF_SHELL, *suspicious_commands._OF_SQL))
    yield from (one.rule for one in script_signs._TOGETHER)
    yield from (rule for rule, *_ in autorun_weights._OF_PROCESSES.values())
    yield from autorun_weights._MARKS_OF_HOOKS
    yield from (rule for rule, _weigh in settings._LINE_RULES)
    yield from get_args(matcher.DeviatingStatus)
    for why in ("temporary", "hidden", "filled"):
        yield from (f"runs_{why}", f"from_{why}")
    yield from (
        "new",
        "foreign",
        "changed",
        "replaces_unit",
        "rendered",
        "missing",
        "blanked",
        "to_nowhere",
        "unjudged",
    )


def _weighed(node: ast.Call) -> Iterator[str]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name == "FileVerdict" and len(node.args) > 3:
        yield from (one.value for one in ast.walk(node.args[3]) if isinstance(one, ast.Constant))
    elif name in WEIGHING and node.args:
        first = node.args[0]
        some = (first.body, first.orelse) if isinstance(first, ast.IfExp) else (first,)
        yield from (one.value for one in some if isinstance(one, ast.Constant) and isinstance(one.value, str))


RULES = sorted(set(named()))


def test_there_are_as_many_as_the_code_says() -> None:
    assert len(RULES) > 120
    assert {"decoded_and_run", "second_root", "posted_to_gone", "evaluated", "handler", "unread", "runs_fetched"} <= {
        *RULES
    }


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_every_rule_has_words(lang: Lang) -> None:
    words = Words(lang)
    others = words("trace.rule.of_others", name="")
    assert [rule for rule in RULES if describe_trace_rules([rule], words).startswith(others)] == []
    assert [rule for rule in RULES if "_" in describe_trace_rules([rule], words)] == []


def test_a_rule_that_others_wrote_is_called_by_its_name() -> None:
    assert describe_trace_rules(["php_malware_x", "second_root"], Words("en")) == (
        "third-party rule: php_malware_x, a second account with all privileges"
    )


def test_rules_that_say_the_same_are_told_once() -> None:
    assert describe_trace_rules(["decoded_and_run", "decoded_program"], Words("vi")) == "giải mã rồi chạy mã"
