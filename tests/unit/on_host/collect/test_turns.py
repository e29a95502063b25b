"""Sharing a time."""

from __future__ import annotations

from ansible.module_utils.luytre._round_robin import take_turns
from ansible.module_utils.luytre._time_budget import Effort


class Worker:
    def __init__(self, steps: int) -> None:
        self.left = steps

    def advance(self, effort: Effort) -> bool:
        assert effort.seconds_left >= 0
        self.left -= 1
        return self.left > 0


def test_one_that_never_ends_keeps_nobody_waiting() -> None:
    endless, short = Worker(10**12), Worker(5)
    take_turns([endless, short], Effort(0.2))
    assert short.left == 0 < endless.left


def test_when_the_time_is_over_nobody_has_a_turn() -> None:
    worker = Worker(5)
    take_turns([worker], Effort(0))
    assert worker.left == 5
