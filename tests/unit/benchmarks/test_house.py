"""The figures of the house that may not grow again, counted as the benchmark counts them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from benchmarks.house import (
    MOST_COMPLEX,
    MOST_PARAMETERS,
    PRODUCT,
    TOP,
    House,
    count_complexity,
    count_parameters,
    measure_complexity,
)

FUNCTION = """
def f(a, b):
    if a and b or a:
        return [c for c in a if c]
    return 1 if b else 2
"""


def test_no_function_of_the_product_has_more_than_twenty_ways_through_it() -> None:
    assert MOST_COMPLEX == 20
    assert dict(count_complexity(House(TOP))) == {}


def test_no_function_takes_more_than_six_parameters() -> None:
    assert MOST_PARAMETERS == 6
    assert dict(count_parameters(House(TOP, (*PRODUCT, "tools", "benchmarks")))) == {}


@pytest.mark.parametrize(
    ("taken", "counted"),
    [
        ("a, b, c, d, e, f", 0),
        ("self, a, b, c, d, e, f", 0),
        ("a, b, c, d, e, f, g", 7),
        ("a, b, c, d, e, f, *, g", 7),
        ("a, b, c, /, d, e, f, g", 7),
        ("a, b, c, d, e, f, g=0", 7),
        ("a, *b, c, d, e, f, g, h", 7),
    ],
)
@pytest.mark.parametrize("head", ["def f", "async def f", "class C:\n    def __init__", "def g():\n    def f"])
def test_parameters_are_counted_wherever_a_function_stands(taken: str, counted: int, head: str, tmp_path: Path) -> None:
    (tmp_path / "auditor").mkdir()
    (tmp_path / "auditor/module.py").write_text(f"{head}({taken}): pass\n", "utf-8")
    assert list(count_parameters(House(tmp_path)).values()) == ([counted] if counted else [])


def test_a_record_whose_constructor_is_made_may_have_more_fields(tmp_path: Path) -> None:
    (tmp_path / "auditor").mkdir()
    fields = "".join(f"    {name}: int\n" for name in "abcdefgh")
    (tmp_path / "auditor/module.py").write_text(f"@dataclass\nclass C:\n{fields}", "utf-8")
    assert count_parameters(House(tmp_path)) == {}


def test_ways_are_counted_with_boolean_operators_and_comprehensions() -> None:
    (function,) = ast.parse(FUNCTION).body
    assert isinstance(function, ast.FunctionDef)
    assert measure_complexity(function) == 1 + 1 + 2 + 2 + 1
