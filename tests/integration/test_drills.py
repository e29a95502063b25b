from __future__ import annotations

from collections.abc import Callable

from tests.integration.conftest import Ended


def test_every_drill_holds(fresh: Callable[..., None], auditor: Callable[..., Ended]) -> None:
    ended = auditor("drill", "--all", "--json")
    problems = [
        f"{row['control']}.{row['trap']} {row['host']}: {row['problem']}"
        for row in ended.json["drills"]
        if row["problem"]
    ]
    assert problems == [], ended.err
    assert ended.code == 0
