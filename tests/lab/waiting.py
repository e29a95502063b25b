"""Waiting for what a host comes to."""

from __future__ import annotations

import time
from collections.abc import Callable


def until(true: Callable[[], bool], what: str, seconds: float = 120) -> None:
    """Ask again and again; fails with ``what`` when it is not true in that time."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)
