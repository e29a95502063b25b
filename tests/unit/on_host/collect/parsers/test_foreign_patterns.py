"""Patterns that others wrote: tried in a child that can be ended, their file named, everybody else's answers kept."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from ansible.module_utils.luytre.parsers import foreign_patterns

FAR = 60.0


def costly(file: str) -> Callable[[], Any]:
    def piece() -> Any:
        foreign_patterns.note_file_of_next_pattern("/etc/good")
        foreign_patterns.note_file_of_next_pattern(file)
        return bool(re.search("(a+)+$", "a" * 60 + "!"))

    return piece


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign_patterns, "BOUNDS", (0.1, 0.3))


def told(pieces: list[Callable[[], Any]], deadline: float = FAR) -> list[Any]:
    answers = foreign_patterns.run_functions_in_child(pieces, time.monotonic() + deadline)
    return [(one.why, one.file) if isinstance(one, foreign_patterns.PatternFailure) else one for one in answers]


def test_what_never_ends_is_ended_and_named_and_all_others_are_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    children = []
    fork = os.fork

    def noted() -> int:
        children.append(fork())
        return children[-1]

    monkeypatch.setattr(os, "fork", noted)
    answers = told([lambda: 1, costly("/var/www/a/.htaccess"), lambda: {"x": "é"}, costly("/b"), lambda: [3]])
    assert answers == [1, ("patterns", "/var/www/a/.htaccess"), {"x": "é"}, ("patterns", "/b"), [3]]
    assert children
    for child in children:
        with pytest.raises(ChildProcessError):
            os.waitpid(child, os.WNOHANG)


def test_what_is_good_needs_one_child(monkeypatch: pytest.MonkeyPatch) -> None:
    forks = []
    fork = os.fork
    monkeypatch.setattr(os, "fork", lambda: forks.append(1) or fork())
    assert told([lambda number=number: number for number in range(200)]) == list(range(200))
    assert len(forks) == 1


def test_what_is_slow_has_a_second_turn_once_the_others_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign_patterns, "BOUNDS", (0.05, FAR))
    assert told([lambda: time.sleep(0.2), lambda: 2]) == [None, 2]


def test_what_raises_or_kills_its_child_takes_nobody_along() -> None:
    def raises() -> Any:
        foreign_patterns.note_file_of_next_pattern("/x")
        raise RecursionError

    answers = told([raises, lambda: os._exit(3), lambda: 2])
    assert answers == [("not_understood", "/x"), ("patterns", ""), 2]


def test_past_the_deadline_nothing_is_tried_and_nothing_is_good() -> None:
    assert told([costly("/x"), lambda: 2], deadline=0.0) == [("no_time", ""), ("no_time", "")]


def test_a_path_longer_than_any_is_cut() -> None:
    ((_why, file),) = told([costly("/" + "x" * 5000)])
    assert file == "/" + "x" * 1999
