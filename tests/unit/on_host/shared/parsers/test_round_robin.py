"""Sharing a time."""

from __future__ import annotations

from ansible.module_utils.luytre_shared.os.time_budget import TimeBudget
from ansible.module_utils.luytre_shared.parsers.round_robin import advance_walks_in_turns


class Worker:
    def __init__(self, steps: int) -> None:
        self.left = steps

    def walk_on_within_budget(self, effort: TimeBudget) -> bool:
        assert effort.seconds_left >= 0
        self.left -= 1
        return self.left > 0


def test_one_that_never_ends_keeps_nobody_waiting() -> None:
    endless, short = Worker(10**12), Worker(5)
    advance_walks_in_turns([endless, short], TimeBudget(0.2))
    assert short.left == 0 < endless.left


def test_when_the_time_is_over_nobody_has_a_turn() -> None:
    worker = Worker(5)
    advance_walks_in_turns([worker], TimeBudget(0))
    assert worker.left == 5
