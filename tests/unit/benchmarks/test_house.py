"""The figures of the house that may not grow again, counted as the benchmark counts them."""

from __future__ import annotations

import ast

from benchmarks.house import MOST_COMPLEX, TOP, House, count_complexity, measure_complexity

FUNCTION = """
def f(a, b):
    if a and b or a:
        return [c for c in a if c]
    return 1 if b else 2
"""


def test_no_function_of_the_product_has_more_than_twenty_ways_through_it() -> None:
    assert MOST_COMPLEX == 20
    assert dict(count_complexity(House(TOP))) == {}


def test_ways_are_counted_with_boolean_operators_and_comprehensions() -> None:
    (function,) = ast.parse(FUNCTION).body
    assert isinstance(function, ast.FunctionDef)
    assert measure_complexity(function) == 1 + 1 + 2 + 2 + 1
